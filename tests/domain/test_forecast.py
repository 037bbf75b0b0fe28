"""A forecast is what the scoring says of the self-rating, and whoever follows its advice gets there."""

import random
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from certify.domain.forecast import Forecast, Obstacle, Raise, Way, forecast
from certify.domain.rubric import Gate, Outcome, Rubric
from certify.domain.scoring import score
from certify.rubrics import read_file

RUBRICS = Path(__file__).parents[2] / "rubrics"
OSL = read_file(RUBRICS / "osl" / "1.0.yaml")
VOLUNTEERS = read_file(RUBRICS / "wolontariat" / "1.0.yaml")


def everywhere(rubric: Rubric, points: int, **other: int) -> dict[str, int | None]:
    """The same points for each criterion of an OPS, but for those named ("O5_5" stands for O5.5)."""
    found: dict[str, int | None] = dict.fromkeys((one.id for one in rubric.criteria_for("OPS")), points)
    return found | {name.replace("_", "."): value for name, value in other.items()}


def place(rubric: Rubric, outcome: Outcome | None) -> int:
    assert outcome is not None
    return rubric.outcomes.index(outcome)


def way(found: Forecast) -> Way:
    assert found.way is not None
    return found.way


def followed(points: Mapping[str, int | None], raises: tuple[Raise, ...] | None) -> dict[str, int | None]:
    assert raises is not None
    for one in raises:
        assert (points[one.criterion] or 0) == one.now < one.needed
    return {**points, **{one.criterion: one.needed for one in raises}}


def test_the_best_outcome_has_nothing_ahead() -> None:
    found = forecast(OSL, everywhere(OSL, 2), "OPS")
    assert found.outcome == OSL.outcome("granted")
    assert (found.missing, found.way) == ((), None)
    assert found.result == score(OSL, everywhere(OSL, 2), "OPS")


def test_one_critical_criterion_is_named_with_its_level() -> None:
    found = forecast(OSL, everywhere(OSL, 2, O1_1=1), "OPS")
    assert found.outcome == OSL.outcome("conditional")
    needed = (Raise("O1.1", 1, 2),)
    assert way(found) == Way(
        OSL.outcome("granted"), (Obstacle(Gate("critical", Fraction(2)), ("O1.1",), needed),), needed
    )


def test_unanswered_criteria_stand_at_the_lowest_level() -> None:
    points = everywhere(OSL, 2)
    points["O1.1"] = None
    del points["O1.2"]
    found = forecast(OSL, points, "OPS")
    assert found.missing == ("O1.1", "O1.2")
    assert found.outcome == forecast(OSL, everywhere(OSL, 2, O1_1=0, O1_2=0), "OPS").outcome
    assert Raise("O1.1", 0, 1) in (way(found).raises or ())


def test_an_area_is_raised_where_it_moves_most() -> None:
    """Half of the area's points are needed; the heaviest criterion that is not met goes up first."""
    area = OSL.areas[2]
    points = everywhere(OSL, 3) | {one.id: 2 if one.critical_to("OPS") else 0 for one in area.criteria}
    found = way(forecast(OSL, points, "OPS"))
    assert [(one.gate.kind, one.against) for one in found.obstacles] == [("each_area", (area.id,))]
    heaviest = max((one for one in area.criteria if points[one.id] == 0), key=lambda one: one.weight)
    assert [one.criterion for one in found.raises or ()] == [heaviest.id]


def test_steps_that_were_not_needed_are_taken_back() -> None:
    """Each raise is needed: one level less anywhere and the outcome is not reached."""
    points = everywhere(OSL, 1)
    found = forecast(OSL, points, "OPS")
    reached = followed(points, way(found).raises)
    for one in way(found).raises or ():
        less = score(OSL, reached | {one.criterion: one.needed - 1}, "OPS")
        assert place(OSL, less.outcome) > place(OSL, way(found).outcome)


@pytest.mark.parametrize("rubric", [OSL, VOLUNTEERS], ids=["osl", "wolontariat"])
def test_following_the_advice_reaches_the_outcome(rubric: Rubric) -> None:
    dice = random.Random(5)
    ways = 0
    for _ in range(12):
        centre_type = dice.choice(rubric.centre_types).id
        asked = rubric.criteria_for(centre_type)
        scale = rubric.scale.points
        points: dict[str, int | None] = {one.id: dice.choice((*scale, None)) for one in asked}
        easy = [one.id for one in asked if not one.critical_to(centre_type)]
        excused = dict.fromkeys(dice.sample(easy, 1), "Nie dotyczy nas.")
        points = {key: value for key, value in points.items() if key not in excused}
        found = forecast(rubric, points, centre_type, excused)
        if found.way is None:
            continue
        filled = {**points, **dict.fromkeys(found.missing, scale[0])}
        better = score(rubric, followed(filled, found.way.raises), centre_type, excused)
        assert place(rubric, better.outcome) <= place(rubric, found.way.outcome) < place(rubric, found.outcome)
        for one in found.way.obstacles:
            alone = replace(found.way.outcome, gates=(one.gate,))
            trial = replace(rubric, outcomes=(alone, rubric.outcomes[-1]))
            assert score(trial, filled, centre_type, excused).outcome != alone
            assert score(trial, followed(filled, one.raises), centre_type, excused).outcome == alone
        ways += 1
    assert ways > 6


def test_a_gate_on_numbers_of_criteria_is_not_broken_on_the_way() -> None:
    """OSL's conditional outcome bears three critical criteria at 1: the fourth goes up to 2 at once."""
    critical = [one.id for one in OSL.criteria_for("OPS") if one.critical_to("OPS")]
    points = everywhere(OSL, 2) | dict.fromkeys(critical[:3], 1) | {critical[3]: 0}
    found = forecast(OSL, points, "OPS")
    assert found.outcome == OSL.outcome("refused")
    assert way(found).raises == (Raise(critical[3], 0, 2),)


def test_no_way_is_said_where_raising_does_not_help() -> None:
    """An invented gate that allows nobody at the top, and everybody stands there."""
    none_at_top = Outcome("odd", "granted", OSL.title, (Gate("criteria_at_most", Fraction(0), "3"),))
    odd = replace(OSL, outcomes=(none_at_top, OSL.outcomes[-1]))
    found = way(forecast(odd, everywhere(OSL, 3), "OPS"))
    assert (found.outcome, found.raises) == (none_at_top, None)
    assert [one.raises for one in found.obstacles] == [None]


def test_where_nothing_counts_there_is_no_outcome() -> None:
    easy = replace(OSL, areas=tuple(replace(area, criteria=area.criteria[-1:]) for area in OSL.areas))
    easy = replace(
        easy,
        areas=tuple(
            replace(area, criteria=(replace(area.criteria[0], critical=False, critical_for=()),)) for area in easy.areas
        ),
    )
    excused = {one.id: "Nie dotyczy." for one in easy.criteria_for("OPS")}
    found = forecast(easy, {}, "OPS", excused)
    assert (found.outcome, found.missing, found.way) == (None, (), None)
