"""Which bytes of the store the database calls for."""

from sqlalchemy import String, select

from certify.db import Base, db
from certify.models.certificate import Certificate
from certify.models.evidence import EvidenceRevision


def named() -> set[str]:
    """Every digest that any table mentions.

    Found by the names of the columns, so that a table of tomorrow keeps its bytes even when nobody thinks of the
    sweeper; digests of other things among them (seals, originals) keep nothing that is there.
    """
    found: set[str] = set()
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if column.name.endswith("sha256") and isinstance(column.type, String):
                found.update(db.session.scalars(select(column).where(column.is_not(None)).distinct()))
    return found


def owed() -> set[str]:
    """The digests whose bytes must be there: evidence, locked away or not, and the printed certificates."""
    evidence = select(EvidenceRevision.sha256).distinct()
    printed = select(Certificate.pdf_sha256).where(Certificate.pdf_sha256.is_not(None))
    return {*db.session.scalars(evidence), *(one for one in db.session.scalars(printed) if one)}


def infected() -> set[str]:
    """The digests that must not stand in the store."""
    rows = select(EvidenceRevision.sha256).where(EvidenceRevision.scan == "infected")
    return set(db.session.scalars(rows.distinct()))
