"""The auditors' blind sheets, and the consensus where they diverge."""

from typing import Any

from certify.api.etags import seen_version, tagged
from certify.api.operation import Blueprint, operation
from certify.api.paging import page_of
from certify.api.schemas import scores as shapes
from certify.api.steps import Sent, reasons_of, roles_of
from certify.domain.errors import NotFound
from certify.domain.lifecycle import Action
from certify.domain.policy import Role, may_compare_sheets, may_see_sheet
from certify.domain.scopes import Scope, scopes_for
from certify.queries import audits, cases, scoring
from certify.queries.rubrics import rubric_of
from certify.web.access import actor
from certify.workflows import audits as verbs
from certify.workflows.answers import asked

bp = Blueprint("scores", __name__, "The auditors' ratings.")

READERS = (Role.AUDITOR, Role.COORDINATOR, Role.DECISION_MAKER)
RATING_FAULTS = (
    "points_off_scale",
    "points_and_not_applicable",
    "not_applicable_critical",
    "not_applicable_reason_missing",
)
SCORE_FAULTS = (*RATING_FAULTS, "score_reason_missing")


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/scores",
    *READERS,
    scope=Scope.READ,
    answer=page_of(shapes.SheetAnswer),
)
def index(application_id: int) -> dict[str, Any]:
    """Read the sheets that you may see: your own, and the others' when all are handed in; `next` is always null."""
    application = cases.get(actor(), application_id)
    case = cases.facts(application)
    order = [one.id for one in rubric_of(application).criteria_for(application.centre_type)]
    items = []
    for one in cases.team(application):
        if may_see_sheet(actor(), case, one.auditor_id):
            found = audits.sheet(one)
            scores = [shapes.shown(key, found[key]) for key in order if key in found]
            items.append(shapes.sheet(one, scores, own=one.auditor_id == actor().user_id))
    return {"items": items, "next": None}


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/scores/<criterion_id>",
    Role.AUDITOR,
    scope=Scope.READ,
    answer=shapes.SheetScoreAnswer,
)
def show(application_id: int, criterion_id: str) -> Any:
    """Read your own rating of one criterion."""
    application = cases.get(actor(), application_id)
    own = scoring.own(actor(), application)
    criterion = asked(rubric_of(application), application, criterion_id)
    return tagged(shapes.shown(criterion.id, audits.sheet(own).get(criterion.id)))


@operation(
    bp,
    "PUT",
    "/applications/<id:application_id>/scores/<criterion_id>",
    *roles_of(Action.SCORE),
    scope=scopes_for(Action.SCORE),
    body=shapes.SheetScoreBody,
    answer=shapes.SheetScoreAnswer,
    versioned=True,
    errors={409: reasons_of(Action.SCORE), 422: SCORE_FAULTS},
)
def save(body: Sent, application_id: int, criterion_id: str) -> Any:
    """Rate one criterion of the sealed submission; earlier ratings are kept."""
    number = seen_version(criterion_id)
    return tagged(shapes.shown(criterion_id, verbs.score(actor(), application_id, criterion_id, **body, number=number)))


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/consensus",
    *READERS,
    scope=Scope.READ,
    answer=page_of(shapes.ConsensusAnswer),
)
def consensus(application_id: int) -> dict[str, Any]:
    """Read what is to be settled and what is agreed, when the scoring is closed; `next` is always null."""
    application = cases.get(actor(), application_id)
    if not may_compare_sheets(actor(), cases.facts(application)):
        raise NotFound
    agreed = audits.consensus_of(application)
    items = [shapes.settled(one, agreed.get(one)) for one in audits.divergent(application)]
    return {"items": items, "next": None}


@operation(
    bp,
    "POST",
    "/applications/<id:application_id>/consensus/<criterion_id>",
    *roles_of(Action.SETTLE),
    scope=scopes_for(Action.SETTLE),
    body=shapes.ConsensusBody,
    answer=shapes.ConsensusAnswer,
    versioned=True,
    errors={409: (*reasons_of(Action.SETTLE), "nothing_diverges"), 422: RATING_FAULTS},
)
def settle(body: Sent, application_id: int, criterion_id: str) -> Any:
    """Write down what the auditors agreed on a divergent criterion; it takes the place of what stood there."""
    version = seen_version(criterion_id)
    row = verbs.settle(actor(), application_id, criterion_id, **body, version=version)
    return tagged(shapes.settled(criterion_id, row))
