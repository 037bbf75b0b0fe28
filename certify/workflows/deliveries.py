"""Sends what the outbox holds for other programs, and keeps how each try ended; the worker calls it every minute.

Nothing is sent inside a transaction: a job is taken, sent, and marked, and whoever dies in between leaves it to the
next one, who sends the same message under the same number.
"""

import secrets
import time
from dataclasses import dataclass, field
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, or_, select

from certify import outbox, outgoing
from certify.db import db, transaction
from certify.domain.webhooks import signature
from certify.models.outbox import Job
from certify.models.webhook import WebhookDelivery
from certify.outbox import Claimed
from certify.queries import webhooks as queries
from certify.timing import now
from certify.workflows.announcements import JOB
from certify.workflows.webhooks import secret_for, switch_off

# Seconds after which a run takes no further job: the next run begins a minute after it did.
BUDGET = 45
GONE = 410
# How long the log of a message is kept after its last try; it can be sent again as long.
KEPT = timedelta(days=90)


@dataclass
class Sent:
    """What a run did: how many messages arrived, which reasons the other tries ended with."""

    delivered: int = 0
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Message:
    number: str
    event: str
    body: str
    url: str
    secret: str


@dataclass(frozen=True)
class _Outcome:
    """How a try ended. `error` is empty when it arrived; `final` when no further try can help."""

    error: str = ""
    code: int = 0
    text: str = ""
    final: bool = False


def deliver_waiting() -> Sent:
    """Send what is due. A receiver that fails is left alone until the next run, so that it costs the others little."""
    owner, begun, found = secrets.token_hex(8), time.monotonic(), Sent()
    resting: set[str] = set()
    while time.monotonic() - begun < BUDGET:
        claimed = outbox.claim(owner, JOB, now(), resting)
        if claimed is None:
            break
        outcome = _try(claimed)
        _keep(claimed, owner, outcome)
        if outcome.error:
            found.failed.append(outcome.error)
            resting.add(claimed.lane)
        else:
            found.delivered += 1
    return found


def _try(claimed: Claimed) -> _Outcome:
    message = _message(claimed)
    if isinstance(message, _Outcome):
        return message
    timestamp = int(now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Certify-Webhook/1",
        "Certify-Delivery": message.number,
        "Certify-Event": message.event,
        "Certify-Timestamp": str(timestamp),
        "Certify-Signature": signature(message.secret, timestamp, message.body),
    }
    try:
        reply = outgoing.post(
            message.url, message.body.encode(), headers, private=current_app.config["WEBHOOK_ALLOW_PRIVATE"]
        )
    except (outgoing.NotAllowed, outgoing.NotDelivered) as fault:
        return _Outcome(fault.code)
    if 200 <= reply.code < 300:
        return _Outcome("", reply.code, reply.text)
    return _Outcome("gone" if reply.code == GONE else "refused", reply.code, reply.text, final=reply.code == GONE)


def _message(claimed: Claimed) -> _Message | _Outcome:
    """What is to be sent, read from the rows; afterwards no transaction is open."""
    delivery = queries.by_number(str(claimed.payload["delivery"]))
    webhook = delivery.webhook
    secret = secret_for(webhook)
    message = _Message(delivery.number, delivery.event, delivery.body, webhook.url, secret or "")
    off = not webhook.active
    db.session.rollback()
    if off:
        return _Outcome("webhook_off", final=True)
    return message if secret else _Outcome("secret_lost", final=True)


def _keep(claimed: Claimed, owner: str, outcome: _Outcome) -> None:
    """Write down how it ended, unless the lease was over and somebody else is at it."""
    with transaction():
        job = outbox.held(claimed, owner)
        if job is None:
            return
        delivery = queries.by_number(str(claimed.payload["delivery"]))
        delivery.attempts += 1
        delivery.attempted_at = now()
        delivery.answer_code, delivery.answer_text = outcome.code, outcome.text
        if outcome.code == GONE:
            switch_off(delivery.webhook, "gone")
        if not outcome.error:
            outbox.done(job, now())
        elif outcome.final:
            outbox.give_up(job, outcome.error, now())
        else:
            outbox.failed(job, outcome.error, now())


def forget() -> int:
    """Delete the messages that arrived or were given up longer than KEPT ago, with their jobs; answers how many went.

    The history is no part of it: the events that were told stay.
    """
    before = now() - KEPT
    ended = select(Job.id).where(Job.kind == JOB, or_(Job.done_at < before, Job.dead_at < before))
    with transaction():
        gone = delete(WebhookDelivery).where(WebhookDelivery.job_id.in_(ended)).returning(WebhookDelivery.id)
        count = len(db.session.scalars(gone).all())
        # A message that was sent again hangs on its newest job; the older ones are nobody's any more.
        kept = select(WebhookDelivery.job_id)
        db.session.execute(delete(Job).where(Job.id.in_(ended), Job.id.not_in(kept)))
    return count
