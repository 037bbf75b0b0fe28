"""Who ever had which part in a case, and who counts as one person with whom: the facts of the separation of duties."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select, union_all

from certify.db import db
from certify.domain.lifecycle import COORDINATING
from certify.models.account import Invitation, PastMembership
from certify.models.application import Application
from certify.models.audit import Assignment
from certify.models.decision import Appeal, Decision
from certify.models.event import Event


@dataclass(frozen=True)
class Parts:
    """The sets of `policy.Case`, as the rows say."""

    audited: frozenset[int]
    coordinated: frozenset[int]
    deciders: frozenset[int]
    panel: frozenset[int]
    tied: frozenset[int]
    bound: Mapping[int, frozenset[int]]


def parts_in(
    applications: Sequence[Application],
    appointed: Mapping[int, Sequence[Assignment]],
    decisions: Mapping[int, Sequence[Decision]],
    appeals: Sequence[Appeal],
) -> dict[int, Parts]:
    """The parts of everybody in many cases by the number of the case, in as many queries as for one."""
    coordinated = _coordinated([one.id for one in applications if one.submitted_at is not None])
    tied = _tied({one.organisation_id for one in applications})
    panels: dict[int, set[int]] = defaultdict(set)
    for appeal in appeals:
        if appeal.decided_by_id is not None:
            panels[appeal.application_id].add(appeal.decided_by_id)
    audited = {key: {one.auditor_id for one in members} for key, members in appointed.items()}
    deciders = {key: {one.decided_by_id for one in made} for key, made in decisions.items()}
    everybody = set().union(*audited.values(), *deciders.values(), *panels.values(), *coordinated.values())
    bound = _bound(everybody)
    return {
        one.id: Parts(
            audited=frozenset(audited[one.id]),
            coordinated=frozenset(coordinated[one.id]),
            deciders=frozenset(deciders[one.id]),
            panel=frozenset(panels[one.id]),
            tied=frozenset(tied[one.organisation_id]),
            bound=bound,
        )
        for one in applications
    }


def _coordinated(keys: Sequence[int]) -> dict[int, set[int]]:
    """Who took a coordinator's step, read from the history: a row of the case keeps the last one only."""
    found: dict[int, set[int]] = defaultdict(set)
    kinds = [action.value for action in COORDINATING]
    rows = select(Event.application_id, Event.actor_id).where(Event.application_id.in_(keys), Event.kind.in_(kinds))
    for key, person in db.session.execute(rows.distinct()) if keys else ():
        if key is not None and person is not None:
            found[key].add(person)
    return found


def _tied(organisations: set[int]) -> dict[int, set[int]]:
    """Who declared a tie with the centre in any of its cases, whatever came afterwards, and who once belonged to it."""
    found: dict[int, set[int]] = defaultdict(set)
    declared = (
        select(Application.organisation_id, Assignment.auditor_id)
        .join(Application, Application.id == Assignment.application_id)
        .where(Application.organisation_id.in_(organisations), Assignment.tie)
    )
    past = select(PastMembership.organisation_id, PastMembership.user_id).where(
        PastMembership.organisation_id.in_(organisations)
    )
    for key, person in db.session.execute(union_all(declared, past)):
        found[key].add(person)
    return found


def _bound(people: set[int]) -> dict[int, frozenset[int]]:
    """Who handed the link of an account to whom, in both directions, as far as these people are concerned."""
    found: dict[int, set[int]] = defaultdict(set)
    rows = select(Invitation.invited_by, Invitation.used_by).where(
        Invitation.made_account,
        or_(Invitation.used_by.in_(people), Invitation.invited_by.in_(people)),
    )
    for one, other in db.session.execute(rows) if people else ():
        if one is not None and other is not None:
            found[one].add(other)
            found[other].add(one)
    return {person: frozenset(others) for person, others in found.items()}
