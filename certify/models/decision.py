"""Decisions with their trace, the conditions that they set, and appeals against them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certify.db import Base
from certify.models.account import User


class Decision(Base):
    """A decision: what was computed, what was decided, why, and why it departs where it does."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    number: Mapped[str] = mapped_column(String(40))
    leads_to: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(40))
    computed_outcome: Mapped[str] = mapped_column(String(40))
    reasons: Mapped[str] = mapped_column(Text)
    departure_reasons: Mapped[str] = mapped_column(Text, default="")
    trace: Mapped[dict[str, Any]] = mapped_column(JSON)
    decided_at: Mapped[datetime]
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    decided_by: Mapped[User] = relationship()
    conditions: Mapped[list["Condition"]] = relationship(order_by="Condition.id")

    __table_args__ = (
        UniqueConstraint("number", name="uq_decision_number"),
        CheckConstraint("leads_to IN ('granted', 'conditional', 'refused')", name="leads_to_known"),
        CheckConstraint("reasons <> ''", name="reasons_given"),
        CheckConstraint("outcome = computed_outcome OR departure_reasons <> ''", name="departure_explained"),
    )


class Condition(Base):
    """Something to mend by a day; the centre reports it, an auditor verifies it."""

    __tablename__ = "condition"

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date]
    reported_at: Mapped[datetime | None]
    reported_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    report: Mapped[str] = mapped_column(Text, default="")
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    __table_args__ = (
        CheckConstraint("kind IN ('criterion', 'area', 'other')", name="kind_known"),
        CheckConstraint("verified_at IS NULL OR verified_by_id IS NOT NULL", name="verified_by_somebody"),
    )


class Appeal(Base):
    """The centre's appeal against a refusal, and the panel's answer."""

    __tablename__ = "appeal"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"))
    grounds: Mapped[str] = mapped_column(Text)
    filed_at: Mapped[datetime]
    filed_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    upheld: Mapped[bool | None]
    reasons: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    __table_args__ = (
        UniqueConstraint("decision_id", name="uq_appeal_decision_id"),
        CheckConstraint("upheld IS NULL OR (decided_at IS NOT NULL AND reasons <> '')", name="outcome_explained"),
    )
