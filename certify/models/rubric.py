"""Published rubric versions: the file's own bytes, immutable, with a hash of the content and one of the structure."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from certify.db import Base


class RubricVersion(Base):
    """One published version of one scheme; applications pin the row that they began with."""

    __tablename__ = "rubric_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    # Read with the row only where it is asked for: each request that touches a case would carry tens of kilobytes.
    source: Mapped[str] = mapped_column(Text, deferred=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    structure_hash: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    __table_args__ = (UniqueConstraint("scheme", "version", name="uq_rubric_version_scheme_version"),)
