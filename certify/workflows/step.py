"""The only writer of a status: judges an action by the table, moves the case and appends the event."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from certify.db import db, queue_up
from certify.domain.digest import digest as digest
from certify.domain.errors import Conflict, Forbidden, WrongState
from certify.domain.lifecycle import COUNTED, Action, Status, transition
from certify.domain.policy import Actor, Case, available, why_not
from certify.models.application import Application, CaseNote
from certify.models.event import GENESIS, Event, event_digest
from certify.queries import cases
from certify.queries.deadlines import due_on
from certify.queries.rubrics import rubric_of
from certify.timing import now, today
from certify.workflows.announcements import announce
from certify.workflows.witness import witnessed

# One writer of the history at a time: any constant will do, it names this lock in PostgreSQL.
HISTORY_LOCK = 7301


def lock_history() -> None:
    """Let nobody else append to the history, or take a number, before this transaction ends."""
    queue_up(HISTORY_LOCK)


def next_number(prefix: str, column: InstrumentedAttribute[str]) -> str:
    """The number after the last one that begins so, such as W/2026/0007; nobody else takes it in this transaction."""
    lock_history()
    longest_last = (func.length(column).desc(), column.desc())
    used = select(column).where(column.startswith(prefix, autoescape=True)).order_by(*longest_last).limit(1)
    last = db.session.scalar(used)
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:04}"


def record(kind: str, actor_id: int | None, *, application: Application | None = None, **data: Any) -> Event:
    """Append an event to the history; call it inside the transaction that makes the change.

    `data` holds codes, ids and numbers, never texts of people. Give `from_status` and `to_status` when it moves. Write
    the rows first: the event keeps their digests, and a sealed row without an event is not kept.
    """
    session = db.session
    lock_history()
    session.flush()
    last = session.scalar(select(Event.hash).order_by(Event.id.desc()).limit(1))
    event = Event(
        application_id=application.id if application else None,
        kind=kind,
        actor_id=actor_id,
        at=now(),
        from_status=data.pop("from_status", None),
        to_status=data.pop("to_status", None),
        data=data,
        sealed=witnessed(),
        previous_hash=last or GENESIS,
        hash="",
    )
    event.hash = event_digest(event)
    session.add(event)
    session.flush()
    if application is not None:
        announce(event, application)
    return event


def opened(actor: Actor, application_id: int, version: int | None = None) -> Application:
    """The case for changing, locked for this transaction.

    Raises `NotFound` when it does not exist for the actor, `Conflict("stale_version")` when the form is older.
    """
    application = cases.get(actor, application_id, locked=True)
    seen_last(version, application.version)
    return application


def seen_last(seen: int | None, current: int) -> None:
    """Raise `Conflict("stale_version")` when the form shows an older version of the thing than the present one."""
    if seen is not None and seen != current:
        raise Conflict("stale_version", current=current)


def check(actor: Actor, application: Application, action: Action) -> Case:
    """Refuse the action with its reason, or answer the facts on which it was judged."""
    case = cases.facts(application)
    reason = why_not(actor, action, case)
    if reason is None:
        return case
    allowed = [one.value for one, obstacle in available(actor, case).items() if obstacle is None]
    if reason == "not_your_role":
        raise Forbidden(action=action.value)
    if reason in {"separation_of_duties", "own_centre"}:
        raise Conflict(reason, action=action.value, allowed=tuple(allowed))
    raise WrongState(reason, status=case.status.value, allowed=allowed, action=action.value)


def take(
    actor: Actor, application: Application, action: Action, target: Status | None = None, **data: Any
) -> Application:
    """Take the action: judge it, move the case to its target and append the event.

    `target` chooses where the table names several; `data` goes into the event (codes, ids and numbers only).
    """
    check(actor, application, action)
    return move(actor, application, action, target, **data)


def move(
    actor: Actor, application: Application, action: Action, target: Status | None = None, **data: Any
) -> Application:
    """The second half of `take`, for verbs that change what the guards look at between the check and the move."""
    source = Status(application.status)
    row = transition(source, action)
    if row is None:
        raise RuntimeError(f"{action} was not judged in {source}")
    if target is None:
        (target,) = row.targets
    if target is not source or action in COUNTED:
        application.version += 1
    if target is not source:
        application.status = target.value
        application.status_since = now()
        # After a dismissed appeal nothing runs any more: the refusal stands.
        over = action is Action.DISMISS
        application.due_on = None if over else due_on(rubric_of(application), target, today())
    record(
        action.value,
        actor.user_id,
        application=application,
        from_status=source.value,
        to_status=target.value,
        **data,
    )
    return application


def note(actor: Actor, application: Application, action: Action, text_given: str) -> CaseNote:
    """Keep what somebody wrote when acting: the history itself holds no texts of people."""
    written = CaseNote(
        application_id=application.id,
        action=action.value,
        text=text_given,
        written_at=now(),
        written_by_id=actor.user_id,
    )
    db.session.add(written)
    return written


def begin(actor: Actor, application: Application) -> None:
    """Set a new case to its first status."""
    application.status = Status.DRAFT.value
    application.status_since = now()
    db.session.add(application)
    record("application_created", actor.user_id, application=application, to_status=Status.DRAFT.value)
