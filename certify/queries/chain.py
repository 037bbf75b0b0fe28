"""The history held against itself and against the rows that it speaks of: chain, digests, guards, files.

Everything is streamed; what the events say of rows is laid aside in a scratch file, so that memory does not grow with
the history. What nobody can find here is the end of the history cut off together with the rows of those events, or all
of it computed anew: against that only a head that is kept elsewhere helps.
"""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Row, Table, select, text

from certify import storage
from certify.domain.errors import Unavailable
from certify.models.event import GENESIS, Event, event_digest
from certify.models.sealed import SEALED, WITNESSED, row_digest, table_of

# Of old databases: written by the migration that brought the digests, with the last id of each table at that time.
DIGESTS_BEGAN = "digests_began"
AT_ONCE = 200


@dataclass(frozen=True)
class Fault:
    """The first row that is not as it should be; `what` is one of the codes in `SAID` of the command."""

    table: str
    id: int
    what: str


@dataclass
class Verdict:
    """What was looked at, and the first fault. Older events and rows are from before there were digests."""

    events: int = 0
    rows: int = 0
    files: int = 0
    older_events: int = 0
    older_rows: int = 0
    head: str = GENESIS
    fault: Fault | None = None
    began: dict[str, int] = field(default_factory=dict)


def verify(connection: Connection, store: Path | None) -> Verdict:
    """Look at everything, until the first fault. `store`: where the certificates' files are; None leaves them out.

    Give a connection that sees one picture of the database, so that nothing written meanwhile looks like a fault.
    """
    verdict = Verdict()
    with closing(sqlite3.connect("")) as scratch:
        scratch.execute("PRAGMA journal_mode=OFF")
        scratch.execute("CREATE TABLE told (tbl TEXT, id INTEGER, sha TEXT, PRIMARY KEY (tbl, id)) WITHOUT ROWID")
        # Closed at the first fault, so that no half-read cursor outlives the connection.
        with closing(_faults(connection, store, verdict, scratch)) as faults:
            verdict.fault = next(faults, None)
    return verdict


def _faults(
    connection: Connection, store: Path | None, verdict: Verdict, scratch: sqlite3.Connection
) -> Generator[Fault]:
    yield from _events(connection, verdict, scratch)
    for name in WITNESSED:
        yield from _rows(connection, table_of(name), verdict, scratch)
    if store is not None:
        yield from _files(connection, store, verdict)
    yield from _guards(connection)


def _events(connection: Connection, verdict: Verdict, scratch: sqlite3.Connection) -> Iterator[Fault]:
    """The chain, row by row; what each event says of other rows goes into the scratch file."""
    began = False
    for event in _streamed(connection, Event.metadata.tables["event"]):
        if event.previous_hash != verdict.head:
            yield Fault("event", event.id, "link")
        if event.hash != event_digest(event):
            yield Fault("event", event.id, "hash")
        if event.sealed is None and began:
            yield Fault("event", event.id, "no_digests")
        if event.sealed is None:
            verdict.older_events += 1
        elif not began and event.kind == DIGESTS_BEGAN:
            verdict.began = event.data
        began = event.sealed is not None
        told = [(name, int(key), sha) for name, rows in (event.sealed or {}).items() for key, sha in rows.items()]
        scratch.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?)", told)
        verdict.events += 1
        verdict.head = event.hash


def _streamed(connection: Connection, table: Table) -> Iterator[Row[tuple[object, ...]]]:
    rows = connection.execute(select(table).order_by(table.c.id).execution_options(yield_per=AT_ONCE))
    with rows:
        yield from rows


def _rows(connection: Connection, table: Table, verdict: Verdict, scratch: sqlite3.Connection) -> Iterator[Fault]:
    """Both in the order of their ids: the rows, and what the history says of them."""
    told = scratch.execute("SELECT id, sha FROM told WHERE tbl = ? AND sha IS NOT NULL ORDER BY id", (table.name,))
    expected = next(told, None)
    for row in _streamed(connection, table):
        key: int = row._mapping["id"]
        if expected is not None and expected[0] < key:
            yield Fault(table.name, expected[0], "missing")
        verdict.rows += 1
        if expected is None or expected[0] != key:
            if key > verdict.began.get(table.name, 0):
                yield Fault(table.name, key, "unknown")
            verdict.older_rows += 1
            continue
        if row_digest(table, dict(row._mapping)) != expected[1]:
            yield Fault(table.name, key, "changed")
        expected = next(told, None)
    if expected is not None:
        yield Fault(table.name, expected[0], "missing")


def _files(connection: Connection, store: Path, verdict: Verdict) -> Iterator[Fault]:
    for row in _streamed(connection, table_of("certificate")):
        digest = row._mapping["pdf_sha256"]
        if digest is None:
            continue
        verdict.files += 1
        try:
            storage.open_verified(store, digest).close()
        except Unavailable as error:
            yield Fault("certificate", row._mapping["id"], error.code)


def _guards(connection: Connection) -> Iterator[Fault]:
    """The triggers: whoever takes one away could change a row and put it back."""
    missing = wanted_guards(connection) - guards(connection)
    yield from (Fault(table, 0, "unguarded") for table, _ in sorted(missing))


def guards(connection: Connection) -> set[tuple[str, str]]:
    """The triggers that stand, as pairs of table and name."""
    sql = (
        "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal AND tgenabled <> 'D' AND pg_table_is_visible(tgrelid)"
    )
    return {(table, name) for table, name in connection.execute(text(sql))}


def wanted_guards(connection: Connection) -> set[tuple[str, str]]:
    """The triggers that the list of sealed tables asks for."""
    if connection.dialect.name == "sqlite":
        return {(one, f"{one}_no_{verb}") for one in SEALED for verb in ("update", "delete", "replace")}
    partly = {(one, f"{one}_sealed") for one, seal in SEALED.items() if seal.free}
    return partly | {(one, f"{one}_append_only") for one in SEALED}
