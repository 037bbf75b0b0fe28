"""The database session: a base with named constraints, UTC times, and `transaction()`, the only place that commits."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, Engine, Index, MetaData, String, UniqueConstraint, event, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

from certify.domain.errors import CertifyError, Conflict, Invalid, Unavailable

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


# What a constraint means when it is the database that notices.
REFUSALS = {
    "uq_appeal_decision_id": "appeal_used",
    "uq_application_open_unit_scheme": "open_application_exists",
    "uq_assignment_active_auditor": "auditor_already_appointed",
    "uq_assignment_active_lead": "lead_appointed",
    "uq_certificate_decision_id": "already_issued",
    "uq_organisation_regon": "regon_known",
    "uq_rubric_version_scheme_version": "rubric_already_published",
}
FIELD_REFUSALS = {"uq_user_email": {"email": "email_taken"}}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC; SQLite forgets zones, so they are put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Keys of `domain.collation` are plain ASCII and compare byte by byte; PostgreSQL must not apply a language to them.
SortKey = String(400).with_variant(String(400, collation="C"), "postgresql")


class Base(DeclarativeBase):
    """Parent of every table; the names of constraints are part of the schema, so that errors can be told apart."""

    registry = registry(metadata=MetaData(naming_convention=NAMES), type_annotation_map={datetime: UtcDateTime})


db = SQLAlchemy(model_class=Base)


@event.listens_for(Engine, "connect")
def _set_pragmas(connection: Any, _record: object) -> None:
    """Durable and strict SQLite (R33); the driver's own transaction handling is off, we send BEGIN ourselves."""
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON", "trusted_schema=OFF")
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()
    except sqlite3.Error:
        # Nobody else knows it yet: a file that is no database would leave it open.
        connection.close()
        raise


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """Writers take the lock at once: a read that later writes would be refused in WAL, whatever the timeout."""
    if connection.dialect.name == "sqlite":
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")


@dataclass
class _Joint:
    """Units that end together; `first` is called once, when the first of them has its lock."""

    first: Callable[[], None]
    begun: bool = False


@contextmanager
def transaction(*, apart: bool = False) -> Iterator[None]:
    """One unit of work: everything inside is kept, or nothing.

    Reads made before it are forgotten, so that a guard inside never judges by an older picture. Units do not nest.
    `apart`: kept at once even where units are joined, for what must stay although the request is refused.
    Raises `Unavailable("busy")` when the database stays locked by others.
    """
    session = db.session()
    if session.info.get("unit"):
        raise RuntimeError("a unit of work inside a unit of work")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made outside a unit of work")
    joint: _Joint | None = session.info.get("joint")
    if apart and joint is not None:
        if joint.begun:
            raise RuntimeError("a unit that is to be kept apart comes before all others")
        joint = None
    session.info["unit"] = True
    try:
        with _undone_on_failure():
            _begin_unit(joint)
            yield
            if joint is None:
                session.commit()
            else:
                session.flush()
    finally:
        session.info.pop("unit", None)


@contextmanager
def joined(first: Callable[[], None]) -> Iterator[None]:
    """The units of work inside are committed as one, when the block ends; whatever fails in it undoes them all.

    For what must be kept with an effect but is known only after its verb has returned, such as the answer that a
    repeated request gets. `first` runs in the first unit, after its lock is taken; what happens before that unit
    (printing, receiving files) holds no lock, as without `joined`.
    """
    session = db.session()
    joint = _Joint(first)
    session.info["joint"] = joint
    try:
        with _undone_on_failure():
            yield
            if joint.begun:
                session.commit()
    finally:
        session.info.pop("joint", None)


def _begin_unit(joint: _Joint | None) -> None:
    session = db.session()
    if joint is not None and joint.begun:
        return
    session.rollback()
    session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
    if joint is not None:
        joint.begun = True
        joint.first()


@contextmanager
def _undone_on_failure() -> Iterator[None]:
    session = db.session()
    try:
        yield
    except BaseException as error:
        session.rollback()
        joint: _Joint | None = session.info.get("joint")
        if joint is not None:
            joint.begun = False
        if isinstance(error, IntegrityError):
            raise refusal_of(error) from error
        if isinstance(error, OperationalError) and ("locked" in str(error.orig) or "busy" in str(error.orig)):
            raise Unavailable("busy") from error
        raise


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that refused a row; "" when it can't be told.

    PostgreSQL names it; SQLite names the columns of a unique one.
    """
    diagnosed = getattr(error.orig, "diag", None)
    if diagnosed is not None:
        return diagnosed.constraint_name or ""
    said, _, what = str(error.orig).partition(": ")
    if said != "UNIQUE constraint failed":
        return what
    columns = [one.partition(".") for one in what.split(", ")]
    table, names = Base.metadata.tables[columns[0][0]], {name for _, _, name in columns}
    keys = [one for one in (*table.constraints, *table.indexes) if isinstance(one, UniqueConstraint | Index)]
    found = (str(one.name) for one in keys if {column.name for column in one.columns} == names)
    return next(found, "")


def refusal_of(error: IntegrityError) -> CertifyError:
    """What the loser of a race hears: verbs look first, the database decides. Another broken rule is our mistake, and
    logged; nothing was kept all the same."""
    name = constraint_of(error)
    if name in FIELD_REFUSALS:
        return Invalid(FIELD_REFUSALS[name])
    if name not in REFUSALS:
        logging.getLogger(__name__).error("refused by the database: %s", name or type(error.orig).__name__)
    return Conflict(REFUSALS.get(name, "collision"))


def queue_up(*keys: int) -> None:
    """Let other transactions with one of these keys wait until this one ends.

    SQLite has one writer anyhow; in PostgreSQL these are advisory locks, taken in one order, so that no two can wait
    for each other. Call it before reading what must not change.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        for key in sorted(keys):
            db.session.execute(select(func.pg_advisory_xact_lock(key)))
