"""Certificates: copies of what was true at issue, and the events from which their status is computed."""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certify.db import Base, SortKey
from certify.domain.certificate_numbers import bare_key, parts_key


def _of_number(key: Callable[[str], str]) -> Callable[[DefaultExecutionContext], str]:
    """The value of a column that is made from the number when the row is written."""
    return lambda context: key(context.get_current_parameters()["number"])


class Certificate(Base):
    """An issued certificate. It copies names, scope and dates, since holders and standards change in its life.

    An entry with a `source` tells of a certificate from before this service: it holds only what that public source says
    (`awarded` in its words), often neither dates nor a decision, and no file.
    """

    __tablename__ = "certificate"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40))
    path_number: Mapped[str] = mapped_column(String(40))
    # What the number is looked up by when it is written in another way (`domain.certificate_numbers`).
    parts_key: Mapped[str] = mapped_column(String(80), index=True, default=_of_number(parts_key))
    bare_key: Mapped[str] = mapped_column(String(80), index=True, default=_of_number(bare_key))
    scheme: Mapped[str] = mapped_column(String(40))
    year: Mapped[int]
    serial: Mapped[int]
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    holder_name: Mapped[str] = mapped_column(String(200))
    holder_sort_key: Mapped[str] = mapped_column(SortKey, index=True)
    holder_address: Mapped[str] = mapped_column(String(400), default="")
    voivodeship: Mapped[str] = mapped_column(String(2))
    unit_name: Mapped[str] = mapped_column(String(200), default="")
    title: Mapped[str] = mapped_column(String(200))
    grade: Mapped[str] = mapped_column(String(100), default="")
    scope: Mapped[str] = mapped_column(Text)
    standard_title: Mapped[str] = mapped_column(String(200))
    standard_version: Mapped[str] = mapped_column(String(20))
    issuer_name: Mapped[str] = mapped_column(String(200))
    decision_number: Mapped[str] = mapped_column(String(40), default="")
    decision_date: Mapped[date | None]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    awarded: Mapped[str] = mapped_column(String(60), default="")
    expiring_months: Mapped[int]
    issued_at: Mapped[datetime]
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    pdf_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    source: Mapped[str] = mapped_column(Text, default="")

    events: Mapped[list["CertificateEvent"]] = relationship(order_by="CertificateEvent.id")

    __table_args__ = (
        UniqueConstraint("decision_id", name="uq_certificate_decision_id"),
        UniqueConstraint("number", name="uq_certificate_number"),
        UniqueConstraint("path_number", name="uq_certificate_path_number"),
        UniqueConstraint("scheme", "year", "serial", name="uq_certificate_scheme_year_serial"),
        CheckConstraint("valid_until >= valid_from", name="validity_ordered"),
        CheckConstraint("decision_date IS NULL OR valid_from >= decision_date", name="not_before_decision"),
        CheckConstraint(
            "source <> '' OR (decision_id IS NOT NULL AND pdf_sha256 IS NOT NULL AND issued_by_id IS NOT NULL"
            " AND valid_from IS NOT NULL AND valid_until IS NOT NULL)",
            name="issued_whole",
        ),
    )


class CertificateEvent(Base):
    """A dated change in a certificate's life: issued, suspended, reinstated, revoked, superseded, resigned."""

    __tablename__ = "certificate_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    __table_args__ = (
        CheckConstraint(
            "kind IN ('issued', 'suspended', 'reinstated', 'revoked', 'superseded', 'resigned')", name="kind_known"
        ),
    )
