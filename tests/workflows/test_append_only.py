"""The database itself refuses to rewrite what is sealed, by every way that it has, and lets verbs finish their rows."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DatabaseError, IntegrityError

from certify.db import Base, db, transaction
from certify.domain.lifecycle import Status
from certify.models.application import CaseNote
from certify.models.audit import Consensus
from certify.models.event import Event
from certify.models.sealed import DERIVED, LIVING, SEALED, WITNESSED, row_digest, table_of
from certify.queries import chain
from certify.timing import now
from certify.workflows.step import record
from tests.factories import make_application
from tests.world import World


@pytest.fixture
def full(world: World) -> Iterator[sa.Connection]:
    """A connection past the models, to the database with a case at every stage; everything is rolled back."""
    with world.app.app_context(), db.engine.connect() as connection:
        connection.begin()
        for table in Base.metadata.sorted_tables:
            if table.name in SEALED and not connection.scalar(sa.select(sa.func.count()).select_from(table)):
                connection.execute(sa.insert(table).values(_some_row(connection, table)))
        yield connection
        connection.rollback()


def _some_row(connection: sa.Connection, table: sa.Table) -> dict[str, object]:
    """A row for a table in which the walked cases wrote nothing."""
    made: dict[str, object] = {"kind": "missing"} if table.name == "supplement_request" else {}
    simple = {sa.Integer: 1, sa.Boolean: True, sa.Date: now().date(), sa.JSON: ["P.1"], sa.DateTime: now()}
    for column in table.columns:
        if column.primary_key or column.nullable or column.name in made:
            continue
        for key in column.foreign_keys:
            made[column.name] = connection.scalar(sa.select(sa.func.min(key.column)))
        kinds = (value for kind, value in simple.items() if isinstance(getattr(column.type, "impl", column.type), kind))
        made.setdefault(column.name, next(kinds, "Tekst"))
    return made


def _refused(connection: sa.Connection, statement: str) -> str:
    """The database's words; "" when it was done, which is taken back."""
    point = connection.begin_nested()
    try:
        connection.execute(sa.text(statement.replace(":", r"\:")))
    except DatabaseError as error:
        return str(error.orig)
    else:
        return ""
    finally:
        point.rollback()


def _attacks(connection: sa.Connection, name: str) -> Iterator[str]:
    sqlite = connection.dialect.name == "sqlite"
    table, seal = table_of(name), SEALED[name]
    columns = [one.name for one in table.columns]
    listed = ", ".join(f'"{one}"' for one in columns)
    first = f'SELECT min(id) FROM "{name}"'
    yield f'DELETE FROM "{name}"'
    yield f'DELETE FROM "{name}" WHERE id = ({first})'
    yield f'UPDATE "{name}" SET id = id + 1000000'
    for column in table.columns:
        if column.name in seal.free or column.name == "id":
            continue
        value = "NULL" if column.nullable else "'x'" if isinstance(column.type, sa.String) else "id + 1"
        if isinstance(column.type, sa.String):
            yield f"""UPDATE "{name}" SET "{column.name}" = 'x' WHERE id = ({first})"""
        elif isinstance(column.type, sa.Integer) and value != "NULL":
            yield f'UPDATE "{name}" SET "{column.name}" = "{column.name}" + 1 WHERE id = ({first})'
    if sqlite:
        yield f'UPDATE "{name}" SET rowid = rowid + 1000000'
        yield f'UPDATE OR REPLACE "{name}" SET _rowid_ = _rowid_ + 1'
        yield f'REPLACE INTO "{name}" SELECT * FROM "{name}" ORDER BY id LIMIT 1'
        yield f'INSERT OR REPLACE INTO "{name}" ({listed}) SELECT {listed} FROM "{name}" ORDER BY id LIMIT 1'
        # Under a new id, through a unique key: REPLACE would take the old row away.
        if [one for one in table.constraints if isinstance(one, sa.UniqueConstraint)]:
            others = ", ".join(f'"{one}"' for one in columns if one != "id")
            yield f'REPLACE INTO "{name}" (id, {others}) SELECT 777777, {others} FROM "{name}" ORDER BY id LIMIT 1'
        yield (
            f'INSERT INTO "{name}" ({listed}) SELECT {listed} FROM "{name}" WHERE true LIMIT 1'
            f' ON CONFLICT (id) DO UPDATE SET "{columns[-1]}" = NULL'
        )
    else:
        yield f'TRUNCATE "{name}" CASCADE'
        yield f'TRUNCATE "{name}" RESTART IDENTITY CASCADE'
        fixed = next(one for one in columns if one not in seal.free and one != "id")
        yield (
            f'INSERT INTO "{name}" ({listed}) SELECT {listed} FROM "{name}" ORDER BY id LIMIT 1'
            f' ON CONFLICT (id) DO UPDATE SET "{fixed}" = NULL'
        )
        yield f'WITH gone AS (DELETE FROM "{name}" RETURNING id) SELECT count(*) FROM gone'


def test_no_statement_rewrites_a_sealed_table(full: sa.Connection) -> None:
    tried, done = 0, []
    for name in SEALED:
        for statement in _attacks(full, name):
            said = _refused(full, statement)
            tried += 1
            if "append-only" not in said and "UNIQUE constraint failed" not in said:
                done.append((statement, said))
    assert done == []
    assert tried > 200


def test_the_switches_of_sqlite_open_nothing(full: sa.Connection) -> None:
    """`recursive_triggers` is off by default and may be either; the guard does not lean on it."""
    if full.dialect.name != "sqlite":
        return
    for switch in ("recursive_triggers", "ignore_check_constraints", "defer_foreign_keys"):
        for state in ("ON", "OFF"):
            full.execute(sa.text(f"PRAGMA {switch} = {state}"))
            assert _refused(full, "REPLACE INTO event SELECT * FROM event ORDER BY id LIMIT 1")
            assert _refused(full, "DELETE FROM score")


def test_every_table_of_the_list_has_its_triggers_and_no_other(full: sa.Connection) -> None:
    assert chain.guards(full) == chain.wanted_guards(full)


def test_free_columns_are_free_and_the_rest_is_not(full: sa.Connection) -> None:
    for name, seal in SEALED.items():
        table = table_of(name)
        assert set(seal.free) - {*DERIVED} <= set(table.columns.keys())
        unique = [set(one.columns.keys()) for one in table.constraints if isinstance(one, sa.UniqueConstraint)]
        # Else UPDATE OR REPLACE of a free column could push another row out.
        assert [one for one in unique if one & set(seal.free)] == []
        for column in table.columns:
            if column.name in seal.free and not seal.until and column.nullable:
                assert _refused(full, f'UPDATE "{name}" SET "{column.name}" = NULL') == ""


def test_an_answer_that_is_given_stands(full: sa.Connection) -> None:
    assert _refused(full, "UPDATE appeal SET reasons = 'x' WHERE upheld IS NULL") == ""
    full.execute(sa.text("UPDATE appeal SET upheld = true, reasons = 'Tak.', decided_at = filed_at"))
    for change in ("reasons = 'x'", "upheld = false", "upheld = NULL", "decided_by_id = 1"):
        with pytest.raises(IntegrityError), full.begin_nested():
            full.execute(sa.text(f"UPDATE appeal SET {change}"))


def test_a_row_without_an_event_is_not_kept(app: Flask) -> None:
    made = make_application(Status.SUBMITTED)
    row = CaseNote(
        application_id=made.case_id,
        action="reject",
        text="x",
        written_at=now(),
        written_by_id=made.cast.manager.user_id,
    )
    with pytest.raises(RuntimeError, match="written without an event: case_note"), transaction():
        db.session.add(row)
    with pytest.raises(RuntimeError, match="written without an event: application"), transaction():
        made.application.due_on = None
    assert db.session.scalars(sa.select(CaseNote)).all() == []


def test_an_event_keeps_the_digests_of_its_rows(app: Flask) -> None:
    made = make_application(Status.GRANTED)
    last = db.session.scalars(sa.select(Event).order_by(Event.id.desc()).limit(1)).one()
    expected = {}
    for name in ("application", "decision"):
        table = table_of(name)
        row = db.session.execute(sa.select(table).order_by(table.c.id.desc()).limit(1)).one()._mapping
        expected[name] = {str(row["id"]): row_digest(table, row)}
    assert (last.application_id, last.kind, last.sealed) == (made.case_id, "grant", expected)
    # What was said and done stays apart: digests are shown to nobody.
    assert set(last.data) == {"decision", "outcome", "computed"}


def test_a_row_that_a_verb_takes_away_is_known_to_be_gone(app: Flask) -> None:
    made = make_application(Status.REPORT)
    with transaction():
        row = Consensus(
            application_id=made.case_id, criterion="P.2", points=3, note="Zgoda.", settled_at=now(), settled_by_id=1
        )
        db.session.add(row)
        first = record("test_put", None)
        db.session.delete(row)
        second = record("test_gone", None)
    assert list(first.sealed or {}) == ["consensus"]
    assert second.sealed == {"consensus": {str(row.id): None}}


def test_the_lists_name_tables() -> None:
    assert set(SEALED) | set(LIVING) <= set(Base.metadata.tables)
    assert set(WITNESSED) == (set(SEALED) | set(LIVING)) - {"event"}
