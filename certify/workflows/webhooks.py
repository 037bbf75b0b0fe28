"""Subscriptions of other programs: made with a secret that is shown once, changed, removed, tried out, sent again."""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import current_app
from sqlalchemy import select

from certify import outbox, outgoing
from certify.db import db, queue_up, transaction
from certify.domain.errors import Conflict, FieldError, Forbidden, Invalid
from certify.domain.policy import Actor
from certify.domain.webhooks import EVENTS, PING, secret_of
from certify.models.webhook import NAME_LENGTH, URL_LENGTH, Webhook, WebhookDelivery
from certify.queries import rubrics
from certify.queries import webhooks as queries
from certify.queries.accounts import OFFICE
from certify.timing import now
from certify.workflows import announcements
from certify.workflows.step import record
from certify.workflows.texts import clean_line

# Two people who subscribe the same address at the same moment: any constant will do.
LOCK = 7311


@dataclass(frozen=True)
class WebhookData:
    """What a person chooses. `scheme` is empty for every standard; `events` are of `domain.webhooks.EVENTS`."""

    name: str
    url: str
    events: Collection[str]
    scheme: str = ""


def secret_for(webhook: Webhook) -> str | None:
    """The secret that signs; None when the service's key has changed since it was shown."""
    found = secret_of(current_app.config["SECRET_KEY"], webhook.salt)
    return found if _digest(found) == webhook.secret_sha256 else None


def create(actor: Actor, data: WebhookData) -> tuple[Webhook, str]:
    """Subscribe; returns the row and the secret, which is kept nowhere.

    Raises `Invalid` on `name`, `url` (bad_url, host_unknown, address_not_allowed), `events`, `scheme`, and
    `Conflict("webhook_exists")` when the address gets the events of this standard already.
    """
    _office(actor)
    data = _checked(data)
    salt = secrets.token_hex(32)
    secret = secret_of(current_app.config["SECRET_KEY"], salt)
    with transaction():
        _alone(data)
        webhook = Webhook(
            name=data.name,
            url=data.url,
            scheme=data.scheme,
            events=list(data.events),
            salt=salt,
            secret_sha256=_digest(secret),
            owner_id=actor.user_id,
            created_at=now(),
        )
        db.session.add(webhook)
        db.session.flush()
        record("webhook_created", actor.user_id, webhook=webhook.id, scheme=webhook.scheme, events=webhook.events)
    return webhook, secret


def change(
    actor: Actor,
    webhook_id: int,
    changes: Mapping[str, Any],
    *,
    active: bool | None = None,
    version: int | None = None,
) -> Webhook:
    """Change what was chosen (`changes` names fields of `WebhookData`), switch it on or off; errors as in `create`.

    What was written for it before stays as it was written; while it is off, nothing is.
    """
    _office(actor)
    found = queries.get(actor, webhook_id)
    # Outside of the transaction, for the name of the host is looked up.
    data = _checked(replace(_data_of(found), **dict[str, Any](changes))) if changes else None
    with transaction():
        webhook = _opened(actor, webhook_id, version)
        if data is not None:
            _alone(data, but=webhook.id)
            webhook.name, webhook.url, webhook.scheme, webhook.events = (
                data.name, data.url, data.scheme, list(data.events)
            )  # fmt: skip
        if active is not None and active != webhook.active:
            webhook.active, webhook.off_reason = active, "" if active else "by_person"
        webhook.version += 1
        fields = sorted([*changes, *(["active"] if active is not None else [])])
        record("webhook_changed", actor.user_id, webhook=webhook.id, fields=fields, active=webhook.active)
    return webhook


def remove(actor: Actor, webhook_id: int, *, version: int | None = None) -> Webhook:
    """End it for good; what still waits is not sent any more."""
    _office(actor)
    with transaction():
        webhook = _opened(actor, webhook_id, version)
        webhook.active, webhook.removed_at = False, now()
        webhook.version += 1
        record("webhook_removed", actor.user_id, webhook=webhook.id)
    return webhook


def ping(actor: Actor, webhook_id: int) -> WebhookDelivery:
    """Send a message that means nothing, to try it out. `Conflict("webhook_off")` when it is switched off."""
    _office(actor)
    with transaction():
        webhook = _on(actor, webhook_id)
        delivery = announcements.write(webhook, PING, now())
        record("webhook_pinged", actor.user_id, webhook=webhook.id, delivery=delivery.number)
    return delivery


def resend(actor: Actor, webhook_id: int, delivery_id: int) -> WebhookDelivery:
    """Send a message once more, under the same number; one that waits for its next try is sent at once."""
    _office(actor)
    with transaction():
        webhook = _on(actor, webhook_id)
        delivery = queries.delivery(webhook, delivery_id)
        if delivery.job.state == "waiting":
            outbox.hurry(delivery.job, now())
        else:
            lane = announcements.lane_of(webhook)
            delivery.job = outbox.put(announcements.JOB, {"delivery": delivery.number}, now(), lane=lane)
        record("webhook_resent", actor.user_id, webhook=webhook.id, delivery=delivery.number)
    return delivery


def switch_off(webhook: Webhook, reason: str) -> None:
    """Nobody's wish, but the receiver's: called where its answer is kept, in that transaction."""
    if webhook.active:
        webhook.active, webhook.off_reason = False, reason
        webhook.version += 1
        record("webhook_switched_off", None, webhook=webhook.id, reason=reason)


def _office(actor: Actor) -> None:
    if not actor.roles & OFFICE:
        raise Forbidden


def _opened(actor: Actor, webhook_id: int, version: int | None) -> Webhook:
    # Not a full lock: a message that is just being written may go on referring to the row.
    rows = select(Webhook).where(Webhook.id == webhook_id).with_for_update(key_share=True)
    db.session.scalar(rows.execution_options(populate_existing=True))
    webhook = queries.get(actor, webhook_id)
    if version is not None and version != webhook.version:
        raise Conflict("stale_version", current=webhook.version)
    return webhook


def _on(actor: Actor, webhook_id: int) -> Webhook:
    webhook = queries.get(actor, webhook_id)
    if not webhook.active:
        raise Conflict("webhook_off")
    return webhook


def _data_of(webhook: Webhook) -> WebhookData:
    return WebhookData(webhook.name, webhook.url, webhook.events, webhook.scheme)


def _checked(data: WebhookData) -> WebhookData:
    """The data as they are kept; the address is judged last, as it costs a look-up."""
    name = clean_line("name", data.name, limit=NAME_LENGTH)
    url = clean_line("url", data.url, limit=URL_LENGTH)
    chosen = [one for one in EVENTS if one in data.events]
    faults = []
    if not data.events:
        faults.append(FieldError("events", "events_missing"))
    elif len(chosen) != len(set(data.events)):
        faults.append(FieldError("events", "not_a_choice"))
    if data.scheme and data.scheme not in {row.scheme for row in rubrics.current_versions()}:
        faults.append(FieldError("scheme", "not_a_choice"))
    if faults:
        raise Invalid(faults)
    try:
        outgoing.check(url, private=current_app.config["WEBHOOK_ALLOW_PRIVATE"])
    except outgoing.NotAllowed as refusal:
        raise Invalid([FieldError("url", refusal.code)], code=refusal.code) from refusal
    return WebhookData(name, url, chosen, data.scheme)


def _alone(data: WebhookData, but: int = 0) -> None:
    queue_up(LOCK)
    if queries.twin(data.url, data.scheme, but) is not None:
        raise Conflict("webhook_exists")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
