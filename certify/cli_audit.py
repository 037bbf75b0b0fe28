"""`flask audit`: holds the history against itself and against what it speaks of.

Exit 0: everything is as it was written; 1: something is not, and the first such row is named; 2: wrong use.
"""

import json
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from certify.db import db
from certify.queries import chain
from certify.queries.chain import Fault, Verdict

audit_cli = AppGroup("audit", help="The history.")

SAID = {
    "hash": "its columns are not those that it was hashed with",
    "link": "it does not follow the row before it: that one was changed, removed, put in or moved",
    "no_digests": "the digests of the rows that were written with it are taken out",
    "changed": "the row is not as its last event left it",
    "missing": "the row is gone",
    "unknown": "no event knows this row: it was put in, or its event was removed",
    "blob_missing": "the file of the certificate is missing",
    "blob_damaged": "the file of the certificate is not the one that was issued",
    "storage_unavailable": "the folder of files cannot be read",
    "unguarded": "the database does not guard this table: a trigger is missing or switched off",
}


@audit_cli.command("verify")
@click.option("--skip-files", is_flag=True, help="Leave out the files of the certificates.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def verify_command(context: click.Context, skip_files: bool, as_json: bool) -> None:
    """Check the chain of the history, the rows that it speaks of and certificates' files; name the first bad row."""
    store = None if skip_files else Path(current_app.config["STORAGE"])
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        found = chain.verify(connection, store)
    click.echo(json.dumps(_document(found), indent=2) if as_json else "\n".join(_lines(found)))
    context.exit(1 if found.fault else 0)


def _document(found: Verdict) -> dict[str, object]:
    fault = found.fault
    bad = {"table": fault.table, "id": fault.id, "code": fault.what, "what": SAID[fault.what]} if fault else None
    older = {"events": found.older_events, "rows": found.older_rows}
    seen = {"events": found.events, "rows": found.rows, "files": found.files, "older": older}
    return {"ok": fault is None, "first_bad": bad, **seen, "head": found.head}


def _lines(found: Verdict) -> list[str]:
    looked = f"{found.events} events, {found.rows} rows and {found.files} files were looked at"
    if found.fault:
        return [f"bad: {_place(found.fault)}: {SAID[found.fault.what]}", f"{looked} until then"]
    lines = ["good: nothing was rewritten", looked, f"head: {found.head}"]
    if found.older_events or found.older_rows:
        lines.insert(
            2,
            f"{found.older_events} events and {found.older_rows} rows are from before there were digests of rows:"
            " of these events the chain is checked, of these rows nothing",
        )
    return lines


def _place(fault: Fault) -> str:
    return f"{fault.table} {fault.id}" if fault.id else fault.table
