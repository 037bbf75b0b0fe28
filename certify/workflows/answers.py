"""The centre answers a criterion; a stale form never overwrites a newer text."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from certify.db import db, transaction
from certify.domain.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, TooMany, WrongState
from certify.domain.lifecycle import EDITABLE, LIVING, Status
from certify.domain.plain_text import plain
from certify.domain.policy import Actor, available
from certify.domain.quotas import free_again
from certify.domain.rubric import Criterion, Rubric
from certify.models.application import Answer, Application
from certify.models.desk import AnswerRevision
from certify.queries import cases, self_assessment, supplements
from certify.queries.rubrics import rubric_of
from certify.timing import now
from certify.workflows.step import opened, record
from certify.workflows.texts import LONG, NOTE, fault_of


@dataclass(frozen=True)
class AnswerData:
    """What the form or the API brings: points or not applicable with a reason, a text per indicator."""

    points: int | None = None
    not_applicable: bool = False
    reason: str = ""
    narratives: Mapping[str, str] = field(default_factory=dict)


def editable(actor: Actor, application: Application) -> None:
    """Refuse unless the actor's centre may change the living copy now."""
    if application.organisation_id not in actor.centres:
        raise Forbidden
    if Status(application.status) not in LIVING:
        raise _out_of_turn(actor, application, "not_editable")


def _out_of_turn(actor: Actor, application: Application, code: str) -> WrongState:
    free = [one.value for one, reason in available(actor, cases.facts(application)).items() if reason is None]
    return WrongState(code, status=application.status, allowed=free)


def drafting(actor: Actor, application: Application) -> None:
    """Refuse unless the actor's centre is still to hand this application over: what only prepares it ends then."""
    editable(actor, application)
    if Status(application.status) not in EDITABLE:
        raise _out_of_turn(actor, application, "not_editable")


def writable(actor: Actor, application: Application, criterion_id: str) -> Criterion:
    """The criterion, when the actor's centre may change what its living copy says on it now.

    In a supplement round with requests only their criteria are open: `WrongState("criterion_not_open")`.
    """
    editable(actor, application)
    criterion = asked(rubric_of(application), application, criterion_id)
    opened_now = supplements.open_criteria(application)
    if opened_now is not None and criterion_id not in opened_now:
        raise _out_of_turn(actor, application, "criterion_not_open")
    return criterion


def rating_faults(
    rubric: Rubric, criterion: Criterion, centre_type: str, points: int | None, not_applicable: bool, reason: str
) -> list[FieldError]:
    """What is wrong with a rating, whoever gives it: off the scale, or not applicable against the rules."""
    if not_applicable:
        if not rubric.scale.na_allowed:
            return [FieldError("not_applicable", "not_applicable_not_allowed")]
        if criterion.critical_to(centre_type) and rubric.scale.na_never_for_critical:
            return [FieldError("not_applicable", "not_applicable_critical")]
        if rubric.scale.na_needs_reason and not reason.strip():
            return [FieldError("reason", "not_applicable_reason_missing")]
        return [FieldError("points", "points_and_not_applicable")] if points is not None else []
    if points is not None and points not in {level.points for level in rubric.scale.levels}:
        return [FieldError("points", "points_off_scale")]
    return []


def _text_faults(criterion: Criterion, data: AnswerData) -> list[FieldError]:
    known = {indicator.id for indicator in criterion.indicators}
    faults = [FieldError("narratives", "indicator_not_found") for key in data.narratives if key not in known]
    for indicator, text in data.narratives.items():
        fault = fault_of(text, limit=LONG, required=False)
        if fault:
            faults.append(FieldError(f"narrative-{indicator}", fault, LONG))
    fault = fault_of(data.reason, limit=NOTE, required=False)
    return [*faults, FieldError("reason", fault, NOTE)] if fault else faults


def faults_of(rubric: Rubric, criterion: Criterion, centre_type: str, data: AnswerData) -> list[FieldError]:
    """Everything for which `save` would refuse the answer."""
    rating = rating_faults(rubric, criterion, centre_type, data.points, data.not_applicable, data.reason)
    return _text_faults(criterion, data) + rating


def asked(rubric: Rubric, application: Application, criterion_id: str) -> Criterion:
    """The criterion, when the standard asks it of this type of centre; raises `NotFound("criterion_not_found")`."""
    for criterion in rubric.criteria_for(application.centre_type):
        if criterion.id == criterion_id:
            return criterion
    raise NotFound("criterion_not_found")


def save(
    actor: Actor, application_id: int, criterion_id: str, data: AnswerData, *, version: int | None = None
) -> Answer:
    """Keep one answer, whole or half done.

    `version` is the number that the form was opened with (0: there was no answer yet). Raises
    `Conflict("stale_version")` when somebody saved in between, `Invalid` with a code per field, `TooMany` for a
    person who saved more often than is kept.
    """
    with transaction():
        application = opened(actor, application_id)
        return write(actor, application, criterion_id, data, version=version)


def restore(actor: Actor, application_id: int, criterion_id: str, number: int, *, version: int | None = None) -> Answer:
    """Bring version `number` of the answer back, as a new save; what stands there now stays in the history.

    Raises `NotFound` when there is no such version, and whatever `save` raises.
    """
    with transaction():
        application = opened(actor, application_id)
        drafting(actor, application)
        criterion = asked(rubric_of(application), application, criterion_id)
        older = db.session.scalar(
            select(AnswerRevision).where(
                AnswerRevision.application_id == application.id,
                AnswerRevision.criterion == criterion.id,
                AnswerRevision.number == number,
            )
        )
        if older is None:
            raise NotFound
        data = AnswerData(older.points, older.not_applicable, older.reason, older.narratives)
        return write(actor, application, criterion_id, data, version=version, restored=number)


def write(
    actor: Actor,
    application: Application,
    criterion_id: str,
    data: AnswerData,
    *,
    version: int | None = None,
    restored: int | None = None,
) -> Answer:
    """The inner part of `save`, for verbs that write several answers in the one transaction that they have opened.

    Each save is kept as a version of its own, which is never changed again.
    """
    criterion = writable(actor, application, criterion_id)
    rubric = rubric_of(application)
    faults = faults_of(rubric, criterion, application.centre_type, data)
    if faults:
        raise Invalid(faults, limit=LONG)
    answer = self_assessment.answer_to(application.id, criterion.id)
    if version is not None and version != (answer.version if answer else 0):
        raise Conflict("stale_version", current=answer.version if answer else 0)
    _refuse_too_many(actor, application)
    if answer is None:
        answer = Answer(application_id=application.id, criterion=criterion.id, version=0)
        db.session.add(answer)
    answer.points = None if data.not_applicable else data.points
    answer.not_applicable = data.not_applicable
    answer.reason = plain(data.reason).strip()
    answer.narratives = {key: plain(text) for key, text in data.narratives.items()}
    # Whoever saves an answer that was carried over has read it.
    answer.carried_from_id, answer.carried_on = None, None
    answer.version += 1
    answer.saved_at = now()
    answer.saved_by_id = actor.user_id
    db.session.add(revision_of(answer, restored))
    found = {"criterion": criterion.id, "version": answer.version} | ({"restored": restored} if restored else {})
    record("answer_saved", actor.user_id, application=application, **found)
    return answer


def _refuse_too_many(actor: Actor, application: Application) -> None:
    """Raise `TooMany` for who saves faster than anybody types: each save stays for good."""
    at = now()
    free = free_again(lambda most: self_assessment.newest_save(application.id, actor.user_id, most), at)
    if free is not None:
        raise TooMany("too_many_saves", retry_after=math.ceil((free - at).total_seconds()))


def revision_of(answer: Answer, restored: int | None = None) -> AnswerRevision:
    """The version that the answer now has, for its history; not added to anything yet."""
    return AnswerRevision(
        application_id=answer.application_id,
        criterion=answer.criterion,
        number=answer.version,
        points=answer.points,
        not_applicable=answer.not_applicable,
        reason=answer.reason,
        narratives=dict(answer.narratives),
        saved_at=answer.saved_at,
        saved_by_id=answer.saved_by_id,
        restored=restored,
    )
