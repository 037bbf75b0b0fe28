"""Every action of the table as a call of its verb with good arguments, so that tests can try each by anybody."""

from collections.abc import Callable
from datetime import date

from certify.domain.lifecycle import Action
from certify.domain.policy import Actor
from certify.queries import audits as audit_queries
from certify.queries import cases
from certify.queries import supplements as supplement_queries
from certify.queries.rubrics import rubric_of
from certify.workflows import applications, audits, certificates, decisions, reports, supplements, teams
from certify.workflows.decisions import ConditionData, DecisionData
from certify.workflows.reports import ReportData
from tests.factories import Made

Verb = Callable[[Actor, Made], object]
REPORT = ReportData("Ustalenia zespołu.", "Mocne strony.", "Zalecenia.")


def _first(made: Made) -> str:
    application = made.application
    return rubric_of(application).criteria_for(application.centre_type)[0].id


def _divergent(made: Made) -> str:
    found = audit_queries.divergent(made.application)
    return found[0] if found else _first(made)


def _member(made: Made) -> int:
    members = cases.team(made.application)
    return members[0].id if members else 0


def _condition(made: Made) -> int:
    made_so_far = cases.decisions(made.application)
    conditions = made_so_far[-1].conditions if made_so_far else []
    return conditions[0].id if conditions else 0


def _item(made: Made) -> int:
    items = audit_queries.hearing_items(made.application)
    return items[0].id if items else 0


def _offered(made: Made) -> int:
    offered = supplement_queries.supplements_of(made.application)
    return offered[0].items[0].id if offered else 0


def _data(made: Made, leads_to: str) -> DecisionData:
    rubric = rubric_of(made.application)
    # Not every standard knows every kind of outcome; the verb must refuse by the status before it looks.
    outcome = next((one.id for one in rubric.outcomes if one.leads_to == leads_to), "none")
    conditions = [ConditionData("criterion", _first(made), "Uzupełnić opis.")]
    return DecisionData(outcome, "Uzasadnienie.", "Odejście od wyniku.", conditions)


def _decide(verb: Callable[..., object], leads_to: str) -> Verb:
    return lambda actor, made: verb(actor, made.case_id, _data(made, leads_to))


VERBS: dict[Action, Verb] = {
    Action.SUBMIT: lambda actor, made: applications.submit(actor, made.case_id),
    Action.RESUBMIT: lambda actor, made: applications.resubmit(actor, made.case_id),
    Action.WITHDRAW: lambda actor, made: applications.withdraw(actor, made.case_id),
    Action.RETURN: lambda actor, made: applications.return_for_supplement(actor, made.case_id, "Brak załącznika."),
    Action.ACCEPT: lambda actor, made: applications.accept(actor, made.case_id),
    Action.REJECT: lambda actor, made: applications.reject(actor, made.case_id, "Wniosek spoza programu."),
    Action.APPOINT: lambda actor, made: teams.appoint(actor, made.case_id, made.people["outsider"].id),
    Action.RELEASE: lambda actor, made: teams.release(actor, made.case_id, _member(made)),
    Action.DECLARE: lambda actor, made: teams.declare(actor, made.case_id, tie=False),
    Action.OBJECT: lambda actor, made: teams.object_to(actor, made.case_id, _member(made), "Szkolił nasz zespół."),
    Action.OVERRULE: lambda actor, made: teams.overrule(actor, made.case_id, _member(made), "Minęły dwa lata."),
    Action.AGREE_TEAM: lambda actor, made: teams.agree_team(actor, made.case_id),
    Action.START_AUDIT: lambda actor, made: teams.start_audit(actor, made.case_id),
    Action.OFFER_SUPPLEMENT: lambda actor, made: supplements.offer(
        actor, made.case_id, [_first(made)], "Nowa uchwała."
    ),
    Action.ANSWER_SUPPLEMENT: lambda actor, made: supplements.answer(
        actor, made.case_id, _offered(made), accepted=True, reason=""
    ),
    Action.SCORE: lambda actor, made: audits.score(actor, made.case_id, _first(made), points=2, reason="Powód."),
    Action.HAND_IN: lambda actor, made: audits.hand_in(actor, made.case_id),
    Action.RECORD_VISIT: lambda actor, made: audits.record_visit(actor, made.case_id, date(2026, 1, 7), "Protokół."),
    Action.CLOSE_SCORING: lambda actor, made: audits.close_scoring(actor, made.case_id),
    Action.SETTLE: lambda actor, made: audits.settle(actor, made.case_id, _divergent(made), points=2, note="Ustalono."),
    Action.AGREE: lambda actor, made: audits.agree(actor, made.case_id),
    Action.SEND_REPORT: lambda actor, made: reports.send_report(actor, made.case_id, REPORT),
    Action.COMMENT: lambda actor, made: reports.comment(actor, made.case_id, "slip", "Zła data."),
    Action.END_HEARING: lambda actor, made: reports.end_hearing(actor, made.case_id),
    Action.ANSWER_COMMENT: lambda actor, made: reports.answer_comment(
        actor, made.case_id, _item(made), accepted=True, answer="Poprawiono."
    ),
    Action.FINALISE: lambda actor, made: reports.finalise(actor, made.case_id, REPORT),
    Action.GRANT: _decide(decisions.grant, "granted"),
    Action.GRANT_CONDITIONALLY: _decide(decisions.grant_conditionally, "conditional"),
    Action.REFUSE: _decide(decisions.refuse, "refused"),
    Action.REPORT_CONDITION: lambda actor, made: decisions.report_condition(
        actor, made.case_id, _condition(made), "Zrobione."
    ),
    Action.CONFIRM_CONDITIONS: lambda actor, made: decisions.confirm_conditions(actor, made.case_id, "Sprawdzono."),
    Action.EXTEND_CONDITIONS: lambda actor, made: decisions.extend_conditions(actor, made.case_id, "Sesja w marcu."),
    Action.FAIL_CONDITIONS: _decide(decisions.fail_conditions, "refused"),
    Action.ISSUE: lambda actor, made: certificates.issue(actor, made.case_id),
    Action.APPEAL: lambda actor, made: decisions.appeal(actor, made.case_id, "Pominięto dowody."),
    Action.UPHOLD: lambda actor, made: decisions.uphold(actor, made.case_id, "Odwołanie jest zasadne."),
    Action.DISMISS: lambda actor, made: decisions.dismiss(actor, made.case_id, "Odwołanie nie jest zasadne."),
}
