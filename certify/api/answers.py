"""The centre's living copy, criterion by criterion."""

from typing import Any

from certify.api.etags import seen_version, tagged
from certify.api.operation import Blueprint, operation
from certify.api.paging import page_of
from certify.api.schemas import answers as shapes
from certify.domain.errors import NotFound
from certify.domain.policy import Role
from certify.domain.scopes import Scope
from certify.models.application import Application
from certify.queries import cases, self_assessment
from certify.queries.rubrics import rubric_of
from certify.web.access import actor
from certify.workflows import answers as verbs

bp = Blueprint("answers", __name__, "The centre's own copy of its self-assessment.")

CENTRE = (Role.CENTRE_EDITOR, Role.CENTRE_MANAGER)
FAULTS = (
    "points_off_scale",
    "points_and_not_applicable",
    "not_applicable_critical",
    "not_applicable_reason_missing",
    "indicator_not_found",
)


def own_case(application_id: int) -> Application:
    """A case of an own centre: the living copy is nobody else's business."""
    application = cases.get(actor(), application_id)
    if application.organisation_id not in actor().centres:
        raise NotFound
    return application


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/answers",
    *CENTRE,
    scope=Scope.READ,
    answer=page_of(shapes.CriterionAnswer),
)
def index(application_id: int) -> dict[str, Any]:
    """Read all answers, in the order of the standard; `next` is always null."""
    application = own_case(application_id)
    given = self_assessment.answers_of(application)
    asked = rubric_of(application).criteria_for(application.centre_type)
    return {"items": [shapes.shown(one, given.get(one.id)) for one in asked], "next": None}


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/answers/<criterion_id>",
    *CENTRE,
    scope=Scope.READ,
    answer=shapes.CriterionAnswer,
)
def show(application_id: int, criterion_id: str) -> Any:
    """Read one answer."""
    application = own_case(application_id)
    criterion = verbs.asked(rubric_of(application), application, criterion_id)
    return tagged(shapes.shown(criterion, self_assessment.answers_of(application).get(criterion.id)))


@operation(
    bp,
    "PUT",
    "/applications/<id:application_id>/answers/<criterion_id>",
    *CENTRE,
    scope=Scope.CENTRE,
    body=shapes.CriterionAnswerBody,
    answer=shapes.CriterionAnswer,
    versioned=True,
    errors={409: ("not_editable", "criterion_not_open"), 422: FAULTS},
)
def save(body: dict[str, Any], application_id: int, criterion_id: str) -> Any:
    """Save one answer."""
    application = own_case(application_id)
    criterion = verbs.asked(rubric_of(application), application, criterion_id)
    saved = verbs.save(
        actor(), application_id, criterion.id, verbs.AnswerData(**body), version=seen_version(criterion.id)
    )
    return tagged(shapes.shown(criterion, saved))
