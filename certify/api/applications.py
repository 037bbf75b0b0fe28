"""Cases: the list, a new one, one whole, and its history."""

from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import joinedload

from certify.api.etags import tagged
from certify.api.operation import PREFIX, Blueprint, operation
from certify.api.paging import PageQuery, decoded, encoded, page_of
from certify.api.schemas import applications as shapes
from certify.domain.errors import NotFound
from certify.domain.policy import Role
from certify.domain.scopes import Scope
from certify.models.application import Application
from certify.queries import cases, history, rubrics
from certify.queries import organisations as organisation_queries
from certify.queries.paging import page_after
from certify.web.access import SIGNED_IN, actor
from certify.workflows import applications as verbs

bp = Blueprint("applications", __name__, "Cases: one unit's way to the certificate of one standard.")

CENTRE = (Role.CENTRE_EDITOR, Role.CENTRE_MANAGER)


@operation(
    bp,
    "GET",
    "/applications",
    SIGNED_IN,
    scope=Scope.READ,
    query=shapes.ApplicationQuery,
    answer=page_of(shapes.ApplicationShort),
    errors={422: ("bad_cursor", "not_a_choice")},
)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """List the cases that you see, the newest first."""
    last = decoded(query["cursor"], int)
    found, end = page_after(_wanted(query), (Application.id,), last, query["limit"], down=True)
    return {"items": [shapes.short(row) for row in found], "next": encoded(end)}


def _wanted(query: dict[str, Any]) -> Select[Any]:
    rows = cases.visible_to(actor()).options(joinedload(Application.rubric_version))
    if query["status"] is not None:
        rows = rows.where(Application.status == query["status"])
    if query["organisation_id"] is not None:
        rows = rows.where(Application.organisation_id == query["organisation_id"])
    return rows


@operation(
    bp,
    "POST",
    "/applications",
    *CENTRE,
    scope=Scope.CENTRE,
    body=shapes.ApplicationBody,
    answer=shapes.ApplicationAnswer,
    status=201,
    once=True,
    errors={404: ("not_found",), 409: ("open_application_exists",), 422: ("centre_type_not_covered",)},
)
def create(body: dict[str, Any]) -> Any:
    """Begin an application of an own organisation."""
    version = body["version"] or _newest(body["scheme"])
    made = verbs.create(actor(), _unit(body["organisation_id"], body["unit_id"]), body["scheme"], version)
    shown, headers = shown_case(made.id)
    return shown, {**headers, "Location": f"{PREFIX}/applications/{made.id}"}


def _newest(scheme: str) -> str:
    for row in rubrics.current_versions():
        if row.scheme == scheme:
            return row.version
    raise NotFound("rubric_not_found")


def _unit(organisation_id: int, unit_id: int | None) -> int:
    """The unit, when it is one of this organisation; the main one when none is named."""
    for unit in organisation_queries.visible(actor(), organisation_id).units:
        if unit.id == unit_id or (unit_id is None and unit.is_main):
            return unit.id
    raise NotFound


@operation(bp, "GET", "/applications/<id:application_id>", SIGNED_IN, scope=Scope.READ, answer=shapes.ApplicationAnswer)
def show(application_id: int) -> Any:
    """Read one case."""
    return shown_case(application_id)


def shown_case(application_id: int) -> tuple[dict[str, Any], dict[str, str]]:
    """The case as it stands now, with its tag: the answer of every action too."""
    application = cases.get(actor(), application_id)
    return tagged(shapes.whole(actor(), application, cases.facts(application)))


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/events",
    SIGNED_IN,
    scope=Scope.READ,
    query=PageQuery,
    answer=page_of(shapes.EventAnswer),
    errors={422: ("bad_cursor",)},
)
def events(query: dict[str, Any], application_id: int) -> dict[str, Any]:
    """Read the history of a case, the newest step first, as far as you may know it."""
    application = cases.get(actor(), application_id)
    found = history.entries(actor(), application, cases.facts(application))
    # Counted from the oldest, so that what happens meanwhile moves nothing.
    last = decoded(query["cursor"], int)
    older = found if last is None else found[max(0, len(found) - last[0]) :]
    chosen = older[: query["limit"]]
    left = len(older) - len(chosen)
    return {"items": [_event(one) for one in chosen], "next": encoded([left]) if left else None}


def _event(entry: history.Entry) -> dict[str, Any]:
    hidden = {key: value for key, value in (("about", entry.about), ("note", entry.note)) if value}
    return {"kind": entry.kind, "at": entry.at, "actor": entry.actor, "counts": entry.counts, **hidden}
