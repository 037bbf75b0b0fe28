"""The audit: appointed auditors, their append-only scores, the consensus, the visit, the report and the hearing."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certify.db import Base
from certify.models.account import User


class Assignment(Base):
    """An auditor's place in a case: appointment, declaration of impartiality, the centre's objection, the sheet."""

    __tablename__ = "assignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    auditor_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    lead: Mapped[bool] = mapped_column(default=False)
    appointed_at: Mapped[datetime]
    appointed_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    declared_at: Mapped[datetime | None]
    tie: Mapped[bool] = mapped_column(default=False)
    tie_note: Mapped[str] = mapped_column(Text, default="")
    objected_at: Mapped[datetime | None]
    objection: Mapped[str] = mapped_column(Text, default="")
    overruled_at: Mapped[datetime | None]
    overrule_note: Mapped[str] = mapped_column(Text, default="")
    handed_in_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]

    auditor: Mapped[User] = relationship(foreign_keys=[auditor_id])

    __table_args__ = (
        Index(
            "uq_assignment_active_auditor",
            "application_id",
            "auditor_id",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
        Index(
            "uq_assignment_active_lead",
            "application_id",
            unique=True,
            sqlite_where=text("lead AND released_at IS NULL"),
            postgresql_where=text("lead AND released_at IS NULL"),
        ),
        CheckConstraint("handed_in_at IS NULL OR declared_at IS NOT NULL", name="declared_before_hand_in"),
    )


class Score(Base):
    """One auditor's rating of one criterion of one submission; a change is a new row, the newest row counts."""

    __tablename__ = "score"

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    criterion: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    points: Mapped[int | None]
    not_applicable: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text, default="")
    submission_number: Mapped[int]
    scored_at: Mapped[datetime]

    assignment: Mapped[Assignment] = relationship()

    __table_args__ = (
        UniqueConstraint("assignment_id", "criterion", "number", name="uq_score_assignment_id_criterion_number"),
        CheckConstraint("(points IS NULL) = not_applicable", name="points_or_not_applicable"),
    )


class Consensus(Base):
    """What the auditors agreed for a criterion on which their sheets diverged, and why."""

    __tablename__ = "consensus"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    criterion: Mapped[str] = mapped_column(String(20))
    points: Mapped[int | None]
    not_applicable: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    settled_at: Mapped[datetime]
    settled_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    settled_by: Mapped[User] = relationship()

    __table_args__ = (
        UniqueConstraint("application_id", "criterion", name="uq_consensus_application_id_criterion"),
        CheckConstraint("note <> ''", name="note_given"),
    )


class Visit(Base):
    """The site visit: the day and the minutes."""

    __tablename__ = "visit"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    held_on: Mapped[date]
    minutes: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))


class Report(Base):
    """The auditors' report: number 1 is the draft that the centre hears, the last one is final."""

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    number: Mapped[int]
    final: Mapped[bool] = mapped_column(default=False)
    summary: Mapped[str] = mapped_column(Text)
    strengths: Mapped[str] = mapped_column(Text, default="")
    recommendations: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime]
    sent_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    sent_by: Mapped[User] = relationship()

    __table_args__ = (UniqueConstraint("application_id", "number", name="uq_report_application_id_number"),)


class HearingItem(Base):
    """One comment of the centre on the draft report, and the lead auditor's answer. Kind: slip, disputed, omitted."""

    __tablename__ = "hearing_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    criterion: Mapped[str | None] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    written_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    answer: Mapped[str] = mapped_column(Text, default="")
    accepted: Mapped[bool | None]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    __table_args__ = (CheckConstraint("kind IN ('slip', 'disputed', 'omitted')", name="kind_known"),)
