"""The library of evidence as it is read: one piece, what leans on it, where it may go, what is too old."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from certify.db import db
from certify.domain.errors import NotFound
from certify.domain.freshness import AgeRule, Period, age_rule
from certify.domain.lifecycle import EDITABLE, Status
from certify.domain.policy import Actor
from certify.domain.rubric import Rubric, Text
from certify.models.application import Application
from certify.models.evidence import Evidence, EvidenceLink, EvidenceRevision
from certify.models.organisation import Organisation
from certify.models.supplement import Supplement
from certify.queries import rubrics
from certify.queries.rubrics import rubric_of
from certify.timing import WARSAW


@dataclass(frozen=True)
class Place:
    """One criterion that leans on a piece, in the centre's living copy."""

    application_id: int
    number: str
    area: str
    criterion: str
    title: Text
    pages: str
    editable: bool


def piece(actor: Actor, evidence_id: int) -> Evidence:
    """One piece of a library of the actor's centres; raises `NotFound` alike for a missing and for a foreign one."""
    found = db.session.get(Evidence, evidence_id, populate_existing=True)
    if found is None or found.organisation_id not in actor.centres:
        raise NotFound
    return found


def visible_to(actor: Actor) -> Select[Evidence]:
    """The pieces of the libraries of the actor's centres, with their files and who added them."""
    files = selectinload(Evidence.revisions).joinedload(EvidenceRevision.uploaded_by)
    return select(Evidence).where(Evidence.organisation_id.in_(actor.centres)).options(files)


def links_of(evidence: Evidence) -> list[EvidenceLink]:
    """Where a piece hangs now, the newest application first."""
    rows = select(EvidenceLink).where(EvidenceLink.evidence_id == evidence.id)
    return list(db.session.scalars(rows.order_by(EvidenceLink.application_id.desc(), EvidenceLink.id)))


def organisations(actor: Actor) -> list[Organisation]:
    """The centres in which the actor works, by name."""
    rows = select(Organisation).where(Organisation.id.in_(actor.centres)).order_by(Organisation.sort_key)
    return list(db.session.scalars(rows))


def places(evidence: Evidence) -> list[Place]:
    """Where a piece is used now, the newest application first."""
    rows = (
        select(EvidenceLink, Application)
        .join(Application, Application.id == EvidenceLink.application_id)
        .where(EvidenceLink.evidence_id == evidence.id)
        .order_by(Application.id.desc(), EvidenceLink.criterion)
    )
    found = []
    for link, application in db.session.execute(rows):
        rubric = rubric_of(application)
        found.append(
            Place(
                application_id=application.id,
                number=application.number,
                area=rubric.area_of(link.criterion).id,
                criterion=link.criterion,
                title=rubric.criterion(link.criterion).title,
                pages=link.pages,
                editable=Status(application.status) in EDITABLE,
            )
        )
    return found


def sealed_in(evidence: Evidence) -> list[tuple[str, int]]:
    """Where a seal names a revision of the piece: (number of the application, number of the submission).

    The seal is that of the submission, or of changes to it that were offered, whatever the answer was.
    """
    own = {revision.id for revision in evidence.revisions}
    cases = select(Application).where(Application.organisation_id == evidence.organisation_id)
    sealed = [
        (application.number, submission.number, submission.content["evidence"].values())
        for application in db.session.scalars(cases.options(selectinload(Application.submissions)))
        for submission in application.submissions
    ]
    offers = (
        select(Application.number, Supplement)
        .join(Application, Application.id == Supplement.application_id)
        .where(Application.organisation_id == evidence.organisation_id)
        .options(joinedload(Supplement.submission))
    )
    sealed += [
        (number, one.submission.number, [part["evidence"] for part in one.content.values()])
        for number, one in db.session.execute(offers)
    ]
    return sorted(
        {(number, of) for number, of, found in sealed if any(one["revision"] in own for row in found for one in row)}
    )


def open_applications(organisation_id: int) -> list[Application]:
    """The applications of a centre whose self-assessment can be changed now, the newest first."""
    rows = select(Application).where(
        Application.organisation_id == organisation_id,
        Application.status.in_([status.value for status in EDITABLE]),
    )
    return list(db.session.scalars(rows.order_by(Application.id.desc())))


def linked_criteria(application_id: int, evidence_id: int) -> set[str]:
    """The criteria of an application to which a piece is attached."""
    rows = select(EvidenceLink.criterion).where(
        EvidenceLink.application_id == application_id, EvidenceLink.evidence_id == evidence_id
    )
    return set(db.session.scalars(rows))


def standards(organisation_ids: Sequence[int]) -> list[Rubric]:
    """The standards of the centres' applications, the newest application first, and then the current ones."""
    used = db.session.scalars(
        select(Application).where(Application.organisation_id.in_(organisation_ids)).order_by(Application.id.desc())
    )
    found = [rubric_of(application) for application in used]
    return found + [rubrics.parsed(version) for version in rubrics.current_versions()]


def age_rule_of(organisation_ids: Sequence[int]) -> AgeRule:
    """How old the evidence of these centres may be."""
    return age_rule(standards(organisation_ids))


def kinds(organisation_ids: Sequence[int]) -> dict[str, Text]:
    """The kinds of evidence that those standards know."""
    known: dict[str, Text] = {}
    for rubric in standards(organisation_ids):
        for kind in rubric.evidence_kinds:
            known.setdefault(kind.id, kind.title)
    return known


def same_content(organisation_id: int, digest: str) -> int | None:
    """The piece of a library that holds these bytes, as they were sent or as they are kept."""
    rows = (
        select(Evidence.id)
        .join(EvidenceRevision, EvidenceRevision.evidence_id == Evidence.id)
        .where(
            Evidence.organisation_id == organisation_id,
            (EvidenceRevision.sha256 == digest) | (EvidenceRevision.original_sha256 == digest),
        )
        .order_by(Evidence.id)
        .limit(1)
    )
    return db.session.scalar(rows)


def period_of(evidence: Evidence) -> Period:
    """The piece as the rule on old evidence sees it."""
    return Period(
        added=evidence.current.uploaded_at.astimezone(WARSAW).date(),
        first=evidence.period_from,
        last=evidence.period_to,
        valid_until=evidence.valid_until,
    )
