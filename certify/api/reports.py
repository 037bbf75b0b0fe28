"""The report, the common rating beneath it, and the hearing of the centre."""

from typing import Any

from certify.api.etags import seen_version, tagged
from certify.api.operation import Blueprint, operation
from certify.api.paging import page_of
from certify.api.schemas import reports as shapes
from certify.api.schemas.shared import share, shares
from certify.api.steps import Sent, reasons_of, roles_of
from certify.domain.errors import NotFound
from certify.domain.lifecycle import Action
from certify.domain.policy import Role, may_read_report
from certify.domain.scopes import Scope, scopes_for
from certify.models.application import Application
from certify.models.audit import HearingItem
from certify.queries import audits, cases
from certify.web.access import actor
from certify.workflows import reports as verbs

bp = Blueprint("reports", __name__, "The auditors' report and the centre's comments on it.")

READERS = (Role.CENTRE_EDITOR, Role.CENTRE_MANAGER, Role.AUDITOR, Role.COORDINATOR, Role.DECISION_MAKER)


def _readable(application_id: int) -> Application:
    application = cases.get(actor(), application_id)
    if not may_read_report(actor(), cases.facts(application)):
        raise NotFound
    return application


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/reports",
    *READERS,
    scope=Scope.READ,
    answer=page_of(shapes.ReportAnswer),
)
def index(application_id: int) -> dict[str, Any]:
    """Read the draft and, when it is there, the final report; the centre from the hearing on. `next` is always null."""
    application = _readable(application_id)
    return {"items": [shapes.report(application, one) for one in audits.reports(application)], "next": None}


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/ratings",
    *READERS,
    scope=Scope.READ,
    answer=shapes.RatingsAnswer,
)
def ratings(application_id: int) -> dict[str, Any]:
    """Read the auditors' common rating; the centre from the hearing on."""
    application = _readable(application_id)
    found = audits.result(application)
    return {
        "total": share(found.total),
        "areas": shares(found.areas),
        "points": dict(audits.ratings(application)),
    }


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/hearing-items",
    *READERS,
    scope=Scope.READ,
    answer=page_of(shapes.HearingItemAnswer),
)
def hearing_items(application_id: int) -> dict[str, Any]:
    """Read the centre's comments with the answers, the oldest first; `next` is always null."""
    application = _readable(application_id)
    items = [shapes.hearing_item(one) for one in audits.hearing_items(application)]
    return {"items": items, "next": None}


@operation(
    bp,
    "POST",
    "/applications/<id:application_id>/hearing-items",
    *roles_of(Action.COMMENT),
    scope=scopes_for(Action.COMMENT),
    body=shapes.HearingItemBody,
    answer=shapes.HearingItemAnswer,
    status=201,
    once=True,
    errors={409: reasons_of(Action.COMMENT), 422: ("not_a_choice",)},
)
def comment(body: Sent, application_id: int) -> Any:
    """Comment on the draft report: a slip, a disputed fact, an omitted fact."""
    return _answer(
        application_id,
        verbs.comment(actor(), application_id, body["kind"], body["text"], criterion_id=body["criterion"]),
    )


@operation(
    bp,
    "POST",
    "/applications/<id:application_id>/hearing-items/<id:item_id>/answer",
    *roles_of(Action.ANSWER_COMMENT),
    scope=scopes_for(Action.ANSWER_COMMENT),
    body=shapes.ReplyBody,
    answer=shapes.HearingItemAnswer,
    versioned=True,
    once=True,
    errors={409: reasons_of(Action.ANSWER_COMMENT)},
)
def answer_comment(body: Sent, application_id: int, item_id: int) -> Any:
    """Answer a comment of the centre; a later answer takes the place of an earlier one."""
    seen = seen_version(item_id)
    return _answer(application_id, verbs.answer_comment(actor(), application_id, item_id, **body, version=seen))


def _answer(application_id: int, item: HearingItem) -> Any:
    cases.get(actor(), application_id)
    return tagged(shapes.hearing_item(item))
