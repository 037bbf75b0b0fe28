"""An organisation's library of evidence: pieces, their revisions by content hash, and links to criteria."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certify.db import Base
from certify.models.account import User


class Evidence(Base):
    """One piece of evidence with its passport: what it proves, for which period, whether people are named in it."""

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40), default="")
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    valid_until: Mapped[date | None]
    personal_data: Mapped[bool] = mapped_column(default=False)
    author: Mapped[str] = mapped_column(String(200), default="")
    proves: Mapped[str] = mapped_column(Text, default="")
    # The questions on personal data; None: nobody has answered yet.
    names_people: Mapped[bool | None]
    shows_pesel: Mapped[bool | None]
    shows_faces: Mapped[bool | None]
    has_consent: Mapped[bool | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    revisions: Mapped[list["EvidenceRevision"]] = relationship(order_by="EvidenceRevision.number")

    @property
    def current(self) -> "EvidenceRevision":
        """The newest revision; sealed submissions name theirs themselves."""
        return self.revisions[-1]


class EvidenceRevision(Base):
    """The bytes of a piece of evidence at a moment; kept under their SHA-256, named as the user named them."""

    __tablename__ = "evidence_revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"), index=True)
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(100))
    filename: Mapped[str] = mapped_column(String(150))
    # What was sent, where the record is a copy without EXIF data, thumbnails and the like.
    original_sha256: Mapped[str | None] = mapped_column(String(64))
    original_size: Mapped[int | None]
    # What the text of the file looks like, for a question to the centre: "pesel", "attendance", with a comma between.
    traces: Mapped[str] = mapped_column(String(40), default="")
    # "none": no scanner was set up then; "pending": it has not answered yet. The detail is the signature that was
    # found, or why there is no answer; the moment is that of the last answer.
    scan: Mapped[str] = mapped_column(String(10), default="none", index=True)
    scan_detail: Mapped[str] = mapped_column(String(100), default="")
    scanned_at: Mapped[datetime | None]
    uploaded_at: Mapped[datetime]
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    uploaded_by: Mapped[User] = relationship()
    evidence: Mapped[Evidence] = relationship(back_populates="revisions")

    __table_args__ = (
        UniqueConstraint("evidence_id", "number", name="uq_evidence_revision_evidence_id_number"),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("(original_sha256 IS NULL) = (original_size IS NULL)", name="original_whole"),
        CheckConstraint("scan IN ('none', 'pending', 'clean', 'infected')", name="scan_known"),
    )


class EvidenceLink(Base):
    """A piece of evidence attached to a criterion of an application, with the pages to read."""

    __tablename__ = "evidence_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"), index=True)
    criterion: Mapped[str] = mapped_column(String(20))
    pages: Mapped[str] = mapped_column(String(60), default="")

    evidence: Mapped[Evidence] = relationship()

    __table_args__ = (
        UniqueConstraint("application_id", "evidence_id", "criterion", name="uq_evidence_link_application_evidence"),
    )
