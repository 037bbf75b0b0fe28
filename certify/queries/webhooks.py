"""Subscriptions and what was sent to them, for the office; and which of them an event concerns."""

from collections.abc import Sequence

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import joinedload

from certify.db import db
from certify.domain.errors import NotFound
from certify.domain.policy import Actor
from certify.models.account import RoleRow, User, user_role
from certify.models.webhook import Webhook, WebhookDelivery
from certify.queries.accounts import OFFICE

LOG_PAGE = 50


def visible_to(actor: Actor) -> Select[Webhook]:
    """All that are not removed, for the office: whoever comes after the owner must be able to end one."""
    rows = select(Webhook).where(Webhook.removed_at.is_(None)).options(joinedload(Webhook.owner))
    return rows if actor.roles & OFFICE else rows.where(Webhook.id.is_(None))


def all_of(actor: Actor) -> Sequence[Webhook]:
    """The same as a list, the newest first."""
    return db.session.scalars(visible_to(actor).order_by(Webhook.id.desc())).all()


def get(actor: Actor, webhook_id: int) -> Webhook:
    """One subscription; raises `NotFound`."""
    found = db.session.scalar(visible_to(actor).where(Webhook.id == webhook_id))
    if found is None:
        raise NotFound
    return found


def twin(url: str, scheme: str, but: int = 0) -> Webhook | None:
    """Another subscription of the same address to the same standard."""
    rows = select(Webhook).where(Webhook.removed_at.is_(None), Webhook.url == url, Webhook.scheme == scheme)
    return db.session.scalar(rows.where(Webhook.id != but).limit(1))


def deliveries(webhook: Webhook) -> Select[WebhookDelivery]:
    """What was sent to it or waits to be."""
    rows = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id)
    return rows.options(joinedload(WebhookDelivery.job))


def log(webhook: Webhook, page: int) -> tuple[Sequence[WebhookDelivery], int]:
    """One page of the log, the newest first, and how many there are in all."""
    rows = deliveries(webhook)
    total = db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    ordered = rows.order_by(WebhookDelivery.id.desc()).offset((page - 1) * LOG_PAGE).limit(LOG_PAGE)
    return db.session.scalars(ordered).all(), total


def delivery(webhook: Webhook, delivery_id: int) -> WebhookDelivery:
    """One message of this subscription; raises `NotFound`."""
    found = db.session.scalar(deliveries(webhook).where(WebhookDelivery.id == delivery_id))
    if found is None:
        raise NotFound
    return found


def by_number(number: str) -> WebhookDelivery:
    """The message with its subscription; every job names one."""
    rows = select(WebhookDelivery).where(WebhookDelivery.number == number)
    return db.session.scalars(rows.options(joinedload(WebhookDelivery.webhook))).one()


def concerned(event: str, scheme: str) -> list[Webhook]:
    """The active subscriptions to such an event; none of an owner who no longer works in the office."""
    roles = [role.value for role in OFFICE]
    in_office = exists().where(
        user_role.c.user_id == User.id, user_role.c.role_id == RoleRow.id, RoleRow.name.in_(roles)
    )
    rows = (
        select(Webhook)
        .join(User, User.id == Webhook.owner_id)
        .where(Webhook.active, Webhook.removed_at.is_(None), Webhook.scheme.in_(("", scheme)), User.active, in_office)
    )
    return [one for one in db.session.scalars(rows.order_by(Webhook.id)) if event in one.events]
