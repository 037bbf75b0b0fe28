"""Sessions of people: begun at sign-in, noted in use, ended for one reason or another.

The browser holds a random secret and nothing else; who that is, and whether it still holds, is asked of the row with
every request. So a copied cookie is worth nothing once its session has ended.
"""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, update

from certify.db import db, transaction
from certify.domain.errors import Forbidden, NotFound, Unavailable
from certify.domain.policy import Actor, Role
from certify.domain.sessions import NOTED_EVERY
from certify.models.session import DEVICE_LENGTH, UserSession
from certify.queries.accounts import get_user
from certify.security_log import note
from certify.timing import now
from certify.workflows.step import record

# Longer than any session lasts; what ended before that is of no more use to anybody.
KEPT = timedelta(days=30)


def digest(secret: str) -> str:
    """What is kept of a session: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def begin(user_id: int, device: str, why: str) -> str:
    """Make a session and return its secret, which is kept nowhere; long forgotten ones go. `why`: how they came in."""
    secret = secrets.token_urlsafe(32)
    with transaction():
        at = now()
        db.session.execute(delete(UserSession).where(UserSession.begun_at < at - KEPT))
        db.session.add(
            UserSession(user_id=user_id, sha256=digest(secret), device=device[:DEVICE_LENGTH], begun_at=at, seen_at=at)
        )
    note("signed_in", account=user_id, why=why)
    return secret


def note_use(session: UserSession) -> None:
    """Remember that the session is in use; seldom enough not to write at every request."""
    at, session_id = now(), session.id
    if session.seen_at > at - NOTED_EVERY:
        return
    try:
        with transaction():
            seen = update(UserSession).where(UserSession.id == session_id, UserSession.seen_at < at)
            db.session.execute(seen.values(seen_at=at))
    except Unavailable:
        # Somebody writes for long: what was asked for matters more than when it was asked for.
        db.session.rollback()


def end_all(user_id: int, why: str, *, keep: int | None = None) -> int:
    """End every session of a person but `keep`, inside the caller's unit of work; returns how many."""
    open_ones = update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    if keep is not None:
        open_ones = open_ones.where(UserSession.id != keep)
    ended: int = db.session.execute(open_ones.values(ended_at=now(), ended_why=why)).rowcount  # type: ignore[attr-defined]
    return ended


def end(actor: Actor, session_id: int, why: str = "by_owner") -> None:
    """End one of the person's own sessions; ending it again changes nothing. `NotFound` for others'."""
    with transaction():
        found = db.session.get(UserSession, session_id)
        if found is None or found.user_id != actor.user_id:
            raise NotFound
        if found.ended_at is not None:
            return
        found.ended_at, found.ended_why = now(), why
    note("session_ended", account=actor.user_id, why=why)


def end_others(actor: Actor, present_id: int) -> None:
    """End all the person's sessions but the one in which they ask for it."""
    with transaction():
        end_all(actor.user_id, "by_owner", keep=present_id)
    note("session_ended", account=actor.user_id, why="by_owner")


def end_of_person(actor: Actor, user_id: int) -> None:
    """End all sessions of somebody; administrators only. Raises `NotFound`."""
    if Role.ADMIN not in actor.roles:
        raise Forbidden
    with transaction():
        get_user(user_id)
        end_all(user_id, "by_admin")
        record("sessions_ended", actor.user_id, user=user_id)
    note("session_ended", account=user_id, why="by_admin")
