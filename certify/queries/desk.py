"""The centre's common desk as it is read: whose area, which comments, which versions, what the manager signed off."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from certify.db import db
from certify.domain.digest import digest
from certify.domain.rubric import Area
from certify.models.account import Membership, User
from certify.models.application import Answer, Application
from certify.models.desk import AnswerRevision, AreaDelegation, AreaSignOff, CriterionComment
from certify.models.evidence import Evidence, EvidenceLink
from certify.queries.rubrics import rubric_of


def asked_in(application: Application, area: Area) -> list[str]:
    """The ids of the criteria of the area that this centre answers."""
    asked = rubric_of(application).criteria_for(application.centre_type)
    return [one.id for one in asked if one in area.criteria]


def digests(application: Application) -> dict[str, str]:
    """Area → fingerprint of its answers and evidence as they are now: what a sign-off holds fast."""
    answers = {
        one.criterion: one for one in db.session.scalars(select(Answer).where(Answer.application_id == application.id))
    }
    attached: dict[str, list[EvidenceLink]] = {}
    links = select(EvidenceLink).where(EvidenceLink.application_id == application.id)
    for link in db.session.scalars(links.options(joinedload(EvidenceLink.evidence).selectinload(Evidence.revisions))):
        attached.setdefault(link.criterion, []).append(link)
    return {
        area.id: digest([_content(one, answers.get(one), attached.get(one, ())) for one in asked_in(application, area)])
        for area in rubric_of(application).areas
    }


def _content(criterion: str, answer: Answer | None, links: Sequence[EvidenceLink]) -> list[Any]:
    said = None
    if answer is not None:
        # A text that was emptied and one that was never written are the same.
        texts = {key: text for key, text in answer.narratives.items() if text}
        said = [answer.points, answer.not_applicable, answer.reason, texts]
    return [criterion, said, sorted([link.evidence_id, link.evidence.current.sha256, link.pages] for link in links)]


def sign_offs(application: Application) -> dict[str, AreaSignOff]:
    """The sign-offs that hold: area → who and when. One whose area has changed since is not among them."""
    rows = select(AreaSignOff).where(AreaSignOff.application_id == application.id)
    given = list(db.session.scalars(rows.options(joinedload(AreaSignOff.signed_by))))
    now = digests(application) if given else {}
    return {one.area: one for one in given if now.get(one.area) == one.digest}


def confirmed(application: Application) -> frozenset[str]:
    """The criteria of the areas that are signed off as they are now."""
    signed = sign_offs(application)
    return frozenset(
        criterion
        for area in rubric_of(application).areas
        if area.id in signed
        for criterion in asked_in(application, area)
    )


def delegations(application: Application) -> dict[str, AreaDelegation]:
    """Area → to whom it is given, and until when."""
    rows = select(AreaDelegation).where(AreaDelegation.application_id == application.id)
    return {one.area: one for one in db.session.scalars(rows.options(joinedload(AreaDelegation.user)))}


def given_to(user_id: int, application_ids: Sequence[int]) -> dict[int, list[AreaDelegation]]:
    """The areas given to a person, by application."""
    rows = select(AreaDelegation).where(
        AreaDelegation.user_id == user_id, AreaDelegation.application_id.in_(application_ids)
    )
    found: dict[int, list[AreaDelegation]] = {}
    for one in db.session.scalars(rows.order_by(AreaDelegation.area)):
        found.setdefault(one.application_id, []).append(one)
    return found


def people(organisation_id: int) -> list[User]:
    """The people of the centre who can sign in, by name."""
    rows = select(User).join(Membership).where(Membership.organisation_id == organisation_id, User.active)
    return list(db.session.scalars(rows.order_by(User.name, User.id)))


def comments(application: Application, criterion: str) -> list[CriterionComment]:
    """What the centre's people said about the criterion, the oldest first."""
    rows = select(CriterionComment).where(
        CriterionComment.application_id == application.id, CriterionComment.criterion == criterion
    )
    both = (joinedload(CriterionComment.written_by), joinedload(CriterionComment.resolved_by))
    return list(db.session.scalars(rows.options(*both).order_by(CriterionComment.id)))


def open_comments(application: Application) -> Mapping[str, int]:
    """Criterion → number of comments that nobody has resolved yet."""
    rows = select(CriterionComment.criterion, func.count()).where(
        CriterionComment.application_id == application.id, CriterionComment.resolved_at.is_(None)
    )
    return dict(db.session.execute(rows.group_by(CriterionComment.criterion)).all())


def revisions(application: Application, criterion: str) -> list[AnswerRevision]:
    """Every version of the answer, the oldest first."""
    rows = select(AnswerRevision).where(
        AnswerRevision.application_id == application.id, AnswerRevision.criterion == criterion
    )
    return list(db.session.scalars(rows.options(joinedload(AnswerRevision.saved_by)).order_by(AnswerRevision.number)))
