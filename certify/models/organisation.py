"""Legal holders, their units and the gminas that they serve."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certify.db import Base, SortKey


class Organisation(Base):
    """A legal holder: OPS, CUS, NGO… `sort_key` orders Polish names alike in SQLite and PostgreSQL."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    street: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(6), default="")
    city: Mapped[str] = mapped_column(String(100))
    voivodeship: Mapped[str] = mapped_column(String(2))
    nip: Mapped[str | None] = mapped_column(String(10))
    regon: Mapped[str | None] = mapped_column(String(14))
    sort_key: Mapped[str] = mapped_column(SortKey, index=True)
    # Counts changes, so that nobody overwrites what somebody else has just written.
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    units: Mapped[list["Unit"]] = relationship(back_populates="organisation", order_by="Unit.id")

    __table_args__ = (
        UniqueConstraint("regon", name="uq_organisation_regon"),
        CheckConstraint("name <> ''", name="name_given"),
    )

    @property
    def address(self) -> str:
        """Street, postcode and town on one line."""
        return ", ".join(part for part in (self.street, f"{self.postcode} {self.city}".strip()) if part)


class Unit(Base):
    """A part of an organisation that may hold the certificate itself; the main unit is the organisation as a whole."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    is_main: Mapped[bool] = mapped_column(default=False)

    organisation: Mapped[Organisation] = relationship(back_populates="units")
    gminas: Mapped[list["UnitGmina"]] = relationship(order_by="UnitGmina.terc")


class UnitGmina(Base):
    """A gmina that the unit serves: TERC code (7 characters, text) as it stood on a day."""

    __tablename__ = "unit_gmina"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    terc: Mapped[str] = mapped_column(String(7))
    name: Mapped[str] = mapped_column(String(100))
    as_of: Mapped[date]

    __table_args__ = (UniqueConstraint("unit_id", "terc", name="uq_unit_gmina_unit_id_terc"),)
