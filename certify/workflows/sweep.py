"""The hourly look at the store: bytes without a row go after a day, refused malware after a month; a row without bytes
is an alarm (R22).

It changes no row, so the history says nothing of it; the log does.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from flask import current_app

from certify import storage, storage_sweep
from certify.db import db
from certify.queries import stored
from certify.timing import now
from certify.workflows.intake import root

# A row comes seconds after its bytes; a day leaves room for clocks that differ.
KEEP = timedelta(hours=24)
# What was refused as malware can be looked at for so long.
KEEP_REFUSED = timedelta(days=30)


@dataclass
class Swept:
    """What a sweep found: digests of removed bytes, their size in bytes, temporary files; digests without bytes."""

    removed: list[str] = field(default_factory=list)
    freed: int = 0
    temporary: int = 0
    missing: list[str] = field(default_factory=list)


def sweep(*, dry_run: bool = False) -> Swept:
    """Remove what no row names and nobody has touched for KEEP, and name what is missing.

    `dry_run`: only say what would go. Raises `Unavailable("storage_unavailable")` for a store that is not there.
    """
    store, before, refused = root(), now() - KEEP, now() - KEEP_REFUSED
    named = stored.named()
    orphans = storage_sweep.orphans(store, named, before)
    gone = [one for one in orphans if dry_run or storage_sweep.remove(store, one, before)]
    old = storage_sweep.locked_away(store, named, refused)
    gone += [one for one in old if dry_run or storage_sweep.remove(store, one, refused)]
    found = Swept(
        removed=[one.sha256 for one in gone if one.sha256],
        freed=sum(one.size for one in gone),
        temporary=sum(1 for one in gone if not one.sha256),
    )
    if not dry_run:
        # Somebody died between the row that closes a file and the move.
        for sha256 in stored.infected():
            storage.lock_away(store, sha256)
    found.missing = sorted(one for one in stored.owed() if not storage_sweep.is_kept(store, one))
    # The next sweep looks anew; nothing was written.
    db.session.rollback()
    _log(found, dry_run)
    return found


def _log(found: Swept, dry_run: bool) -> None:
    log = current_app.logger
    if (found.removed or found.temporary) and not dry_run:
        log.warning("swept %d files without a row and %d temporary ones", len(found.removed), found.temporary)
    for sha256 in found.missing:
        log.error("a row names bytes that are not there: %s", sha256)
