"""Score sheets, divergences and agreed ratings."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certify.db import db
from certify.domain.agreement import Points, agreed, diverges
from certify.domain.scoring import Result, score
from certify.models.application import Application
from certify.models.audit import Assignment, Consensus, HearingItem, Report, Score, Visit
from certify.queries.rubrics import rubric_of


def sheet(assignment: Assignment) -> dict[str, Score]:
    """The auditor's rating of each criterion: of several rows the newest counts."""
    rows = select(Score).where(Score.assignment_id == assignment.id).order_by(Score.number)
    return {row.criterion: row for row in db.session.scalars(rows)}


def assignments(application: Application) -> list[Assignment]:
    """The auditors of the case who were not released, the lead first."""
    rows = select(Assignment).where(Assignment.application_id == application.id, Assignment.released_at.is_(None))
    return list(
        db.session.scalars(rows.options(joinedload(Assignment.auditor)).order_by(Assignment.lead.desc(), Assignment.id))
    )


def own_assignment(application: Application, user_id: int) -> Assignment:
    """The person's own place in the team; call it when the table has let nobody else through."""
    return next(one for one in assignments(application) if one.auditor_id == user_id)


def consensus_of(application: Application) -> dict[str, Consensus]:
    """What the auditors settled, by criterion."""
    rows = select(Consensus).where(Consensus.application_id == application.id)
    return {row.criterion: row for row in db.session.scalars(rows)}


def sheets(application: Application) -> list[dict[str, Points]]:
    """Each auditor's points by criterion (None: not applicable), of sheets that are handed in."""
    return [
        {criterion: row.points for criterion, row in sheet(one).items()}
        for one in assignments(application)
        if one.handed_in_at is not None
    ]


def divergent(application: Application) -> list[str]:
    """The criteria on which the handed-in sheets need a consensus, in the rubric's order; empty before all are in."""
    given = sheets(application)
    if len(given) < 2 or len(given) < len(assignments(application)):
        return []
    rubric = rubric_of(application)
    return [
        criterion.id
        for criterion in rubric.criteria_for(application.centre_type)
        if all(criterion.id in one for one in given)
        and diverges(
            [one[criterion.id] for one in given],
            gap=rubric.process.divergence,
            met=rubric.scale.met,
            critical=criterion.critical_to(application.centre_type),
        )
    ]


def unsettled(application: Application) -> list[str]:
    """The divergent criteria that nobody has settled yet."""
    settled = consensus_of(application)
    return [criterion for criterion in divergent(application) if criterion not in settled]


def ratings(application: Application) -> Mapping[str, Points]:
    """The auditors' common rating by criterion: the consensus where they diverged, else the joint rating."""
    settled = {criterion: row.points for criterion, row in consensus_of(application).items()}
    return agreed(sheets(application), settled)


def result(application: Application) -> Result:
    """What the rubric computes from the auditors' common rating."""
    given = ratings(application)
    return score(
        rubric_of(application),
        {criterion: points for criterion, points in given.items() if points is not None},
        application.centre_type,
        {criterion: "audit" for criterion, points in given.items() if points is None},
    )


def reports(application: Application) -> list[Report]:
    """The draft report, and the final one when it is there."""
    rows = select(Report).where(Report.application_id == application.id).order_by(Report.number)
    return list(db.session.scalars(rows))


def hearing_items(application: Application) -> list[HearingItem]:
    """The centre's comments, the oldest first."""
    rows = select(HearingItem).where(HearingItem.application_id == application.id).order_by(HearingItem.id)
    return list(db.session.scalars(rows))


def visits(application: Application) -> list[Visit]:
    """The recorded visits."""
    return list(db.session.scalars(select(Visit).where(Visit.application_id == application.id).order_by(Visit.id)))
