"""Evidence as it is read: an organisation's library, what hangs on which criterion, and who may open a file."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from certify.db import db
from certify.domain.errors import Locked, NotFound
from certify.domain.lifecycle import Status
from certify.domain.policy import Actor, Role
from certify.models.application import Application
from certify.models.evidence import Evidence, EvidenceLink, EvidenceRevision
from certify.queries import cases, supplements
from certify.queries.rubrics import rubric_of

# Until the audit starts an appointed auditor has not declared impartiality and reads nothing of the file.
_BEFORE_AUDIT = frozenset({Status.DRAFT, Status.SUBMITTED, Status.SUPPLEMENT, Status.TEAMING})


_LOADED = selectinload(Evidence.revisions).joinedload(EvidenceRevision.uploaded_by)


def attached(application: Application) -> dict[str, list[EvidenceLink]]:
    """The living copy's evidence by criterion, with files and their authors read at once."""
    rows = (
        select(EvidenceLink)
        .where(EvidenceLink.application_id == application.id)
        .options(joinedload(EvidenceLink.evidence).options(_LOADED))
        .order_by(EvidenceLink.id)
    )
    found: dict[str, list[EvidenceLink]] = {}
    for link in db.session.scalars(rows):
        found.setdefault(link.criterion, []).append(link)
    return found


def pieces(organisation_ids: Sequence[int]) -> list[Evidence]:
    """The library of the organisations, the newest piece first."""
    rows = select(Evidence).where(Evidence.organisation_id.in_(organisation_ids)).options(_LOADED)
    return list(db.session.scalars(rows.order_by(Evidence.id.desc())))


@dataclass(frozen=True)
class Use:
    """One place where a piece is used."""

    application_id: int
    number: str
    area: str
    criterion: str


def uses(organisation_ids: Sequence[int]) -> dict[int, list[Use]]:
    """Where each piece of the library is used: evidence id → places."""
    rows = (
        select(EvidenceLink.evidence_id, Application, EvidenceLink.criterion)
        .join(Application, Application.id == EvidenceLink.application_id)
        .where(Application.organisation_id.in_(organisation_ids))
        .order_by(Application.id, EvidenceLink.criterion)
    )
    found: dict[int, list[Use]] = {}
    for evidence_id, application, criterion in db.session.execute(rows):
        area = rubric_of(application).area_of(criterion).id
        found.setdefault(evidence_id, []).append(Use(application.id, application.number, area, criterion))
    return found


def _current() -> Select[int, int]:
    """Evidence id and number of the newest revision."""
    return select(EvidenceRevision.evidence_id, func.max(EvidenceRevision.number).label("number")).group_by(
        EvidenceRevision.evidence_id
    )


def volume_of(application_id: int) -> tuple[int, int]:
    """How many files hang on an assessment, and their bytes; a piece that proves three criteria counts once."""
    newest = _current().subquery()
    linked = select(EvidenceLink.evidence_id).where(EvidenceLink.application_id == application_id)
    rows = (
        select(func.count(), func.coalesce(func.sum(EvidenceRevision.size), 0))
        .join(
            newest,
            (newest.c.evidence_id == EvidenceRevision.evidence_id) & (newest.c.number == EvidenceRevision.number),
        )
        .where(EvidenceRevision.evidence_id.in_(linked))
    )
    count, size = db.session.execute(rows).one()
    return int(count), int(size)


def volume_of_library(organisation_id: int) -> int:
    """The bytes of all revisions of an organisation's pieces."""
    rows = (
        select(func.coalesce(func.sum(EvidenceRevision.size), 0))
        .join(Evidence, Evidence.id == EvidenceRevision.evidence_id)
        .where(Evidence.organisation_id == organisation_id)
    )
    return int(db.session.scalar(rows) or 0)


def revision(actor: Actor, revision_id: int) -> EvidenceRevision:
    """A file that the actor may open; raises `NotFound` alike for a missing and for a foreign one.

    The centre's people open all of their library; others what a sealed submission of a case names that they read.
    Raises `Locked` with the code of `closed_because`.
    """
    found = db.session.get(EvidenceRevision, revision_id)
    if found is None:
        raise NotFound
    holder = found.evidence.organisation_id
    if holder not in actor.centres and not any(_names(one, revision_id) for one in _read_by(actor, holder)):
        raise NotFound
    closed = closed_because(actor, found)
    if closed is not None:
        raise Locked(closed)
    return found


def closed_because(actor: Actor, file: EvidenceRevision) -> str | None:
    """Why nobody, or not this person, opens a file that they may know: "malware_found", "scan_pending"; else None.

    Who added a file that is not checked yet has it anyhow.
    """
    if file.scan == "infected":
        return "malware_found"
    if file.scan == "pending" and file.uploaded_by_id != actor.user_id:
        return "scan_pending"
    return None


def _read_by(actor: Actor, organisation_id: int) -> Sequence[Application]:
    """The organisation's cases whose file the actor reads by an office of the scheme; administrators read none."""
    office = replace(actor, roles=actor.roles - {Role.ADMIN}, centres={})
    rows = cases.visible_to(office).where(Application.organisation_id == organisation_id)
    if Role.COORDINATOR not in office.roles:
        rows = rows.where(Application.status.not_in([status.value for status in _BEFORE_AUDIT]))
    return db.session.scalars(rows.options(selectinload(Application.submissions))).all()


def _names(application: Application, revision_id: int) -> bool:
    """True when a seal names the file: of a submission, or of changes that were offered, whatever the answer was."""
    sealed = [found for one in application.submissions for found in one.content["evidence"].values()]
    offered = [part["evidence"] for one in supplements.supplements_of(application) for part in one.content.values()]
    return any(piece["revision"] == revision_id for found in sealed + offered for piece in found)


def files(revision_ids: Collection[int]) -> dict[int, EvidenceRevision]:
    """The files that a seal names, by their id."""
    return {
        one.id: one for one in db.session.scalars(select(EvidenceRevision).where(EvidenceRevision.id.in_(revision_ids)))
    }


def readable(actor: Actor, evidence_id: int) -> tuple[Evidence, list[EvidenceRevision]]:
    """A piece with those of its files that the actor may know, by the rule of `revision`; `NotFound` for none."""
    found = db.session.get(Evidence, evidence_id)
    if found is None:
        raise NotFound
    if found.organisation_id in actor.centres:
        return found, list(found.revisions)
    read = _read_by(actor, found.organisation_id)
    named = [one for one in found.revisions if any(_names(application, one.id) for application in read)]
    if not named:
        raise NotFound
    return found, named
