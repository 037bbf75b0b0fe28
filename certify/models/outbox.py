"""The outbox: what is to be done outside, written in the transaction of the change that asks for it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, mapped_column

from certify.db import Base


class Job(Base):
    """One thing to do, at least once. Open until `done_at` or `dead_at`; held by a worker until `leased_until`.

    `key`: a second job with the same one is not written. `lane`: whom it concerns, so that one slow receiver does not
    hold up the others.
    """

    __tablename__ = "job"
    __table_args__ = (UniqueConstraint("key"), Index(None, "kind", "done_at", "dead_at", "not_before"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    lane: Mapped[str] = mapped_column(String(60), default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    key: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    leased_by: Mapped[str | None] = mapped_column(String(60))
    leased_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(100))

    @property
    def state(self) -> str:
        """`done`, `dead` or `waiting`."""
        if self.done_at is not None:
            return "done"
        return "dead" if self.dead_at is not None else "waiting"


# What is still to be done.
OPEN = and_(Job.done_at.is_(None), Job.dead_at.is_(None))
