"""Which cases an actor may see, and the facts of one case on which the rules judge."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from certify.queries.parts import Parts, parts_in
from certify.queries.rubrics import rubric_of
from certify.timing import WARSAW, today


def visible_to(actor: Actor) -> Select[Application]:
    """The cases that exist for the actor, as one query; the rows that `policy.may_see_case` would let through."""
    chosen = select(Application).options(
        joinedload(Application.organisation), joinedload(Application.unit), joinedload(Application.rubric_version)
    )
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


def get(actor: Actor, application_id: int, *, locked: bool = False) -> Application:
    """One case; raises `NotFound` alike for a missing and for a foreign one.

    `locked`: nobody else changes it before this transaction ends, and it is read as it stands after the lock was taken.
    """
    rows = visible_to(actor).where(Application.id == application_id)
    if locked:
        # Only the case's own row: its centre and unit are read beside it.
        rows = rows.with_for_update(of=Application).execution_options(populate_existing=True)
    found = db.session.scalar(rows)
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


def _members(
    application: Application, members: list[Assignment], sheets: Mapping[int, audits.Sheet]
) -> tuple[Member, ...]:
    asked = {criterion.id for criterion in rubric_of(application).criteria_for(application.centre_type)}
    return tuple(
        Member(
            user_id=one.auditor_id,
            lead=one.lead,
            declared=one.declared_at is not None,
            tie=one.tie,
            objected=one.objected_at is not None and one.overruled_at is None,
            sheet_complete=asked <= sheets[one.id].keys(),
            handed_in=one.handed_in_at is not None,
        )
        for one in members
    )


def decisions(application: Application) -> list[Decision]:
    """All decisions of the case, the oldest first."""
    return decisions_in([application])[application.id]


def decisions_in(applications: Sequence[Application]) -> dict[int, list[Decision]]:
    """The decisions of many cases by the number of the case, in one query."""
    found: dict[int, list[Decision]] = {one.id: [] for one in applications}
    rows = select(Decision).where(Decision.application_id.in_(found)).order_by(Decision.id)
    for decision in db.session.scalars(rows):
        found[decision.application_id].append(decision)
    return found


@dataclass(frozen=True)
class _Read:
    """What the rows of many cases say, by the number of the case; the last two by the number of the decision."""

    parts: Mapping[int, Parts]
    teams: Mapping[int, list[Assignment]]
    sheets: Mapping[int, audits.Sheet]
    divergences: Mapping[int, int]
    decisions: Mapping[int, list[Decision]]
    waiting: Mapping[int, int]
    reported: frozenset[int]
    comments: Mapping[int, int]
    visited: frozenset[int]
    unreported: Mapping[int, int]
    appealed: frozenset[int]


def _divergences(
    applications: Sequence[Application], teams: Mapping[int, list[Assignment]], sheets: Mapping[int, audits.Sheet]
) -> dict[int, int]:
    """How many criteria the auditors still have to settle."""
    found = {one.id: audits.divergent_between(one, teams[one.id], sheets) for one in applications}
    settled = audits.settled_in([one for one in applications if found[one.id]]) if any(found.values()) else {}
    return {key: sum(one not in settled[key] for one in criteria) for key, criteria in found.items() if criteria}


def _read(applications: Sequence[Application]) -> _Read:
    keys = [one.id for one in applications]
    appointed, made = audits.appointments(applications), decisions_in(applications)
    teams = audits.present(appointed)
    sheets = audits.sheets_of([member for members in teams.values() for member in members])
    newest = [found[-1].id for found in made.values() if found]
    reports = select(Report.application_id).where(Report.application_id.in_(keys))
    comments = select(HearingItem.application_id).where(
        HearingItem.application_id.in_(keys), HearingItem.answered_at.is_(None)
    )
    visits = select(Visit.application_id).where(Visit.application_id.in_(keys))
    conditions = select(Condition.decision_id).where(Condition.decision_id.in_(newest), Condition.reported_at.is_(None))
    decided = [key for key, found in made.items() if found]
    appeals = list(db.session.scalars(select(Appeal).where(Appeal.application_id.in_(decided)))) if decided else []
    return _Read(
        parts=parts_in(applications, appointed, made, appeals),
        teams=teams,
        sheets=sheets,
        divergences=_divergences(applications, teams, sheets),
        decisions=made,
        waiting=supplements.items_waiting(keys),
        reported=frozenset(db.session.scalars(reports)),
        comments=Counter(db.session.scalars(comments)),
        visited=frozenset(db.session.scalars(visits)),
        unreported=Counter(db.session.scalars(conditions)) if newest else {},
        appealed=frozenset(one.decision_id for one in appeals),
    )


def facts(application: Application) -> Case:
    """The facts of the case, read afresh; call it inside the transaction that acts on them."""
    return facts_of([application])[application.id]


def facts_of(applications: Sequence[Application]) -> dict[int, Case]:
    """The facts of many cases by their number, in as many queries as those of one.

    Only the check-list of a case that is not handed over yet is read case by case.
    """
    found = _read(applications)
    return {one.id: _facts(one, found) for one in applications}


def _facts(application: Application, found: _Read) -> Case:
    rubric, key = rubric_of(application), application.id
    status = Status(application.status)
    members, made, parts = found.teams[key], found.decisions[key], found.parts[key]
    newest = made[-1].id if made else 0
    overdue = application.due_on is not None and today() > application.due_on
    return Case(
        status=status,
        organisation_id=application.organisation_id,
        # The check-list is long, and only those who may still write are asked for it.
        ready=status not in EDITABLE or self_assessment.readiness_of(application).ready,
        rounds_used=application.supplement_rounds,
        rounds_allowed=rubric.process.supplement_rounds,
        auditors_needed=rubric.process.auditors,
        team=_members(application, members, found.sheets),
        team_agreed=application.team_agreed_at is not None,
        objection_over=_objection_over(application, members),
        supplement_items_open=found.waiting.get(key, 0),
        visit_missing=rubric.process.visit == "required" and key not in found.visited,
        divergences_open=found.divergences.get(key, 0),
        hearing_held=key in found.reported,
        hearing_over=overdue,
        hearing_items_open=found.comments.get(key, 0),
        audited=parts.audited,
        coordinated=parts.coordinated,
        deciders=parts.deciders,
        panel=parts.panel,
        tied=parts.tied,
        bound=parts.bound,
        conditions_unreported=found.unreported.get(newest, 0),
        conditions_over=overdue,
        extended=application.conditions_extended,
        appeal_over=overdue,
        appeal_used=newest in found.appealed,
    )
