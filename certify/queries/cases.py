"""Which cases an actor may see, and the facts of one case on which the rules judge."""

from datetime import date

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import joinedload

from certify.db import db
from certify.domain.errors import NotFound
from certify.domain.lifecycle import DECIDING, EDITABLE, Status
from certify.domain.policy import Actor, Case, Member, Role
from certify.models.application import Application
from certify.models.audit import Assignment, HearingItem, Report, Visit
from certify.models.decision import Appeal, Condition, Decision
from certify.queries import audits, self_assessment, supplements
from certify.queries.deadlines import term
from certify.queries.rubrics import rubric_of
from certify.timing import WARSAW, today


def visible_to(actor: Actor) -> Select[Application]:
    """The cases that exist for the actor, as one query; the rows that `policy.may_see_case` would let through."""
    chosen = select(Application).options(joinedload(Application.organisation), joinedload(Application.unit))
    if actor.roles & {Role.COORDINATOR, Role.ADMIN}:
        return chosen
    clauses: list[ColumnElement[bool]] = [false()]
    if actor.centres:
        clauses.append(Application.organisation_id.in_(actor.centres))
    if Role.AUDITOR in actor.roles:
        assigned = select(Assignment.application_id).where(
            Assignment.auditor_id == actor.user_id, Assignment.released_at.is_(None)
        )
        clauses.append(Application.id.in_(assigned))
    if Role.DECISION_MAKER in actor.roles:
        clauses.append(Application.status.in_([status.value for status in DECIDING]))
    return chosen.where(or_(*clauses))


def get(actor: Actor, application_id: int) -> Application:
    """One case; raises `NotFound` alike for a missing and for a foreign one."""
    found = db.session.scalar(visible_to(actor).where(Application.id == application_id))
    if found is None:
        raise NotFound
    return found


def own(actor: Actor, application_id: int) -> Application:
    """A case of one of the actor's own centres; for everybody else what the centre has at its desk does not exist."""
    found = get(actor, application_id)
    if found.organisation_id not in actor.centres:
        raise NotFound
    return found


def listed(actor: Actor, statuses: list[Status] | None = None) -> list[Application]:
    """The actor's cases, the nearest deadline first, those without a deadline last."""
    rows = visible_to(actor)
    if statuses is not None:
        rows = rows.where(Application.status.in_([status.value for status in statuses]))
    return list(db.session.scalars(rows.order_by(Application.due_on.is_(None), Application.due_on, Application.id)))


def team(application: Application) -> list[Assignment]:
    """The auditors of the case who were not released, the lead first."""
    return audits.assignments(application)


def objection_until(application: Application, members: list[Assignment]) -> date | None:
    """The last day on which the centre may object to the team; None before a team stands."""
    if not members:
        return None
    appointed = max(member.appointed_at for member in members)
    return term(rubric_of(application), "objection", appointed.astimezone(WARSAW).date())


def _objection_over(application: Application, members: list[Assignment]) -> bool:
    if application.team_agreed_at is not None:
        return True
    until = objection_until(application, members)
    return until is not None and today() > until


def _members(application: Application, members: list[Assignment]) -> tuple[Member, ...]:
    asked = {criterion.id for criterion in rubric_of(application).criteria_for(application.centre_type)}
    return tuple(
        Member(
            user_id=one.auditor_id,
            lead=one.lead,
            declared=one.declared_at is not None,
            tie=one.tie,
            objected=one.objected_at is not None and one.overruled_at is None,
            sheet_complete=asked <= audits.sheet(one).keys(),
            handed_in=one.handed_in_at is not None,
        )
        for one in members
    )


def _hearing(application: Application) -> tuple[bool, int]:
    """Whether the draft report went to the centre, and how many of its comments lack an answer."""
    sent = db.session.scalar(select(Report.id).where(Report.application_id == application.id).limit(1))
    unanswered = select(HearingItem.id).where(
        HearingItem.application_id == application.id, HearingItem.answered_at.is_(None)
    )
    return sent is not None, len(db.session.scalars(unanswered).all())


def decisions(application: Application) -> list[Decision]:
    """All decisions of the case, the oldest first."""
    rows = select(Decision).where(Decision.application_id == application.id).order_by(Decision.id)
    return list(db.session.scalars(rows))


def _conditions_unreported(made: list[Decision]) -> int:
    if not made:
        return 0
    rows = select(Condition.id).where(Condition.decision_id == made[-1].id, Condition.reported_at.is_(None))
    return len(db.session.scalars(rows).all())


def _appealed(made: list[Decision]) -> bool:
    if not made:
        return False
    return db.session.scalar(select(Appeal.id).where(Appeal.decision_id == made[-1].id)) is not None


def facts(application: Application) -> Case:
    """The facts of the case, read afresh; call it inside the transaction that acts on them."""
    rubric = rubric_of(application)
    status = Status(application.status)
    members = team(application)
    made = decisions(application)
    hearing_held, hearing_items_open = _hearing(application)
    overdue = application.due_on is not None and today() > application.due_on
    visited = db.session.scalar(select(Visit.id).where(Visit.application_id == application.id).limit(1)) is not None
    return Case(
        status=status,
        organisation_id=application.organisation_id,
        # The check-list is long, and only those who may still write are asked for it.
        ready=status not in EDITABLE or self_assessment.readiness_of(application).ready,
        rounds_used=application.supplement_rounds,
        rounds_allowed=rubric.process.supplement_rounds,
        auditors_needed=rubric.process.auditors,
        team=_members(application, members),
        team_agreed=application.team_agreed_at is not None,
        objection_over=_objection_over(application, members),
        supplement_items_open=supplements.items_waiting(application),
        visit_missing=rubric.process.visit == "required" and not visited,
        divergences_open=len(audits.unsettled(application)),
        hearing_held=hearing_held,
        hearing_over=overdue,
        hearing_items_open=hearing_items_open,
        deciders=frozenset(decision.decided_by_id for decision in made),
        conditions_unreported=_conditions_unreported(made),
        conditions_over=overdue,
        extended=application.conditions_extended,
        appeal_over=overdue,
        appeal_used=_appealed(made),
    )
