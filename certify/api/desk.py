"""The centre's common desk: whose area, what is signed off, comments, earlier versions of an answer."""

from typing import Any

from certify.api.etags import seen_version, tagged
from certify.api.operation import Blueprint, operation
from certify.api.paging import page_of
from certify.api.schemas import answers as answer_shapes
from certify.api.schemas import desk as shapes
from certify.api.steps import Sent
from certify.domain.policy import Role
from certify.domain.scopes import Scope
from certify.models.application import Application
from certify.queries import cases, self_assessment
from certify.queries import desk as queries
from certify.queries.rubrics import rubric_of
from certify.web.access import actor
from certify.workflows import answers
from certify.workflows import desk as verbs

bp = Blueprint("desk", __name__, "How the people of a centre share its self-assessment.")

CENTRE = (Role.CENTRE_EDITOR, Role.CENTRE_MANAGER)
CLOSED = ("not_editable",)
ONE = "/applications/<id:application_id>"


def _own(application_id: int) -> Application:
    return cases.own(actor(), application_id)


@operation(bp, "GET", f"{ONE}/people", *CENTRE, scope=Scope.READ, answer=page_of(shapes.PersonAnswer))
def people(application_id: int) -> dict[str, Any]:
    """List the people of the centre, to whom areas can be given; `next` is always null."""
    found = queries.people(_own(application_id).organisation_id)
    return {"items": [shapes.person(one) for one in found], "next": None}


@operation(bp, "GET", f"{ONE}/areas", *CENTRE, scope=Scope.READ, answer=page_of(shapes.AreaAnswer))
def areas(application_id: int) -> dict[str, Any]:
    """Read how far each area is, whose it is and whether it is signed off; `next` is always null."""
    return _areas(_own(application_id))


def _areas(application: Application) -> dict[str, Any]:
    digests, given, signed = (
        queries.digests(application),
        queries.delegations(application),
        queries.sign_offs(application),
    )
    progress = self_assessment.readiness_of(application).areas
    items = [
        shapes.area(one, digests[one.id], progress[one.id], given.get(one.id), signed.get(one.id))
        for one in rubric_of(application).areas
    ]
    return {"items": items, "next": None}


@operation(
    bp,
    "PUT",
    f"{ONE}/areas/<area_id>/delegation",
    *CENTRE,
    scope=Scope.CENTRE,
    body=shapes.DelegationBody,
    answer=page_of(shapes.AreaAnswer),
    errors={409: CLOSED, 422: ("person_not_in_centre", "date_not_ahead", "bad_date")},
)
def delegate(body: Sent, application_id: int, area_id: str) -> dict[str, Any]:
    """Give an area to a person of the centre, or to nobody; the answer is all areas."""
    application = _own(application_id)
    verbs.delegate(actor(), application.id, area_id, body["user_id"], body["due_on"])
    return _areas(application)


@operation(
    bp,
    "POST",
    f"{ONE}/sign-offs",
    *CENTRE,
    scope=Scope.CENTRE,
    body=shapes.SignOffBody,
    answer=page_of(shapes.AreaAnswer),
    once=True,
    errors={409: (*CLOSED, "area_changed", "area_not_ready"), 422: ("nothing_to_confirm",)},
)
def sign_off(body: Sent, application_id: int) -> dict[str, Any]:
    """Sign areas off as the manager; the answer is all areas."""
    application = _own(application_id)
    verbs.confirm(actor(), application.id, body["seen"])
    return _areas(application)


@operation(
    bp,
    "GET",
    f"{ONE}/answers/<criterion_id>/comments",
    *CENTRE,
    scope=Scope.READ,
    answer=page_of(shapes.CommentAnswer),
)
def comments(application_id: int, criterion_id: str) -> dict[str, Any]:
    """Read what the centre's people say about a criterion, the oldest first; `next` is always null."""
    application = _own(application_id)
    criterion = answers.asked(rubric_of(application), application, criterion_id)
    return {"items": [shapes.comment(one) for one in queries.comments(application, criterion.id)], "next": None}


@operation(
    bp,
    "POST",
    f"{ONE}/answers/<criterion_id>/comments",
    *CENTRE,
    scope=Scope.CENTRE,
    body=shapes.CommentBody,
    answer=shapes.CommentAnswer,
    status=201,
    once=True,
    errors={409: CLOSED},
)
def comment(body: Sent, application_id: int, criterion_id: str) -> dict[str, Any]:
    """Say something about a criterion to the others of the centre."""
    return shapes.comment(verbs.comment(actor(), _own(application_id).id, criterion_id, body["text"]))


@operation(
    bp,
    "POST",
    f"{ONE}/comments/<id:comment_id>/resolution",
    *CENTRE,
    scope=Scope.CENTRE,
    body=shapes.ResolutionBody,
    answer=shapes.CommentAnswer,
    once=True,
    errors={409: (*CLOSED, "comment_resolved")},
)
def resolve(body: Sent, application_id: int, comment_id: int) -> dict[str, Any]:
    """Mark a comment as dealt with."""
    return shapes.comment(verbs.resolve(actor(), _own(application_id).id, comment_id))


@operation(
    bp,
    "GET",
    f"{ONE}/answers/<criterion_id>/versions",
    *CENTRE,
    scope=Scope.READ,
    answer=page_of(shapes.RevisionAnswer),
)
def versions(application_id: int, criterion_id: str) -> dict[str, Any]:
    """Read every version of an answer, the oldest first; `next` is always null."""
    application = _own(application_id)
    criterion = answers.asked(rubric_of(application), application, criterion_id)
    return {"items": [shapes.revision(one) for one in queries.revisions(application, criterion.id)], "next": None}


@operation(
    bp,
    "POST",
    f"{ONE}/answers/<criterion_id>/restoration",
    *CENTRE,
    scope=Scope.CENTRE,
    body=shapes.RestoreBody,
    answer=answer_shapes.CriterionAnswer,
    versioned=True,
    errors={409: (*CLOSED, "criterion_not_open")},
)
def restore(body: Sent, application_id: int, criterion_id: str) -> Any:
    """Bring an earlier version of an answer back, as a new save."""
    application = _own(application_id)
    criterion = answers.asked(rubric_of(application), application, criterion_id)
    back = answers.restore(actor(), application.id, criterion.id, body["number"], version=seen_version(criterion.id))
    return tagged(answer_shapes.shown(criterion, back))
