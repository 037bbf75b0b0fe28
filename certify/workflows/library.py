"""The library of a centre: files come straight into it, get a passport and revisions, and leave it again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from sqlalchemy import delete, select

from certify.db import db, transaction
from certify.domain.errors import Conflict, FieldError, Invalid, NotFound
from certify.domain.policy import Actor
from certify.models.application import Application
from certify.models.evidence import Evidence, EvidenceLink, EvidenceRevision
from certify.queries import library as queries
from certify.timing import now, today
from certify.workflows.answers import drafting, writable
from certify.workflows.evidence import MAX_PAGES, attach_once, check_quota, check_room, keep, lock_library, root
from certify.workflows.intake import refusal_noted, taken_in
from certify.workflows.step import opened, record
from certify.workflows.texts import NOTE, clean, clean_line

# The oldest paper that a centre may show, and how far a strategy may reach.
EARLIEST = date(1950, 1, 1)
YEARS_AHEAD = 50


@dataclass(frozen=True)
class PassportData:
    """What a centre says of a piece; the answers to the questions on personal data are None until they are given."""

    title: str
    kind: str = ""
    author: str = ""
    proves: str = ""
    period_from: date | None = None
    period_to: date | None = None
    valid_until: date | None = None
    names_people: bool | None = None
    shows_pesel: bool | None = None
    shows_faces: bool | None = None
    has_consent: bool | None = None


def upload(
    actor: Actor,
    organisation_id: int,
    stream: BinaryIO,
    filename: str,
    *,
    then: Callable[[Evidence], None] | None = None,
) -> Evidence:
    """Check and keep a file in the library of a centre; it hangs on no criterion yet. `then`: as in `attach`.

    Raises `NotFound` for a foreign centre, `Conflict("evidence_in_library")` for a file that is there already, and
    what the check of the file raises.
    """
    if organisation_id not in actor.centres:
        raise NotFound
    with refusal_noted(), taken_in(stream, filename, root()) as taken:
        sent = taken.sent.sha256
        revision = keep(actor, taken, 1)
    with transaction():
        lock_library(organisation_id)
        known = queries.same_content(organisation_id, sent)
        if known is not None:
            raise Conflict("evidence_in_library", evidence=known)
        check_room(organisation_id, revision.size)
        evidence = Evidence(organisation_id=organisation_id, title=revision.filename, created_at=now())
        evidence.revisions = [revision]
        db.session.add(evidence)
        db.session.flush()
        record("evidence_uploaded", actor.user_id, evidence=evidence.id, sha256=revision.sha256)
        if then is not None:
            then(evidence)
    return evidence


def describe(actor: Actor, evidence_id: int, data: PassportData, *, version: int) -> Evidence:
    """Write the passport of a piece. Raises `Conflict("stale_version")`, `Invalid` with a code per field."""
    with transaction():
        evidence = _opened(actor, evidence_id, version)
        faults = _faults(data, evidence)
        if faults:
            raise Invalid(faults)
        evidence.title = clean_line("title", data.title)
        evidence.author = clean_line("author", data.author, required=False)
        evidence.proves = clean("proves", data.proves, limit=NOTE, required=False)
        for name in ("kind", "period_from", "period_to", "valid_until"):
            setattr(evidence, name, getattr(data, name))
        answers = (data.names_people, data.shows_pesel, data.shows_faces)
        evidence.names_people, evidence.shows_pesel, evidence.shows_faces = answers
        evidence.has_consent = data.has_consent
        if any(answer is not None for answer in answers):
            evidence.personal_data = any(answers)
        evidence.version += 1
        record("evidence_described", actor.user_id, evidence=evidence.id, version=evidence.version)
    return evidence


def revise(actor: Actor, evidence_id: int, stream: BinaryIO, filename: str) -> EvidenceRevision:
    """Add a newer file to a piece; living copies show it at once, sealed submissions keep theirs."""
    queries.piece(actor, evidence_id)
    with refusal_noted(), taken_in(stream, filename, root()) as taken:
        revision = keep(actor, taken, 0)
    with transaction():
        evidence = _opened(actor, evidence_id)
        before = evidence.current
        if before.sha256 == revision.sha256:
            raise Conflict("revision_unchanged")
        check_room(evidence.organisation_id, revision.size)
        for application_id in {place.application_id for place in queries.places(evidence)}:
            check_quota(application_id, 0, revision.size - before.size)
        revision.number = before.number + 1
        evidence.revisions.append(revision)
        evidence.version += 1
        record(
            "evidence_revised",
            actor.user_id,
            evidence=evidence.id,
            number=revision.number,
            sha256=revision.sha256,
        )
    return revision


def link_many(actor: Actor, evidence_id: int, application_id: int, pages: Mapping[str, str]) -> Application:
    """Attach a piece to several criteria of one application at once; `pages`: criterion id → pages to read.

    Raises `Invalid` when no criterion is named, `NotFound` for a foreign piece or a criterion that is not asked.
    """
    if not pages:
        raise Invalid({"criteria": "criteria_missing"})
    texts = {
        criterion: clean_line(f"pages-{criterion}", text, limit=MAX_PAGES, required=False)
        for criterion, text in pages.items()
    }
    with transaction():
        application = opened(actor, application_id)
        drafting(actor, application)
        for criterion in texts:
            writable(actor, application, criterion)
        evidence = _opened(actor, evidence_id)
        if evidence.organisation_id != application.organisation_id:
            raise NotFound
        for criterion, text in texts.items():
            attach_once(actor, application, criterion, evidence, text)
    return application


def remove(actor: Actor, evidence_id: int, *, version: int, with_links: bool = False) -> int:
    """Take a piece out of the library for good; answers how many criteria it was taken off.

    Raises `Conflict`: "evidence_sealed" when a submission names it, "evidence_in_use" when criteria lean on it and
    `with_links` does not say that they are known.
    """
    with transaction():
        # Nobody submits between the look at the submissions and the end.
        holder = queries.piece(actor, evidence_id).organisation_id
        rows = select(Application.id).where(Application.organisation_id == holder).order_by(Application.id)
        db.session.execute(rows.with_for_update())
        evidence = _opened(actor, evidence_id, version)
        if queries.sealed_in(evidence):
            raise Conflict("evidence_sealed")
        links = list(db.session.scalars(select(EvidenceLink).where(EvidenceLink.evidence_id == evidence.id)))
        if links and not with_links:
            raise Conflict("evidence_in_use")
        for one in links:
            application = db.session.get_one(Application, one.application_id)
            record(
                "evidence_detached",
                actor.user_id,
                application=application,
                criterion=one.criterion,
                evidence=evidence.id,
            )
        record("evidence_removed", actor.user_id, evidence=evidence.id, sha256=evidence.current.sha256)
        for table in (EvidenceLink, EvidenceRevision):
            db.session.execute(delete(table).where(table.evidence_id == evidence_id))
        db.session.execute(delete(Evidence).where(Evidence.id == evidence_id))
    return len(links)


def _opened(actor: Actor, evidence_id: int, version: int | None = None) -> Evidence:
    """The piece for changing, as it stands after its library was locked."""
    lock_library(queries.piece(actor, evidence_id).organisation_id)
    found = queries.piece(actor, evidence_id)
    if version is not None and version != found.version:
        raise Conflict("stale_version", current=found.version)
    return found


def _faults(data: PassportData, evidence: Evidence) -> list[FieldError]:
    faults = []
    latest = today().replace(month=1, day=1, year=today().year + YEARS_AHEAD)
    for name in ("period_from", "period_to", "valid_until"):
        day = getattr(data, name)
        if day is not None and not EARLIEST <= day <= latest:
            faults.append(FieldError(name, "bad_date"))
    if data.period_from and data.period_to and data.period_from > data.period_to:
        faults.append(FieldError("period_to", "period_backwards"))
    if data.kind and data.kind != evidence.kind and data.kind not in queries.kinds([evidence.organisation_id]):
        faults.append(FieldError("kind", "not_a_choice"))
    return faults
