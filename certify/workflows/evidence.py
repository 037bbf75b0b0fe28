"""Evidence comes into an organisation's library and is attached to criteria."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO

from sqlalchemy import select

from certify import filecheck
from certify.db import db, transaction
from certify.domain.errors import Conflict, Invalid, NotFound
from certify.domain.policy import Actor
from certify.domain.rubric import Rubric
from certify.models.application import Application
from certify.models.evidence import Evidence, EvidenceLink, EvidenceRevision
from certify.models.organisation import Organisation
from certify.queries import cases
from certify.queries import evidence as queries
from certify.queries.rubrics import rubric_of
from certify.timing import now
from certify.workflows.answers import editable, writable
from certify.workflows.intake import MAX_FILE, Taken, refusal_noted, root, taken_in
from certify.workflows.scans import refuse_infected, state_of
from certify.workflows.step import opened, record
from certify.workflows.texts import clean_line

__all__ = ["MAX_FILE", "Passport", "attach", "detach", "link", "root"]

# Of one assessment (R15).
MAX_FILES = 200
MAX_BYTES = 2 * 1024 * 1024 * 1024
# Of one library, with all revisions: so that what hangs on no assessment can't fill the disk either.
MAX_LIBRARY_BYTES = 4 * MAX_BYTES
MAX_PAGES = 60


@dataclass(frozen=True)
class Passport:
    """What the centre says of a file: its title (the file's name when empty), kind, the pages to read, people in it."""

    title: str = ""
    kind: str = ""
    pages: str = ""
    personal_data: bool = False


def checked(passport: Passport, rubric: Rubric, name: str) -> Passport:
    """The passport as it is kept; raises `Invalid` with a code per field. `name` is the file's, for an empty title."""
    title = clean_line("title", passport.title or name)
    pages = clean_line("pages", passport.pages, limit=MAX_PAGES, required=False)
    if passport.kind and passport.kind not in {one.id for one in rubric.evidence_kinds}:
        raise Invalid({"kind": "not_a_choice"})
    return replace(passport, title=title, pages=pages)


def attach(
    actor: Actor,
    application_id: int,
    criterion_id: str,
    stream: BinaryIO,
    filename: str,
    passport: Passport = Passport(),
    *,
    then: Callable[[Evidence], None] | None = None,
) -> EvidenceLink:
    """Check, store and attach a file; the bytes are safe on disk before any row names them (R22).

    `then` is called inside the transaction that attaches, for what must be true of both or of neither.

    Raises `TooLarge`, `NotAccepted`, `Invalid` with the check's code, `Conflict("quota_exceeded")`.
    """
    application = cases.get(actor, application_id)
    writable(actor, application, criterion_id)
    rubric = rubric_of(application)
    name = filecheck.clean_name(filename)
    passport = checked(passport, rubric, name)
    with refusal_noted(), taken_in(stream, name, root()) as taken:
        revision = keep(actor, taken, 1)
    with transaction():
        application = opened(actor, application_id)
        writable(actor, application, criterion_id)
        lock_library(application.organisation_id)
        check_room(application.organisation_id, revision.size)
        check_quota(application.id, 1, revision.size)
        evidence = Evidence(
            organisation_id=application.organisation_id,
            # Where the title is only the name of the file, it follows the ending of what the file is.
            title=revision.filename if passport.title == name else passport.title,
            kind=passport.kind,
            personal_data=passport.personal_data,
            created_at=now(),
        )
        evidence.revisions = [revision]
        attached = _linked(actor, application, criterion_id, evidence, passport.pages)
        if then is not None:
            then(evidence)
    return attached


def _linked(actor: Actor, application: Application, criterion_id: str, evidence: Evidence, pages: str) -> EvidenceLink:
    attached = EvidenceLink(application_id=application.id, criterion=criterion_id, pages=pages, evidence=evidence)
    db.session.add(attached)
    db.session.flush()
    record(
        "evidence_attached",
        actor.user_id,
        application=application,
        criterion=criterion_id,
        evidence=evidence.id,
        sha256=evidence.current.sha256,
    )
    return attached


def keep(actor: Actor, taken: Taken, number: int) -> EvidenceRevision:
    """Store the bytes of a file that was taken in; the row that names them, not added to anything yet.

    Raises `Invalid` with "malware_found", the bytes locked away. A file of which the scanner says nothing is kept as
    pending: only who added it opens it, and no application with it is handed over.
    """
    refuse_infected(actor, taken)
    stored = taken.record.keep()
    state, detail, scanned_at = state_of(taken.verdict)
    return EvidenceRevision(
        number=number,
        sha256=stored.sha256,
        size=stored.size,
        media_type=taken.kind.media_type,
        filename=taken.name,
        original_sha256=taken.sent.sha256 if taken.drawn else None,
        original_size=taken.sent.size if taken.drawn else None,
        traces=",".join(taken.traces),
        scan=state,
        scan_detail=detail,
        scanned_at=scanned_at,
        uploaded_at=now(),
        uploaded_by_id=actor.user_id,
    )


def lock_library(organisation_id: int) -> None:
    """Let one person at a time change the library: no two count the same free room. Lock a case before, never after."""
    db.session.execute(
        select(Organisation.id).where(Organisation.id == organisation_id).with_for_update(key_share=True)
    )


def check_quota(application_id: int, files: int, size: int) -> None:
    """Raise `Conflict("quota_exceeded")` when the assessment has no room for so many more files, or bytes."""
    count, total = queries.volume_of(application_id)
    if files > 0 and count + files > MAX_FILES:
        raise Conflict("quota_exceeded", limit=MAX_FILES)
    if total + size > MAX_BYTES:
        raise Conflict("quota_exceeded", feature="bytes", limit=MAX_BYTES)


def check_room(organisation_id: int, size: int) -> None:
    """Raise `Conflict("quota_exceeded")` when the library of the organisation has no room for so many more bytes."""
    if queries.volume_of_library(organisation_id) + size > MAX_LIBRARY_BYTES:
        raise Conflict("quota_exceeded", feature="library", limit=MAX_LIBRARY_BYTES)


def link(actor: Actor, application_id: int, criterion_id: str, evidence_id: int, *, pages: str = "") -> EvidenceLink:
    """Attach a piece that is in the organisation's library already."""
    pages = clean_line("pages", pages, limit=MAX_PAGES, required=False)
    with transaction():
        application = opened(actor, application_id)
        writable(actor, application, criterion_id)
        lock_library(application.organisation_id)
        evidence = db.session.get(Evidence, evidence_id)
        if evidence is None or evidence.organisation_id != application.organisation_id:
            raise NotFound
        return attach_once(actor, application, criterion_id, evidence, pages)


def attach_once(
    actor: Actor, application: Application, criterion_id: str, evidence: Evidence, pages: str
) -> EvidenceLink:
    """Attach a piece to a criterion where it is not yet; a piece that the assessment has already takes no more room."""
    known = {
        one.criterion
        for one in db.session.scalars(
            select(EvidenceLink).where(
                EvidenceLink.application_id == application.id, EvidenceLink.evidence_id == evidence.id
            )
        )
    }
    if criterion_id in known:
        raise Conflict("evidence_already_attached")
    if evidence.current.scan == "infected":
        raise Invalid({"evidence_id": "malware_found"})
    if not known:
        check_quota(application.id, 1, evidence.current.size)
    return _linked(actor, application, criterion_id, evidence, pages)


def detach(actor: Actor, application_id: int, link_id: int) -> None:
    """Take a piece off a criterion; it stays in the library, and in every sealed submission."""
    with transaction():
        application = opened(actor, application_id)
        editable(actor, application)
        lock_library(application.organisation_id)
        found = db.session.get(EvidenceLink, link_id)
        if found is None or found.application_id != application.id:
            raise NotFound
        writable(actor, application, found.criterion)
        db.session.delete(found)
        record(
            "evidence_detached",
            actor.user_id,
            application=application,
            criterion=found.criterion,
            evidence=found.evidence_id,
        )
