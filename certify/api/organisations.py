"""Organisations: the office sees and changes all of them, the people of a centre read their own."""

from typing import Any

from certify.api.etags import seen_version, tagged
from certify.api.operation import PREFIX, Blueprint, operation
from certify.api.paging import decoded, encoded, page_of
from certify.api.schemas import organisations as shapes
from certify.domain.policy import Role
from certify.domain.scopes import Scope
from certify.models.organisation import Organisation
from certify.models.search import Kind
from certify.queries import organisations as queries
from certify.queries.paging import page_after
from certify.queries.search import matching
from certify.web.access import actor
from certify.workflows import organisations as verbs
from certify.workflows.organisations import Gmina, OrganisationData

bp = Blueprint("organisations", __name__, "The legal holders of centres, with their units.")

OFFICE = (Role.COORDINATOR, Role.ADMIN)
READERS = (*OFFICE, Role.CENTRE_EDITOR, Role.CENTRE_MANAGER)
FAULTS = ("bad_nip", "bad_postcode", "bad_regon", "not_a_choice")


@operation(
    bp,
    "GET",
    "/organisations",
    *READERS,
    scope=Scope.READ,
    query=shapes.OrganisationQuery,
    answer=page_of(shapes.OrganisationShort),
    errors={422: ("bad_cursor",)},
)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """List organisations in Polish alphabetical order."""
    last = decoded(query["cursor"], str, int)
    key = (Organisation.sort_key, Organisation.id)
    rows = queries.visible_to(actor()).where(matching(Kind.ORGANISATION, Organisation.id, query["words"]))
    found, end = page_after(rows, key, last, query["limit"])
    return {"items": [shapes.short(row) for row in found], "next": encoded(end)}


@operation(
    bp,
    "POST",
    "/organisations",
    *OFFICE,
    scope=Scope.COORDINATION,
    body=shapes.OrganisationBody,
    answer=shapes.OrganisationAnswer,
    status=201,
    once=True,
    errors={409: ("regon_known",), 422: (*FAULTS, "bad_terc", "gmina_name_missing", "gmina_twice")},
)
def create(body: dict[str, Any]) -> Any:
    """Register an organisation with its main unit."""
    gminas = [Gmina(one["terc"], one["name"]) for one in body.pop("gminas")]
    made = verbs.register(actor(), OrganisationData(**body, gminas=gminas))
    shown, headers = tagged(shapes.whole(made))
    return shown, {**headers, "Location": f"{PREFIX}/organisations/{made.id}"}


@operation(
    bp, "GET", "/organisations/<id:organisation_id>", *READERS, scope=Scope.READ, answer=shapes.OrganisationAnswer
)
def show(organisation_id: int) -> Any:
    """Read one organisation."""
    return tagged(shapes.whole(queries.visible(actor(), organisation_id)))


@operation(
    bp,
    "PATCH",
    "/organisations/<id:organisation_id>",
    *OFFICE,
    scope=Scope.COORDINATION,
    body=shapes.OrganisationChange,
    answer=shapes.OrganisationAnswer,
    versioned=True,
    errors={409: ("regon_known",), 422: FAULTS},
)
def change(body: dict[str, Any], organisation_id: int) -> Any:
    """Change what is known of an organisation; what is left out stays."""
    changed = verbs.change(actor(), organisation_id, body, version=seen_version(organisation_id))
    return tagged(shapes.whole(changed))


@operation(
    bp,
    "POST",
    "/organisations/<id:organisation_id>/units",
    *OFFICE,
    scope=Scope.COORDINATION,
    body=shapes.UnitBody,
    answer=shapes.UnitAnswer,
    status=201,
    once=True,
)
def add_unit(body: dict[str, Any], organisation_id: int) -> dict[str, Any]:
    """Add a unit that may hold a certificate of its own."""
    return shapes.unit(verbs.add_unit(actor(), organisation_id, body["name"]))
