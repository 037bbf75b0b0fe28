"""Scores are exact, explained step by step, and equal to what a second, independent calculation gives."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.domain.errors import FieldError, Invalid
from certify.domain.rubric import (
    Area,
    CertificateRules,
    Choice,
    Conditions,
    Criterion,
    Gate,
    GateKind,
    Issuer,
    Level,
    Outcome,
    Process,
    Rubric,
    Scale,
    Text,
)
from certify.domain.scoring import Result, percent, score
from certify.rubrics import read_file

RUBRICS = Path(__file__).parents[2] / "rubrics"
OSL = read_file(RUBRICS / "osl" / "1.0.yaml")
VOLUNTEERS = read_file(RUBRICS / "wolontariat" / "1.0.yaml")
WORD = Text("słowo", "word")


def gate(kind: GateKind, threshold: int, subject: str = "") -> Gate:
    return Gate(kind, Fraction(threshold), subject)


def rubric_of(areas: Mapping[str, tuple[int, list[Criterion]]], outcomes: tuple[Outcome, ...], top: int = 3) -> Rubric:
    return Rubric(
        scheme="try",
        version="1.0",
        title=WORD,
        centre_types=(Choice("OPS", WORD), Choice("NGO", WORD)),
        scale=Scale(met=2, levels=tuple(Level(points, WORD) for points in range(top + 1))),
        evidence_kinds=(),
        areas=tuple(Area(area, weight, WORD, tuple(criteria)) for area, (weight, criteria) in areas.items()),
        outcomes=outcomes,
        process=Process(),
        certificate=CertificateRules(WORD, "{year}/{serial}", 5, 6, Issuer("W", "A", "M"), WORD),
    )


REFUSED = Outcome("no", "refused", WORD)
SMALL = rubric_of(
    {
        "A": (
            60,
            [
                Criterion("A.1", 3, WORD, critical=True),
                Criterion("A.2", 1, WORD),
                Criterion("A.3", 1, WORD, status="future"),
            ],
        ),
        "B": (40, [Criterion("B.1", 1, WORD, unless=("NGO",)), Criterion("B.2", 1, WORD, status="retired")]),
    },
    (
        Outcome("yes", "granted", WORD, (gate("total", 65), gate("each_area", 50), gate("critical", 2))),
        Outcome(
            "almost",
            "conditional",
            WORD,
            (gate("area", 30, "B"), gate("critical_at_most", 0, "0"), gate("criteria_at_most", 2, "1")),
            Conditions(2, Fraction(50)),
        ),
        REFUSED,
    ),
)


def brief(result: Result) -> tuple[object, ...]:
    shown = result.to_json()
    return shown["outcome"], shown["total"], shown["failed"], result.conditions


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(0), "0.0"),
        (Fraction(100), "100.0"),
        (Fraction(200, 3), "66.7"),
        (Fraction(6665, 100), "66.7"),
        (Fraction(66649, 1000), "66.6"),
        (Fraction(9995, 100), "100.0"),
        (Fraction(5, 100), "0.1"),
    ],
)
def test_percent_rounds_half_up(value: Fraction, shown: str) -> None:
    assert percent(value) == shown


@given(st.fractions(min_value=0, max_value=100, max_denominator=10_000))
def test_percent_like_decimal(value: Fraction) -> None:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    # A quotient that Decimal had to cut could sit on the wrong side of a half; a half itself is never cut.
    assert percent(value) == str(exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


class TestWorkedCasesOfTheOslStandard:
    def osl(self, changes: Mapping[str, int], otherwise: int = 2) -> Result:
        return score(OSL, {one.id: changes.get(one.id, otherwise) for one in OSL.criteria}, "OPS")

    def test_met_everywhere_is_granted(self) -> None:
        result = self.osl({})
        assert brief(result) == ("granted", "66.7", [], ())
        assert set(result.areas.values()) == {Fraction(200, 3)}

    def test_one_critical_criterion_at_one_is_conditional(self) -> None:
        result = self.osl({"O5.5": 1})
        assert brief(result) == ("conditional", "65.4", ["granted.critical"], (("criterion", "O5.5"),))
        assert result.to_json()["areas"]["O5"] == "60.4"  # type: ignore[index]

    def test_a_weak_area_is_conditional(self) -> None:
        result = self.osl({one.id: 1 for one in OSL.criteria if one.id.startswith("O7.")})
        failed = ["granted.total", "granted.each_area", "granted.critical"]
        assert brief(result) == ("conditional", "61.7", failed, (("criterion", "O7.3"), ("area", "O7")))
        assert result.to_json()["areas"]["O7"] == "33.3"  # type: ignore[index]

    def test_nothing_makes_up_for_a_critical_zero(self) -> None:
        result = self.osl({"O6.1": 0}, otherwise=3)
        outcome, total, failed, conditions = brief(result)
        assert (outcome, failed) == ("refused", ["granted.critical", "conditional.critical_at_most.0"])
        assert (total, conditions) == ("94.4", ())


def test_the_second_scheme_has_grades() -> None:
    def grade(points: int, **changes: int) -> object:
        given = {one.id: points for one in VOLUNTEERS.criteria} | {
            name.replace("_", "."): value for name, value in changes.items()
        }
        return brief(score(VOLUNTEERS, given, "OPS"))[0]

    assert [grade(points) for points in (1, 2, 3, 4, 5)] == ["refused", "refused", "bronze", "silver", "gold"]
    assert grade(5, S_2=2) == "silver"
    assert grade(5, S_2=1) == "bronze"
    assert grade(5, S_2=1, S_1=1) == "refused"
    assert grade(5, S_3=1) == "gold"  # a criterion of the future moves nothing


def test_exact_numbers_decide_not_rounded_ones() -> None:
    criteria = [Criterion(f"A.{number}", weight, WORD) for number, weight in enumerate((1999, 1), start=1)]
    rubric = rubric_of({"A": (100, criteria)}, (Outcome("yes", "granted", WORD, (gate("total", 100),)), REFUSED))
    result = score(rubric, {"A.1": 3, "A.2": 2}, "OPS")
    assert brief(result) == ("no", "100.0", ["yes.total"], ())


def test_a_missing_answer_leaves_its_area_the_total_and_the_outcome_open() -> None:
    result = score(SMALL, {"A.1": 2, "A.2": None, "B.1": 3}, "OPS")
    shown = result.to_json()
    assert {key: shown[key] for key in ("outcome", "total", "areas", "failed", "missing")} == {
        "outcome": None,
        "total": None,
        "areas": {"A": None, "B": "100.0"},
        "failed": [],
        "missing": ["A.2"],
    }
    assert shown["trace"][-1] == {"step": "outcome", "id": "", "holds": None, "missing": ["A.2"]}  # type: ignore[index]


def test_the_trace_names_every_step() -> None:
    trace = score(SMALL, {"A.1": 1, "A.2": 3, "A.3": 0, "B.1": 1}, "OPS", {}).to_json()["trace"]
    counted = {"why": "counted"}
    assert trace == [
        {"step": "answer", "id": "A.1", "points": 1},
        _criterion("A.1", "A", 3, critical=True, **counted, earned=3, possible=9),
        {"step": "answer", "id": "A.2", "points": 3},
        _criterion("A.2", "A", 1, **counted, earned=3, possible=3),
        {"step": "answer", "id": "A.3", "points": 0},
        _criterion("A.3", "A", 1, why="future"),
        {"step": "area", "id": "A", "weight": 60, "earned": 6, "possible": 12, "percent": "50.0", "exact": "50"},
        {"step": "answer", "id": "B.1", "points": 1},
        _criterion("B.1", "B", 1, **counted, earned=1, possible=3),
        {"step": "answer", "id": "B.2", "points": None},
        _criterion("B.2", "B", 1, why="retired"),
        {"step": "area", "id": "B", "weight": 40, "earned": 1, "possible": 3, "percent": "33.3", "exact": "100/3"},
        {"step": "total", "id": "total", "percent": "43.3", "exact": "130/3"},
        _gate("yes.total", needed="65.0", found="43.3", holds=False),
        _gate("yes.each_area", needed="50.0", found="33.3", holds=False, against=["B"]),
        _gate("yes.critical", needed="2", found="1", holds=False, against=["A.1"]),
        {"step": "outcome", "id": "yes", "leads_to": "granted", "holds": False},
        _gate("almost.area.B", needed="30.0", found="33.3", holds=True),
        _gate("almost.critical_at_most.0", needed="0", found="0", holds=True),
        _gate("almost.criteria_at_most.1", needed="2", found="2", holds=True),
        {"step": "outcome", "id": "almost", "leads_to": "conditional", "holds": True},
    ]
    assert json.loads(json.dumps(trace)) == trace


def _criterion(name: str, area: str, weight: int, critical: bool = False, **facts: object) -> dict[str, object]:
    return {"step": "criterion", "id": name, "area": area, "weight": weight, "critical": critical, **facts}


def _gate(name: str, *, needed: str, found: str, holds: bool, against: list[str] | None = None) -> dict[str, object]:
    outcome, kind, *rest = name.split(".")
    facts = {"needed": needed, "found": found, "holds": holds, "against": against or []}
    return {"step": "gate", "id": name, "outcome": outcome, "gate": kind, "subject": "".join(rest), **facts}


def test_too_many_weak_criteria_are_named() -> None:
    lenient = replace(SMALL, outcomes=(Outcome("yes", "granted", WORD, (gate("criteria_at_most", 1, "1"),)), REFUSED))
    result = score(lenient, {"A.1": 1, "A.2": 1, "B.1": 3}, "OPS")
    assert brief(result) == ("no", "60.0", ["yes.criteria_at_most.1"], ())
    steps = [step.to_json() for step in result.trace if step.kind == "gate"]
    assert steps == [_gate("yes.criteria_at_most.1", needed="1", found="2", holds=False, against=["A.1", "A.2"])]


def test_not_applicable_leaves_the_weight_to_the_others() -> None:
    result = score(SMALL, {"A.1": 2, "B.1": 3}, "OPS", {"A.2": "nie prowadzimy"})
    assert brief(result)[:2] == ("yes", "80.0")
    assert result.areas == {"A": Fraction(200, 3), "B": Fraction(100)}
    answers = [step.to_json() for step in result.trace if step.id == "A.2"]
    assert answers == [
        {"step": "answer", "id": "A.2", "points": None, "not_applicable": "nie prowadzimy"},
        _criterion("A.2", "A", 1, why="not_applicable"),
    ]


def test_an_area_in_which_nothing_applies_gives_its_weight_to_the_rest() -> None:
    result = score(SMALL, {"A.1": 2, "A.2": 2, "B.1": 0}, "NGO")
    assert result.areas == {"A": Fraction(200, 3), "B": None}
    assert brief(result) == ("yes", "66.7", [], ())
    weak = score(SMALL, {"A.1": 1, "A.2": 2}, "NGO")
    assert brief(weak)[::3] == ("almost", (("criterion", "A.1"), ("area", "A")))
    facts = {step.id: step.facts for step in weak.trace if step.kind == "gate"}
    assert (facts["almost.area.B"]["found"], facts["almost.area.B"]["holds"]) == (None, True)


def test_no_critical_criterion_means_that_its_gates_hold() -> None:
    rubric = rubric_of(
        {"A": (100, [Criterion("A.1", 1, WORD)])}, (Outcome("yes", "granted", WORD, (gate("critical", 2),)), REFUSED)
    )
    result = score(rubric, {"A.1": 0}, "OPS")
    assert brief(result)[0] == "yes"
    assert [step.facts["found"] for step in result.trace if step.kind == "gate"] == [None]


def test_nothing_at_all_applies() -> None:
    rubric = rubric_of({"A": (100, [Criterion("A.1", 1, WORD)])}, (REFUSED,))
    assert brief(score(rubric, {}, "OPS", {"A.1": "powód"})) == (None, None, [], ())


def test_outcomes_without_a_last_resort_may_leave_none() -> None:
    rubric = rubric_of(
        {"A": (100, [Criterion("A.1", 1, WORD)])}, (Outcome("yes", "granted", WORD, (gate("total", 50),)),)
    )
    assert brief(score(rubric, {"A.1": 1}, "OPS")) == (None, "33.3", ["yes.total"], ())


@pytest.mark.parametrize(
    ("points", "excused", "centre_type", "field", "code"),
    [
        ({"X": 1}, {}, "OPS", "points.X", "criterion_not_found"),
        ({"A.1": 4}, {}, "OPS", "points.A.1", "points_off_scale"),
        ({"A.1": -1}, {}, "OPS", "points.A.1", "points_off_scale"),
        ({}, {"X": "powód"}, "OPS", "not_applicable.X", "criterion_not_found"),
        ({}, {"A.1": "powód"}, "OPS", "not_applicable.A.1", "not_applicable_critical"),
        ({}, {"A.2": " "}, "OPS", "not_applicable.A.2", "not_applicable_reason_missing"),
        ({"A.2": 1}, {"A.2": "powód"}, "OPS", "not_applicable.A.2", "points_and_not_applicable"),
        ({}, {}, "ZOO", "centre_type", "centre_type_not_found"),
    ],
)
def test_refused_input(
    points: dict[str, int | None], excused: dict[str, str], centre_type: str, field: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        score(SMALL, points, centre_type, excused)
    assert (refused.value.code, refused.value.errors) == (code, (FieldError(field, code),))


def test_a_scale_without_not_applicable() -> None:
    strict = replace(SMALL, scale=replace(SMALL.scale, na_allowed=False))
    with pytest.raises(Invalid) as refused:
        score(strict, {}, "OPS", {"A.2": "powód"})
    assert refused.value.code == "not_applicable_not_allowed"


def test_a_scale_that_excuses_without_reason_and_critical_ones_too() -> None:
    free = replace(SMALL, scale=replace(SMALL.scale, na_needs_reason=False, na_never_for_critical=False))
    assert score(free, {"A.2": 3, "B.1": 3}, "OPS", {"A.1": ""}).total == 100


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        score(SMALL, {"X": 1, "A.1": 9}, "OPS", {"A.2": ""})
    assert [error.code for error in refused.value.errors] == [
        "criterion_not_found",
        "points_off_scale",
        "not_applicable_reason_missing",
    ]


def oracle(rubric: Rubric, points: Mapping[str, int]) -> tuple[dict[str, Fraction], Fraction]:
    """The formulas of the standard, as a plain sum over one common denominator: no code shared with `score`."""
    areas, total, scale = {}, 0, 1
    for area in rubric.areas:
        scale *= sum(one.weight for one in area.criteria if one.status == "counted") * rubric.scale.top
    for area in rubric.areas:
        counted = [one for one in area.criteria if one.status == "counted"]
        top = sum(one.weight for one in counted) * rubric.scale.top
        got = sum(one.weight * points[one.id] for one in counted)
        areas[area.id] = Fraction(got * 100, top)
        total += area.weight * got * (scale // top)
    return areas, Fraction(total, scale)


def answers_to(rubric: Rubric) -> st.SearchStrategy[dict[str, int]]:
    return st.fixed_dictionaries({one.id: st.sampled_from(rubric.scale.points) for one in rubric.criteria})


@st.composite
def rubrics(draw: st.DrawFn) -> Rubric:
    cuts = sorted(draw(st.sets(st.integers(1, 99), max_size=4)))
    weights = [high - low for low, high in zip([0, *cuts], [*cuts, 100], strict=True)]
    areas = {
        f"A{number}": (
            weight,
            [
                Criterion(f"A{number}.{place}", draw(st.integers(1, 9)), WORD, critical=draw(st.booleans()))
                for place in range(draw(st.integers(1, 5)))
            ],
        )
        for number, weight in enumerate(weights)
    }
    share = st.integers(0, 100)
    good = Outcome("yes", "granted", WORD, (gate("total", draw(share)), gate("each_area", draw(share))))
    return rubric_of(areas, (good, REFUSED), top=draw(st.integers(1, 9)))


@given(st.data())
def test_equal_to_an_independent_calculation(data: st.DataObject) -> None:
    rubric = data.draw(st.one_of(rubrics(), st.sampled_from((OSL, VOLUNTEERS))))
    points = data.draw(answers_to(rubric))
    result = score(rubric, points, "OPS")
    assert (result.areas, result.total) == oracle(rubric, points)


@given(st.data())
def test_order_of_the_answers_does_not_matter(data: st.DataObject) -> None:
    points = data.draw(answers_to(OSL))
    names = list(points)
    random.Random(data.draw(st.integers())).shuffle(names)
    assert score(OSL, points, "OPS") == score(OSL, {name: points[name] for name in names}, "OPS")


@given(st.data())
def test_a_better_answer_never_makes_anything_worse(data: st.DataObject) -> None:
    rubric = data.draw(st.sampled_from((OSL, VOLUNTEERS)))
    points = data.draw(answers_to(rubric))
    name = data.draw(st.sampled_from(sorted(points)))
    better = points | {name: data.draw(st.sampled_from([one for one in rubric.scale.points if one >= points[name]]))}
    before, after = score(rubric, points, "OPS"), score(rubric, better, "OPS")
    rank = [outcome.id for outcome in rubric.outcomes]
    assert before.total is not None and after.total is not None and before.outcome and after.outcome
    assert after.total >= before.total
    assert all((after.areas[area] or 0) >= (before.areas[area] or 0) for area in before.areas)
    assert rank.index(after.outcome.id) <= rank.index(before.outcome.id)
