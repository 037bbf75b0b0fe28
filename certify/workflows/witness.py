"""Sees each row that a unit of work writes into a witnessed table, so that its event can keep the row's digest."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from certify.db import db
from certify.models.sealed import WITNESSED, row_digest, table_of

_WRITTEN = "written"
Row = tuple[str, int]


@event.listens_for(db.session, "after_flush")
def _see(session: Session, _context: object) -> None:
    written: dict[Row, Any] = session.info.setdefault(_WRITTEN, {})
    for one in (*session.new, *session.dirty, *session.deleted):
        if one.__tablename__ in WITNESSED and (one not in session.dirty or session.is_modified(one)):
            written[one.__tablename__, one.id] = None if one in session.deleted else one


@event.listens_for(db.session, "after_soft_rollback")
def _forget(session: Session, _previous: object) -> None:
    session.info.pop(_WRITTEN, None)


@event.listens_for(db.session, "before_commit")
def _refuse_silence(session: Session) -> None:
    """A verb that writes after its event, or without one, keeps nothing: the history would not know the row."""
    if not session.info.get("unit") and not session.info.get("joint"):
        return
    session.flush()
    silent = session.info.get(_WRITTEN)
    if silent:
        raise RuntimeError(f"written without an event: {', '.join(f'{table} {key}' for table, key in sorted(silent))}")


def witnessed() -> dict[str, dict[str, str | None]]:
    """The digests of what was written since the last event, by table and id; None for a row that is gone."""
    found: dict[str, dict[str, str | None]] = {}
    for (name, key), one in sorted(db.session.info.pop(_WRITTEN, {}).items()):
        found.setdefault(name, {})[str(key)] = _digest(name, one)
    return found


def _digest(name: str, one: Any) -> str | None:
    if one is None:
        return None
    table = table_of(name)
    return row_digest(table, {column.name: getattr(one, column.key) for column in table.columns})
