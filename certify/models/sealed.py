"""What is never rewritten: the tables whose rows the database guards, and the digest that an event keeps of a row.

The one list for the triggers' test, for the digests in the history and for their verification (ADR 23).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Boolean, Table

from certify.db import Base
from certify.domain.digest import digest


@dataclass(frozen=True)
class Seal:
    """What of a row may still change: the columns `free`, but only while the column `until` is empty, if one is named.

    Rows of a sealed table are never deleted.
    """

    free: tuple[str, ...] = ()
    until: str = ""


# Made anew from the name at any time, by a later version of the program too; they say nothing of their own.
DERIVED = ("holder_sort_key", "parts_key", "bare_key")

_ANSWERED = ("accepted", "reason", "decided_at", "decided_by_id")
_UPHELD = ("upheld", "reasons", "decided_at", "decided_by_id")
_REPORTED = ("due_on", "reported_at", "reported_by_id", "report", "verified_at", "verified_by_id", "version")
_REPLIED = ("answer", "accepted", "answered_at", "answered_by_id", "version")

SEALED = {
    "answer_revision": Seal(),
    "appeal": Seal(free=_UPHELD, until="upheld"),
    "case_note": Seal(),
    "certificate": Seal(free=DERIVED),
    "certificate_event": Seal(),
    "condition": Seal(free=_REPORTED),
    "decision": Seal(),
    "event": Seal(),
    "hearing_item": Seal(free=_REPLIED),
    "report": Seal(),
    "rubric_version": Seal(),
    "score": Seal(),
    "submission": Seal(),
    "supplement": Seal(),
    "supplement_item": Seal(free=_ANSWERED, until="accepted"),
    "supplement_request": Seal(),
    "visit": Seal(),
}
# Rows that go on changing, each time with an event that knows how they were left.
LIVING = ("application", "assignment", "consensus")
WITNESSED = tuple(sorted((set(SEALED) - {"event"}) | set(LIVING)))


def table_of(name: str) -> Table:
    """The table by its name."""
    return Base.metadata.tables[name]


def row_digest(table: Table, values: Mapping[str, Any]) -> str:
    """SHA-256 over every column of a row but the derived ones; `values` by column name, as the models hold them."""
    return digest(
        {
            column.name: _plain(bool(value) if isinstance(column.type, Boolean) and value is not None else value)
            for column in table.columns
            if column.name not in DERIVED
            for value in [values[column.name]]
        }
    )


def _plain(value: Any) -> Any:
    """Moments and days as texts; a moment in UTC, in which both databases give it back."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value
