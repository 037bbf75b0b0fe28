"""The decision with its reasons, the conditions, and the appeal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from certify.db import db, transaction
from certify.domain.errors import FieldError, Invalid, NotFound
from certify.domain.lifecycle import Action
from certify.domain.policy import Actor
from certify.models.application import Application
from certify.models.decision import Appeal, Condition, Decision
from certify.queries import audits, cases
from certify.queries.deadlines import term
from certify.queries.rubrics import rubric_of
from certify.timing import now, today
from certify.workflows.step import check, move, next_number, note, opened, seen_last
from certify.workflows.texts import LONG, clean

LEADS_TO = {
    Action.GRANT: "granted",
    Action.GRANT_CONDITIONALLY: "conditional",
    Action.REFUSE: "refused",
    Action.FAIL_CONDITIONS: "refused",
}

CONDITION_KINDS = ("criterion", "area", "other")


@dataclass(frozen=True)
class ConditionData:
    """Something to mend: `kind` is one of `CONDITION_KINDS`; `subject` the id of the criterion or area, or empty."""

    kind: str
    subject: str
    text: str


@dataclass(frozen=True)
class DecisionData:
    """What was decided (the outcome's id in the rubric) and why; departing from the computed one needs own reasons."""

    outcome: str
    reasons: str
    departure_reasons: str = ""
    conditions: Sequence[ConditionData] = ()


def _faults(application: Application, action: Action, data: DecisionData, computed: str) -> list[FieldError]:
    choices = {one.id for one in rubric_of(application).outcomes if one.leads_to == LEADS_TO[action]}
    faults = []
    if data.outcome not in choices:
        faults.append(FieldError("outcome", "not_a_choice"))
    # A failed condition is its own explanation of why the computed outcome does not stand.
    if action is not Action.FAIL_CONDITIONS and data.outcome != computed and not data.departure_reasons.strip():
        faults.append(FieldError("departure_reasons", "departure_reasons_missing"))
    if action is Action.GRANT_CONDITIONALLY and not data.conditions:
        faults.append(FieldError("conditions", "conditions_missing"))
    if not all(one.subject in _subjects(application, one.kind) for one in data.conditions):
        faults.append(FieldError("conditions", "not_a_choice"))
    return faults


def _subjects(application: Application, kind: str) -> set[str]:
    """What a condition of this kind may be about."""
    rubric = rubric_of(application)
    if kind == "criterion":
        return {one.id for one in rubric.criteria_for(application.centre_type)}
    return {area.id for area in rubric.areas} if kind == "area" else {""}


def _decide(actor: Actor, application_id: int, action: Action, data: DecisionData, version: int | None) -> Decision:
    reasons = clean("reasons", data.reasons, limit=LONG)
    departure = clean("departure_reasons", data.departure_reasons, limit=LONG, required=False)
    texts = [clean("conditions", one.text) for one in data.conditions]
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, action)
        result = audits.result(application)
        computed = result.outcome.id if result.outcome else ""
        faults = _faults(application, action, data, computed)
        if faults:
            raise Invalid(faults)
        decision = Decision(
            application_id=application.id,
            number=next_number(f"D/{today().year}/", Decision.number),
            leads_to=LEADS_TO[action],
            outcome=data.outcome,
            computed_outcome=computed,
            reasons=reasons,
            departure_reasons=(departure or reasons) if data.outcome != computed else "",
            trace=result.to_json(),
            decided_at=now(),
            decided_by_id=actor.user_id,
        )
        if action is Action.GRANT_CONDITIONALLY:
            due = term(rubric_of(application), "conditions", today()) or today()
            decision.conditions = [
                Condition(kind=one.kind, subject=one.subject, text=text, due_on=due)
                for one, text in zip(data.conditions, texts, strict=True)
            ]
        db.session.add(decision)
        application.decided_at = decision.decided_at
        application.decided_by_id = actor.user_id
        move(actor, application, action, decision=decision.number, outcome=data.outcome, computed=computed)
    return decision


def grant(actor: Actor, application_id: int, data: DecisionData, *, version: int | None = None) -> Decision:
    """Grant the certificate."""
    return _decide(actor, application_id, Action.GRANT, data, version)


def grant_conditionally(
    actor: Actor, application_id: int, data: DecisionData, *, version: int | None = None
) -> Decision:
    """Grant on conditions that the centre must meet by a day."""
    return _decide(actor, application_id, Action.GRANT_CONDITIONALLY, data, version)


def refuse(actor: Actor, application_id: int, data: DecisionData, *, version: int | None = None) -> Decision:
    """Refuse, with written reasons; the centre may appeal."""
    return _decide(actor, application_id, Action.REFUSE, data, version)


def _condition(application: Application, condition_id: int) -> Condition:
    for condition in cases.decisions(application)[-1].conditions:
        if condition.id == condition_id:
            return condition
    raise NotFound


def report_condition(
    actor: Actor, application_id: int, condition_id: int, report: str, *, version: int | None = None
) -> Condition:
    """The centre reports what it did to meet a condition; a later report takes the place of an earlier one.

    `version` is that of the condition with the report that was read before; `Conflict("stale_version")` when it is
    older. Two people may report on two conditions at once.
    """
    report = clean("report", report)
    with transaction():
        application = opened(actor, application_id)
        check(actor, application, Action.REPORT_CONDITION)
        condition = _condition(application, condition_id)
        seen_last(version, condition.version)
        condition.version += 1
        condition.report = report
        condition.reported_at = now()
        condition.reported_by_id = actor.user_id
        move(actor, application, Action.REPORT_CONDITION, condition=condition.id)
    return condition


def confirm_conditions(actor: Actor, application_id: int, text: str, *, version: int | None = None) -> Application:
    """An auditor of the case verified that every condition is met; the certificate is granted."""
    text = clean("note", text)
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.CONFIRM_CONDITIONS)
        for condition in cases.decisions(application)[-1].conditions:
            condition.verified_at = now()
            condition.verified_by_id = actor.user_id
        note(actor, application, Action.CONFIRM_CONDITIONS, text)
        return move(actor, application, Action.CONFIRM_CONDITIONS)


def extend_conditions(actor: Actor, application_id: int, text: str, *, version: int | None = None) -> Application:
    """Give the centre the term once more, with a reason."""
    text = clean("note", text)
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.EXTEND_CONDITIONS)
        start = max(application.due_on or today(), today())
        due: date = term(rubric_of(application), "conditions", start) or start
        for condition in cases.decisions(application)[-1].conditions:
            condition.due_on = due
        application.due_on = due
        application.conditions_extended = True
        note(actor, application, Action.EXTEND_CONDITIONS, text)
        return move(actor, application, Action.EXTEND_CONDITIONS, due_on=due.isoformat())


def fail_conditions(actor: Actor, application_id: int, data: DecisionData, *, version: int | None = None) -> Decision:
    """The term is over and the conditions are not met: refuse, with reasons."""
    return _decide(actor, application_id, Action.FAIL_CONDITIONS, data, version)


def appeal(actor: Actor, application_id: int, grounds: str, *, version: int | None = None) -> Appeal:
    """The centre appeals against a refusal."""
    grounds = clean("grounds", grounds, limit=LONG)
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.APPEAL)
        filed = Appeal(
            application_id=application.id,
            decision_id=cases.decisions(application)[-1].id,
            grounds=grounds,
            filed_at=now(),
            filed_by_id=actor.user_id,
        )
        db.session.add(filed)
        move(actor, application, Action.APPEAL)
    return filed


def _close_appeal(actor: Actor, application_id: int, action: Action, reasons: str, version: int | None) -> Application:
    reasons = clean("reasons", reasons, limit=LONG)
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, action)
        latest = cases.decisions(application)[-1]
        filed = db.session.scalars(select(Appeal).where(Appeal.decision_id == latest.id)).one()
        filed.upheld = action is Action.UPHOLD
        filed.reasons = reasons
        filed.decided_at = now()
        filed.decided_by_id = actor.user_id
        return move(actor, application, action)


def uphold(actor: Actor, application_id: int, reasons: str, *, version: int | None = None) -> Application:
    """The appeal is right: other people decide anew."""
    return _close_appeal(actor, application_id, Action.UPHOLD, reasons, version)


def dismiss(actor: Actor, application_id: int, reasons: str, *, version: int | None = None) -> Application:
    """The appeal is not right: the refusal stands."""
    return _close_appeal(actor, application_id, Action.DISMISS, reasons, version)
