"""The answer that was given to a request under a key."""

from sqlalchemy import select

from certify.db import db
from certify.models.idempotency import IdempotencyKey


def find(user_id: int, key: str) -> IdempotencyKey | None:
    """The kept request, if there is one."""
    return db.session.scalar(select(IdempotencyKey).where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key))
