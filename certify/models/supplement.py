"""What follows a submission: the coordinator's requests in a supplement round, and changes offered during the audit."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certify.db import Base
from certify.domain.supplement import KINDS
from certify.models.account import User
from certify.models.application import Submission


class SupplementRequest(Base):
    """One thing that the coordinator asks for when returning a submission: what is wrong with which criteria."""

    __tablename__ = "supplement_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    criteria: Mapped[list[str]] = mapped_column(JSON)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    submission: Mapped[Submission] = relationship()
    asked_by: Mapped[User] = relationship()

    __table_args__ = (
        CheckConstraint("kind IN ({})".format(", ".join(f"'{one}'" for one in KINDS)), name="kind_known"),
    )


class Supplement(Base):
    """Changes that the centre offers while its submission is audited: numbered, sealed under one SHA-256, kept as is.

    `content` holds the offered part of each criterion, as a submission would seal it.
    """

    __tablename__ = "supplement"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)
    offered_at: Mapped[datetime]
    offered_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    submission: Mapped[Submission] = relationship()
    offered_by: Mapped[User] = relationship()
    items: Mapped[list["SupplementItem"]] = relationship(order_by="SupplementItem.id", back_populates="supplement")

    __table_args__ = (UniqueConstraint("application_id", "number", name="uq_supplement_application_id_number"),)


class SupplementItem(Base):
    """The offered change of one criterion, and the lead auditor's answer to it."""

    __tablename__ = "supplement_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    supplement_id: Mapped[int] = mapped_column(ForeignKey("supplement.id"))
    criterion: Mapped[str] = mapped_column(String(20))
    accepted: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    supplement: Mapped[Supplement] = relationship(back_populates="items")
    decided_by: Mapped[User | None] = relationship()

    __table_args__ = (
        UniqueConstraint("supplement_id", "criterion", name="uq_supplement_item_supplement_id_criterion"),
        CheckConstraint(
            "(accepted IS NULL) = (decided_at IS NULL) AND (accepted IS NULL) = (decided_by_id IS NULL)",
            name="decided_by_somebody",
        ),
    )
