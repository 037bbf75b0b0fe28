"""Access tokens: made, shown once, used, revoked. A token never does more than its owner may do at that moment."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from certify.db import db, transaction
from certify.domain.errors import FieldError, Invalid, NotSignedIn
from certify.domain.policy import Actor
from certify.domain.scopes import MAX_DAYS, Scope
from certify.models.token import NAME_LENGTH, ApiToken
from certify.queries import tokens
from certify.timing import now
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


def create(actor: Actor, name: str, scopes: Collection[str], days: int) -> tuple[ApiToken, str]:
    """Make a token; returns the row and the secret, which is kept nowhere.

    Raises `Invalid` on `name`, `scopes` (none, or an unknown one) and `days` (1 to 365).
    """
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
    secret = MARK + secrets.token_urlsafe(32)
    with transaction():
        made = now()
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
    return token, secret


def revoke(actor: Actor, token_id: int) -> ApiToken:
    """End one of the person's own tokens at once; revoking it again changes nothing. `NotFound` for others'."""
    with transaction():
        token = tokens.get(actor, token_id)
        if token.revoked_at is None:
            token.revoked_at = now()
            record("token_revoked", actor.user_id, token=token.id)
    return token


def authenticate(secret: str) -> ApiToken:
    """The token behind the secret, with its owner.

    Raises `NotSignedIn("token_invalid")` alike for an unknown, expired or revoked one and for a disabled account.
    """
    token = tokens.by_digest(digest(secret))
    if token is None or token.revoked_at is not None or token.expires_at <= now() or not token.user.active:
        raise NotSignedIn("token_invalid")
    if token.last_used_at is None or token.last_used_at < now() - USE_NOTED_EVERY:
        with transaction():
            token = db.session.get_one(ApiToken, token.id)
            token.last_used_at = now()
    return token
