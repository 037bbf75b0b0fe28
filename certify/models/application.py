"""Applications, their answers and the sealed submissions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certify.db import Base
from certify.domain.lifecycle import CLOSED, Status
from certify.models.account import User
from certify.models.evidence import EvidenceLink
from certify.models.organisation import Organisation, Unit
from certify.models.rubric import RubricVersion


def _listed(statuses: list[Status]) -> str:
    return ", ".join(f"'{status.value}'" for status in sorted(statuses))


_BEFORE_SUBMISSION = [Status.DRAFT, Status.WITHDRAWN]
_BEFORE_ACCEPTANCE = [*_BEFORE_SUBMISSION, Status.SUBMITTED, Status.SUPPLEMENT, Status.REJECTED]
_DECIDED = [Status.CONDITIONAL, Status.GRANTED, Status.REFUSED, Status.APPEAL, Status.CERTIFIED]
_OPEN = [status for status in Status if status not in CLOSED]


class Application(Base):
    """A case: one unit's way to the certificate of one scheme, on the rubric version that it began with.

    `version` counts the steps that all its readers know of (`lifecycle.COUNTED`) and guards against stale forms;
    answers, ratings, comments and conditions have versions of their own.
    """

    __tablename__ = "application"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(30))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    rubric_version_id: Mapped[int] = mapped_column(ForeignKey("rubric_version.id"))
    scheme: Mapped[str] = mapped_column(String(40))
    centre_type: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    status_since: Mapped[datetime]
    due_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    submitted_at: Mapped[datetime | None]
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    supplement_rounds: Mapped[int] = mapped_column(default=0)
    team_agreed_at: Mapped[datetime | None]
    conditions_extended: Mapped[bool] = mapped_column(default=False)

    organisation: Mapped[Organisation] = relationship()
    unit: Mapped[Unit] = relationship()
    rubric_version: Mapped[RubricVersion] = relationship()
    answers: Mapped[list["Answer"]] = relationship(order_by="Answer.criterion", foreign_keys="Answer.application_id")
    submissions: Mapped[list["Submission"]] = relationship(order_by="Submission.number")
    evidence_links: Mapped[list[EvidenceLink]] = relationship(order_by="EvidenceLink.id")

    __table_args__ = (
        UniqueConstraint("number", name="uq_application_number"),
        CheckConstraint(f"status IN ({_listed(list(Status))})", name="status_known"),
        CheckConstraint(
            f"status IN ({_listed(_BEFORE_SUBMISSION)}) OR (submitted_at IS NOT NULL AND submitted_by_id IS NOT NULL)",
            name="submitted_by_somebody",
        ),
        CheckConstraint(
            f"status IN ({_listed(_BEFORE_ACCEPTANCE)}) OR (accepted_at IS NOT NULL AND accepted_by_id IS NOT NULL)",
            name="accepted_by_somebody",
        ),
        CheckConstraint(
            f"status NOT IN ({_listed(_DECIDED)}) OR (decided_at IS NOT NULL AND decided_by_id IS NOT NULL)",
            name="decided_by_somebody",
        ),
        # The board lists by status, the nearest term first.
        Index("ix_application_status_due_on", "status", "due_on", "id"),
        Index("ix_application_due_on", "due_on", "id"),
        Index(
            "uq_application_open_unit_scheme",
            "unit_id",
            "scheme",
            unique=True,
            sqlite_where=text(f"status IN ({_listed(_OPEN)})"),
            postgresql_where=text(f"status IN ({_listed(_OPEN)})"),
        ),
    )


class Answer(Base):
    """The centre's living answer to one criterion; `version` guards against two tabs.

    `carried_from_id`, `carried_on`: it comes from an earlier application and counts only when somebody confirms it,
    which empties both.
    """

    __tablename__ = "answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    criterion: Mapped[str] = mapped_column(String(20))
    points: Mapped[int | None]
    not_applicable: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text, default="")
    narratives: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    version: Mapped[int] = mapped_column(default=1)
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    carried_from_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    carried_on: Mapped[date | None]

    saved_by: Mapped[User] = relationship()
    carried_from: Mapped[Application | None] = relationship(foreign_keys=[carried_from_id])

    __table_args__ = (
        UniqueConstraint("application_id", "criterion", name="uq_answer_application_id_criterion"),
        CheckConstraint("(carried_from_id IS NULL) = (carried_on IS NULL)", name="carried_with_its_day"),
        CheckConstraint("points IS NULL OR NOT not_applicable", name="points_or_not_applicable"),
    )


class Submission(Base):
    """What the centre signed off: answers and evidence revisions, sealed under one SHA-256 and never changed."""

    __tablename__ = "submission"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]
    sealed_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    sealed_by: Mapped[User] = relationship()

    __table_args__ = (UniqueConstraint("application_id", "number", name="uq_submission_application_id_number"),)


class CaseNote(Base):
    """What somebody wrote when taking an action: what to supplement, why it was rejected."""

    __tablename__ = "case_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    action: Mapped[str] = mapped_column(String(30))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    written_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    written_by: Mapped[User] = relationship()
