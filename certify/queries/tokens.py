"""Access tokens: the one behind a secret, and a person's own."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certify.db import db
from certify.domain.errors import NotFound
from certify.domain.policy import Actor
from certify.models.token import ApiToken


def by_digest(sha256: str) -> ApiToken | None:
    """The token with this digest, with its owner."""
    return db.session.scalar(select(ApiToken).where(ApiToken.sha256 == sha256).options(joinedload(ApiToken.user)))


def own(actor: Actor) -> Sequence[ApiToken]:
    """The person's tokens, the newest first; revoked and expired ones too."""
    return db.session.scalars(
        select(ApiToken).where(ApiToken.user_id == actor.user_id).order_by(ApiToken.id.desc())
    ).all()


def get(actor: Actor, token_id: int) -> ApiToken:
    """One of the person's tokens; raises `NotFound` for everybody else's."""
    found = db.session.get(ApiToken, token_id)
    if found is None or found.user_id != actor.user_id:
        raise NotFound
    return found
