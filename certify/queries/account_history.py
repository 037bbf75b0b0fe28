"""What happened to one account, from the history: who made it, which rights it got and lost, when it was disabled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from certify.db import db
from certify.domain.policy import Actor, Role
from certify.models.account import Invitation, User
from certify.models.event import Event
from certify.models.organisation import Organisation

INVITED = ("account_invited", "invitation_confirmed")
# The steps of an account; each event names the account under `user`.
KINDS = (
    "account_created",
    "invitation_accepted",
    "membership_given",
    "membership_taken",
    "membership_ended",
    "roles_proposed",
    "roles_refused",
    "roles_changed",
    "account_enabled",
    "account_disabled",
    "password_changed",
    "password_reset",
    "sessions_ended",
)
# An account has few steps; what is older than these stands in the database.
_MOST = 200


@dataclass(frozen=True)
class Entry:
    """One line. `actor` is empty when the operator did it on the server; `roles` as the account held them after it."""

    kind: str
    at: datetime
    actor: str
    roles: tuple[str, ...] = ()
    organisation: str = ""


def entries(actor: Actor, user_id: int) -> list[Entry]:
    """The history of an account, the newest step first; only administrators read it."""
    if Role.ADMIN not in actor.roles:
        return []
    invitations = list(db.session.scalars(select(Invitation.id).where(Invitation.used_by == user_id)))
    own = and_(Event.kind.in_(KINDS), Event.data["user"].as_integer() == user_id)
    invited = and_(Event.kind.in_(INVITED), Event.data["invitation"].as_integer().in_(invitations))
    rows = (
        select(Event, User.name)
        .outerjoin(User, User.id == Event.actor_id)
        # No case: of the many events of cases none is read here.
        .where(Event.application_id.is_(None), or_(own, invited))
        .order_by(Event.id.desc())
        .limit(_MOST)
    )
    found = [(event, name or "") for event, name in db.session.execute(rows)]
    centres = _centres([event.data["organisation"] for event, _ in found if event.data.get("organisation")])
    return [_entry(event, name, centres) for event, name in found]


def _entry(event: Event, name: str, centres: dict[int, str]) -> Entry:
    data = event.data
    roles = data.get("roles") or ([data["role"]] if "role" in data else [])
    return Entry(event.kind, event.at, name, tuple(roles), centres.get(data.get("organisation") or 0, ""))


def _centres(ids: Sequence[int]) -> dict[int, str]:
    rows = select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    return {row.id: row.name for row in db.session.execute(rows)}
