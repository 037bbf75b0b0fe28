"""Who is who: the acting person as the rules see it, people and invitations as the users page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from certify.db import db
from certify.domain.accounts import may_invite, plain_address
from certify.domain.errors import NotFound
from certify.domain.policy import Actor, Role
from certify.models.account import Invitation, Membership, RoleProposal, User
from certify.models.organisation import Organisation
from certify.timing import now

OFFICE = frozenset({Role.COORDINATOR, Role.ADMIN})


def actor_of(user: User) -> Actor:
    """The person's rights as they stand in the database now."""
    return Actor(
        user_id=user.id,
        name=user.name,
        roles=frozenset(Role(row.name) for row in user.roles),
        centres={row.organisation_id: Role(row.role) for row in user.memberships},
    )


def find_user(email: str) -> User | None:
    """The account with this address, in any case of letters and however it was copied."""
    return db.session.scalar(select(User).where(User.email == plain_address(email)))


def get_user(user_id: int) -> User:
    """The account; raises `NotFound`."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound
    return user


def managed(actor: Actor) -> tuple[int, ...]:
    """The organisations whose people the actor may see and invite as their manager."""
    return tuple(key for key, role in actor.centres.items() if role is Role.CENTRE_MANAGER)


def _visible_users(actor: Actor) -> Select[User]:
    query = select(User)
    if not actor.roles & OFFICE:
        members = select(Membership.user_id).where(Membership.organisation_id.in_(managed(actor)))
        query = query.where(User.id.in_(members))
    return query


def count_people(actor: Actor) -> int:
    """How many accounts the actor sees."""
    return db.session.scalar(select(func.count()).select_from(_visible_users(actor).subquery())) or 0


def people(actor: Actor, *, offset: int = 0, limit: int = 50) -> Sequence[User]:
    """One page of the accounts that the actor sees, with roles and memberships, newest first."""
    query = _visible_users(actor).options(selectinload(User.roles), selectinload(User.memberships))
    found: Sequence[User] = db.session.scalars(query.order_by(User.id.desc()).offset(offset).limit(limit)).all()
    return found


def person(actor: Actor, user_id: int) -> User:
    """One account that the actor sees; raises `NotFound` for others."""
    user: User | None = db.session.scalar(_visible_users(actor).where(User.id == user_id))
    if user is None:
        raise NotFound
    return user


def _visible_invitations(actor: Actor | None) -> Select[Invitation]:
    """What the office, a centre's managers and the operator (None) may know of."""
    query = select(Invitation)
    if actor is not None and not actor.roles & OFFICE:
        query = query.where(Invitation.organisation_id.in_(managed(actor)))
    return query


def open_invitations(actor: Actor) -> Sequence[Invitation]:
    """Unused invitations that the actor may see, newest first; those out of date too, so that they can be repeated."""
    query = _visible_invitations(actor).where(Invitation.used_at.is_(None), Invitation.cancelled_at.is_(None))
    return db.session.scalars(query.order_by(Invitation.id.desc()).limit(50)).all()


def invitation(actor: Actor | None, invitation_id: int, *, lock: bool = False) -> Invitation:
    """One invitation that the actor may know of; raises `NotFound` for others."""
    query = _visible_invitations(actor).where(Invitation.id == invitation_id)
    found: Invitation | None = db.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound
    return found


def stands(invitation: Invitation) -> bool:
    """True while the invitation can be used: not used, ended or too old, and its inviter could still make it."""
    if invitation.used_at is not None or invitation.cancelled_at is not None or invitation.expires_at <= now():
        return False
    inviter = db.session.get(User, invitation.invited_by) if invitation.invited_by else None
    if inviter is None or not inviter.active:
        return False
    return may_invite(actor_of(inviter), Role(invitation.role), invitation.organisation_id)


def offers(actor: Actor) -> list[Invitation]:
    """What is offered to the actor's own address: centres to join with the account that they have."""
    rows = select(Invitation).join(User, User.email == Invitation.email).where(User.id == actor.user_id)
    rows = rows.where(Invitation.organisation_id.is_not(None), Invitation.used_at.is_(None))
    return [one for one in db.session.scalars(rows.order_by(Invitation.id)) if stands(one)]


def offer(actor: Actor, invitation_id: int) -> Invitation:
    """One of the actor's own offers; raises `NotFound`."""
    for one in offers(actor):
        if one.id == invitation_id:
            db.session.refresh(one, with_for_update=True)
            if stands(one):
                return one
    raise NotFound


def proposals(actor: Actor) -> list[RoleProposal]:
    """Roles that wait for a second person; the office sees them."""
    if not actor.roles & OFFICE:
        return []
    rows = select(RoleProposal).where(RoleProposal.closed_at.is_(None)).options(joinedload(RoleProposal.user))
    return list(db.session.scalars(rows.order_by(RoleProposal.id)))


def proposal(user_id: int) -> RoleProposal | None:
    """The roles that wait for a second person to give them to this one."""
    rows = select(RoleProposal).where(RoleProposal.user_id == user_id, RoleProposal.closed_at.is_(None))
    return db.session.scalar(rows)


def introduced(people: Sequence[int]) -> dict[int, str]:
    """Who handed each of these people the link of their account; nobody where the operator made it."""
    rows = select(Invitation.used_by, User.name).join(User, User.id == Invitation.invited_by)
    rows = rows.where(Invitation.used_by.in_(people), Invitation.made_account)
    return {person: name for person, name in db.session.execute(rows) if person is not None}


def invitation_by_digest(token_sha256: str, *, lock: bool = False) -> Invitation | None:
    """The invitation of a link; with `lock` nobody else can use it before this transaction ends."""
    found = select(Invitation).where(Invitation.token_sha256 == token_sha256)
    return db.session.scalar(found.with_for_update() if lock else found)


@dataclass(frozen=True)
class Choice:
    """An organisation in a list to choose from."""

    id: int
    name: str


def organisations(actor: Actor) -> tuple[Choice, ...]:
    """The organisations that the actor may invite people to, by name."""
    query = select(Organisation.id, Organisation.name)
    if not actor.roles & OFFICE:
        query = query.where(Organisation.id.in_(managed(actor)))
    return tuple(Choice(*row) for row in db.session.execute(query.order_by(Organisation.sort_key, Organisation.id)))


def names(ids: Sequence[int]) -> dict[int, str]:
    """Names of the given people."""
    return {row.id: row.name for row in db.session.execute(select(User.id, User.name).where(User.id.in_(ids)))}


def organisation_names(ids: Sequence[int]) -> dict[int, str]:
    """Names of the given organisations."""
    query = select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    return {row.id: row.name for row in db.session.execute(query)}


def organisation_words(ids: Sequence[int]) -> tuple[str, ...]:
    """Names and towns of the given organisations: what their people's passwords must not be made of."""
    query = select(Organisation.name, Organisation.city).where(Organisation.id.in_(ids))
    return tuple(word for row in db.session.execute(query) for word in row)
