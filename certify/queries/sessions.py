"""Sessions: the one of a browser with its person's rights, in one query; and those that a person has open."""

from collections.abc import Sequence
from datetime import timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certify.db import db
from certify.domain.policy import Actor, Role
from certify.domain.sessions import Limits, over
from certify.models.account import User
from certify.models.session import UserSession
from certify.timing import now


def limits() -> Limits:
    """How long sessions last here."""
    config = current_app.config
    return Limits(timedelta(minutes=config["SESSION_IDLE_MINUTES"]), timedelta(hours=config["SESSION_HOURS"]))


def by_digest(sha256: str) -> UserSession | None:
    """The session with this digest, with its person and all rights."""
    people = joinedload(UserSession.user)
    rows = select(UserSession).where(UserSession.sha256 == sha256)
    found = db.session.scalars(rows.options(people.joinedload(User.roles), people.joinedload(User.memberships)))
    return found.unique().one_or_none()


def fault(session: UserSession | None) -> str | None:
    """Why the session lets nobody in: `unknown`, `ended`, `disabled`, `idle`, `too_old`; None when it does."""
    if session is None:
        return "unknown"
    if session.ended_at is not None:
        return "ended"
    if not session.user.active:
        return "disabled"
    return over(limits(), session.begun_at, session.seen_at, now())


def own(actor: Actor) -> Sequence[UserSession]:
    """The person's open sessions, the one that was used last first."""
    return _open(actor.user_id)


def of_person(actor: Actor, user_id: int) -> Sequence[UserSession]:
    """Somebody's open sessions; none for those who are no administrators."""
    return _open(user_id) if Role.ADMIN in actor.roles else ()


def _open(user_id: int) -> Sequence[UserSession]:
    at, longest = now(), limits()
    rows = select(UserSession).where(
        UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.begun_at > at - longest.whole
    )
    found = db.session.scalars(rows.order_by(UserSession.seen_at.desc(), UserSession.id.desc())).all()
    return [one for one in found if over(longest, one.begun_at, one.seen_at, at) is None]
