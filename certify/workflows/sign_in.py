"""Signing in: the throttle of guesses (R2) and the check of the password."""

import hashlib
import hmac
import math
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from flask_security import Security, hash_password, verify_password
from sqlalchemy import ColumnElement, delete, select, update

from certify import timing
from certify.db import db, queue_up, transaction
from certify.domain.accounts import plain_address
from certify.domain.errors import Invalid, TooMany
from certify.domain.networks import counted
from certify.models.account import SignInAttempt, User
from certify.queries import accounts as queries
from certify.security_log import note

WINDOW = timedelta(minutes=5)
TRIES_PER_ACCOUNT = 10
TRIES_PER_ADDRESS = 30


@dataclass(frozen=True)
class Browser:
    """What a browser shows of earlier sign-ins: its own random number, and a mark for each account (`mark_of`)."""

    number: str
    marks: frozenset[str] = frozenset()

    def vouches_for(self, user: User | None) -> str | None:
        """The key of a count of its own for a browser in which this person has signed in; None for any other."""
        if user is None or mark_of(user) not in self.marks:
            return None
        return _key("browser", f"{self.number}:{user.id}")


def mark_of(user: User) -> str:
    """What a browser keeps of a person's sign-in; worthless after a new password or when the account was disabled."""
    return _key("mark", f"{user.id}:{user.fs_uniquifier}")[:32]


def sign_in(email: str, password: str, address: str, browser: Browser | None = None) -> User:
    """The person behind this address and password. `address` is the client's, for the throttle.

    Whoever guesses at an account must not lock its owner out: a browser in which the person signed in before has a
    count of its own. Raises `TooMany`, or `Invalid` with the code `sign_in_failed` (the same for unknown accounts) or,
    after the right password, `account_disabled`.
    """
    user = queries.find_user(email)
    known_key = browser.vouches_for(user) if browser else None
    password = normalised(password)
    attempt_id = _reserve(plain_address(email), address, known_key, user.id if user else None)
    # The row as it is now: whoever was disabled while this try waited does not get in.
    user = queries.find_user(email)
    if user is None:
        # The same work as for a known account, so that the time tells nothing.
        hash_password(password)
        note("sign_in_failed", why="unknown_account")
        raise Invalid({"password": "sign_in_failed"}, code="sign_in_failed")
    if not verify_password(password, user.password):
        note("sign_in_failed", account=user.id, why="wrong_password")
        raise Invalid({"password": "sign_in_failed"}, code="sign_in_failed")
    if not user.active:
        note("sign_in_failed", account=user.id, why="disabled")
        raise Invalid({"email": "account_disabled"}, code="account_disabled")
    _succeed(attempt_id, user.id, password)
    return user


def check_password(user: User, password: str, address: str, session_id: int = 0) -> bool:
    """True when the password is this person's; guesses count as for signing in. Raises `TooMany`.

    `session_id`: of the person who is signed in, whom guesses from elsewhere must not stop either.
    """
    known_key = _key("session", str(session_id)) if session_id else None
    attempt_id = _reserve(user.email, address, known_key, user.id)
    if not verify_password(normalised(password), user.password):
        note("password_wrong", account=user.id)
        return False
    _succeed(attempt_id, user.id, normalised(password))
    return True


def normalised(password: str) -> str:
    """One form for letters that keyboards write in two ways; the same as in Flask-Security's own forms."""
    return str(_security()._password_util.normalize(password))


def _security() -> Security:
    security: Security = current_app.extensions["security"]
    return security


def _reserve(email: str, address: str, known_key: str | None, user_id: int | None) -> int:
    """Count the try before it is evaluated: a hundred at once can't slip through between check and count."""
    now = timing.now()
    account_key, address_key = _key("account", email), _key("address", counted(address))
    try:
        with transaction():
            # The tries of one account, and of one address, are counted one after the other.
            queue_up(*(int(key[:15], 16) for key in (account_key, address_key, known_key) if key))
            db.session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - WINDOW))
            if known_key:
                _refuse_excess(SignInAttempt.known_key == known_key, TRIES_PER_ACCOUNT)
            else:
                _refuse_excess(SignInAttempt.account_key == account_key, TRIES_PER_ACCOUNT)
                _refuse_excess(SignInAttempt.address_key == address_key, TRIES_PER_ADDRESS)
            attempt = SignInAttempt(
                account_key=account_key, address_key=address_key, known_key=known_key, at=now, succeeded=False
            )
            db.session.add(attempt)
            db.session.flush()
            return attempt.id
    except TooMany:
        note("throttled", account=user_id, why="too_many_attempts")
        raise


def _refuse_excess(of_whom: ColumnElement[bool], limit: int) -> None:
    now = timing.now()
    failed = select(SignInAttempt.at).where(
        of_whom,
        SignInAttempt.at > now - WINDOW,
        SignInAttempt.succeeded.is_(False),
    )
    times = db.session.scalars(failed.order_by(SignInAttempt.at.desc()).limit(limit)).all()
    if len(times) >= limit:
        raise TooMany(retry_after=max(1, math.ceil((times[-1] + WINDOW - now).total_seconds())))


def _succeed(attempt_id: int, user_id: int, password: str) -> None:
    context = _security().pwd_context
    user = queries.get_user(user_id)
    renewed = str(hash_password(password)) if context.needs_update(user.password) else None
    with transaction():
        # Gone already when this try took longer than the window; then there is nothing to mark.
        db.session.execute(update(SignInAttempt).where(SignInAttempt.id == attempt_id).values(succeeded=True))
        if renewed:
            queries.get_user(user_id).password = renewed


def _key(kind: str, value: str) -> str:
    """A keyed digest: the table tells nobody who tried from where."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()
