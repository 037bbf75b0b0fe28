"""Shapes of subscriptions and of what was sent to them."""

from typing import Any

from marshmallow import fields

from certify.api.etags import etag_of
from certify.api.fields import Answer, Body, Choice, Flag, Rows, Words
from certify.api.schemas.shared import Versioned, moment
from certify.domain.webhooks import EVENTS
from certify.models.webhook import NAME_LENGTH, URL_LENGTH, Webhook, WebhookDelivery

_URL = "https://hooks.example.org/certify"
_SCHEME = "Code of one standard; empty for all of them."


class WebhookChange(Body):
    """What of a subscription can be changed; what is left out stays."""

    name = Words(NAME_LENGTH, metadata={"example": "Register of the region"})
    url = Words(URL_LENGTH, metadata={"example": _URL, "description": "https, of a host with public addresses only."})
    scheme = Words(40, metadata={"example": "osl", "description": _SCHEME})
    events = Rows(Choice(EVENTS), metadata={"example": ["submit", "issue"]})
    active = Flag(metadata={"example": True})


class WebhookBody(Body):
    """A new subscription."""

    name = Words(NAME_LENGTH, required=True, metadata={"example": "Register of the region"})
    url = Words(
        URL_LENGTH,
        required=True,
        metadata={"example": _URL, "description": "https, of a host with public addresses only."},
    )
    scheme = Words(40, load_default="", metadata={"example": "", "description": _SCHEME})
    events = Rows(Choice(EVENTS), required=True, metadata={"example": ["submit", "issue"]})


class WebhookAnswer(Versioned):
    """A subscription."""

    name = fields.String(required=True, metadata={"example": "Register of the region"})
    url = fields.String(required=True, metadata={"example": _URL})
    scheme = fields.String(required=True, metadata={"example": "", "description": _SCHEME})
    events = fields.List(fields.String(), required=True, metadata={"example": ["submit", "issue"]})
    active = fields.Boolean(required=True, metadata={"example": True})
    off_reason = fields.String(
        required=True, metadata={"example": "", "description": "by_person, or gone: the receiver answered 410."}
    )
    owner = fields.String(required=True, metadata={"example": "Krystyna Nowak"})
    created_at = moment()


class WebhookMade(WebhookAnswer):
    """A new subscription with its secret, which is shown this once."""

    secret = fields.String(required=True, metadata={"example": "whsec_5f2b…"})


class DeliveryAnswer(Answer):
    """One message, and how its last try ended."""

    id = fields.Integer(required=True, metadata={"example": 41})
    delivery = fields.String(
        required=True,
        metadata={"example": "0f8fad5b-d9cb-469f-a165-70867728950e", "description": "`Certify-Delivery`."},
    )
    event = fields.String(required=True, metadata={"example": "issue"})
    application_id = fields.Integer(required=True, allow_none=True, metadata={"example": 17})
    state = fields.String(
        required=True, metadata={"example": "done", "description": "waiting, done, or dead: given up."}
    )
    created_at = moment()
    attempts = fields.Integer(required=True, metadata={"example": 1})
    attempted_at = moment(allow_none=True)
    next_at = moment(allow_none=True)
    answer_code = fields.Integer(required=True, allow_none=True, metadata={"example": 200})
    answer_text = fields.String(required=True, metadata={"example": "ok", "description": "Its first 500 characters."})
    error = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "example": None,
            "description": "refused, gone, unreachable, timeout, broken_off, bad_certificate, host_unknown, "
            "address_not_allowed, bad_url, webhook_off, secret_lost or abandoned.",
        },
    )


def shown(row: Webhook) -> dict[str, Any]:
    """One subscription."""
    return {
        "id": row.id,
        "version": row.version,
        "etag": etag_of(row.id, row.version),
        "name": row.name,
        "url": row.url,
        "scheme": row.scheme,
        "events": row.events,
        "active": row.active,
        "off_reason": row.off_reason,
        "owner": row.owner.name,
        "created_at": row.created_at,
    }


def message(row: WebhookDelivery) -> dict[str, Any]:
    """One message."""
    waiting = row.job.state == "waiting"
    return {
        "id": row.id,
        "delivery": row.number,
        "event": row.event,
        "application_id": row.application_id,
        "state": row.job.state,
        "created_at": row.created_at,
        "attempts": row.attempts,
        "attempted_at": row.attempted_at,
        "next_at": row.job.not_before if waiting else None,
        "answer_code": row.answer_code or None,
        "answer_text": row.answer_text,
        "error": row.job.last_error,
    }
