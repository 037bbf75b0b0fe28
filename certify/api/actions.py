"""What can be done with a case now, and doing it: one operation for each action of the table.

Which status allows what, who may and why not stand in `domain.lifecycle` and `domain.policy` alone.
"""

from collections.abc import Callable
from typing import Any

from marshmallow import Schema

from certify.api import part_actions
from certify.api.applications import shown_case
from certify.api.etags import etag_of, seen_version
from certify.api.operation import PREFIX, Blueprint, operation
from certify.api.schemas import actions as shapes
from certify.api.schemas.applications import ApplicationAnswer
from certify.api.steps import Sent, Step, reasons_of, roles_of
from certify.domain.lifecycle import BY_STATUS, Action
from certify.domain.policy import Actor, why_not
from certify.domain.scopes import Scope, scopes_for
from certify.queries import cases
from certify.sentences import action_label, sentence
from certify.web.access import SIGNED_IN, actor
from certify.workflows import applications, audits, certificates, decisions, reports, teams
from certify.workflows.decisions import ConditionData, DecisionData
from certify.workflows.reports import ReportData
from certify.workflows.supplement_requests import RequestData

bp = Blueprint("actions", __name__, "The steps of a case.")


def _plain(verb: Callable[..., object], faults: tuple[str, ...] = ()) -> Step:
    """A verb that needs nothing but the case."""
    return Step(shapes.NothingBody, lambda who, case, sent, seen: verb(who, case, version=seen), faults)


def _worded(verb: Callable[..., object], body: type[Schema], name: str) -> Step:
    """A verb with one text."""
    return Step(body, lambda who, case, sent, seen: verb(who, case, sent[name], version=seen))


def _reported(verb: Callable[..., object]) -> Step:
    return Step(shapes.ReportBody, lambda who, case, sent, seen: verb(who, case, ReportData(**sent), version=seen))


def _decided(verb: Callable[..., object], body: type[Schema] = shapes.DecisionBody) -> Step:
    def call(who: Actor, case: int, sent: Sent, seen: int) -> object:
        conditions = [ConditionData(**one) for one in sent.pop("conditions", ())]
        return verb(who, case, DecisionData(**sent, conditions=conditions), version=seen)

    return Step(body, call, ("not_a_choice", "departure_reasons_missing", "conditions_missing"))


def _returned(who: Actor, case: int, sent: Sent, seen: int) -> object:
    asked = [RequestData(one["kind"], one["text"], tuple(one["criteria"])) for one in sent["requests"]]
    return applications.return_for_supplement(who, case, sent["note"], asked, version=seen)


STEPS: dict[Action, Step] = {
    Action.SUBMIT: _plain(applications.submit),
    Action.WITHDRAW: _plain(applications.withdraw),
    Action.RETURN: Step(shapes.ReturnBody, _returned, ("criteria_missing", "criterion_not_found")),
    Action.ACCEPT: _plain(applications.accept),
    Action.REJECT: _worded(applications.reject, shapes.NoteBody, "note"),
    Action.RESUBMIT: _plain(applications.resubmit),
    Action.AGREE_TEAM: _plain(teams.agree_team),
    Action.START_AUDIT: _plain(teams.start_audit),
    Action.HAND_IN: _plain(audits.hand_in),
    Action.RECORD_VISIT: Step(
        shapes.VisitBody,
        lambda who, case, sent, seen: audits.record_visit(who, case, sent["held_on"], sent["minutes"], version=seen),
        ("date_in_future", "bad_date"),
    ),
    Action.CLOSE_SCORING: _plain(audits.close_scoring),
    Action.AGREE: _plain(audits.agree),
    Action.SEND_REPORT: _reported(reports.send_report),
    Action.END_HEARING: _plain(reports.end_hearing),
    Action.FINALISE: _reported(reports.finalise),
    Action.GRANT: _decided(decisions.grant),
    Action.GRANT_CONDITIONALLY: _decided(decisions.grant_conditionally, shapes.ConditionalDecisionBody),
    Action.REFUSE: _decided(decisions.refuse),
    Action.CONFIRM_CONDITIONS: _worded(decisions.confirm_conditions, shapes.NoteBody, "note"),
    Action.EXTEND_CONDITIONS: _worded(decisions.extend_conditions, shapes.NoteBody, "note"),
    Action.FAIL_CONDITIONS: _decided(decisions.fail_conditions),
    Action.ISSUE: _plain(certificates.issue, faults=("letters_not_printable",)),
    Action.APPEAL: _worded(decisions.appeal, shapes.GroundsBody, "grounds"),
    Action.UPHOLD: _worded(decisions.uphold, shapes.ReasonsBody, "reasons"),
    Action.DISMISS: _worded(decisions.dismiss, shapes.ReasonsBody, "reasons"),
}
STEPS |= part_actions.STEPS


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/actions",
    SIGNED_IN,
    scope=Scope.READ,
    answer=shapes.ActionList,
)
def index(application_id: int) -> dict[str, Any]:
    """List every action of the present status, with the reason why you can't take it now."""
    application = cases.get(actor(), application_id)
    case = cases.facts(application)
    return {
        "status": application.status,
        "etag": etag_of(application.id, application.version),
        "items": [_shown(application.id, action, why_not(actor(), action, case)) for action in BY_STATUS[case.status]],
    }


def _shown(application_id: int, action: Action, reason: str | None) -> dict[str, Any]:
    found = {
        "action": action.value,
        "label": action_label(action.value),
        "allowed": reason is None,
        "scopes": sorted(scopes_for(action)),
        "href": f"{PREFIX}/applications/{application_id}/actions/{action.value}",
    }
    if reason is not None:
        found |= {"reason": reason, "sentence": sentence(reason)}
    return found


def _register(action: Action, step: Step) -> None:
    def take(body: Sent, application_id: int) -> Any:
        cases.get(actor(), application_id)  # what is not there is not found, whatever version is named
        seen = 0 if step.tag is None else seen_version(body[step.tag] if step.tag else application_id)
        step.call(actor(), application_id, body, seen)
        return shown_case(application_id)

    take.__doc__ = f"Take the action `{action.value}`; the answer is the case as it stands then."
    operation(
        bp,
        "POST",
        f"/applications/<id:application_id>/actions/{action.value}",
        *roles_of(action),
        scope=scopes_for(action),
        body=step.body,
        answer=ApplicationAnswer,
        versioned=step.tag is not None,
        once=True,
        errors={409: (*reasons_of(action), *step.conflicts), 422: step.faults},
        endpoint=action.value,
    )(take)


for _action, _step in STEPS.items():
    _register(_action, _step)
