"""Answers that were given once: a request repeated under the same key gets the same answer and has no second effect."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from certify.db import Base

KEY_LENGTH = 100
LOCATION_LENGTH = 300


class IdempotencyKey(Base):
    """One request with an effect, kept in the transaction of the effect: whose, under which key, and the answer."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("user_id", "key"), Index(None, "created_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    request_sha256: Mapped[str] = mapped_column(String(64))
    answer_code: Mapped[int]
    etag: Mapped[str] = mapped_column(String(80))
    location: Mapped[str] = mapped_column(String(LOCATION_LENGTH))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
