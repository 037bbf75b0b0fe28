"""Signing in: the throttle of guesses (R2) and the check of the password."""

import hashlib
import hmac
import math
from datetime import timedelta

from flask import current_app
from flask_security import Security, hash_password, verify_password
from sqlalchemy import ColumnElement, delete, select, update

from certify import timing
from certify.db import db, queue_up, transaction
from certify.domain.errors import Invalid, TooMany
from certify.domain.networks import counted
from certify.models.account import SignInAttempt, User
from certify.queries import accounts as queries

WINDOW = timedelta(minutes=5)
TRIES_PER_ACCOUNT = 10
TRIES_PER_ADDRESS = 30


def sign_in(email: str, password: str, address: str) -> User:
    """The person behind this address and password. `address` is the client's, for the throttle.

    Raises `TooMany`, or `Invalid` with the code `sign_in_failed` (the same for unknown accounts) or, after the right
    password, `account_disabled`.
    """
    attempt_id = _reserve(_key("account", email.strip().lower()), _key("address", counted(address)))
    user = queries.find_user(email)
    password = normalised(password)
    if user is None:
        # The same work as for a known account, so that the time tells nothing.
        hash_password(password)
        raise Invalid({"password": "sign_in_failed"}, code="sign_in_failed")
    if not verify_password(password, user.password):
        raise Invalid({"password": "sign_in_failed"}, code="sign_in_failed")
    if not user.active:
        raise Invalid({"email": "account_disabled"}, code="account_disabled")
    _succeed(attempt_id, user.id, password)
    return user


def check_password(user: User, password: str, address: str) -> bool:
    """True when the password is this person's; guesses count as for signing in. Raises `TooMany`."""
    attempt_id = _reserve(_key("account", user.email), _key("address", counted(address)))
    if not verify_password(normalised(password), user.password):
        return False
    _succeed(attempt_id, user.id, normalised(password))
    return True


def normalised(password: str) -> str:
    """One form for letters that keyboards write in two ways; the same as in Flask-Security's own forms."""
    return str(_security()._password_util.normalize(password))


def _security() -> Security:
    security: Security = current_app.extensions["security"]
    return security


def _reserve(account_key: str, address_key: str) -> int:
    """Count the try before it is evaluated: a hundred at once can't slip through between check and count."""
    now = timing.now()
    with transaction():
        # The tries of one account, and of one address, are counted one after the other.
        queue_up(*(int(key[:15], 16) for key in (account_key, address_key)))
        db.session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - WINDOW))
        _refuse_excess(SignInAttempt.account_key == account_key, TRIES_PER_ACCOUNT)
        _refuse_excess(SignInAttempt.address_key == address_key, TRIES_PER_ADDRESS)
        attempt = SignInAttempt(account_key=account_key, address_key=address_key, at=now, succeeded=False)
        db.session.add(attempt)
        db.session.flush()
        return attempt.id


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
