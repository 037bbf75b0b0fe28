"""How old a piece of evidence may be, which months are covered, and how much of the claims is proven."""

from dataclasses import replace
from datetime import date

import pytest

from certify.domain.coverage import Coverage, coverage
from certify.domain.freshness import AgeRule, Period, age_rule, months_before, months_covered
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
    ("period", "old"),
    [
        (Period(added=NEW), False),
        (Period(added=date(2024, 3, 5)), False),
        (Period(added=date(2024, 3, 4)), True),
        (Period(added=NEW, last=date(2024, 3, 4)), True),
        (Period(added=NEW, last=date(2024, 3, 5)), False),
        (Period(added=date(2019, 1, 1), last=date(2030, 12, 31)), False),
        (Period(added=date(2019, 1, 1), valid_until=date(2026, 3, 5)), False),
        (Period(added=NEW, valid_until=date(2026, 3, 4)), False),
        (Period(added=NEW, last=date(2024, 3, 4), valid_until=date(2026, 3, 4)), True),
        (Period(added=NEW, last=date(2023, 2, 1), valid_until=date(2028, 3, 4)), True),
        (Period(added=NEW, first=date(2010, 1, 1)), False),
    ],
)
def test_old(period: Period, old: bool) -> None:
    assert period.is_old(TODAY, 24) is old
    assert period.is_old(TODAY, None) is False


def test_the_passport_says_when_a_piece_ends() -> None:
    assert [Period(added=NEW, valid_until=until).has_ended(TODAY) for until in (None, TODAY, date(2026, 3, 4))] == [
        False,
        False,
        True,
    ]


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
    found = months_covered([Period(added=NEW), Period(added=NEW), Period(added=TODAY)], TODAY, 24)
    assert len(found) == 24
    assert found[0] == (date(2024, 4, 1), 0)
    assert found[-3:] == [(date(2026, 1, 1), 2), (date(2026, 2, 1), 0), (date(2026, 3, 1), 1)]


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return read_file(RUBRICS / "wolontariat" / "1.0.yaml")


def test_each_standard_says_how_old_evidence_may_be(rubric: Rubric) -> None:
    osl = read_file(RUBRICS / "osl" / "1.0.yaml")
    assert (osl.process.evidence_months, {kind.months for kind in osl.evidence_kinds}) == (24, {None})
    mine = age_rule([rubric])
    assert [mine.months(kind) for kind in ("document", "photo", "", "unknown")] == [36, 12, 36, 36]
    # The first that knows a kind has the word, and the first of all on what nobody has described.
    both = age_rule([osl, rubric])
    assert [both.months(kind) for kind in ("resolution", "document", "photo", "")] == [24, 36, 12, 24]


def test_a_standard_without_a_rule_lets_evidence_be_of_any_age(rubric: Rubric) -> None:
    silent = replace(rubric, process=replace(rubric.process, evidence_months=None))
    found = age_rule([silent])
    assert [found.months(kind) for kind in ("document", "photo", "")] == [None, 12, None]
    assert [found.shown(kind) for kind in ("document", "photo", "")] == [24, 12, 24]
    assert age_rule([]) == AgeRule()
    assert AgeRule().months("photo") is None


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
