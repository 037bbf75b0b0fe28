"""What the malware scanner said of the files of evidence, what waits for it, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from certify.db import db
from certify.models.application import Application
from certify.models.evidence import EvidenceLink, EvidenceRevision
from certify.timing import now

# From then on somebody must look after the scanner (R19).
ALERT_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Overdue:
    """Files that have waited too long, since when the oldest does, and why there is no answer to it."""

    files: int
    since: datetime
    reason: str


def waiting() -> list[str]:
    """The digests of the bytes without a verdict, the oldest first."""
    rows = select(EvidenceRevision.sha256).where(EvidenceRevision.scan == "pending")
    return list(db.session.scalars(rows.group_by(EvidenceRevision.sha256).order_by(func.min(EvidenceRevision.id))))


def all_open() -> list[str]:
    """The digests of all bytes that are not locked away, those first that nobody has looked at for longest."""
    rows = select(EvidenceRevision.sha256).where(EvidenceRevision.scan != "infected")
    oldest = func.coalesce(func.min(EvidenceRevision.scanned_at), func.min(EvidenceRevision.uploaded_at))
    return list(db.session.scalars(rows.group_by(EvidenceRevision.sha256).order_by(oldest, EvidenceRevision.sha256)))


def overdue() -> Overdue | None:
    """What has waited longer than ALERT_AFTER; None when nothing has."""
    rows = (
        select(EvidenceRevision)
        .where(EvidenceRevision.scan == "pending", EvidenceRevision.uploaded_at <= now() - ALERT_AFTER)
        .order_by(EvidenceRevision.uploaded_at)
    )
    found = db.session.scalars(rows).all()
    return Overdue(len(found), found[0].uploaded_at, found[0].scan_detail) if found else None


def revisions(sha256: str) -> list[EvidenceRevision]:
    """Every revision with these bytes, of whichever centre."""
    rows = select(EvidenceRevision).where(EvidenceRevision.sha256 == sha256).order_by(EvidenceRevision.id)
    return list(db.session.scalars(rows))


def applications_with(sha256: str) -> list[int]:
    """The applications whose living copy leans on a piece with these bytes."""
    rows = (
        select(EvidenceLink.application_id)
        .join(EvidenceRevision, EvidenceRevision.evidence_id == EvidenceLink.evidence_id)
        .where(EvidenceRevision.sha256 == sha256)
    )
    return sorted(set(db.session.scalars(rows)))


def not_clean(revision_ids: Iterable[int]) -> dict[int, EvidenceRevision]:
    """Those of the revisions that wait for the scanner or are infected, by id."""
    rows = select(EvidenceRevision).where(
        EvidenceRevision.id.in_(list(revision_ids)), EvidenceRevision.scan.in_(("pending", "infected"))
    )
    return {one.id: one for one in db.session.scalars(rows)}


def states_of(application: Application) -> dict[str, list[str]]:
    """What the scanner said of the newest file of each piece in the living copy, by criterion."""
    newest = (
        select(EvidenceRevision.evidence_id, func.max(EvidenceRevision.number).label("number"))
        .group_by(EvidenceRevision.evidence_id)
        .subquery()
    )
    rows = (
        select(EvidenceLink.criterion, EvidenceRevision.scan)
        .join(EvidenceRevision, EvidenceRevision.evidence_id == EvidenceLink.evidence_id)
        .join(
            newest,
            (newest.c.evidence_id == EvidenceRevision.evidence_id) & (newest.c.number == EvidenceRevision.number),
        )
        .where(EvidenceLink.application_id == application.id)
    )
    found: dict[str, list[str]] = {}
    for criterion, scan in db.session.execute(rows):
        found.setdefault(criterion, []).append(scan)
    return found
