"""The centre's living copy: answers, evidence, progress and self-rating."""

from collections import Counter

from sqlalchemy import select

from certify.db import db
from certify.domain.readiness import AnswerFacts, Readiness, readiness
from certify.domain.scoring import Result, score
from certify.models.application import Answer, Application
from certify.models.evidence import EvidenceLink
from certify.queries.rubrics import rubric_of


def answers_of(application: Application) -> dict[str, Answer]:
    """The answers by criterion."""
    rows = select(Answer).where(Answer.application_id == application.id)
    return {answer.criterion: answer for answer in db.session.scalars(rows)}


def links_of(application: Application) -> dict[str, list[EvidenceLink]]:
    """The attached evidence by criterion."""
    links: dict[str, list[EvidenceLink]] = {}
    rows = select(EvidenceLink).where(EvidenceLink.application_id == application.id).order_by(EvidenceLink.id)
    for link in db.session.scalars(rows):
        links.setdefault(link.criterion, []).append(link)
    return links


def readiness_of(application: Application) -> Readiness:
    """What is missing before submitting, and the progress by area."""
    counts = Counter(
        db.session.scalars(select(EvidenceLink.criterion).where(EvidenceLink.application_id == application.id))
    )
    given = {
        criterion: AnswerFacts(
            points=answer.points,
            not_applicable=answer.not_applicable,
            reason=answer.reason,
            narratives=answer.narratives,
            evidence=counts[criterion],
            to_confirm=answer.carried_from_id is not None,
        )
        for criterion, answer in answers_of(application).items()
    }
    return readiness(rubric_of(application), application.centre_type, given)


def self_rating(application: Application) -> Result:
    """The centre's own rating, computed like a result; it never enters one."""
    # What was carried over counts when it is confirmed.
    answers = {key: one for key, one in answers_of(application).items() if one.carried_from_id is None}
    rubric = rubric_of(application)
    asked = {criterion.id for criterion in rubric.criteria_for(application.centre_type)}
    return score(
        rubric,
        {key: one.points for key, one in answers.items() if one.points is not None and key in asked},
        application.centre_type,
        {key: one.reason or "–" for key, one in answers.items() if one.not_applicable and key in asked},
    )
