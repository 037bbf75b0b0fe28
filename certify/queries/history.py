"""The history of a case as one person may read it; long runs of small steps become one entry."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from certify.db import db
from certify.domain.history import RATING, WRITING, Step, hidden_details, may_know
from certify.domain.policy import Actor, Case
from certify.models.account import User
from certify.models.application import Application, CaseNote
from certify.models.event import Event
from certify.timing import WARSAW


@dataclass
class Entry:
    """One line of the history. `counts`: how often each kind of a run happened (different criteria, where it has any).

    `about` is the name of the person whom the step concerns, `note` what was written when acting.
    """

    kind: str
    at: datetime
    actor: str
    counts: dict[str, int]
    data: dict[str, Any] = field(default_factory=dict)
    about: str = ""
    note: str = ""


@dataclass(frozen=True)
class _Seen:
    kind: str
    at: datetime
    actor_id: int | None
    data: dict[str, Any]
    note: str


def _family(kind: str) -> str:
    if kind in WRITING:
        return "writing"
    return "rating" if kind in RATING else ""


def _open_to(actor: Actor, case: Case, event: _Seen, handed_over: datetime | None) -> bool:
    sealed = handed_over is not None and event.at > handed_over
    return may_know(actor, case, Step(event.kind, event.actor_id, sealed))


def _events(application: Application) -> list[_Seen]:
    """All events, the oldest first; the n-th note of an action belongs to its n-th event."""
    notes: dict[str, list[str]] = defaultdict(list)
    written = select(CaseNote.action, CaseNote.text).where(CaseNote.application_id == application.id)
    for action, text in db.session.execute(written.order_by(CaseNote.id)):
        notes[action].append(text)
    rows = select(Event.kind, Event.at, Event.actor_id, Event.data).where(Event.application_id == application.id)
    found = []
    for kind, at, actor_id, data in db.session.execute(rows.order_by(Event.id)):
        waiting = notes.get(kind)
        found.append(_Seen(kind, at, actor_id, data, waiting.pop(0) if waiting else ""))
    return found


def _names(events: Sequence[_Seen]) -> dict[int, str]:
    wanted = {event.actor_id for event in events} | {_about(event) for event in events}
    rows = select(User.id, User.name).where(User.id.in_([one for one in wanted if one is not None]))
    return dict(db.session.execute(rows).all())


def _about(event: _Seen) -> int | None:
    """The person whom the step concerns."""
    found: int | None = event.data.get("auditor") or event.data.get("person")
    return found


def _runs(events: Sequence[_Seen]) -> Iterator[list[_Seen]]:
    """Single events, and runs of small steps: per person and Polish day, as long as nothing else comes between."""
    run: dict[tuple[int | None, date], list[_Seen]] = {}
    family = ""
    for event in events:
        if run and _family(event.kind) != family:
            yield from run.values()
            run = {}
        family = _family(event.kind)
        if family:
            run.setdefault((event.actor_id, event.at.astimezone(WARSAW).date()), []).append(event)
        else:
            yield [event]
    yield from run.values()


def _entry(run: list[_Seen], names: dict[int, str]) -> Entry:
    last = run[-1]
    things: dict[str, set[object]] = defaultdict(set)
    for place, event in enumerate(run):
        # An answer saved ten times is one answer; two files for one criterion are two.
        once = "evidence" not in event.kind and event.data.get("criterion")
        things[event.kind].add(once or place)
    return Entry(
        kind=run[0].kind,
        at=last.at,
        actor=names.get(last.actor_id or 0, ""),
        counts={kind: len(found) for kind, found in things.items()},
        data=last.data,
        about=names.get(_about(last) or 0, ""),
        note=last.note,
    )


def entries(actor: Actor, application: Application, case: Case) -> list[Entry]:
    """What happened in the case, the newest first, as far as the actor may know."""
    seen = [event for event in _events(application) if _open_to(actor, case, event, application.submitted_at)]
    hidden = hidden_details(actor, case)
    seen = [replace(one, data={key: value for key, value in one.data.items() if key not in hidden}) for one in seen]
    names = _names(seen)
    return [_entry(run, names) for run in _runs(seen)][::-1]
