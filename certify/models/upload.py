"""Files on their way: what a resumable upload is for, and how much of it has come."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from certify.db import Base


class Upload(Base):
    """One file that somebody sends in parts; its bytes stand in a partial file until the last one has come.

    With an application and a criterion it becomes evidence there, else a piece of the organisation's library.
    """

    __tablename__ = "upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    # The address is made of it: random, so that nobody guesses another person's upload.
    token: Mapped[str] = mapped_column(String(64), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    criterion: Mapped[str] = mapped_column(String(20), default="")
    filename: Mapped[str] = mapped_column(String(150))
    title: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(40), default="")
    pages: Mapped[str] = mapped_column(String(60), default="")
    personal_data: Mapped[bool] = mapped_column(default=False)
    length: Mapped[int]
    # All bytes only when the file is checked and kept; until then at least the last one is still to come.
    received: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    # What the file became; empty again when that piece is taken out of the library.
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id", ondelete="SET NULL"))

    __table_args__ = (
        CheckConstraint("received >= 0 AND received <= length", name="within_length"),
        CheckConstraint("(received = length) = (finished_at IS NOT NULL)", name="whole_when_finished"),
        CheckConstraint("(application_id IS NULL) = (criterion = '')", name="criterion_of_application"),
    )
