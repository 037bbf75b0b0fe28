"""Access tokens: made, shown once, used, revoked. A token never does more than its owner may do at that moment."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from certify.db import db, transaction
from certify.domain.errors import FieldError, Invalid, NotSignedIn
from certify.domain.policy import Actor
from certify.domain.quotas import TOKENS
from certify.domain.scopes import MAX_DAYS, Scope
from certify.models.token import NAME_LENGTH, ApiToken
from certify.queries import tokens
from certify.queries.accounts import get_user
from certify.security_log import note
from certify.timing import now
from certify.workflows.sign_in import check_password
from certify.workflows.step import record
from certify.workflows.texts import clean_line

# Programs that search source code for secrets know a token by this.
MARK = "certify_"
SHOWN = len(MARK) + 6
# Often enough to say whether a token is in use, and seldom enough not to write at every request.
USE_NOTED_EVERY = timedelta(minutes=10)


def digest(secret: str) -> str:
    """What is kept of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Proof:
    """That it is the person who asks: the password, the client's address, and the session in which they ask."""

    password: str
    address: str
    session_id: int


def create_own(actor: Actor, proof: Proof, name: str, scopes: Collection[str], days: int) -> tuple[ApiToken, str]:
    """Make a token for a person who has typed the password; a session alone, which may be stolen, is not enough.

    Raises as `create` does, before a try of the password is counted; `TooMany`, or `Invalid` on `password`.
    """
    _checked(name, scopes, days)
    if not check_password(get_user(actor.user_id), proof.password, proof.address, proof.session_id):
        raise Invalid({"password": "password_wrong"})
    return create(actor, name, scopes, days)


def create(actor: Actor, name: str, scopes: Collection[str], days: int) -> tuple[ApiToken, str]:
    """Make a token by the operator's own hand; returns the row and the secret, which is kept nowhere.

    Raises `Invalid` on `name`, `scopes` (none, or an unknown one) and `days` (1 to 365), and too_many_tokens.
    """
    name = _checked(name, scopes, days)
    secret = MARK + secrets.token_urlsafe(32)
    with transaction():
        made = now()
        if tokens.working(actor.user_id) >= TOKENS:
            raise Invalid([FieldError("", "too_many_tokens")], code="too_many_tokens")
        token = ApiToken(
            user_id=actor.user_id,
            name=name,
            prefix=secret[:SHOWN],
            sha256=digest(secret),
            scopes=[scope.value for scope in Scope if scope.value in scopes],
            created_at=made,
            expires_at=made + timedelta(days=days),
        )
        db.session.add(token)
        db.session.flush()
        record("token_created", actor.user_id, token=token.id, scopes=token.scopes, days=days)
    note("token_made", account=actor.user_id)
    return token, secret


def _checked(name: str, scopes: Collection[str], days: int) -> str:
    """The name as it is kept; raises `Invalid`."""
    name = clean_line("name", name, limit=NAME_LENGTH)
    faults = []
    if not scopes:
        faults.append(FieldError("scopes", "scopes_missing"))
    elif not set(scopes) <= {scope.value for scope in Scope}:
        faults.append(FieldError("scopes", "not_a_choice"))
    if not 1 <= days <= MAX_DAYS:
        faults.append(FieldError("days", "days_out_of_range"))
    if faults:
        raise Invalid(faults)
    return name


def end_all(user_id: int) -> list[int]:
    """End all tokens of a person, inside the caller's unit of work; returns their numbers."""
    open_ones = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    found = list(db.session.scalars(open_ones.where(ApiToken.expires_at > now()).order_by(ApiToken.id)))
    for token in found:
        token.revoked_at = now()
    return [token.id for token in found]


def revoke(actor: Actor, token_id: int, owner_id: int | None = None) -> ApiToken:
    """End one of the own tokens at once, or as an administrator one of `owner_id`; doing it again changes nothing.

    Raises `NotFound` for others'.
    """
    with transaction():
        token = tokens.get(actor, token_id, owner_id)
        ends = token.revoked_at is None
        if ends:
            token.revoked_at = now()
            record("token_revoked", actor.user_id, token=token.id)
    if ends:
        note("token_ended", account=token.user_id)
    return token


def _fault(token: ApiToken | None) -> str:
    if token is None:
        return "unknown"
    if token.revoked_at is not None:
        return "ended"
    if token.expires_at <= now():
        return "expired"
    return "" if token.user.active else "disabled"


def authenticate(secret: str) -> ApiToken:
    """The token behind the secret, with its owner.

    Raises `NotSignedIn("token_invalid")` alike for an unknown, expired or revoked one and for a disabled account.
    """
    token = tokens.by_digest(digest(secret))
    fault = _fault(token)
    if token is None or fault:
        note("token_refused", account=token.user_id if token else None, why=fault)
        raise NotSignedIn("token_invalid")
    if token.last_used_at is None or token.last_used_at < now() - USE_NOTED_EVERY:
        with transaction():
            token = db.session.get_one(ApiToken, token.id)
            token.last_used_at = now()
    return token
