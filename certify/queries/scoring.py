"""What an auditor scores from: the newest sealed submission, the own sheet with its history, the worklist."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import distinct, func, select

from certify.db import db
from certify.domain.errors import NotFound
from certify.domain.lifecycle import CLOSED, Status
from certify.domain.policy import Actor, Case
from certify.domain.scoring import Result, score
from certify.models.account import User
from certify.models.application import Application
from certify.models.audit import Assignment, HearingItem, Score
from certify.models.decision import Condition
from certify.models.event import Event
from certify.models.evidence import Evidence, EvidenceRevision
from certify.queries import cases, supplements
from certify.queries.rubrics import rubric_of


@dataclass(frozen=True)
class Job:
    """A case of an auditor with the facts that say what is to be done, and how far the own sheet is."""

    application: Application
    case: Case
    scored: int
    asked: int


def own(actor: Actor, application: Application) -> Assignment:
    """The actor's own place in the team; raises `NotFound` for everybody else, whatever their other roles."""
    for one in cases.team(application):
        if one.auditor_id == actor.user_id:
            return one
    raise NotFound


def kinds(content: Mapping[str, Any]) -> dict[int, str]:
    """The kind of each sealed piece of evidence by its revision; the seal names the bytes, the library the kind."""
    revisions = {piece["revision"] for found in content["evidence"].values() for piece in found}
    rows = (
        select(EvidenceRevision.id, Evidence.kind)
        .join(Evidence, Evidence.id == EvidenceRevision.evidence_id)
        .where(EvidenceRevision.id.in_(revisions))
    )
    return dict(db.session.execute(rows).all())


def history(assignment: Assignment) -> dict[str, list[Score]]:
    """All ratings of one sheet by criterion, the newest first: the first one counts."""
    rows = select(Score).where(Score.assignment_id == assignment.id).order_by(Score.number.desc())
    found: dict[str, list[Score]] = defaultdict(list)
    for row in db.session.scalars(rows):
        found[row.criterion].append(row)
    return dict(found)


def self_rating(application: Application) -> Result:
    """What the rubric would compute from the sealed self-assessment; it never enters a result."""
    content: Mapping[str, Any] = supplements.as_read(application).content
    rubric = rubric_of(application)
    asked = {criterion.id for criterion in rubric.criteria_for(application.centre_type)}
    given = {key: one for key, one in content["answers"].items() if key in asked}
    return score(
        rubric,
        {key: one["points"] for key, one in given.items() if one["points"] is not None},
        application.centre_type,
        {key: one["reason"] for key, one in given.items() if one["not_applicable"]},
    )


def _scored(actor: Actor, applications: Iterable[Application]) -> dict[int, int]:
    """How many criteria the actor's own sheet holds, by case."""
    rows = (
        select(Assignment.application_id, func.count(distinct(Score.criterion)))
        .join(Score, Score.assignment_id == Assignment.id)
        .where(
            Assignment.auditor_id == actor.user_id,
            Assignment.released_at.is_(None),
            Assignment.application_id.in_([one.id for one in applications]),
        )
        .group_by(Assignment.application_id)
    )
    return dict(db.session.execute(rows).all())


def worklist(actor: Actor) -> tuple[list[Job], list[Application]]:
    """The actor's running cases, the nearest deadline first, and the closed ones."""
    assigned = select(Assignment.application_id).where(
        Assignment.auditor_id == actor.user_id, Assignment.released_at.is_(None)
    )
    rows = cases.visible_to(actor).where(Application.id.in_(assigned))
    found = list(db.session.scalars(rows.order_by(Application.due_on.is_(None), Application.due_on, Application.id)))
    running = [one for one in found if Status(one.status) not in CLOSED]
    scored, facts = _scored(actor, running), cases.facts_of(running)
    jobs = [
        Job(
            application=one,
            case=facts[one.id],
            scored=scored.get(one.id, 0),
            asked=len(rubric_of(one).criteria_for(one.centre_type)),
        )
        for one in running
    ]
    return jobs, [one for one in found if Status(one.status) in CLOSED]


def took(actor: Actor, application: Application, kind: str) -> bool:
    """True when the actor did take this step in this case: a receipt is never shown for anything else."""
    rows = select(Event.id).where(
        Event.application_id == application.id, Event.actor_id == actor.user_id, Event.kind == kind
    )
    return db.session.scalar(rows.limit(1)) is not None


def conditions(application: Application) -> list[Condition]:
    """The conditions of the newest decision."""
    made = cases.decisions(application)
    return list(made[-1].conditions) if made else []


def names(items: Iterable[HearingItem]) -> dict[int, str]:
    """The names of the people who wrote or answered the comments, by their id."""
    wanted = {one for item in items for one in (item.written_by_id, item.answered_by_id) if one is not None}
    rows = select(User.id, User.name).where(User.id.in_(wanted))
    return dict(db.session.execute(rows).all())
