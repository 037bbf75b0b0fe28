"""An answer travels only under the question to which it was given."""

from dataclasses import replace

import pytest

from certify.domain.carry_over import travelling
from certify.domain.rubric import Criterion, Indicator, Rubric, Scale, Text
from certify.rubrics import read_file
from tests.factories import RUBRICS

RUBRIC = read_file(RUBRICS / "wolontariat" / "1.0.yaml")


def ids(found: tuple[Criterion, ...]) -> list[str]:
    return [one.id for one in found]


def changed(**changes: object) -> Rubric:
    """The standard with another first criterion."""
    area = RUBRIC.areas[0]
    first = replace(area.criteria[0], **changes)  # type: ignore[arg-type]
    return replace(RUBRIC, areas=(replace(area, criteria=(first, *area.criteria[1:])), *RUBRIC.areas[1:]))


FIRST = RUBRIC.criteria[0]
OTHER = Text("Inne słowa.")


def test_the_same_standard_travels_whole() -> None:
    assert ids(travelling(RUBRIC, RUBRIC, "OPS")) == ids(RUBRIC.criteria_for("OPS"))


@pytest.mark.parametrize(
    "changes",
    [
        {"descriptors": (OTHER, *FIRST.descriptors[1:])},
        {"indicators": (Indicator("P.1.a", OTHER),)},
        {"indicators": (Indicator("P.1.b", FIRST.indicators[0].text),)},
        {"indicators": (*FIRST.indicators, Indicator("P.1.z", OTHER))},
        {"id": "P.9"},
    ],
)
def test_a_changed_question_stays_behind(changes: dict[str, object]) -> None:
    assert ids(travelling(RUBRIC, changed(**changes), "OPS")) == ids(RUBRIC.criteria_for("OPS"))[1:]


@pytest.mark.parametrize("changes", [{"weight": 7}, {"title": OTHER}, {"critical": False}])
def test_what_changes_no_question_travels(changes: dict[str, object]) -> None:
    assert ids(travelling(RUBRIC, changed(**changes), "OPS"))[0] == "P.1"


def test_another_scale_lets_nothing_through() -> None:
    levels = tuple(replace(one, points=one.points - 1) for one in RUBRIC.scale.levels)
    assert travelling(RUBRIC, replace(RUBRIC, scale=Scale(met=2, levels=levels)), "OPS") == ()


def test_what_this_type_of_centre_is_not_asked_stays_behind() -> None:
    assert ids(travelling(RUBRIC, changed(unless=("OPS",)), "OPS"))[0] == "P.2"
