"""Joining a centre with the account that one has, and leaving it or being taken out of it."""

from sqlalchemy import delete, select

from certify.db import db, transaction
from certify.domain import accounts as rules
from certify.domain.errors import Conflict, Forbidden, NotFound
from certify.domain.policy import Actor, Role
from certify.models.account import Invitation, Membership, PastMembership
from certify.models.application import Application
from certify.models.desk import AreaDelegation
from certify.queries import accounts as queries
from certify.timing import now
from certify.workflows import sessions
from certify.workflows.accounts import put_member
from certify.workflows.step import record


def answer(actor: Actor, invitation_id: int, *, joins: bool) -> Invitation:
    """The invited person joins the centre, or declines. Nobody is put into a centre without their own word.

    Raises `NotFound` for what is addressed to somebody else, or has ended.
    """
    with transaction():
        offer = queries.offer(actor, invitation_id)
        if joins:
            user = queries.get_user(actor.user_id)
            organisation_id = offer.organisation_id or 0
            put_member(user, organisation_id, Role(offer.role))
            offer.used_at = now()
            offer.used_by = user.id
            offer.made_account = False
            record("membership_taken", user.id, user=user.id, organisation=organisation_id, role=offer.role)
        else:
            offer.cancelled_at = now()
            offer.cancelled_by = actor.user_id
            record("invitation_declined", actor.user_id, invitation=offer.id, organisation=offer.organisation_id)
    return offer


def end(actor: Actor, user_id: int, organisation_id: int, *, role: str | None = None) -> PastMembership:
    """Take a person out of a centre; the account stays. The office may, and the centre's managers, oneself too.

    `role` is the one that the form showed: `Conflict("stale_version")` when the person holds another one by now.
    Raises `Conflict("last_manager")` when nobody could manage the centre afterwards, unless the office does it.
    """
    with transaction():
        held = select(Membership).where(Membership.organisation_id == organisation_id).with_for_update()
        members = {one.user_id: one for one in db.session.scalars(held.order_by(Membership.id))}
        known = rules.may_end_membership(actor, organisation_id)
        if not known and organisation_id not in actor.centres:
            raise NotFound
        if not known:
            raise Forbidden
        if user_id not in members:
            raise NotFound
        member = members.pop(user_id)
        if role is not None and role != member.role:
            raise Conflict("stale_version", current=member.role)
        left = any(one.role == Role.CENTRE_MANAGER.value and one.user.active for one in members.values())
        if not left and not actor.roles & queries.OFFICE:
            raise Conflict("last_manager")
        past = PastMembership(
            user_id=user_id,
            organisation_id=organisation_id,
            role=member.role,
            ended_at=now(),
            ended_by=actor.user_id,
        )
        db.session.add(past)
        _take_areas_back(user_id, organisation_id)
        db.session.delete(member)
        # The rights of a session are those that its person had at the sign-in (R4).
        sessions.end_all(user_id, "roles_changed")
        record("membership_ended", actor.user_id, user=user_id, organisation=organisation_id, role=past.role)
    return past


def _take_areas_back(user_id: int, organisation_id: int) -> None:
    """Nobody sees to an area of a centre to which they do not belong."""
    cases = select(Application.id).where(Application.organisation_id == organisation_id)
    db.session.execute(
        delete(AreaDelegation).where(AreaDelegation.user_id == user_id, AreaDelegation.application_id.in_(cases))
    )
