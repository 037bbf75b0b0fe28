"""The whole public register, and marks by which one sees that it has not changed."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from certify.db import db
from certify.models.certificate import Certificate, CertificateEvent
from certify.models.event import Event
from certify.timing import today


@dataclass(frozen=True)
class Edition:
    """The register as it stands: entries are never changed or deleted, only added; so are the events of their lives.

    Statuses turn with the day.
    """

    on: date
    entries: int
    last_entry: int
    last_event: int


def edition() -> Edition:
    """The present edition: equal to an earlier one when nothing has changed since."""
    last_event = select(func.max(CertificateEvent.id)).scalar_subquery()
    found = db.session.execute(select(func.count(Certificate.id), func.max(Certificate.id), last_event)).one()
    return Edition(today(), *(int(one or 0) for one in found))


def entries() -> list[Certificate]:
    """All certificates in Polish alphabetical order of their holders, with what happened to them."""
    rows = select(Certificate).order_by(Certificate.holder_sort_key, Certificate.id)
    return list(db.session.scalars(rows.options(selectinload(Certificate.events))))


def head() -> Event | None:
    """The newest row of the history, in which every certificate's issue stands; None before anything has happened."""
    return db.session.scalar(select(Event).order_by(Event.id.desc()).limit(1))
