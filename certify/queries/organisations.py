"""Centres as the office sees them: the list in Polish order, one centre with its units and people."""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from certify.db import db
from certify.domain.errors import NotFound
from certify.domain.policy import Actor
from certify.models.account import Membership
from certify.models.application import Application
from certify.models.organisation import Organisation, Unit
from certify.models.search import Kind
from certify.queries.accounts import OFFICE
from certify.queries.search import found

PAGE = 50


def page(words: str, number: int) -> tuple[list[Organisation], int, bool]:
    """One page of the centres that have all `words`, in Polish alphabetical order, how many there are, and if more.

    Of what was searched for only a thousand are counted.
    """
    rows, more = select(Organisation), False
    if words:
        ids, more = found(Kind.ORGANISATION, words)
        rows = rows.where(Organisation.id.in_(ids))
    total = len(ids) if words else db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    ordered = rows.options(selectinload(Organisation.units)).order_by(Organisation.sort_key, Organisation.id)
    return list(db.session.scalars(ordered.offset((number - 1) * PAGE).limit(PAGE))), total, more


def get(organisation_id: int) -> Organisation:
    """One centre with its units and their gminas; raises `NotFound`."""
    rows = select(Organisation).options(selectinload(Organisation.units).selectinload(Unit.gminas))
    found = db.session.scalar(rows.where(Organisation.id == organisation_id))
    if found is None:
        raise NotFound
    return found


def members(organisation_id: int) -> list[Membership]:
    """The people of a centre, in the order in which they came."""
    rows = select(Membership).where(Membership.organisation_id == organisation_id)
    return list(db.session.scalars(rows.options(selectinload(Membership.user)).order_by(Membership.id)))


def cases_of(organisation_id: int) -> list[Application]:
    """All cases of a centre, the newest first."""
    rows = select(Application).where(Application.organisation_id == organisation_id)
    return list(db.session.scalars(rows.order_by(Application.id.desc())))


def visible_to(actor: Actor) -> Select[Organisation]:
    """The organisations that exist for the actor: all for the office, the own ones for the people of a centre."""
    rows = select(Organisation)
    return rows if actor.roles & OFFICE else rows.where(Organisation.id.in_(actor.centres))


def visible(actor: Actor, organisation_id: int) -> Organisation:
    """One organisation with its units; raises `NotFound` alike for a missing and for a foreign one."""
    loaded = visible_to(actor).options(selectinload(Organisation.units).selectinload(Unit.gminas))
    found: Organisation | None = db.session.scalar(loaded.where(Organisation.id == organisation_id))
    if found is None:
        raise NotFound
    return found
