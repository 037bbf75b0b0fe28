"""Subscriptions of other programs to the steps of cases: the office makes them and reads their log."""

from typing import Any

from certify.api.etags import seen_version, tagged
from certify.api.operation import PREFIX, Blueprint, operation
from certify.api.paging import PageQuery, decoded, encoded, page_of
from certify.api.schemas import webhooks as shapes
from certify.api.schemas.actions import NothingBody
from certify.domain.policy import Role
from certify.domain.scopes import Scope
from certify.models.webhook import Webhook, WebhookDelivery
from certify.queries import webhooks as queries
from certify.queries.paging import page_after
from certify.web.access import actor
from certify.workflows import webhooks as verbs
from certify.workflows.webhooks import WebhookData

bp = Blueprint("webhooks", __name__, "Webhooks: your program is told of the steps of cases.")

OFFICE = (Role.COORDINATOR, Role.ADMIN)
FAULTS = (
    "bad_url",
    "host_unknown",
    "address_not_allowed",
    "port_not_allowed",
    "events_missing",
    "not_a_choice",
    "too_many",
)


@operation(
    bp,
    "GET",
    "/webhooks",
    *OFFICE,
    scope=Scope.READ,
    query=PageQuery,
    answer=page_of(shapes.WebhookAnswer),
    errors={422: ("bad_cursor",)},
)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """List the subscriptions, the newest first."""
    last = decoded(query["cursor"], int)
    found, end = page_after(queries.visible_to(actor()), (Webhook.id,), last, query["limit"], down=True)
    return {"items": [shapes.shown(row) for row in found], "next": encoded(end)}


# No Idempotency-Key: the answer that is kept for a repeat would hold the secret. A repeat is told webhook_exists.
@operation(
    bp,
    "POST",
    "/webhooks",
    *OFFICE,
    scope=Scope.COORDINATION,
    body=shapes.WebhookBody,
    answer=shapes.WebhookMade,
    status=201,
    errors={409: ("webhook_exists",), 422: FAULTS},
)
def create(body: dict[str, Any]) -> Any:
    """Subscribe; the answer is the only place where the secret stands."""
    made, secret = verbs.create(actor(), WebhookData(**body))
    shown, headers = tagged({**shapes.shown(made), "secret": secret})
    return shown, {**headers, "Location": f"{PREFIX}/webhooks/{made.id}"}


@operation(bp, "GET", "/webhooks/<id:webhook_id>", *OFFICE, scope=Scope.READ, answer=shapes.WebhookAnswer)
def show(webhook_id: int) -> Any:
    """Read one subscription."""
    return tagged(shapes.shown(queries.get(actor(), webhook_id)))


@operation(
    bp,
    "PATCH",
    "/webhooks/<id:webhook_id>",
    *OFFICE,
    scope=Scope.COORDINATION,
    body=shapes.WebhookChange,
    answer=shapes.WebhookAnswer,
    versioned=True,
    errors={409: ("webhook_exists",), 422: FAULTS},
)
def change(body: dict[str, Any], webhook_id: int) -> Any:
    """Change a subscription, switch it off or on again; what is left out stays."""
    active = body.pop("active", None)
    found = verbs.change(actor(), webhook_id, body, active=active, version=seen_version(webhook_id))
    return tagged(shapes.shown(found))


@operation(
    bp,
    "DELETE",
    "/webhooks/<id:webhook_id>",
    *OFFICE,
    scope=Scope.COORDINATION,
    answer=shapes.WebhookAnswer,
    versioned=True,
)
def remove(webhook_id: int) -> Any:
    """End a subscription for good; the answer is how it stood at the end."""
    return tagged(shapes.shown(verbs.remove(actor(), webhook_id, version=seen_version(webhook_id))))


@operation(
    bp,
    "POST",
    "/webhooks/<id:webhook_id>/ping",
    *OFFICE,
    scope=Scope.COORDINATION,
    body=NothingBody,
    answer=shapes.DeliveryAnswer,
    status=202,
    once=True,
    errors={409: ("webhook_off",)},
)
def ping(body: dict[str, Any], webhook_id: int) -> dict[str, Any]:
    """Send the message `ping`, which means nothing, to try a subscription out."""
    return shapes.message(verbs.ping(actor(), webhook_id))


@operation(
    bp,
    "GET",
    "/webhooks/<id:webhook_id>/deliveries",
    *OFFICE,
    scope=Scope.READ,
    query=PageQuery,
    answer=page_of(shapes.DeliveryAnswer),
    errors={422: ("bad_cursor",)},
)
def deliveries(query: dict[str, Any], webhook_id: int) -> dict[str, Any]:
    """List what was sent to it or waits to be, the newest first."""
    rows = queries.deliveries(queries.get(actor(), webhook_id))
    last = decoded(query["cursor"], int)
    found, end = page_after(rows, (WebhookDelivery.id,), last, query["limit"], down=True)
    return {"items": [shapes.message(row) for row in found], "next": encoded(end)}


@operation(
    bp,
    "POST",
    "/webhooks/<id:webhook_id>/deliveries/<id:delivery_id>/resend",
    *OFFICE,
    scope=Scope.COORDINATION,
    body=NothingBody,
    answer=shapes.DeliveryAnswer,
    status=202,
    once=True,
    errors={409: ("webhook_off",)},
)
def resend(body: dict[str, Any], webhook_id: int, delivery_id: int) -> dict[str, Any]:
    """Send a message once more, under the same number."""
    return shapes.message(verbs.resend(actor(), webhook_id, delivery_id))
