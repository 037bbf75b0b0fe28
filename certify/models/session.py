"""Sessions of people who are signed in; of what their browsers hold only the digest is kept."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certify.db import Base
from certify.models.account import User

DEVICE_LENGTH = 60
WHY_LENGTH = 20


class UserSession(Base):
    """One browser in which a person is signed in. `device`: its kind, so that the person knows it again."""

    __tablename__ = "user_session"
    __table_args__ = (
        UniqueConstraint("sha256"),
        CheckConstraint("(ended_at IS NULL) = (ended_why = '')", "ended_for_a_reason"),
        Index(None, "user_id"),
        Index(None, "begun_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(DEVICE_LENGTH))
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(String(WHY_LENGTH), default="")

    user: Mapped[User] = relationship()
