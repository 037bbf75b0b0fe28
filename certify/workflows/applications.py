"""The centre applies and submits; the coordinator checks the form."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from certify.db import db, transaction
from certify.domain.errors import Conflict, Invalid, NotFound
from certify.domain.lifecycle import CLOSED, Action
from certify.domain.policy import Actor
from certify.domain.supplement import laid_over, part_of
from certify.models.application import Application, Submission
from certify.models.organisation import Unit
from certify.queries import rubrics, self_assessment, supplements
from certify.timing import now, today
from certify.workflows import search_words, supplement_requests
from certify.workflows.desk import confirm_rest
from certify.workflows.step import begin, check, digest, lock_history, move, next_number, opened, take
from certify.workflows.step import note as note_down
from certify.workflows.texts import clean


def create(actor: Actor, unit_id: int, scheme: str, version: str) -> Application:
    """Open an application of a unit for a published standard.

    Raises `NotFound` for a foreign unit, `Invalid` when the standard does not fit the type of centre,
    `Conflict("open_application_exists")` for a second one.
    """
    with transaction():
        lock_history()
        unit = db.session.get(Unit, unit_id)
        if unit is None or unit.organisation_id not in actor.centres:
            raise NotFound
        row = rubrics.get(scheme, version)
        if unit.organisation.kind not in {kind.id for kind in rubrics.parsed(row).centre_types}:
            raise Invalid({"scheme": "centre_type_not_covered"})
        running = select(Application.id).where(
            Application.unit_id == unit.id,
            Application.scheme == row.scheme,
            Application.status.not_in([status.value for status in CLOSED]),
        )
        if db.session.scalar(running) is not None:
            raise Conflict("open_application_exists")
        application = Application(
            number=next_number(f"W/{today().year}/", Application.number),
            organisation_id=unit.organisation_id,
            unit_id=unit.id,
            rubric_version_id=row.id,
            scheme=row.scheme,
            centre_type=unit.organisation.kind,
            created_at=now(),
            created_by_id=actor.user_id,
        )
        begin(actor, application)
        db.session.flush()
        search_words.of_application(application, unit.organisation, unit)
    return application


def content_of(application: Application) -> dict[str, Any]:
    """The whole self-assessment as plain data: what a submission seals and the auditors read."""
    answers = self_assessment.answers_of(application)
    links = self_assessment.links_of(application)
    return {
        "rubric": application.rubric_version.content_hash,
        "centre_type": application.centre_type,
        "answers": {
            criterion: {
                "points": answer.points,
                "not_applicable": answer.not_applicable,
                "reason": answer.reason,
                "narratives": dict(answer.narratives),
            }
            for criterion, answer in sorted(answers.items())
        },
        "evidence": {
            criterion: [
                {
                    "revision": link.evidence.current.id,
                    "sha256": link.evidence.current.sha256,
                    "title": link.evidence.title,
                    "filename": link.evidence.current.filename,
                    "size": link.evidence.current.size,
                    "pages": link.pages,
                }
                for link in attached
            ]
            for criterion, attached in sorted(links.items())
        },
    }


def _handed_over(application: Application) -> dict[str, Any]:
    """What goes over now: the living copy, or in a round with requests what they opened, and the rest as it was sealed.

    The centre may have gone on with other criteria before its case was returned; nobody asked for those changes.
    """
    living = content_of(application)
    opened_now = supplements.open_criteria(application)
    if opened_now is None:
        return living
    before = supplements.submissions_of(application)[-1]
    return laid_over(before.content, {one: part_of(living, one) for one in opened_now})


def _seal(actor: Actor, application: Application) -> Submission:
    count = select(func.count()).select_from(Submission).where(Submission.application_id == application.id)
    content = _handed_over(application)
    sealed = Submission(
        application_id=application.id,
        number=(db.session.scalar(count) or 0) + 1,
        content=content,
        sha256=digest(content),
        sealed_at=now(),
        sealed_by_id=actor.user_id,
    )
    db.session.add(sealed)
    return sealed


def _hand_over(actor: Actor, application_id: int, action: Action, version: int | None) -> Submission:
    with transaction():
        application = opened(actor, application_id, version)
        # Judged before the seal stands: the running round is that of the newest submission.
        check(actor, application, action)
        application.submitted_at = now()
        application.submitted_by_id = actor.user_id
        sealed = _seal(actor, application)
        move(actor, application, action, submission=sealed.number, sha256=sealed.sha256)
        confirm_rest(actor, application)
    return sealed


def submit(actor: Actor, application_id: int, *, version: int | None = None) -> Submission:
    """The centre's manager signs off the self-assessment; it is sealed under one SHA-256."""
    return _hand_over(actor, application_id, Action.SUBMIT, version)


def resubmit(actor: Actor, application_id: int, *, version: int | None = None) -> Submission:
    """Hand in the supplement as the next numbered submission."""
    return _hand_over(actor, application_id, Action.RESUBMIT, version)


def withdraw(actor: Actor, application_id: int, *, version: int | None = None) -> Application:
    """The centre takes its application back."""
    with transaction():
        return take(actor, opened(actor, application_id, version), Action.WITHDRAW)


def return_for_supplement(
    actor: Actor,
    application_id: int,
    note: str,
    requests: Sequence[supplement_requests.RequestData] = (),
    *,
    version: int | None = None,
) -> Application:
    """Send the application back with a note on what is missing; the number of rounds stands in the rubric.

    With `requests` only their criteria are open until the centre submits again; without any all of them are.
    """
    note = clean("note", note)
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.RETURN)
        supplement_requests.ask(actor, application, requests)
        application.supplement_rounds += 1
        note_down(actor, application, Action.RETURN, note)
        move(actor, application, Action.RETURN, requests=len(requests))
    return application


def accept(actor: Actor, application_id: int, *, version: int | None = None) -> Application:
    """The formal check is passed; a team is looked for."""
    with transaction():
        application = opened(actor, application_id, version)
        application.accepted_at = now()
        application.accepted_by_id = actor.user_id
        return take(actor, application, Action.ACCEPT)


def reject(actor: Actor, application_id: int, note: str, *, version: int | None = None) -> Application:
    """Refuse the application for formal reasons, which are written down."""
    note = clean("note", note)
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.REJECT)
        note_down(actor, application, Action.REJECT, note)
        move(actor, application, Action.REJECT)
    return application
