"""What was handed over and what follows it: the sealed submission, requests, changes offered during the audit."""

from typing import Any

from certify.api.etags import seen_version, tagged, tagged_as_case
from certify.api.operation import Blueprint, operation
from certify.api.paging import page_of
from certify.api.schemas import supplements as shapes
from certify.api.steps import Sent, reasons_of, roles_of
from certify.domain.errors import NotFound
from certify.domain.lifecycle import Action
from certify.domain.policy import may_read_submission
from certify.domain.scopes import Scope, scopes_for
from certify.models.application import Application
from certify.queries import cases
from certify.queries import supplements as queries
from certify.web.access import SIGNED_IN, actor
from certify.workflows import supplements as verbs

bp = Blueprint("supplements", __name__, "Submissions, requests for a supplement, changes offered during the audit.")

OFFER_FAULTS = ("criteria_missing", "criterion_not_found", "offered_already", "nothing_changed", "change_incomplete")


def _readable(application_id: int) -> Application:
    application = cases.get(actor(), application_id)
    if not may_read_submission(actor(), cases.facts(application)):
        raise NotFound
    return application


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/submission",
    SIGNED_IN,
    scope=Scope.READ,
    answer=shapes.SubmissionAnswer,
)
def submission(application_id: int) -> Any:
    """Read what was handed over, as the audit reads it."""
    return tagged(shapes.submission(queries.as_read(_readable(application_id))))


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/supplement-requests",
    SIGNED_IN,
    scope=Scope.READ,
    answer=page_of(shapes.RequestAnswer),
)
def requests(application_id: int) -> dict[str, Any]:
    """Read what the coordinator asked for when returning the case; `next` is always null."""
    application = _readable(application_id)
    by_number = {one.number: one for one in queries.submissions_of(application)}
    items = [shapes.request(application, one, by_number) for one in queries.requests_of(application)]
    return {"items": items, "next": None}


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/supplements",
    SIGNED_IN,
    scope=Scope.READ,
    answer=page_of(shapes.SupplementAnswer),
)
def index(application_id: int) -> dict[str, Any]:
    """Read what the centre offered during the audit, with the answers; `next` is always null."""
    application = _readable(application_id)
    items = [shapes.supplement(application, one) for one in queries.supplements_of(application)]
    return {"items": items, "next": None}


@operation(
    bp,
    "POST",
    "/applications/<id:application_id>/supplements",
    *roles_of(Action.OFFER_SUPPLEMENT),
    scope=scopes_for(Action.OFFER_SUPPLEMENT),
    body=shapes.OfferBody,
    answer=shapes.SupplementAnswer,
    status=201,
    versioned=True,
    once=True,
    errors={409: reasons_of(Action.OFFER_SUPPLEMENT), 422: OFFER_FAULTS},
)
def offer(body: Sent, application_id: int) -> Any:
    """Offer what your living copy says on these criteria; it is sealed as it is now."""
    made = verbs.offer(actor(), application_id, **body, version=seen_version(application_id))
    return tagged_as_case(shapes.supplement(cases.get(actor(), application_id), made))


@operation(
    bp,
    "POST",
    "/applications/<id:application_id>/supplement-items/<id:item_id>/answer",
    *roles_of(Action.ANSWER_SUPPLEMENT),
    scope=scopes_for(Action.ANSWER_SUPPLEMENT),
    body=shapes.ItemAnswerBody,
    answer=shapes.SupplementAnswer,
    once=True,
    errors={409: (*reasons_of(Action.ANSWER_SUPPLEMENT), "item_answered")},
)
def answer(body: Sent, application_id: int, item_id: int) -> Any:
    """Accept or decline one offered change; an answer stands."""
    item = verbs.answer(actor(), application_id, item_id, **body)
    return tagged_as_case(shapes.supplement(cases.get(actor(), application_id), item.supplement))
