"""The coordinator's board: how many cases stand where, and one page of them with the nearest deadline first."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import ColumnElement, Select, bindparam, func, literal, select, union_all

from certify.db import db
from certify.domain.errors import Forbidden
from certify.domain.lifecycle import CLOSED, MOVES, Party, Status
from certify.domain.policy import Actor
from certify.models.application import Application
from certify.models.organisation import Organisation, Unit
from certify.models.search import Kind
from certify.queries import search
from certify.queries.accounts import OFFICE
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


def _only_office(actor: Actor) -> None:
    """Coordinators and administrators see every case, so that the statements below ask for nobody's rights."""
    if not actor.roles & OFFICE:
        raise Forbidden


def _standing(*statuses: Status, late: bool) -> ColumnElement[bool]:
    clause = Application.status.in_([status.value for status in statuses])
    return clause & (Application.due_on < bindparam("today")) if late else clause


def _bounded(name: str, clause: ColumnElement[bool]) -> Select[str, int]:
    some = select(Application.id).where(clause).limit(COUNT_LIMIT + 1).subquery()
    return select(literal(name), func.count()).select_from(some)


# Put together once: that takes longer than running it.
_COUNTS = union_all(
    *(_bounded(status.value, Application.status == status.value) for status in Status),
    _bounded("late", _standing(*RUNNING, late=True)),
)


def counts(actor: Actor) -> Counts:
    """The numbers beside the filters, in one query."""
    _only_office(actor)
    found = {str(name): int(count) for name, count in db.session.execute(_COUNTS, {"today": today()})}
    return Counts({status: found[status.value] for status in Status}, found["late"])


def _statuses(wanted: Filter) -> tuple[Status, ...]:
    if wanted.status is not None:
        return (wanted.status,)
    return OFFICE_MOVES if wanted.view == "mine" else RUNNING


@cache
def _all_nearest(statuses: tuple[Status, ...], late: bool) -> Select[int]:
    return _nearest(statuses, late)


def _nearest(statuses: tuple[Status, ...], late: bool, *clauses: ColumnElement[bool]) -> Select[int]:
    """The ids of one page and one row more; `first` rows come before it, `reach` is the last of all.

    Each status brings its own nearest cases, in the order of the index on status and date: sorting all that are in
    progress would take as long as there are cases.
    """
    parts = []
    for status in statuses:
        here = select(Application.id, Application.due_on).where(_standing(status, late=late), *clauses)
        nearest = here.order_by(Application.due_on.nulls_last(), Application.id).limit(bindparam("reach")).subquery()
        parts.append(select(nearest.c.id, nearest.c.due_on))
    found = union_all(*parts).subquery()
    ordered = select(found.c.id).order_by(found.c.due_on.nulls_last(), found.c.id)
    return ordered.offset(bindparam("first")).limit(PAGE + 1)


def _named(statuses: tuple[Status, ...], late: bool, words: str) -> Select[int]:
    """The same of the cases that have the words: few are sorted by themselves, of many the nearest are looked for."""
    few, more = search.found(Kind.APPLICATION, words)
    if more:
        return _nearest(statuses, late, search.matching(Kind.APPLICATION, Application.id, words))
    rows = select(Application.id).where(Application.id.in_(few), _standing(*statuses, late=late))
    ordered = rows.order_by(Application.due_on.nulls_last(), Application.id)
    return ordered.offset(bindparam("first")).limit(PAGE + 1)


def _rows(ids: Select[int]) -> Select[int, str, str, date | None, str, str, bool]:
    chosen = ids.subquery()
    return (
        select(
            Application.id,
            Application.number,
            Application.status,
            Application.due_on,
            Organisation.name,
            Unit.name,
            Unit.is_main,
        )
        .join(chosen, Application.id == chosen.c.id)
        .join(Organisation, Application.organisation_id == Organisation.id)
        .join(Unit, Application.unit_id == Unit.id)
        .order_by(Application.due_on.nulls_last(), Application.id)
    )


def page(actor: Actor, wanted: Filter, number: int = 1) -> tuple[list[Row], bool]:
    """One page of the cases, the nearest deadline first, those without one last; True when another page follows."""
    _only_office(actor)
    first = (number - 1) * PAGE
    statuses, late = _statuses(wanted), wanted.view == "late" and wanted.status is None
    ids = _named(statuses, late, wanted.words) if wanted.words else _all_nearest(statuses, late)
    values = {"first": first, "reach": first + PAGE + 1, "today": today()}
    found = db.session.execute(_rows(ids), values).all()
    shown = [
        Row(key, code, Status(status), due, holder, None if is_main else unit)
        for key, code, status, due, holder, unit, is_main in found[:PAGE]
    ]
    return shown, len(found) > PAGE
