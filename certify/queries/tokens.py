"""Access tokens: the one behind a secret, and a person's own."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from certify.db import db
from certify.domain.errors import NotFound
from certify.domain.policy import Actor, Role
from certify.models.token import ApiToken
from certify.timing import now


def by_digest(sha256: str) -> ApiToken | None:
    """The token with this digest, with its owner."""
    return db.session.scalar(select(ApiToken).where(ApiToken.sha256 == sha256).options(joinedload(ApiToken.user)))


def working(user_id: int) -> int:
    """How many tokens of the person work now."""
    good = (ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now())
    return db.session.scalar(select(func.count()).select_from(ApiToken).where(*good)) or 0


def own(actor: Actor) -> Sequence[ApiToken]:
    """The person's tokens, the newest first; revoked and expired ones too."""
    return db.session.scalars(
        select(ApiToken).where(ApiToken.user_id == actor.user_id).order_by(ApiToken.id.desc())
    ).all()


def get(actor: Actor, token_id: int, owner_id: int | None = None) -> ApiToken:
    """One of the person's tokens, or for administrators one of `owner_id`; raises `NotFound` for others'."""
    if owner_id not in {None, actor.user_id} and Role.ADMIN not in actor.roles:
        raise NotFound
    found = db.session.get(ApiToken, token_id)
    if found is None or found.user_id != (owner_id or actor.user_id):
        raise NotFound
    return found


def of_person(actor: Actor, user_id: int) -> Sequence[ApiToken]:
    """Somebody's tokens that still work, the newest first; none for those who are no administrators."""
    if Role.ADMIN not in actor.roles:
        return ()
    good = select(ApiToken).where(
        ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now()
    )
    return db.session.scalars(good.order_by(ApiToken.id.desc())).all()
