"""What becomes of a file by the scanner's word: refused on its way in, opened once it is clean, closed once it is not.

The scanner is asked outside of any transaction. No answer changes nothing: what waits goes on waiting.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select

from certify import storage
from certify.db import db, transaction
from certify.domain.errors import Invalid, NotFound, Unavailable
from certify.domain.policy import Actor
from certify.models.application import Application
from certify.queries import scans as queries
from certify.scan import Verdict
from certify.timing import now
from certify.workflows.intake import Taken, root, verdict_on
from certify.workflows.step import lock_history, record

# Nobody sits before a page then.
PATIENCE = 60.0
# Without the scanner itself there is no sense in asking for the next file.
SILENT = frozenset({"unreachable", "timeout"})


@dataclass
class Checked:
    """What a round came to. `infected`: digest → signature; `unanswered`: digest → reason; `stopped`: it gave up."""

    clean: int = 0
    infected: dict[str, str] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)
    stopped: bool = False


def state_of(verdict: Verdict | None) -> tuple[str, str, datetime | None]:
    """The scanner's word on a file that is kept, for its row: state, detail, and the moment of an answer."""
    if verdict is None:
        return "none", "", None
    return ("clean", "", now()) if verdict.state == "clean" else ("pending", verdict.detail, None)


def refuse_infected(actor: Actor, taken: Taken) -> None:
    """Raise `Invalid` with "malware_found" when the scanner found something; the bytes go where nothing is served.

    The same bytes may stand here from before their signature was known: they are closed too.
    """
    if taken.verdict is None or taken.verdict.state != "infected":
        return
    signature = taken.verdict.detail
    # The upload is refused, the find is not forgotten.
    with transaction(apart=True):
        _close(taken.sent.sha256, signature)
        record("malware_refused", actor.user_id, sha256=taken.sent.sha256, signature=signature)
    storage.lock_away(root(), taken.sent.sha256)
    if not taken.sent.lock_away():
        current_app.logger.warning("the quarantine is full: refused malware was not kept, %s", taken.sent.sha256)
    raise Invalid({"file": "malware_found"}, signature=signature)


def check_waiting() -> Checked:
    """Ask again for every file that has no verdict yet; says loudly what waits for too long."""
    found = _check(queries.waiting())
    late = queries.overdue()
    if late is not None:
        current_app.logger.error(
            "%d files wait for the malware scanner, the first since %s: %s",
            late.files,
            late.since.isoformat(timespec="minutes"),
            late.reason or "not asked",
        )
    return found


def check_all() -> Checked:
    """Ask for every file that can be opened: new signatures know more than those of its day."""
    return _check(queries.all_open())


def release(sha256: str) -> None:
    """Open a file again that was closed by mistake: only when the scanner of today calls it clean.

    Raises `NotFound`; `Invalid` with "malware_found", or "scan_pending" without an answer.
    """
    if not any(one.scan == "infected" for one in queries.revisions(sha256)):
        raise NotFound
    path = storage.quarantined(root(), sha256)
    if not path.exists():
        raise Unavailable("blob_missing", sha256=sha256)
    with path.open("rb") as stream:
        verdict = verdict_on(stream, PATIENCE)
    if verdict is None or verdict.state != "clean":
        raise Invalid({"file": "malware_found" if verdict and verdict.state == "infected" else "scan_pending"})
    storage.give_back(root(), sha256)
    with transaction():
        _said(sha256, "evidence_released", "clean", "", {"infected"})


def _check(digests: list[str]) -> Checked:
    found = Checked()
    if not current_app.config["CLAMD"]:
        found.stopped = bool(digests)
        return found
    for sha256 in digests:
        verdict = _verdict_on_kept(sha256)
        if verdict.state == "infected":
            found.infected[sha256] = verdict.detail
            with transaction():
                _close(sha256, verdict.detail)
            storage.lock_away(root(), sha256)
        elif verdict.state == "clean":
            found.clean += 1
            with transaction():
                _said(sha256, "evidence_cleared", "clean", "", {"pending", "none", "clean"})
        else:
            found.unanswered[sha256] = verdict.detail
            with transaction():
                _unanswered(sha256, verdict.detail)
        if verdict.detail in SILENT:
            found.stopped = True
            break
    return found


def _verdict_on_kept(sha256: str) -> Verdict:
    try:
        # The very bytes that would be handed out: damaged ones are nobody's evidence.
        with storage.open_verified(root(), sha256) as stream:
            verdict = verdict_on(stream, PATIENCE)
    except Unavailable as fault:
        return Verdict("error", fault.code)
    return verdict or Verdict("error", "unreachable")


def _close(sha256: str, signature: str) -> None:
    _said(sha256, "evidence_closed", "infected", signature, {"pending", "none", "clean"})


def _said(sha256: str, kind: str, state: str, detail: str, before: set[str]) -> None:
    """Write the verdict to every revision with these bytes, and into the history of each case that leans on one.

    That a clean file is still clean is no event.
    """
    cases = _locked_cases(sha256)
    rows = [one for one in queries.revisions(sha256) if one.scan in before]
    pieces = sorted({one.evidence_id for one in rows if state == "infected" or one.scan in {"pending", "infected"}})
    for one in rows:
        one.scan, one.scan_detail, one.scanned_at = state, detail, now()
    if pieces:
        found: dict[str, Any] = {"evidence": pieces, "sha256": sha256} | ({"signature": detail} if detail else {})
        for application in cases:
            record(kind, None, application=application, **found)
        if not cases:
            record(kind, None, **found)


def _unanswered(sha256: str, reason: str) -> None:
    for one in queries.revisions(sha256):
        if one.scan == "pending":
            one.scan_detail = reason


def _locked_cases(sha256: str) -> list[Application]:
    """The cases of these bytes. Cases before the history, as everywhere, so that no two wait for each other."""
    rows = select(Application).where(Application.id.in_(queries.applications_with(sha256)))
    found = db.session.scalars(rows.order_by(Application.id).with_for_update(read=True, key_share=True)).all()
    lock_history()
    return list(found)
