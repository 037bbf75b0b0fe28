"""What happens to accounts: invite, accept, enable, roles, password, language. One transaction each."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import current_app
from flask_security import hash_password
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from certify import timing
from certify.db import db, transaction
from certify.domain import accounts as rules
from certify.domain.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from certify.domain.plain_text import one_line
from certify.domain.policy import CENTRE_ROLES, Actor, Role
from certify.models.account import EMAIL_LENGTH, GLOBAL_ROLES, NAME_LENGTH, Invitation, Membership, User
from certify.models.organisation import Organisation
from certify.passwords import is_guessable
from certify.queries import accounts as queries
from certify.security_log import note
from certify.timing import today
from certify.workflows import confirmations, sessions, tokens
from certify.workflows.roles import role_row
from certify.workflows.sign_in import normalised
from certify.workflows.step import record, seen_last

LANGUAGES = ("pl", "en")


def digest(token: str) -> str:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_user(email: str, name: str, password: str, roles: tuple[Role, ...] = ()) -> User:
    """Make an account with global roles, by the operator's own hand (command line, demo).

    Raises `Invalid` on fields `email`, `name`, `password`.
    """
    email, name = _checked(email, name)
    hashed = _hashed(password, email, name)
    return _create(email, name, hashed, roles)


def add_user(email: str, name: str, hashed: str, roles: tuple[Role, ...] = ()) -> User:
    """Make an account with a password that is hashed already: in a demo everybody has the same one."""
    email, name = _checked(email, name)
    return _create(email, name, hashed, roles)


def _create(email: str, name: str, hashed: str, roles: tuple[Role, ...]) -> User:
    with transaction():
        user = _add_user(email, name, hashed, roles)
        record("account_created", None, user=user.id, roles=sorted(role.value for role in roles))
    return user


def add_member(user_id: int, organisation_id: int, role: Role) -> Membership:
    """Give a person a role in a centre, by the operator's own hand; replaces the role held there before."""
    with transaction():
        member = put_member(queries.get_user(user_id), organisation_id, role)
        record("membership_given", None, user=user_id, organisation=organisation_id, role=role.value)
    return member


def invite(
    actor: Actor, email: str, name: str, role: Role, organisation_id: int | None = None
) -> tuple[Invitation, str]:
    """Make a one-use link for one account; returns the invitation and the token, which is kept nowhere.

    A role in the scheme makes a new account, and its link works when a second person has confirmed it
    (`confirmations`). Somebody who has an account is asked to join a centre (`memberships`). Raises `Forbidden` when
    the actor can't offer the role, `Invalid` on `email`, `name`, `organisation_id`. An older open invitation of the
    same address to the same centre stops working.
    """
    if not rules.centre_fits(role, organisation_id):
        fault = "organisation_missing" if role in CENTRE_ROLES else "organisation_not_for_role"
        raise Invalid({"organisation_id": fault})
    if not rules.may_invite(actor, role, organisation_id):
        raise Forbidden
    email, name = _checked(email, name)
    token = secrets.token_urlsafe(32)
    now = timing.now()
    with transaction():
        _require_free(email, organisation_id)
        if organisation_id is not None and db.session.get(Organisation, organisation_id) is None:
            raise Invalid({"organisation_id": "organisation_not_found"})
        db.session.execute(
            update(Invitation)
            .where(
                Invitation.email == email,
                Invitation.organisation_id.is_not_distinct_from(organisation_id),
                Invitation.used_at.is_(None),
                Invitation.cancelled_at.is_(None),
            )
            .values(cancelled_at=now, cancelled_by=actor.user_id)
        )
        invitation = Invitation(
            email=email,
            name=name,
            role=role.value,
            organisation_id=organisation_id,
            token_sha256=digest(token),
            invited_by=actor.user_id,
            invited_at=now,
            expires_at=now + timedelta(minutes=current_app.config["INVITATION_MINUTES"]),
        )
        db.session.add(invitation)
        db.session.flush()
        number = invitation.id
        record("account_invited", actor.user_id, invitation=number, role=role.value, organisation=organisation_id)
    return invitation, token


def _require_free(email: str, organisation_id: int | None) -> None:
    """Raises `Invalid` on `email` when the address has an account for which there is nothing to accept."""
    known = queries.find_user(email)
    if known is not None and organisation_id is None:
        raise Invalid({"email": "email_taken"})
    if known is not None and organisation_id in {row.organisation_id for row in known.memberships}:
        raise Invalid({"email": "member_already"})


def find_invitation(token: str, *, lock: bool = False) -> Invitation:
    """The open invitation of a link; raises `Gone("link_expired")` for used, ended, old and unknown ones alike.

    Raises `Conflict("invitation_unconfirmed")` while a role in the scheme waits for its second hand.
    """
    invitation = queries.invitation_by_digest(digest(token), lock=lock)
    if invitation is None or not queries.stands(invitation):
        raise Gone("link_expired")
    if rules.needs_second_hand(Role(invitation.role)) and invitation.confirmed_at is None:
        raise Conflict("invitation_unconfirmed")
    return invitation


def accept(token: str, name: str, password: str) -> User:
    """Make the account that the invitation offers. Raises `Gone`, or `Invalid` on `name`, `password`."""
    offered = find_invitation(token)
    email, name = _checked(offered.email, name)
    hashed = _hashed(password, email, name, [offered.organisation_id] if offered.organisation_id else [])
    now = timing.now()
    with transaction():
        # Of two people with one link the second waits here, and then finds it used.
        invitation = find_invitation(token, lock=True)
        user = _add_user(email, name, hashed, ())
        role = Role(invitation.role)
        if invitation.organisation_id is not None:
            put_member(user, invitation.organisation_id, role)
        else:
            user.roles = [role_row(role)]
        invitation.used_at = now
        invitation.used_by = user.id
        given: dict[str, Any] = {"invitation": invitation.id, "organisation": invitation.organisation_id}
        record("invitation_accepted", user.id, user=user.id, role=role.value, **given)
    return user


def set_active(actor: Actor, user_id: int, active: bool) -> None:
    """Enable or disable an account; disabling ends all its sessions and tokens. Admins only, and never one's own."""
    _require_admin(actor, user_id)
    with transaction():
        user = queries.get_user(user_id)
        user.active = active
        # At enabling too: nothing that was begun while the account was being disabled comes back with it.
        gone = _shut_out(user, "disabled")
        if not active:
            _end_offers(actor, user_id)
        record("account_enabled" if active else "account_disabled", actor.user_id, user=user_id, tokens=gone)
    note("account_enabled" if active else "account_disabled", account=user_id)


def _end_offers(actor: Actor, inviter_id: int) -> None:
    """What somebody offered ends with their account, and does not come back with it."""
    open_ = (Invitation.invited_by == inviter_id, Invitation.used_at.is_(None), Invitation.cancelled_at.is_(None))
    ended = {"cancelled_at": timing.now(), "cancelled_by": actor.user_id}
    db.session.execute(update(Invitation).where(*open_).values(**ended))
    confirmations.end_proposals_of(actor, inviter_id)


def set_roles(actor: Actor, user_id: int, roles: frozenset[Role], *, version: int | None = None) -> None:
    """Take the other global roles at once, which ends all sessions, and propose the new ones to a second person.

    Admins only, and never one's own. `version` is that of the roles which the form showed.
    """
    _require_admin(actor, user_id)
    if roles & CENTRE_ROLES:
        raise Invalid({"roles": "role_not_global"})
    with transaction():
        user = queries.get_user(user_id)
        db.session.refresh(user, with_for_update=True)
        seen_last(version, user.roles_version)
        before = frozenset(Role(row.name) for row in user.roles)
        confirmations.propose(actor, user, roles - before)
        user.roles_version += 1
        if before - roles:
            user.roles = [role_row(role) for role in GLOBAL_ROLES if role in before & roles]
            kept = sorted(role.value for role in before & roles)
            sessions.end_all(user_id, "roles_changed")
            record("roles_changed", actor.user_id, user=user_id, before=sorted(before), roles=kept)
    note("roles_changed", account=user_id)


def change_password(actor: Actor, new: str) -> User:
    """Set a new password; all sessions and tokens end, the caller begins a new session. `Invalid` on `password`."""
    return _set_password(queries.get_user(actor.user_id), new, "password_changed", actor.user_id)


def _set_password(user: User, new: str, kind: str, actor_id: int | None) -> User:
    user_id = user.id
    hashed = _hashed(new, user.email, user.name, [row.organisation_id for row in user.memberships])
    with transaction():
        user = queries.get_user(user_id)
        user.password = hashed
        gone = _shut_out(user, kind)
        record(kind, actor_id, user=user_id, tokens=gone)
    note(kind, account=user_id)
    return user


def _shut_out(user: User, why: str) -> list[int]:
    """End what lets anybody act for the person without the password; returns the tokens that ended."""
    # What vouches for browsers that signed in before is bound to it.
    user.fs_uniquifier = secrets.token_hex(32)
    sessions.end_all(user.id, why)
    return tokens.end_all(user.id)


def reset_password(email: str, new: str) -> User:
    """Set a new password for somebody who forgot theirs; their sessions and tokens end. For the operator, not a page.

    Raises `NotFound("user_not_found")`, or `Invalid` on `password`.
    """
    user = queries.find_user(email)
    if user is None:
        raise NotFound("user_not_found")
    return _set_password(user, new, "password_reset", None)


def set_language(actor: Actor, language: str) -> None:
    """Keep the language of the person's pages."""
    if language not in LANGUAGES:
        raise Invalid({"language": "language_unknown"})
    with transaction():
        queries.get_user(actor.user_id).language = language


def _require_admin(actor: Actor, user_id: int) -> None:
    if Role.ADMIN not in actor.roles:
        raise Forbidden
    if actor.user_id == user_id:
        raise Conflict("own_account")


def _checked(email: str, name: str) -> tuple[str, str]:
    """The address in small letters and the name without odd spaces; raises `Invalid`."""
    errors: dict[str, str] = {}
    name = one_line(name)
    if not name:
        errors["name"] = "required"
    elif len(name) > NAME_LENGTH:
        errors["name"] = "too_long"
    elif not name.isprintable():
        errors["name"] = "bad_text"
    try:
        # Special-use domains are allowed: the demo and closed networks have addresses under .test and .local.
        email = validate_email(
            rules.plain_address(email), check_deliverability=False, test_environment=True
        ).normalized.lower()
    except EmailNotValidError:
        errors["email"] = "email_invalid"
    if len(email) > EMAIL_LENGTH:
        errors["email"] = "email_invalid"
    if errors:
        raise Invalid(errors)
    return email, name


def _hashed(password: str, email: str, name: str, organisations: Sequence[int] = ()) -> str:
    """The argon2 hash of a good password; slow on purpose, so it is made before a transaction begins."""
    password = normalised(password)
    fault = rules.length_fault(password)
    if fault is None and is_guessable(password, (email, name, *queries.organisation_words(organisations)), today()):
        fault = "password_common"
    if fault:
        raise Invalid({"password": fault})
    return str(hash_password(password))


def _add_user(email: str, name: str, hashed: str, roles: tuple[Role, ...]) -> User:
    user = User(
        email=email,
        name=name,
        password=hashed,
        active=True,
        language="pl",
        fs_uniquifier=secrets.token_hex(32),
        created_at=timing.now(),
        roles=[role_row(role) for role in roles],
    )
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Invalid({"email": "email_taken"}) from error
    return user


def put_member(user: User, organisation_id: int, role: Role) -> Membership:
    held = select(Membership).where(Membership.user_id == user.id, Membership.organisation_id == organisation_id)
    row = db.session.scalar(held)
    if row is None:
        row = Membership(user_id=user.id, organisation_id=organisation_id)
        db.session.add(row)
    if row.role != role.value:
        row.role = role.value
        # The rights of a session are those that its person had at the sign-in (R4).
        sessions.end_all(user.id, "roles_changed")
    return row
