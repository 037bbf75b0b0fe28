"""Evidence comes into an organisation's library and is attached to criteria."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from flask import current_app
from sqlalchemy import func, select

from certify import filecheck, storage
from certify.db import db, transaction
from certify.domain.errors import Conflict, Invalid, NotFound
from certify.domain.policy import Actor
from certify.models.application import Application
from certify.models.evidence import Evidence, EvidenceLink, EvidenceRevision
from certify.queries import cases
from certify.queries.rubrics import rubric_of
from certify.timing import now
from certify.workflows.answers import editable, writable
from certify.workflows.step import opened, record
from certify.workflows.texts import SHORT, clean

MAX_FILE = 25 * 1024 * 1024
MAX_FILES = 200
MAX_PAGES = 60


def root() -> Path:
    """The folder of the content-addressed store."""
    return Path(current_app.config["STORAGE"])


@dataclass(frozen=True)
class Passport:
    """What the centre says of a file: its title (the file's name when empty), kind, the pages to read, people in it."""

    title: str = ""
    kind: str = ""
    pages: str = ""
    personal_data: bool = False


def attach(
    actor: Actor,
    application_id: int,
    criterion_id: str,
    stream: BinaryIO,
    filename: str,
    passport: Passport = Passport(),
) -> EvidenceLink:
    """Check, store and attach a file; the bytes are safe on disk before any row names them (R22).

    Raises `TooLarge`, `NotAccepted`, `Invalid` with the check's code, `Conflict("quota_exceeded")`.
    """
    application = cases.get(actor, application_id)
    writable(actor, application, criterion_id)
    rubric = rubric_of(application)
    name = filecheck.clean_name(filename)
    title = clean("title", passport.title or name, limit=SHORT)
    pages = clean("pages", passport.pages, limit=MAX_PAGES, required=False)
    if passport.kind and passport.kind not in {one.id for one in rubric.evidence_kinds}:
        raise Invalid({"kind": "not_a_choice"})
    with storage.receive(stream, root(), MAX_FILE) as incoming:
        found = filecheck.check(incoming.path, name)
        stored = incoming.keep()
    revision = EvidenceRevision(
        number=1,
        sha256=stored.sha256,
        size=stored.size,
        media_type=found.media_type,
        filename=name,
        uploaded_at=now(),
        uploaded_by_id=actor.user_id,
    )
    with transaction():
        application = opened(actor, application_id)
        writable(actor, application, criterion_id)
        _check_quota(application.id)
        evidence = Evidence(
            organisation_id=application.organisation_id,
            title=title,
            kind=passport.kind,
            personal_data=passport.personal_data,
            created_at=now(),
        )
        evidence.revisions = [revision]
        return _linked(actor, application, criterion_id, evidence, pages)


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


def _check_quota(application_id: int) -> None:
    count = select(func.count()).select_from(EvidenceLink).where(EvidenceLink.application_id == application_id)
    if (db.session.scalar(count) or 0) >= MAX_FILES:
        raise Conflict("quota_exceeded", limit=MAX_FILES)


def link(actor: Actor, application_id: int, criterion_id: str, evidence_id: int, *, pages: str = "") -> EvidenceLink:
    """Attach a piece that is in the organisation's library already."""
    pages = clean("pages", pages, limit=MAX_PAGES, required=False)
    with transaction():
        application = opened(actor, application_id)
        writable(actor, application, criterion_id)
        evidence = db.session.get(Evidence, evidence_id)
        if evidence is None or evidence.organisation_id != application.organisation_id:
            raise NotFound
        known = db.session.scalar(
            select(EvidenceLink).where(
                EvidenceLink.application_id == application.id,
                EvidenceLink.evidence_id == evidence.id,
                EvidenceLink.criterion == criterion_id,
            )
        )
        if known is not None:
            raise Conflict("evidence_already_attached")
        _check_quota(application.id)
        return _linked(actor, application, criterion_id, evidence, pages)


def detach(actor: Actor, application_id: int, link_id: int) -> None:
    """Take a piece off a criterion; it stays in the library, and in every sealed submission."""
    with transaction():
        application = opened(actor, application_id)
        editable(actor, application)
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
