"""Blind scoring, the hand-in of sheets, the visit and the consensus."""

from datetime import date

from sqlalchemy import select

from certify.db import db, transaction
from certify.domain.errors import Conflict, FieldError, Invalid
from certify.domain.lifecycle import Action, Status
from certify.domain.policy import Actor
from certify.models.application import Application, Submission
from certify.models.audit import Assignment, Consensus, Score, Visit
from certify.queries import audits
from certify.queries.rubrics import rubric_of
from certify.timing import now, today
from certify.workflows.answers import asked, rating_faults
from certify.workflows.step import check, move, opened, seen_last, take
from certify.workflows.texts import clean


def _latest_submission(application: Application) -> int:
    numbers = select(Submission.number).where(Submission.application_id == application.id)
    return max(db.session.scalars(numbers))


def score(
    actor: Actor,
    application_id: int,
    criterion_id: str,
    *,
    points: int | None,
    not_applicable: bool = False,
    reason: str = "",
    number: int | None = None,
) -> Score:
    """Rate one criterion of the sealed submission.

    A reason is obligatory below "met" and at every change. `number` is that of the rating that the form showed (0: none
    yet); raises `Conflict("stale_version")` when it is older, `Invalid` with a code per field.
    """
    reason = clean("reason", reason, required=False)
    with transaction():
        application = opened(actor, application_id)
        check(actor, application, Action.SCORE)
        rubric = rubric_of(application)
        criterion = asked(rubric, application, criterion_id)
        assignment = audits.own_assignment(application, actor.user_id)
        before = audits.sheet(assignment).get(criterion_id)
        seen_last(number, before.number if before else 0)
        faults = rating_faults(rubric, criterion, application.centre_type, points, not_applicable, reason)
        if points is None and not not_applicable:
            faults.append(FieldError("points", "required"))
        elif not reason and (before is not None or (points is not None and points < rubric.scale.met)):
            faults.append(FieldError("reason", "score_reason_missing"))
        if faults:
            raise Invalid(faults)
        row = Score(
            assignment_id=assignment.id,
            criterion=criterion.id,
            number=(before.number if before else 0) + 1,
            points=points,
            not_applicable=not_applicable,
            reason=reason,
            submission_number=_latest_submission(application),
            scored_at=now(),
        )
        db.session.add(row)
        # The points stay out of the history: it is read by people who must not know them yet.
        move(actor, application, Action.SCORE, criterion=criterion.id, number=row.number)
    return row


def hand_in(actor: Actor, application_id: int, *, version: int | None = None, sheet: int | None = None) -> Assignment:
    """Hand in the whole sheet; it can't be changed afterwards.

    `sheet` is the version of the own sheet that was looked through last, `audits.sheet_version`.
    """
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.HAND_IN)
        assignment = audits.own_assignment(application, actor.user_id)
        seen_last(sheet, audits.sheet_version(audits.sheet(assignment)))
        assignment.handed_in_at = now()
        move(actor, application, Action.HAND_IN)
    return assignment


def record_visit(
    actor: Actor, application_id: int, held_on: date, minutes: str, *, version: int | None = None
) -> Visit:
    """Record the day and the minutes of the site visit."""
    minutes = clean("minutes", minutes)
    if held_on > today():
        raise Invalid({"held_on": "date_in_future"})
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.RECORD_VISIT)
        visit = Visit(
            application_id=application.id,
            held_on=held_on,
            minutes=minutes,
            recorded_at=now(),
            recorded_by_id=actor.user_id,
        )
        db.session.add(visit)
        move(actor, application, Action.RECORD_VISIT, held_on=held_on.isoformat())
    return visit


def close_scoring(actor: Actor, application_id: int, *, version: int | None = None) -> Application:
    """Lay the sheets side by side: to the consensus when something diverges, else straight to the report."""
    with transaction():
        application = opened(actor, application_id, version)
        diverging = audits.divergent(application)
        target = Status.CONSENSUS if diverging else Status.REPORT
        return take(actor, application, Action.CLOSE_SCORING, target, divergences=len(diverging))


def settle(
    actor: Actor,
    application_id: int,
    criterion_id: str,
    *,
    points: int | None,
    note: str,
    not_applicable: bool = False,
    version: int | None = None,
) -> Consensus:
    """Write down what the auditors agreed for a divergent criterion, with a note on why.

    `version` is that of the text which the form showed (0: none yet); `Conflict("stale_version")` when the other
    auditor wrote in between.
    """
    note = clean("note", note)
    with transaction():
        application = opened(actor, application_id)
        check(actor, application, Action.SETTLE)
        rubric = rubric_of(application)
        criterion = asked(rubric, application, criterion_id)
        if criterion.id not in audits.divergent(application):
            raise Conflict("nothing_diverges")
        faults = rating_faults(rubric, criterion, application.centre_type, points, not_applicable, note)
        if points is None and not not_applicable:
            faults.append(FieldError("points", "required"))
        if faults:
            raise Invalid(faults)
        row = audits.consensus_of(application).get(criterion.id)
        seen_last(version, row.version if row else 0)
        if row is None:
            row = Consensus(application_id=application.id, criterion=criterion.id, version=0)
            db.session.add(row)
        row.version += 1
        row.points = points
        row.not_applicable = not_applicable
        row.note = note
        row.settled_at = now()
        row.settled_by_id = actor.user_id
        move(actor, application, Action.SETTLE, criterion=criterion.id)
    return row


def agree(actor: Actor, application_id: int, *, version: int | None = None) -> Application:
    """Every divergence is settled; the report can be written."""
    with transaction():
        return take(actor, opened(actor, application_id, version), Action.AGREE)
