"""The table of the process: whole, reachable, and with one reason for each refusal."""

import itertools

import pytest

from certify.domain.lifecycle import (
    BY_STATUS,
    CLOSED,
    DECIDING,
    EDITABLE,
    LIVING,
    MOVES,
    REPORTED,
    TRANSITIONS,
    Action,
    Guard,
    Party,
    Status,
    transition,
    whose_move,
)
from certify.domain.policy import GUARDS


def test_every_status_says_whose_move_it_is() -> None:
    assert set(MOVES) == set(Status)
    assert {status for status in Status if whose_move(status) is Party.NOBODY} == {
        Status.CERTIFIED,
        Status.REJECTED,
        Status.WITHDRAWN,
    }


def test_a_status_and_an_action_name_one_row() -> None:
    pairs = [(row.source, row.action) for row in TRANSITIONS]
    assert len(pairs) == len(set(pairs))
    assert {row.action for row in TRANSITIONS} == set(Action)


def test_every_status_is_reached_from_the_draft() -> None:
    reached = {Status.DRAFT}
    while more := {
        target for row in TRANSITIONS if row.source in reached for target in row.targets if target not in reached
    }:
        reached |= more
    assert reached == set(Status)


def test_where_nobody_moves_nothing_can_be_done() -> None:
    ends = {status for status in Status if not BY_STATUS[status]}
    assert ends == {Status.CERTIFIED, Status.REJECTED, Status.WITHDRAWN}


def test_the_party_that_has_the_move_has_something_to_do() -> None:
    wider = {
        Party.CENTRE: {Party.CENTRE, Party.CENTRE_MANAGER},
        Party.AUDITOR: {Party.AUDITOR, Party.LEAD_AUDITOR},
    }
    for status, rows in BY_STATUS.items():
        move = whose_move(status)
        if move is not Party.NOBODY:
            able = set(itertools.chain.from_iterable(row.by for row in rows.values()))
            assert able & wider.get(move, {move}), status


def test_every_guard_is_judged_and_used() -> None:
    assert set(GUARDS) == set(Guard)
    assert {guard for row in TRANSITIONS for guard in row.guards} == set(Guard)


@pytest.mark.parametrize("row", TRANSITIONS, ids=lambda row: f"{row.source}-{row.action}")
def test_a_row_stays_or_moves(row: object) -> None:
    assert isinstance(row, type(TRANSITIONS[0]))
    assert row.by
    assert row.stays == (row.source in row.targets)


def test_rows_are_found_by_status_and_action() -> None:
    assert transition(Status.DRAFT, Action.SUBMIT) == TRANSITIONS[0]
    assert transition(Status.DRAFT, Action.ISSUE) is None


def test_groups_of_statuses() -> None:
    assert {Status.DRAFT, Status.SUPPLEMENT} == EDITABLE
    assert set(Status) - CLOSED == LIVING > EDITABLE
    assert {Status.CERTIFIED, Status.REFUSED, Status.REJECTED, Status.WITHDRAWN} == CLOSED
    assert DECIDING < REPORTED
