"""`flask audit verify`: an untouched history is good; each kind of tampering is found, the first bad row named."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskCliRunner
from flask_migrate import downgrade, upgrade

from certify import storage
from certify.cli_audit import SAID
from certify.db import db
from certify.domain.lifecycle import Status
from certify.models.certificate import Certificate
from certify.models.event import Event, event_digest
from certify.models.sealed import DERIVED, WITNESSED, table_of
from certify.queries import chain
from certify.queries.chain import Fault
from certify.workflows.evidence import root
from tests.databases import MIGRATIONS
from tests.factories import Made, make_application

POSITIONS = 20
EVENT = Event.metadata.tables["event"]


@pytest.fixture
def made(app: Flask) -> Made:
    """A case that went the whole way."""
    return make_application(Status.CERTIFIED)


@contextmanager
def tampering(app: Flask) -> Iterator[sa.Connection]:
    """A connection of somebody who may do everything: without the guards, and taken back at the end."""
    db.session.remove()
    with db.engine.connect() as connection, connection.begin() as unit:
        if connection.dialect.name == "sqlite":
            for _, name in chain.guards(connection):
                connection.execute(sa.text(f"DROP TRIGGER {name}"))
            connection.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
        else:
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        yield connection
        unit.rollback()


def places(connection: sa.Connection, table: sa.Table) -> list[int]:
    """Ids spread over the whole table, without its last rows."""
    ids = list(connection.scalars(sa.select(table.c.id).order_by(table.c.id)))[:-2]
    return [ids[number * (len(ids) - 1) // (POSITIONS - 1)] for number in range(POSITIONS)] if ids else []


def after(connection: sa.Connection, place: int) -> int:
    found = connection.scalar(sa.select(sa.func.min(EVENT.c.id)).where(EVENT.c.id > place))
    assert found is not None
    return int(found)


def one(connection: sa.Connection, place: int) -> sa.Row[tuple[object, ...]]:
    return connection.execute(sa.select(EVENT).where(EVENT.c.id == place)).one()


def change(connection: sa.Connection, place: int, **values: object) -> None:
    connection.execute(sa.update(EVENT).where(EVENT.c.id == place).values(values))


def altered(connection: sa.Connection, place: int) -> Fault:
    change(connection, place, data={**one(connection, place).data, "points": 3})
    return Fault("event", place, "hash")


def removed(connection: sa.Connection, place: int) -> Fault:
    follows = after(connection, place)
    connection.execute(sa.delete(EVENT).where(EVENT.c.id == place))
    return Fault("event", follows, "link")


def put_in(connection: sa.Connection, place: int) -> Fault:
    """A whole event between two others, with a right hash of its own."""
    connection.execute(sa.update(EVENT).where(EVENT.c.id <= place).values(id=EVENT.c.id - 10**6))
    values = dict(one(connection, place - 10**6)._mapping) | {"id": place, "previous_hash": "f" * 64}
    connection.execute(sa.insert(EVENT).values(values))
    change(connection, place, hash=event_digest(one(connection, place)))
    return Fault("event", place, "link")


def swapped(connection: sa.Connection, place: int) -> Fault:
    follows = after(connection, place)
    for old, new in ((place, -1), (follows, place), (-1, follows)):
        connection.execute(sa.update(EVENT).where(EVENT.c.id == old).values(id=new))
    return Fault("event", place, "link")


def hashed_anew(connection: sa.Connection, place: int) -> Fault:
    """Changed with a right hash of its own: the next one still follows what stood here."""
    change(connection, place, kind="approved")
    change(connection, place, hash=event_digest(one(connection, place)))
    return Fault("event", after(connection, place), "link")


def digests_out(connection: sa.Connection, place: int) -> Fault:
    """Made to look like an event from before there were digests."""
    change(connection, place, sealed=None)
    change(connection, place, hash=event_digest(one(connection, place)))
    first = place == connection.scalar(sa.select(sa.func.min(EVENT.c.id)))
    return Fault("event", after(connection, place), "link") if first else Fault("event", place, "no_digests")


EVENT_KINDS = [altered, removed, put_in, swapped, hashed_anew, digests_out]


@pytest.mark.parametrize("tamper", EVENT_KINDS)
def test_a_changed_history_is_found_wherever_it_is(
    app: Flask, made: Made, tamper: Callable[[sa.Connection, int], Fault]
) -> None:
    with tampering(app) as connection:
        tried = places(connection, EVENT)
    assert len(tried) == POSITIONS
    for place in tried:
        with tampering(app) as connection:
            expected = tamper(connection, place)
            assert chain.verify(connection, None).fault == expected


def test_a_cut_tail_is_found_by_the_rows_that_it_leaves_behind(app: Flask, made: Made) -> None:
    with tampering(app) as connection:
        tried = places(connection, EVENT)
    for place in tried:
        with tampering(app) as connection:
            connection.execute(sa.delete(EVENT).where(EVENT.c.id > place))
            fault = chain.verify(connection, None).fault
            assert fault is not None
            assert (fault.table in WITNESSED, fault.what in {"changed", "unknown"}) == (True, True)


def _other(column: sa.Column[object], value: object) -> object:
    """Another value that the column takes."""
    kind = getattr(column.type, "impl", column.type)
    if isinstance(kind, sa.Boolean):
        return not value
    if isinstance(kind, sa.Integer):
        return (value or 0) + 7  # type: ignore[operator]
    if isinstance(kind, sa.JSON):
        return {"x": 1}
    return f"{value}!" if isinstance(kind, sa.String) else None


def test_a_changed_row_is_named(app: Flask, made: Made) -> None:
    """Each column of each table in turn, far more than twenty places."""
    tried = 0
    with tampering(app) as connection:
        for name in WITNESSED:
            table = table_of(name)
            row = connection.execute(sa.select(table).order_by(table.c.id.desc()).limit(1)).one_or_none()
            for column in table.columns if row else ():
                new = _other(column, row._mapping[column.name]) if row else None
                if column.name in ("id", *DERIVED) or new is None or "status" in column.name:
                    continue
                point = connection.begin_nested()
                try:
                    connection.execute(sa.update(table).where(table.c.id == row.id).values({column.name: new}))
                except sa.exc.DatabaseError:
                    point.rollback()  # a rule of the database refuses this one value
                    continue
                assert chain.verify(connection, None).fault == Fault(name, row.id, "changed"), column
                point.rollback()
                tried += 1
    assert tried > 60


def test_a_row_that_is_gone_or_was_put_in_is_named(app: Flask, made: Made) -> None:
    tried = 0
    with tampering(app) as connection:
        for name in ("score", "report", "submission", "decision", "answer_revision", "certificate_event"):
            table = table_of(name)
            for row in connection.execute(sa.select(table).order_by(table.c.id).limit(8)).all():
                copy = dict(row._mapping) | {"id": 10**6}
                if "number" in copy:
                    copy["number"] = "D/2000/1" if name == "decision" else 50
                with connection.begin_nested() as point:
                    connection.execute(sa.insert(table).values(copy))
                    assert chain.verify(connection, None).fault == Fault(name, 10**6, "unknown")
                    connection.execute(sa.delete(table).where(table.c.id == row.id))
                    assert chain.verify(connection, None).fault == Fault(name, row.id, "missing")
                    point.rollback()
                tried += 1
    assert tried >= POSITIONS


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def said(runner: FlaskCliRunner, *more: str) -> tuple[int, dict[str, object]]:
    shown = runner.invoke(args=["audit", "verify", "--json", *more])
    return shown.exit_code, json.loads(shown.stdout)


def test_an_untouched_history_is_good(runner: FlaskCliRunner, made: Made) -> None:
    code, document = said(runner)
    events = db.session.scalar(sa.select(sa.func.count(Event.id)))
    head = db.session.scalar(sa.select(Event.hash).order_by(Event.id.desc()).limit(1))
    assert code == 0
    assert document == {
        "ok": True,
        "first_bad": None,
        "events": events,
        "rows": document["rows"],
        "files": 1,
        "older": {"events": 0, "rows": 0},
        "head": head,
    }
    text = runner.invoke(args=["audit", "verify"])
    assert (text.exit_code, text.stdout.splitlines()[0]) == (0, "good: nothing was rewritten")
    assert "before there were digests" not in text.stdout


def test_a_file_that_is_not_the_issued_one_is_named(runner: FlaskCliRunner, made: Made) -> None:
    certificate = db.session.scalars(sa.select(Certificate)).one()
    assert certificate.pdf_sha256 is not None
    path = storage.path_of(root(), certificate.pdf_sha256)
    path.chmod(0o600)
    path.write_bytes(b"%PDF-")
    code, document = said(runner)
    assert (code, document["first_bad"]) == (
        1,
        {"table": "certificate", "id": certificate.id, "code": "blob_damaged", "what": SAID["blob_damaged"]},
    )
    assert said(runner, "--skip-files")[0] == 0
    path.unlink()
    shown = runner.invoke(args=["audit", "verify"])
    assert f"bad: certificate {certificate.id}: {SAID['blob_missing']}" in shown.stdout


def test_a_guard_that_is_gone_is_named(app: Flask, made: Made) -> None:
    db.session.remove()
    with db.engine.connect() as connection, connection.begin() as unit:
        sqlite = connection.dialect.name == "sqlite"
        drop = "DROP TRIGGER report_no_replace" if sqlite else "ALTER TABLE report DISABLE TRIGGER report_append_only"
        connection.execute(sa.text(drop))
        assert chain.verify(connection, None).fault == Fault("report", 0, "unguarded")
        unit.rollback()


def test_rows_of_before_are_counted_and_not_condemned(app: Flask, runner: FlaskCliRunner, made: Made) -> None:
    events = db.session.scalar(sa.select(sa.func.count(Event.id)))

    def migrate(move: Callable[..., None], revision: str) -> None:
        db.session.remove()
        db.engine.dispose()
        move(directory=str(MIGRATIONS), revision=revision)

    migrate(downgrade, "0013")
    with db.engine.begin() as connection:
        assert "sealed" not in {one["name"] for one in sa.inspect(connection).get_columns("event")}
        with pytest.raises(sa.exc.DatabaseError), connection.begin_nested():
            connection.execute(sa.text("DELETE FROM score"))
        # As such a history was hashed: without digests.
        for _, name in chain.guards(connection):
            if connection.dialect.name == "sqlite":
                connection.execute(sa.text(f"DROP TRIGGER {name}"))
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        _hash_anew(connection)
    migrate(upgrade, "head")
    code, document = said(runner)
    assert (code, document["older"]) == (0, {"events": events, "rows": document["rows"]})
    assert document["events"] == (events or 0) + 1
    text = runner.invoke(args=["audit", "verify"]).stdout
    assert f"{events} events and {document['rows']} rows are from before there were digests of rows" in text
    with tampering(app) as connection:
        connection.execute(sa.text("UPDATE event SET kind = 'x' WHERE id = (SELECT min(id) FROM event)"))
        fault = chain.verify(connection, None).fault
        assert fault is not None
        assert (fault.table, fault.what) == ("event", "hash")


def _hash_anew(connection: sa.Connection) -> None:
    old = sa.Table("event", sa.MetaData(), autoload_with=connection)
    columns = [column for column in EVENT.columns if column.name != "sealed"]
    previous = chain.GENESIS
    for row in connection.execute(sa.select(*columns).order_by(EVENT.c.id)).all():
        facts = SimpleNamespace(**{**row._mapping, "previous_hash": previous, "sealed": None})
        values = {"previous_hash": previous, "hash": event_digest(facts)}  # type: ignore[arg-type]
        connection.execute(sa.update(old).where(old.c.id == row.id).values(values))
        previous = values["hash"]
