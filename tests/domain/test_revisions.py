"""What one person saves in one go is one line of the history."""

from datetime import UTC, datetime, timedelta

from certify.domain.revisions import Save, in_one_go

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def lines(*saves: Save) -> list[list[int]]:
    return [[one.number for one in run] for run in in_one_go(saves)]


def at(number: int, minutes: int, by: int = 1, restored: bool = False) -> Save:
    return Save(number, NOON + timedelta(minutes=minutes), by, restored)


def test_a_quarter_of_an_hour_of_one_person_is_one_line() -> None:
    assert lines() == []
    assert lines(at(1, 0), at(2, 14), at(3, 15), at(4, 16)) == [[1, 2, 3], [4]]


def test_another_person_begins_a_line() -> None:
    assert lines(at(1, 0), at(2, 1, by=2), at(3, 2)) == [[1], [2], [3]]


def test_bringing_back_stands_alone() -> None:
    assert lines(at(1, 0), at(2, 1, restored=True), at(3, 2), at(4, 3)) == [[1], [2], [3, 4]]
