"""Every status × action × role: the verb does what the table says, or refuses with the table's reason."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from certify.db import db
from certify.domain.errors import CertifyError, Conflict, Forbidden, NotFound, WrongState
from certify.domain.lifecycle import BY_STATUS, COUNTED, Action, Status
from certify.domain.policy import Actor, Case, Role, available, may_see_case, why_not
from certify.models.event import Event
from certify.queries import cases
from tests.factories import OSL, SMALL, Made, make_application
from tests.workflows.verbs import VERBS

PARTS = (
    "manager",
    "editor",
    "stranger",
    "coordinator",
    "lead",
    "auditor",
    "outsider",
    "decider",
    "panel",
    "admin",
)
ROLE_REASONS = {"separation_of_duties", "own_centre"}


def made_at(status: Status) -> Made:
    # Only the OSL standard knows a conditional decision.
    wanted = OSL if status in {Status.CONDITIONAL, Status.DECISION} else SMALL
    return make_application(status, wanted)


def expected_refusal(actor: Actor, case: Case, action: Action) -> tuple[type[CertifyError], str] | None:
    """What the verb must raise by the table, or None when nothing stands against it."""
    if not may_see_case(actor, case):
        return NotFound, "not_found"
    reason = why_not(actor, action, case)
    if reason is None:
        return None
    if action is Action.ISSUE and case.status is Status.CERTIFIED and Role.COORDINATOR in actor.roles:
        return Conflict, "already_issued"
    if reason == "not_your_role":
        return Forbidden, "forbidden"
    return (Conflict if reason in ROLE_REASONS else WrongState), reason


def events_of(made: Made) -> int:
    return db.session.scalar(select(func.count()).select_from(Event)) or 0


def test_the_verbs_are_those_of_the_table() -> None:
    assert set(VERBS) == set(Action)


@pytest.mark.parametrize("status", list(Status))
def test_refusals_carry_the_tables_reason_and_change_nothing(app: Flask, status: Status) -> None:
    made = made_at(status)
    assert made.application.status == status
    before = (made.application.version, events_of(made))
    tried = 0
    case = cases.facts(made.application)
    for actor in [made.actor(part) for part in PARTS]:
        for action in Action:
            refusal = expected_refusal(actor, case, action)
            if refusal is None:
                continue
            kind, code = refusal
            with pytest.raises(kind) as raised:
                VERBS[action](actor, made)
            assert raised.value.code == code, (actor.name, action)
            if isinstance(raised.value, WrongState):
                allowed = available(actor, case)
                assert raised.value.allowed == tuple(key.value for key, reason in allowed.items() if reason is None)
            tried += 1
    assert tried > len(PARTS) * (len(Action) - len(BY_STATUS[status])) - 1
    assert (made.application.version, events_of(made)) == before
    assert made.application.status == status


# Who can take which action right after the walk to its status: by the table, checked against the facts in the test.
POSSIBLE = [
    (Status.DRAFT, Action.WITHDRAW, "manager"),
    (Status.SUBMITTED, Action.ACCEPT, "coordinator"),
    (Status.SUBMITTED, Action.RETURN, "coordinator"),
    (Status.SUBMITTED, Action.REJECT, "coordinator"),
    (Status.SUPPLEMENT, Action.RESUBMIT, "manager"),
    (Status.SUPPLEMENT, Action.WITHDRAW, "manager"),
    (Status.TEAMING, Action.RELEASE, "coordinator"),
    (Status.TEAMING, Action.START_AUDIT, "coordinator"),
    (Status.AUDIT, Action.SCORE, "auditor"),
    (Status.AUDIT, Action.RECORD_VISIT, "lead"),
    (Status.CONSENSUS, Action.SETTLE, "auditor"),
    (Status.CONSENSUS, Action.SETTLE, "lead"),
    (Status.DECISION, Action.GRANT_CONDITIONALLY, "decider"),
    (Status.REPORT, Action.SEND_REPORT, "lead"),
    (Status.HEARING, Action.COMMENT, "manager"),
    (Status.HEARING, Action.COMMENT, "editor"),
    (Status.HEARING, Action.END_HEARING, "manager"),
    (Status.DECISION, Action.GRANT, "decider"),
    (Status.DECISION, Action.GRANT, "panel"),
    (Status.DECISION, Action.REFUSE, "decider"),
    (Status.CONDITIONAL, Action.REPORT_CONDITION, "editor"),
    (Status.CONDITIONAL, Action.EXTEND_CONDITIONS, "coordinator"),
    (Status.GRANTED, Action.ISSUE, "coordinator"),
    (Status.REFUSED, Action.APPEAL, "manager"),
    (Status.APPEAL, Action.UPHOLD, "panel"),
    (Status.APPEAL, Action.DISMISS, "panel"),
]


@pytest.mark.parametrize(("status", "action", "part"), POSSIBLE)
def test_an_action_moves_the_case_and_leaves_one_event(app: Flask, status: Status, action: Action, part: str) -> None:
    made = made_at(status)
    assert expected_refusal(made.actor(part), cases.facts(made.application), action) is None
    before = (made.application.version, events_of(made))
    VERBS[action](made.actor(part), made)
    after = made.application
    assert Status(after.status) in BY_STATUS[status][action].targets
    # An older picture of the case is stale when the case moved, or when all its readers know of the step.
    newer = Status(after.status) is not status or action in COUNTED
    assert (after.version, events_of(made)) == (before[0] + newer, before[1] + 1)
    event = db.session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (event.kind, event.actor_id, event.from_status, event.to_status) == (
        action.value,
        made.people[part].id,
        status.value,
        after.status,
    )
