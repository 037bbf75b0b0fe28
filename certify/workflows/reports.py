"""The auditors' report: the draft goes to the centre, the centre comments, the final report closes the audit."""

from dataclasses import dataclass

from certify.db import db, transaction
from certify.domain.errors import Invalid, NotFound
from certify.domain.lifecycle import Action
from certify.domain.policy import Actor
from certify.models.application import Application
from certify.models.audit import HearingItem, Report
from certify.queries import audits
from certify.queries.rubrics import rubric_of
from certify.timing import now
from certify.workflows.answers import asked
from certify.workflows.step import check, move, opened, seen_last, take
from certify.workflows.texts import LONG, clean

KINDS = ("slip", "disputed", "omitted")


@dataclass(frozen=True)
class ReportData:
    """The auditors' words: what they found, what is strong, what they recommend."""

    summary: str
    strengths: str = ""
    recommendations: str = ""


def _write(actor: Actor, application: Application, data: ReportData, *, final: bool) -> Report:
    report = Report(
        application_id=application.id,
        number=len(audits.reports(application)) + 1,
        final=final,
        summary=clean("summary", data.summary, limit=LONG),
        strengths=clean("strengths", data.strengths, limit=LONG, required=False),
        recommendations=clean("recommendations", data.recommendations, limit=LONG, required=False),
        sent_at=now(),
        sent_by_id=actor.user_id,
    )
    db.session.add(report)
    return report


def send_report(actor: Actor, application_id: int, data: ReportData, *, version: int | None = None) -> Report:
    """Send the draft to the centre; its time to comment starts."""
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.SEND_REPORT)
        report = _write(actor, application, data, final=False)
        move(actor, application, Action.SEND_REPORT)
    return report


def comment(actor: Actor, application_id: int, kind: str, text: str, *, criterion_id: str | None = None) -> HearingItem:
    """The centre points out a slip, a disputed fact or an omitted fact."""
    text = clean("text", text)
    if kind not in KINDS:
        raise Invalid({"kind": "not_a_choice"})
    with transaction():
        application = opened(actor, application_id)
        check(actor, application, Action.COMMENT)
        if criterion_id is not None:
            asked(rubric_of(application), application, criterion_id)
        item = HearingItem(
            application_id=application.id,
            criterion=criterion_id,
            kind=kind,
            text=text,
            written_at=now(),
            written_by_id=actor.user_id,
        )
        db.session.add(item)
        db.session.flush()
        move(actor, application, Action.COMMENT, item=item.id)
    return item


def end_hearing(actor: Actor, application_id: int, *, version: int | None = None) -> Application:
    """The centre has said all it wants, or its time is over."""
    with transaction():
        return take(actor, opened(actor, application_id, version), Action.END_HEARING)


def answer_comment(
    actor: Actor, application_id: int, item_id: int, *, accepted: bool, answer: str, version: int | None = None
) -> HearingItem:
    """The lead auditor answers a comment of the centre; a later answer takes the place of an earlier one.

    `version` is that of the comment with the answer that was read before; `Conflict("stale_version")` when it is older.
    """
    answer = clean("answer", answer)
    with transaction():
        application = opened(actor, application_id)
        check(actor, application, Action.ANSWER_COMMENT)
        item = db.session.get(HearingItem, item_id)
        if item is None or item.application_id != application.id:
            raise NotFound
        seen_last(version, item.version)
        item.version += 1
        item.answer = answer
        item.accepted = accepted
        item.answered_at = now()
        item.answered_by_id = actor.user_id
        move(actor, application, Action.ANSWER_COMMENT, item=item.id, accepted=accepted)
    return item


def finalise(actor: Actor, application_id: int, data: ReportData, *, version: int | None = None) -> Report:
    """Close the audit with the final report; the case goes to the decision."""
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.FINALISE)
        report = _write(actor, application, data, final=True)
        move(actor, application, Action.FINALISE)
    return report
