"""The audit team of a case: appointing, the declaration of impartiality, the centre's objection."""

from typing import Any

from certify.api.etags import seen_version, tagged_as_case
from certify.api.operation import Blueprint, operation
from certify.api.paging import page_of
from certify.api.schemas import assignments as shapes
from certify.api.steps import Sent, reasons_of, roles_of
from certify.domain.errors import Forbidden, NotFound
from certify.domain.lifecycle import Action
from certify.domain.policy import Role
from certify.domain.scopes import Scope, scopes_for
from certify.models.audit import Assignment
from certify.queries import cases
from certify.queries import teams as queries
from certify.web.access import SIGNED_IN, actor
from certify.workflows import teams as verbs

bp = Blueprint("assignments", __name__, "The audit team of a case.")

TAKEN = (
    *("auditor_of_centre", "auditor_already_appointed", "auditor_tied", "auditor_coordinates"),
    *("team_complete", "lead_appointed"),
)


@operation(bp, "GET", "/auditors", Role.COORDINATOR, scope=Scope.READ, answer=page_of(shapes.AuditorAnswer))
def auditors() -> dict[str, Any]:
    """List the active auditors, whom you can appoint; `next` is always null."""
    items = [{"id": one.id, "name": one.name, "cases": one.cases} for one in queries.auditors()]
    return {"items": items, "next": None}


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/assignments",
    SIGNED_IN,
    scope=Scope.READ,
    answer=page_of(shapes.AssignmentAnswer),
)
def index(application_id: int) -> dict[str, Any]:
    """Read the team, the lead auditor first; `next` is always null."""
    application = cases.get(actor(), application_id)
    case = cases.facts(application)
    items = [shapes.shown(actor(), application, case, one) for one in cases.team(application)]
    return {"items": items, "next": None}


def _answer(application_id: int, one: Assignment) -> Any:
    application = cases.get(actor(), application_id)
    return tagged_as_case(shapes.shown(actor(), application, cases.facts(application), one))


@operation(
    bp,
    "POST",
    "/applications/<id:application_id>/assignments",
    *roles_of(Action.APPOINT),
    scope=scopes_for(Action.APPOINT),
    body=shapes.AppointBody,
    answer=shapes.AssignmentAnswer,
    status=201,
    versioned=True,
    once=True,
    errors={409: (*reasons_of(Action.APPOINT), *TAKEN)},
)
def appoint(body: Sent, application_id: int) -> Any:
    """Appoint an auditor; the centre's time to object starts anew."""
    made = verbs.appoint(
        actor(), application_id, body["auditor_id"], lead=body["lead"], version=seen_version(application_id)
    )
    return _answer(application_id, made)


@operation(
    bp,
    "POST",
    "/applications/<id:application_id>/assignments/<id:assignment_id>/declaration",
    *roles_of(Action.DECLARE),
    scope=scopes_for(Action.DECLARE),
    body=shapes.DeclarationBody,
    answer=shapes.AssignmentAnswer,
    versioned=True,
    once=True,
    errors={409: reasons_of(Action.DECLARE)},
)
def declare(body: Sent, application_id: int, assignment_id: int) -> Any:
    """Declare impartiality, or a tie with the centre; everybody for the own place in the team."""
    if _owner(application_id, assignment_id) != actor().user_id:
        raise Forbidden
    made = verbs.declare(
        actor(), application_id, tie=body["tie"], note=body["note"], version=seen_version(application_id)
    )
    return _answer(application_id, made)


def _owner(application_id: int, assignment_id: int) -> int:
    for one in cases.team(cases.get(actor(), application_id)):
        if one.id == assignment_id:
            return one.auditor_id
    raise NotFound("assignment_not_found")


@operation(
    bp,
    "POST",
    "/applications/<id:application_id>/assignments/<id:assignment_id>/objection",
    *roles_of(Action.OBJECT),
    scope=scopes_for(Action.OBJECT),
    body=shapes.ObjectionBody,
    answer=shapes.AssignmentAnswer,
    versioned=True,
    once=True,
    errors={409: (*reasons_of(Action.OBJECT), "objected_already")},
)
def object_to(body: Sent, application_id: int, assignment_id: int) -> Any:
    """Object to an auditor, with reasons."""
    made = verbs.object_to(actor(), application_id, assignment_id, body["reason"], version=seen_version(application_id))
    return _answer(application_id, made)
