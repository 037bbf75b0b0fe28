"""Answers and evidence of an earlier application come into a new one; each counts when a person confirms it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from certify.db import db, transaction
from certify.domain.errors import Conflict, Invalid, NotFound
from certify.domain.policy import Actor
from certify.domain.rubric import Criterion
from certify.models.application import Answer, Application
from certify.models.evidence import EvidenceLink, EvidenceRevision
from certify.queries import carry_over as queries
from certify.queries import self_assessment
from certify.queries.carry_over import Source
from certify.queries.rubrics import rubric_of
from certify.timing import now, today
from certify.workflows.answers import AnswerData, drafting, faults_of, revision_of, writable
from certify.workflows.evidence import MAX_FILES
from certify.workflows.step import opened, record


def carry_over(actor: Actor, application_id: int, areas: Collection[str]) -> int:
    """Take the sealed answers of these areas and their evidence over; answers how many criteria came.

    What has an answer here already stays as it is. Raises `NotFound` when there is no earlier application,
    `Invalid` not_a_choice for an area that offers nothing, nothing_chosen for none.
    """
    if not areas:
        raise Invalid({"areas": "nothing_chosen"})
    with transaction():
        application = opened(actor, application_id)
        drafting(actor, application)
        source = queries.source_of(application)
        if source is None:
            raise NotFound
        offered = {one.area.id: one.free for one in queries.offers(application, source)}
        if not set(areas) <= offered.keys():
            raise Invalid({"areas": "not_a_choice"})
        chosen = [one for area in offered if area in areas for one in offered[area]]
        carried = [one.id for one in chosen if _carry(actor, application, source, one)]
        _link_evidence(application, source, carried)
        record(
            "answers_carried",
            actor.user_id,
            application=application,
            source=source.application.id,
            number=source.application.number,
            criteria=carried,
        )
    return len(carried)


def _carry(actor: Actor, application: Application, source: Source, criterion: Criterion) -> bool:
    """False when today's rules would refuse the answer: the criterion has become critical, for example."""
    sealed: dict[str, Any] = source.answers[criterion.id]
    data = AnswerData(sealed["points"], sealed["not_applicable"], sealed["reason"], sealed["narratives"])
    if faults_of(rubric_of(application), criterion, application.centre_type, data):
        return False
    answer = Answer(
        application_id=application.id,
        criterion=criterion.id,
        points=data.points,
        not_applicable=data.not_applicable,
        reason=data.reason,
        narratives=dict(data.narratives),
        version=1,
        saved_at=now(),
        saved_by_id=actor.user_id,
        carried_from_id=source.application.id,
        carried_on=today(),
    )
    db.session.add_all([answer, revision_of(answer)])
    return True


def _link_evidence(application: Application, source: Source, criteria: Collection[str]) -> None:
    """Attach the pieces that the submission names, in the form in which the library holds them today."""
    here = {(one.criterion, one.evidence_id) for one in db.session.scalars(_links(application))}
    wanted = []
    for criterion in criteria:
        for piece in source.evidence.get(criterion, ()):
            evidence_id = db.session.get_one(EvidenceRevision, piece["revision"]).evidence_id
            if (criterion, evidence_id) not in here:
                here.add((criterion, evidence_id))
                wanted.append(
                    EvidenceLink(
                        application_id=application.id,
                        evidence_id=evidence_id,
                        criterion=criterion,
                        pages=piece["pages"],
                    )
                )
    if len(here) > MAX_FILES:
        raise Conflict("quota_exceeded", limit=MAX_FILES)
    db.session.add_all(wanted)


def _links(application: Application) -> Any:
    return select(EvidenceLink).where(EvidenceLink.application_id == application.id)


def confirm(actor: Actor, application_id: int, criterion_id: str, *, version: int) -> Answer:
    """Say that a carried answer is still true; from now on it counts.

    Raises `NotFound` when nothing was carried over there, `Conflict("stale_version")` when somebody saved in between.
    """
    with transaction():
        application = opened(actor, application_id)
        writable(actor, application, criterion_id)
        answer = self_assessment.answers_of(application).get(criterion_id)
        if answer is None:
            raise NotFound
        if answer.version != version:
            raise Conflict("stale_version", current=answer.version)
        if answer.carried_from_id is None:
            raise NotFound
        source = answer.carried_from_id
        answer.carried_from_id, answer.carried_on = None, None
        answer.version += 1
        answer.saved_at = now()
        answer.saved_by_id = actor.user_id
        db.session.add(revision_of(answer))
        record("answer_confirmed", actor.user_id, application=application, criterion=criterion_id, source=source)
    return answer
