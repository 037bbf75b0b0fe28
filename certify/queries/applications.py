"""What the centre's desk shows of its own applications: units to apply for, steps taken, notes, the appeal."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certify.db import db
from certify.domain.errors import NotFound
from certify.domain.lifecycle import Action
from certify.models.application import Application, CaseNote
from certify.models.decision import Appeal
from certify.models.event import Event
from certify.models.organisation import Organisation, Unit


def units_of(organisation_ids: Sequence[int]) -> list[Unit]:
    """The units of the organisations, the main one of each first."""
    rows = select(Unit).join(Organisation).where(Unit.organisation_id.in_(organisation_ids))
    ordered = rows.options(joinedload(Unit.organisation)).order_by(Organisation.sort_key, Unit.is_main.desc(), Unit.id)
    return list(db.session.scalars(ordered))


def latest(application: Application, action: Action) -> Event:
    """The newest time that the action was taken; raises `NotFound` when it never was."""
    rows = select(Event).where(Event.application_id == application.id, Event.kind == action.value)
    found = db.session.scalars(rows.order_by(Event.id.desc()).limit(1)).first()
    if found is None:
        raise NotFound
    return found


def notes(application: Application, action: Action) -> list[CaseNote]:
    """What was written when the action was taken, the newest first."""
    rows = select(CaseNote).where(CaseNote.application_id == application.id, CaseNote.action == action.value)
    return list(db.session.scalars(rows.order_by(CaseNote.id.desc())))


def appeals(application: Application) -> list[Appeal]:
    """The appeals of the case, the newest first."""
    rows = select(Appeal).where(Appeal.application_id == application.id).order_by(Appeal.id.desc())
    return list(db.session.scalars(rows))
