"""The words under which certificates, applications and centres are found."""

from enum import IntEnum

from sqlalchemy import Index, PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from certify.db import Base


class Kind(IntEnum):
    """Whose words they are."""

    CERTIFICATE = 1
    APPLICATION = 2
    ORGANISATION = 3


class SearchWord(Base):
    """One folded word of one thing (`domain.search_words`); words are looked up by their beginning, sign by sign.

    The rows follow from those of the things themselves and can be written anew at any time.
    """

    __tablename__ = "search_word"

    kind: Mapped[int]
    word: Mapped[str] = mapped_column(String(40).with_variant(String(40, collation="C"), "postgresql"))
    owner_id: Mapped[int]

    __table_args__ = (
        PrimaryKeyConstraint("kind", "word", "owner_id", name="pk_search_word"),
        Index("ix_search_word_owner", "kind", "owner_id", "word"),
        {"sqlite_with_rowid": False},
    )
