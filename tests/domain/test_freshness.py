"""How old a piece of evidence may be, which months are covered, and how much of the claims is proven."""

from datetime import date

import pytest

from certify.domain.coverage import Coverage, coverage
from certify.domain.freshness import Period, months_before, months_covered
from certify.domain.readiness import AnswerFacts
from certify.domain.rubric import Rubric
from certify.rubrics import read_file
from tests.factories import RUBRICS

TODAY = date(2026, 3, 5)
NEW = date(2026, 1, 7)


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 3, 5), 24, date(2024, 3, 5)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 31), 1, date(2025, 12, 31)),
        (date(2026, 12, 1), 0, date(2026, 12, 1)),
        (date(2024, 2, 29), 24, date(2022, 2, 28)),
    ],
)
def test_months_are_counted_back(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


@pytest.mark.parametrize(
    ("period", "stale"),
    [
        (Period(added=NEW), False),
        (Period(added=date(2024, 3, 5)), False),
        (Period(added=date(2024, 3, 4)), True),
        (Period(added=NEW, last=date(2024, 3, 4)), True),
        (Period(added=NEW, last=date(2024, 3, 5)), False),
        (Period(added=date(2019, 1, 1), last=date(2030, 12, 31)), False),
        (Period(added=date(2019, 1, 1), valid_until=date(2026, 3, 5)), False),
        (Period(added=NEW, valid_until=date(2026, 3, 4)), True),
        (Period(added=NEW, last=date(2026, 2, 1), valid_until=date(2026, 3, 4)), True),
        (Period(added=NEW, last=date(2023, 2, 1), valid_until=date(2028, 3, 4)), True),
        (Period(added=NEW, first=date(2010, 1, 1)), False),
    ],
)
def test_stale(period: Period, stale: bool) -> None:
    assert period.is_stale(TODAY) is stale


@pytest.mark.parametrize(
    ("period", "months"),
    [
        (Period(added=NEW), {1}),
        (Period(added=NEW, first=date(2025, 12, 31)), {12, 1}),
        (Period(added=NEW, last=date(2026, 2, 1)), {2}),
        (Period(added=NEW, first=date(2025, 12, 1), last=date(2026, 3, 31)), {12, 1, 2, 3}),
        (Period(added=NEW, first=date(2026, 2, 1)), set()),
        (Period(added=NEW, last=date(2023, 2, 1)), set()),
    ],
)
def test_which_months_a_piece_covers(period: Period, months: set[int]) -> None:
    found = months_covered([period], TODAY, 4)
    assert [month for month, _ in found] == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    assert {month.month for month, count in found if count} == months


def test_the_calendar_has_two_years_and_counts_pieces() -> None:
    found = months_covered([Period(added=NEW), Period(added=NEW), Period(added=TODAY)], TODAY)
    assert len(found) == 24
    assert found[0] == (date(2024, 4, 1), 0)
    assert found[-3:] == [(date(2026, 1, 1), 2), (date(2026, 2, 1), 0), (date(2026, 3, 1), 1)]


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return read_file(RUBRICS / "wolontariat" / "1.0.yaml")


def test_coverage_counts_claims_and_proof(rubric: Rubric) -> None:
    first, second = rubric.areas[:2]
    met = rubric.scale.met
    ids = [one.id for one in first.criteria]
    answers = {
        ids[0]: AnswerFacts(points=met, evidence=2),
        ids[1]: AnswerFacts(points=met + 1),
        ids[2]: AnswerFacts(points=met - 1, evidence=1),
        second.criteria[0].id: AnswerFacts(not_applicable=True, reason="…", evidence=1),
    }
    found = coverage(rubric, "OPS", answers)
    assert found[first.id] == Coverage(claimed=2, proven=1)
    assert found[second.id] == Coverage()
    assert set(found) == {one.id for one in rubric.areas}
