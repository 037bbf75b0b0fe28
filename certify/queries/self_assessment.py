"""The centre's living copy: answers, evidence, progress and self-rating."""

from datetime import datetime

from sqlalchemy import select

from certify.db import db
from certify.domain.forecast import Forecast, forecast
from certify.domain.readiness import AnswerFacts, Readiness, readiness
from certify.domain.scoring import Result, score
from certify.models.application import Answer, Application
from certify.models.desk import AnswerRevision
from certify.models.evidence import EvidenceLink
from certify.queries import desk, scans, supplements
from certify.queries.rubrics import rubric_of


def answers_of(application: Application) -> dict[str, Answer]:
    """The answers by criterion."""
    rows = select(Answer).where(Answer.application_id == application.id)
    return {answer.criterion: answer for answer in db.session.scalars(rows)}


def answer_to(application_id: int, criterion_id: str) -> Answer | None:
    """The answer to one criterion, as it stands now."""
    rows = select(Answer).where(Answer.application_id == application_id, Answer.criterion == criterion_id)
    return db.session.scalar(rows)


def newest_save(application_id: int, user_id: int, place: int) -> datetime | None:
    """The moment of the person's save in this place, the newest being the first; None when there are fewer."""
    rows = select(AnswerRevision.saved_at).where(
        AnswerRevision.application_id == application_id, AnswerRevision.saved_by_id == user_id
    )
    return db.session.scalar(rows.order_by(AnswerRevision.saved_at.desc()).offset(place - 1).limit(1))


def links_of(application: Application) -> dict[str, list[EvidenceLink]]:
    """The attached evidence by criterion."""
    links: dict[str, list[EvidenceLink]] = {}
    rows = select(EvidenceLink).where(EvidenceLink.application_id == application.id).order_by(EvidenceLink.id)
    for link in db.session.scalars(rows):
        links.setdefault(link.criterion, []).append(link)
    return links


def closed_facts(application: Application) -> dict[str, AnswerFacts]:
    """What goes over as it was sealed, by criterion: the part of the file that the running round does not open."""
    opened = supplements.open_criteria(application)
    if opened is None:
        return {}
    content = supplements.submissions_of(application)[-1].content
    signed = desk.confirmed(application)
    return {
        criterion: AnswerFacts(
            **answer, evidence=len(content["evidence"].get(criterion, ())), confirmed=criterion in signed
        )
        for criterion, answer in content["answers"].items()
        if criterion not in opened
    }


def readiness_of(application: Application) -> Readiness:
    """What is missing before submitting, and the progress by area."""
    files = scans.states_of(application)
    signed = desk.confirmed(application)
    given = {
        criterion: AnswerFacts(
            points=answer.points,
            not_applicable=answer.not_applicable,
            reason=answer.reason,
            narratives=answer.narratives,
            evidence=len(files.get(criterion, ())),
            scan=tuple(files.get(criterion, ())),
            confirmed=criterion in signed,
            to_confirm=answer.carried_from_id is not None,
        )
        for criterion, answer in answers_of(application).items()
    }
    given |= closed_facts(application)
    return readiness(rubric_of(application), application.centre_type, given)


def _rated(application: Application) -> tuple[dict[str, int | None], dict[str, str]]:
    """The points that the centre gives itself, and the criteria that it excuses with their reasons."""
    # What was carried over counts when it is confirmed.
    answers = {key: one for key, one in answers_of(application).items() if one.carried_from_id is None}
    asked = {criterion.id for criterion in rubric_of(application).criteria_for(application.centre_type)}
    points: dict[str, int | None] = {
        key: one.points for key, one in answers.items() if one.points is not None and key in asked
    }
    return points, {key: one.reason or "–" for key, one in answers.items() if one.not_applicable and key in asked}


def self_rating(application: Application) -> Result:
    """The centre's own rating, computed like a result; it never enters one."""
    points, excused = _rated(application)
    return score(rubric_of(application), points, application.centre_type, excused)


def forecast_of(application: Application) -> Forecast:
    """What the centre's own rating would come to, and the nearest way to something better; no result either."""
    points, excused = _rated(application)
    return forecast(rubric_of(application), points, application.centre_type, excused)
