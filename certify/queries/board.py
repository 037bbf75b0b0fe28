"""The coordinator's board: how many cases stand where, and one page of them with the nearest deadline first."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, true, union_all

from certify.db import db
from certify.domain.collation import sort_key
from certify.domain.lifecycle import CLOSED, MOVES, Party, Status
from certify.domain.policy import Actor
from certify.models.application import Application
from certify.models.organisation import Organisation, Unit
from certify.queries import cases
from certify.timing import today

PAGE = 50
# Counting stops here, so that the board is as quick with 100,000 cases as with 1,000; "more than 500" says enough.
COUNT_LIMIT = 500
OFFICE_MOVES = tuple(status for status, (party, _) in MOVES.items() if party is Party.COORDINATOR)
RUNNING = tuple(status for status in Status if status not in CLOSED)


@dataclass(frozen=True)
class Filter:
    """What is asked for: one status, or a view (`running`, `mine`, `late`), and words from the number or the holder."""

    view: str = "running"
    status: Status | None = None
    words: str = ""


@dataclass(frozen=True)
class Row:
    """One case on the board; `days` until it is due, negative when late."""

    id: int
    number: str
    status: Status
    due_on: date | None
    holder: str
    unit: str | None

    @property
    def days(self) -> int | None:
        """Calendar days until the case is due."""
        return None if self.due_on is None else (self.due_on - today()).days

    @property
    def move(self) -> Party:
        """Whose move it is."""
        return MOVES[self.status][0]


@dataclass(frozen=True)
class Counts:
    """How many cases stand in each status, and how many are late; each at most `COUNT_LIMIT`."""

    by_status: dict[Status, int]
    late: int

    @property
    def mine(self) -> int:
        """Cases that wait for the coordinator."""
        return sum(self.by_status[status] for status in OFFICE_MOVES)

    @property
    def running(self) -> int:
        """Cases that are not closed."""
        return sum(self.by_status[status] for status in RUNNING)


def _visible(actor: Actor) -> ColumnElement[bool]:
    clause = cases.visible_to(actor).whereclause
    return true() if clause is None else clause


def _late() -> ColumnElement[bool]:
    return (Application.due_on < today()) & Application.status.in_([status.value for status in RUNNING])


def counts(actor: Actor) -> Counts:
    """The numbers beside the filters, in one query."""

    def bounded(name: str, clause: ColumnElement[bool]) -> Select[str, int]:
        some = select(Application.id).where(_visible(actor), clause).limit(COUNT_LIMIT + 1).subquery()
        return select(literal(name), func.count()).select_from(some)

    parts = [bounded(status.value, Application.status == status.value) for status in Status]
    rows = db.session.execute(union_all(*parts, bounded("late", _late())))
    found = {str(name): int(count) for name, count in rows}
    return Counts({status: found[status.value] for status in Status}, found["late"])


def _clause(wanted: Filter) -> ColumnElement[bool]:
    if wanted.status is not None:
        return Application.status == wanted.status.value
    if wanted.view == "late":
        return _late()
    statuses = OFFICE_MOVES if wanted.view == "mine" else RUNNING
    return Application.status.in_([status.value for status in statuses])


def page(actor: Actor, wanted: Filter, number: int = 1) -> tuple[list[Row], bool]:
    """One page of the cases, the nearest deadline first, those without one last; True when another page follows."""
    rows = (
        select(
            Application.id,
            Application.number,
            Application.status,
            Application.due_on,
            Organisation.name,
            Unit.name,
            Unit.is_main,
        )
        .join(Organisation, Application.organisation_id == Organisation.id)
        .join(Unit, Application.unit_id == Unit.id)
        .where(_visible(actor), _clause(wanted))
    )
    if wanted.words:
        key = sort_key(wanted.words)
        named = Application.number.contains(wanted.words, autoescape=True)
        rows = rows.where(or_(named, Organisation.sort_key.contains(key, autoescape=True)) if key else named)
    rows = rows.order_by(Application.due_on.is_(None), Application.due_on, Application.id)
    found = db.session.execute(rows.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    shown = [
        Row(key, code, Status(status), due, holder, None if is_main else unit)
        for key, code, status, due, holder, unit, is_main in found[:PAGE]
    ]
    return shown, len(found) > PAGE
