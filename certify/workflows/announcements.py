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
        write(webhook, event.kind, event.at, application, key=f"webhook:{webhook.id}:event:{event.id}")


def write(
    webhook: Webhook, kind: str, at: datetime, application: Application | None = None, key: str | None = None
) -> WebhookDelivery:
    """The message and its job. It says that something happened, not what anybody wrote: the rest is read by the API."""
    number = str(uuid.uuid4())
    body: dict[str, object] = {"id": number, "event": kind, "at": at.isoformat(timespec="seconds")}
    if application is not None:
        body |= {
            "application": {"id": application.id, "number": application.number},
            "scheme": application.scheme,
            "status": application.status,
        }
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
