"""The second hand: nobody alone gives a role in the scheme, by a new account or to an old one.

Where a scheme has one person only, the operator is the second hand, by a command on the server; `actor` is None then.
"""

from sqlalchemy import select

from certify.db import db, transaction
from certify.domain import accounts as rules
from certify.domain.errors import Conflict, Forbidden, NotFound
from certify.domain.policy import Actor, Role
from certify.models.account import GLOBAL_ROLES, Invitation, RoleProposal, User
from certify.queries import accounts as queries
from certify.security_log import note
from certify.timing import now
from certify.workflows import sessions
from certify.workflows.roles import role_row
from certify.workflows.step import record


def _who(actor: Actor | None) -> int | None:
    return actor.user_id if actor is not None else None


def _invitation(actor: Actor | None, invitation_id: int) -> Invitation:
    """An open invitation that the actor may know of, locked; raises `NotFound`, or `Conflict` when it has ended."""
    found = queries.invitation(actor, invitation_id, lock=True)
    if not queries.stands(found):
        raise Conflict("invitation_ended")
    return found


def confirm(actor: Actor | None, invitation_id: int) -> Invitation:
    """Let the link of an invitation to a role in the scheme work."""
    with transaction():
        found = _invitation(actor, invitation_id)
        if found.confirmed_at is not None or not rules.needs_second_hand(Role(found.role)):
            raise Conflict("nothing_waits")
        if actor is not None and not rules.may_confirm(actor, found.invited_by):
            raise Forbidden("second_hand_needed")
        found.confirmed_at = now()
        found.confirmed_by = _who(actor)
        record("invitation_confirmed", _who(actor), invitation=found.id, role=found.role)
    return found


def cancel(actor: Actor, invitation_id: int) -> Invitation:
    """End an invitation before anybody used it; its link stops working."""
    with transaction():
        found = _invitation(actor, invitation_id)
        if not rules.may_cancel(actor, found.invited_by, Role(found.role), found.organisation_id):
            raise Forbidden
        found.cancelled_at = now()
        found.cancelled_by = actor.user_id
        record("invitation_cancelled", actor.user_id, invitation=found.id, organisation=found.organisation_id)
    return found


def propose(actor: Actor, user: User, roles: frozenset[Role]) -> RoleProposal | None:
    """Lay roles before a second person; part of the transaction of `accounts.set_roles`. An older proposal ends."""
    older = queries.proposal(user.id)
    if older is not None:
        _close(older, actor, confirmed=False)
    if not roles:
        return None
    wanted = [role.value for role in GLOBAL_ROLES if role in roles]
    made = RoleProposal(user_id=user.id, roles=wanted, proposed_by=actor.user_id, proposed_at=now())
    db.session.add(made)
    record("roles_proposed", actor.user_id, user=user.id, roles=wanted)
    return made


def answer_proposal(actor: Actor | None, user_id: int, *, confirmed: bool) -> User:
    """Give the proposed roles, or end the proposal. Whoever proposed may end it, and does not confirm it."""
    with transaction():
        user = queries.get_user(user_id)
        db.session.refresh(user, with_for_update=True)
        proposal = queries.proposal(user_id)
        if proposal is None:
            raise Conflict("nothing_waits")
        ending_own = not confirmed and actor is not None and actor.user_id == proposal.proposed_by
        if actor is not None and not ending_own and not rules.may_confirm(actor, proposal.proposed_by, user_id):
            raise Forbidden("second_hand_needed")
        _close(proposal, actor, confirmed=confirmed)
        if confirmed:
            before = sorted(row.name for row in user.roles)
            user.roles = [role_row(role) for role in GLOBAL_ROLES if role.value in {*before, *proposal.roles}]
            user.roles_version += 1
            after = sorted(row.name for row in user.roles)
            sessions.end_all(user_id, "roles_changed")
            record("roles_changed", _who(actor), user=user_id, before=before, roles=after)
        else:
            record("roles_refused", _who(actor), user=user_id, roles=proposal.roles)
    note("roles_changed" if confirmed else "roles_refused", account=user_id)
    return user


def end_proposals_of(actor: Actor, proposer_id: int) -> None:
    """What a person proposed ends with their account; part of the transaction that disables it."""
    rows = select(RoleProposal).where(RoleProposal.proposed_by == proposer_id, RoleProposal.closed_at.is_(None))
    for one in db.session.scalars(rows):
        _close(one, actor, confirmed=False)


def confirm_by_operator(email: str) -> list[str]:
    """Confirm what waits for this address, by the operator's own hand; answers the roles. Raises `NotFound`."""
    address = email.strip().lower()
    user = queries.find_user(address)
    if user is not None and (proposal := queries.proposal(user.id)) is not None:
        roles = list(proposal.roles)
        answer_proposal(None, user.id, confirmed=True)
        return roles
    rows = select(Invitation).where(Invitation.email == address).order_by(Invitation.id.desc())
    for one in db.session.scalars(rows):
        if one.confirmed_at is None and queries.stands(one) and rules.needs_second_hand(Role(one.role)):
            return [confirm(None, one.id).role]
    raise NotFound("nothing_waits")


def _close(proposal: RoleProposal, actor: Actor | None, *, confirmed: bool) -> None:
    proposal.closed_at = now()
    proposal.closed_by = _who(actor)
    proposal.confirmed = confirmed
    db.session.flush()
