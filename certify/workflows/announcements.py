"""Writes what other programs are to be told of an event into the outbox, in the event's own transaction."""

import json
import uuid
from datetime import datetime

from certify import outbox
from certify.db import db
from certify.domain.webhooks import EVENTS
from certify.models.application import Application
from certify.models.event import Event
from certify.models.webhook import Webhook, WebhookDelivery
from certify.queries import webhooks

JOB = "webhook"


def announce(event: Event, application: Application) -> None:
    """One message for each subscription that the event concerns; all other kinds of event are nobody's business."""
    if event.kind not in EVENTS:
        return
    for webhook in webhooks.concerned(event.kind, application.scheme):
        write(webhook, event.kind, event.at, application, event.id)


def write(
    webhook: Webhook, kind: str, at: datetime, application: Application | None = None, event_id: int | None = None
) -> WebhookDelivery:
    """The message and its job. It says that something happened, not what anybody wrote: the rest is read by the API.

    `event_id` grows with everything that happens, so that two steps of one second can be put in order.
    """
    number = str(uuid.uuid4())
    moment = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    body: dict[str, object] = {"id": number, "event": kind, "at": moment}
    if application is not None:
        body |= {
            "sequence": event_id,
            "application": {"id": application.id, "number": application.number},
            "scheme": application.scheme,
            "status": application.status,
        }
    key = f"webhook:{webhook.id}:event:{event_id}" if event_id is not None else None
    job = outbox.put(JOB, {"delivery": number}, at, lane=lane_of(webhook), key=key)
    delivery = WebhookDelivery(
        number=number,
        webhook_id=webhook.id,
        job=job,
        application_id=application.id if application is not None else None,
        event=kind,
        body=json.dumps(body, ensure_ascii=True),
        created_at=at,
    )
    db.session.add(delivery)
    db.session.flush()
    return delivery


def lane_of(webhook: Webhook) -> str:
    """What goes to one receiver goes one after the other."""
    return f"webhook:{webhook.id}"
