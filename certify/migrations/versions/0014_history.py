"""The history only grows: triggers against every way of rewriting what is sealed, and digests of rows in the events."""

from datetime import datetime, timezone
import hashlib
import json

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Columns that a verb changes later; the second name is the column that ends this when it is filled.
# As `certify.models.sealed` stood then; a test holds the schema against the list of today.
FREE = {
    "answer_revision": ((), None),
    "appeal": (("upheld", "reasons", "decided_at", "decided_by_id"), "upheld"),
    "case_note": ((), None),
    "certificate": (("holder_sort_key", "parts_key", "bare_key"), None),
    "certificate_event": ((), None),
    "condition": (("due_on", "reported_at", "reported_by_id", "report", "verified_at", "verified_by_id", "version"), None),
    "decision": ((), None),
    "event": ((), None),
    "hearing_item": (("answer", "accepted", "answered_at", "answered_by_id", "version"), None),
    "report": ((), None),
    "rubric_version": ((), None),
    "score": ((), None),
    "submission": ((), None),
    "supplement": ((), None),
    "supplement_item": (("accepted", "reason", "decided_at", "decided_by_id"), "accepted"),
    "supplement_request": ((), None),
    "visit": ((), None),
}
WITNESSED = sorted((FREE.keys() - {"event"}) | {"application", "assignment", "consensus"})
FIRST = ("event", "score", "answer_revision")


def _columns(table):
    return [one["name"] for one in sa.inspect(op.get_bind()).get_columns(table)]


def _unique(table):
    """The columns of each key, the primary one first: REPLACE deletes by any of them, and fires no delete trigger."""
    inspector = sa.inspect(op.get_bind())
    return [["id"], *(one["column_names"] for one in inspector.get_unique_constraints(table))]


def _changed(table, differs):
    free, until = FREE[table]
    if not free:
        return None
    fixed = " OR ".join(differs(one) for one in _columns(table) if one not in free)
    return f"({fixed})" + (f" OR OLD.{until} IS NOT NULL" if until else "")


def _protect_sqlite(table):
    # No "UPDATE OF id": that would not see `SET rowid = …`.
    changed = _changed(table, lambda one: f'NEW."{one}" IS NOT OLD."{one}"')
    when = f"WHEN {changed} " if changed else ""
    refused = f"SELECT RAISE(ABORT, '{table} is append-only')"
    op.execute(f'CREATE TRIGGER {table}_no_update BEFORE UPDATE ON "{table}" {when}BEGIN {refused}; END')
    op.execute(f'CREATE TRIGGER {table}_no_delete BEFORE DELETE ON "{table}" BEGIN {refused}; END')
    refusals = "".join(
        "SELECT RAISE(ABORT, 'UNIQUE constraint failed: {}') WHERE EXISTS (SELECT 1 FROM \"{}\" WHERE {}); ".format(
            ", ".join(f"{table}.{one}" for one in columns),
            table,
            " AND ".join(f'"{one}" = NEW."{one}"' for one in columns),
        )
        for columns in _unique(table)
    )
    op.execute(f'CREATE TRIGGER {table}_no_replace BEFORE INSERT ON "{table}" BEGIN {refusals}END')


def _protect_postgresql(table):
    refuse = "EXECUTE FUNCTION refuse_rewriting()"
    changed = _changed(table, lambda one: f'OLD."{one}"::text IS DISTINCT FROM NEW."{one}"::text')
    if changed is None:
        op.execute(
            f'CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}" '
            f"FOR EACH STATEMENT {refuse}"
        )
        return
    op.execute(
        f'CREATE TRIGGER {table}_append_only BEFORE DELETE OR TRUNCATE ON "{table}" FOR EACH STATEMENT {refuse}'
    )
    op.execute(f'CREATE TRIGGER {table}_sealed BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN ({changed}) {refuse}')


def _unprotect_sqlite(table):
    for what in ("update", "delete", "replace"):
        op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{what}")


def _begin_digests():
    """Say in the history itself which rows are older than the digests; a new database has no such rows."""
    connection = op.get_bind()
    event = sa.Table("event", sa.MetaData(), autoload_with=connection)
    last = connection.execute(sa.select(event.c.hash).order_by(event.c.id.desc()).limit(1)).scalar()
    if last is None:
        return
    data = {}
    for table in WITNESSED:
        data[table] = connection.execute(sa.text(f'SELECT max(id) FROM "{table}"')).scalar() or 0
    now = datetime.now(timezone.utc)
    content = {"application": None, "kind": "digests_began", "actor": None, "at": now.isoformat(), "from": None}
    content |= {"to": None, "data": data, "previous": last, "sealed": {}}
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    connection.execute(
        sa.insert(event).values(
            kind="digests_began",
            at=now,
            data=data,
            sealed={},
            previous_hash=last,
            hash=hashlib.sha256(canonical.encode()).hexdigest(),
        )
    )


def upgrade():
    op.add_column("event", sa.Column("sealed", sa.JSON(none_as_null=True), nullable=True))
    _begin_digests()
    if op.get_bind().dialect.name == "sqlite":
        for table in FREE:
            _unprotect_sqlite(table)
            _protect_sqlite(table)
        return
    for table in FIRST:
        op.execute(f"DROP FUNCTION {table}_append_only() CASCADE")
    op.execute(
        "CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in FREE:
        _protect_postgresql(table)


def downgrade():
    """The first three tables keep the guard that they had; the digests are given up."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        for table in FREE:
            _unprotect_sqlite(table)
    else:
        op.execute("DROP FUNCTION refuse_rewriting() CASCADE")
    op.drop_column("event", "sealed")
    for table in FIRST:
        if sqlite:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            continue
        op.execute(
            f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        )
