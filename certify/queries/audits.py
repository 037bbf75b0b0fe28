"""Score sheets, divergences and agreed ratings."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certify.db import db
from certify.domain.agreement import Points, agreed, diverges
from certify.domain.scoring import Result, score
from certify.models.application import Application
from certify.models.audit import Assignment, Consensus, HearingItem, Report, Score, Visit
from certify.queries.rubrics import rubric_of

Sheet = dict[str, Score]


def sheet(assignment: Assignment) -> Sheet:
    """The auditor's rating of each criterion: of several rows the newest counts."""
    return sheets_of([assignment])[assignment.id]


def sheet_version(found: Sheet) -> int:
    """How often anything on the sheet was saved."""
    return sum(row.number for row in found.values())


def sheets_of(members: Sequence[Assignment]) -> dict[int, Sheet]:
    """The sheets of many auditors by the number of their assignment, in one query."""
    found: dict[int, Sheet] = {one.id: {} for one in members}
    if found:
        rows = select(Score).where(Score.assignment_id.in_(found)).order_by(Score.number)
        for row in db.session.scalars(rows):
            found[row.assignment_id][row.criterion] = row
    return found


def assignments(application: Application) -> list[Assignment]:
    """The auditors of the case who were not released, the lead first."""
    return teams([application])[application.id]


def teams(applications: Sequence[Application]) -> dict[int, list[Assignment]]:
    """The auditors of many cases by the number of the case, in one query."""
    return present(appointments(applications))


def present(found: Mapping[int, Sequence[Assignment]]) -> dict[int, list[Assignment]]:
    """Those of the appointed who were not released."""
    return {key: [one for one in members if one.released_at is None] for key, members in found.items()}


def appointments(applications: Sequence[Application]) -> dict[int, list[Assignment]]:
    """Everybody who was ever appointed, by the number of the case, in one query; the lead first."""
    found: dict[int, list[Assignment]] = {one.id: [] for one in applications}
    rows = select(Assignment).where(Assignment.application_id.in_(found))
    rows = rows.options(joinedload(Assignment.auditor)).order_by(Assignment.lead.desc(), Assignment.id)
    for member in db.session.scalars(rows):
        found[member.application_id].append(member)
    return found


def own_assignment(application: Application, user_id: int) -> Assignment:
    """The person's own place in the team; call it when the table has let nobody else through."""
    return next(one for one in assignments(application) if one.auditor_id == user_id)


def consensus_of(application: Application) -> dict[str, Consensus]:
    """What the auditors settled, by criterion."""
    return settled_in([application])[application.id]


def settled_in(applications: Sequence[Application]) -> dict[int, dict[str, Consensus]]:
    """What the auditors of many cases settled, by the number of the case and by criterion, in one query."""
    found: dict[int, dict[str, Consensus]] = {one.id: {} for one in applications}
    for row in db.session.scalars(select(Consensus).where(Consensus.application_id.in_(found))):
        found[row.application_id][row.criterion] = row
    return found


def sheets(application: Application) -> list[dict[str, Points]]:
    """Each auditor's points by criterion (None: not applicable), of sheets that are handed in."""
    members = assignments(application)
    return _handed_in(members, sheets_of(members))


def _handed_in(members: Sequence[Assignment], found: Mapping[int, Sheet]) -> list[dict[str, Points]]:
    return [
        {criterion: row.points for criterion, row in found[one.id].items()}
        for one in members
        if one.handed_in_at is not None
    ]


def divergent(application: Application) -> list[str]:
    """The criteria on which the handed-in sheets need a consensus, in the rubric's order; empty before all are in."""
    members = assignments(application)
    return divergent_between(application, members, sheets_of(members))


def divergent_between(application: Application, members: Sequence[Assignment], found: Mapping[int, Sheet]) -> list[str]:
    """As `divergent`, of a team and its sheets that were read already."""
    given = _handed_in(members, found)
    if len(given) < 2 or len(given) < len(members):
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
