"""The decision with its conditions and appeals, and the trace of the result."""

from typing import Any

from certify.api.etags import seen_version, tagged_as_case
from certify.api.operation import Blueprint, operation
from certify.api.schemas import decisions as shapes
from certify.api.steps import Sent, reasons_of, roles_of
from certify.domain.errors import NotFound
from certify.domain.lifecycle import Action
from certify.domain.policy import may_read_trace
from certify.domain.scopes import Scope, scopes_for
from certify.models.application import Application
from certify.queries import audits, cases
from certify.queries import decisions as queries
from certify.web.access import SIGNED_IN, actor
from certify.workflows import decisions as verbs

bp = Blueprint("decisions", __name__, "Decisions, conditions, appeals.")


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/decision",
    SIGNED_IN,
    scope=Scope.READ,
    answer=shapes.DecisionAnswer,
)
def show(application_id: int) -> Any:
    """Read the newest decision, and those before it."""
    return _shown(cases.get(actor(), application_id))


def _shown(application: Application) -> Any:
    made = cases.decisions(application)[::-1]
    if not made:
        raise NotFound
    newest, *earlier = [shapes.decision(application, one, queries.appeal_of(one)) for one in made]
    return tagged_as_case({**newest, "earlier": earlier})


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/trace",
    SIGNED_IN,
    scope=Scope.READ,
    answer=shapes.TraceAnswer,
)
def trace(application_id: int) -> dict[str, Any]:
    """Read how the result was computed: the centre with the decision, the others when the consensus is confirmed."""
    application = cases.get(actor(), application_id)
    if not may_read_trace(actor(), cases.facts(application)):
        raise NotFound
    made = cases.decisions(application)
    if made:
        return shapes.trace(made[-1].trace, made[-1].number)
    return shapes.trace(audits.result(application).to_json(), None)


@operation(
    bp,
    "POST",
    "/applications/<id:application_id>/conditions/<id:condition_id>/report",
    *roles_of(Action.REPORT_CONDITION),
    scope=scopes_for(Action.REPORT_CONDITION),
    body=shapes.ConditionReportBody,
    answer=shapes.DecisionAnswer,
    versioned=True,
    once=True,
    errors={409: reasons_of(Action.REPORT_CONDITION)},
)
def report_condition(body: Sent, application_id: int, condition_id: int) -> Any:
    """Report what you did to meet a condition; a later report takes the place of an earlier one."""
    verbs.report_condition(actor(), application_id, condition_id, body["report"], version=seen_version(condition_id))
    return _shown(cases.get(actor(), application_id))
