"""How a centre's people work together on a self-assessment: who fills in which area, comments, versions, sign-off."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certify.db import Base
from certify.models.account import User


class AreaDelegation(Base):
    """An area that the manager has given to a person of the centre, with a date when one is agreed."""

    __tablename__ = "area_delegation"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    area: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    due_on: Mapped[date | None]
    given_at: Mapped[datetime]
    given_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    user: Mapped[User] = relationship(foreign_keys=user_id)

    __table_args__ = (UniqueConstraint("application_id", "area", name="uq_area_delegation_application_id_area"),)


class CriterionComment(Base):
    """What one of the centre's people says to the others about a criterion; it never leaves the centre."""

    __tablename__ = "criterion_comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    criterion: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    written_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    written_by: Mapped[User] = relationship(foreign_keys=written_by_id)
    resolved_by: Mapped[User | None] = relationship(foreign_keys=resolved_by_id)

    __table_args__ = (
        CheckConstraint("(resolved_at IS NULL) = (resolved_by_id IS NULL)", name="resolved_by_somebody"),
        Index(None, "application_id", "criterion"),
    )


class AnswerRevision(Base):
    """An answer as it was saved once; rows are only added, which the database sees to.

    `restored` is the number of the version that was brought back by this one.
    """

    __tablename__ = "answer_revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    criterion: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    points: Mapped[int | None]
    not_applicable: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    narratives: Mapped[dict[str, str]] = mapped_column(JSON)
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    restored: Mapped[int | None]

    saved_by: Mapped[User] = relationship()

    __table_args__ = (
        UniqueConstraint("application_id", "criterion", "number", name="uq_answer_revision_number"),
        # How many saves of a person are kept of the last hour is asked at each save.
        Index(None, "application_id", "saved_by_id", "saved_at"),
    )


class AreaSignOff(Base):
    """The manager's word that an area is as it should be; it holds while the area's content has this digest."""

    __tablename__ = "area_sign_off"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    area: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime]
    signed_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    signed_by: Mapped[User] = relationship()

    __table_args__ = (UniqueConstraint("application_id", "area", name="uq_area_sign_off_application_id_area"),)
