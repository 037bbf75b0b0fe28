"""The append-only history: one row a change, each with the hash of the row before."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Row, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certify.db import Base
from certify.domain.digest import digest
from certify.models.account import User

GENESIS = "0" * 64


class Event(Base):
    """What happened, by whom, when. `kind` is an action's code or a noun and verb such as `application_created`."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]
    from_status: Mapped[str | None] = mapped_column(String(20))
    to_status: Mapped[str | None] = mapped_column(String(20))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # The digests of the rows that were written with it: table, id, SHA-256 (null: the row is gone). Of an event from
    # before there were digests it is null. It is shown to nobody: points could be guessed from a digest.
    sealed: Mapped[dict[str, dict[str, str | None]] | None] = mapped_column(JSON(none_as_null=True))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    actor: Mapped[User | None] = relationship()

    # Two rows after one and the same row would be a fork of the history.
    __table_args__ = (UniqueConstraint("previous_hash", name="uq_event_previous_hash"),)


def event_digest(event: Event | Row[Any]) -> str:
    """The hash of an event, or of its bare row: over what happened and the hash of the row before."""
    content = {
        "application": event.application_id,
        "kind": event.kind,
        "actor": event.actor_id,
        "at": event.at.isoformat(),
        "from": event.from_status,
        "to": event.to_status,
        "data": event.data,
        "previous": event.previous_hash,
    }
    if event.sealed is not None:
        content["sealed"] = event.sealed
    return digest(content)
