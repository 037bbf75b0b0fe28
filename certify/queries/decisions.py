"""The decision maker's worklist, and what was decided lately."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certify.db import db
from certify.domain.lifecycle import DECIDING, Status
from certify.domain.policy import Actor
from certify.models.application import Application
from certify.models.audit import Assignment
from certify.models.decision import Appeal, Decision
from certify.queries import cases

WAITING = [Status.DECISION, Status.APPEAL, Status.CONDITIONAL]
RECENT = 20


@dataclass(frozen=True)
class Waiting:
    """A case that waits; `barred` when the actor scored or decided it before and somebody else must act."""

    application: Application
    barred: bool


def worklist(actor: Actor) -> list[Waiting]:
    """Cases to decide, appeals, and running conditions, the nearest deadline first."""
    decided = set(db.session.scalars(select(Decision.application_id).where(Decision.decided_by_id == actor.user_id)))
    audited = set(
        db.session.scalars(
            select(Assignment.application_id).where(
                Assignment.auditor_id == actor.user_id, Assignment.released_at.is_(None)
            )
        )
    )
    return [
        Waiting(one, one.id in audited or (one.id in decided and one.status != Status.CONDITIONAL.value))
        for one in cases.listed(actor, WAITING)
    ]


def recent(actor: Actor) -> list[tuple[Decision, Application]]:
    """The newest decisions in cases that the actor may see."""
    rows = (
        select(Decision, Application)
        .join(Application, Application.id == Decision.application_id)
        .where(Application.status.in_([status.value for status in DECIDING]))
        .options(joinedload(Application.organisation), joinedload(Application.unit), joinedload(Decision.decided_by))
        .order_by(Decision.id.desc())
        .limit(RECENT)
    )
    clause = cases.visible_to(actor).whereclause
    if clause is not None:
        rows = rows.where(clause)
    return [(decision, application) for decision, application in db.session.execute(rows)]


def appeal_of(decision: Decision) -> Appeal | None:
    """The centre's appeal against a decision."""
    return db.session.scalar(select(Appeal).where(Appeal.decision_id == decision.id))
