"""The chain of a case walked by real verbs with people who hold every role: who had one part is kept from the next."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from certify.db import db, transaction
from certify.domain.errors import Conflict
from certify.domain.lifecycle import Action, Status
from certify.domain.policy import Role
from certify.models.account import Invitation, RoleRow, User
from certify.queries import cases
from certify.timing import now
from certify.walk import Walk
from certify.workflows import applications, decisions, teams
from tests.factories import SMALL, Made, fresh_actor, make_application, make_user, small_script
from tests.workflows.verbs import VERBS

OFFICES = (Role.AUDITOR, Role.COORDINATOR, Role.DECISION_MAKER)


def all_roles(*people: User) -> None:
    """Let these people hold every role of the scheme."""
    with transaction():
        rows = db.session.scalars(select(RoleRow).where(RoleRow.name.in_([role.value for role in OFFICES]))).all()
        for person in people:
            user = db.session.get_one(User, person.id)
            user.roles = list(rows)


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(Conflict) as raised:
        call()
    return raised.value.code


def released_before_the_audit(at: str) -> Made:
    """A case in whose team `outsider` stood for a while, walked on to the stage."""
    made = make_application(Status.TEAMING)
    second = cases.team(made.application)[1]
    office = made.cast.coordinator
    teams.release(office, made.case_id, second.id)
    teams.appoint(office, made.case_id, made.people["outsider"].id)
    teams.release(office, made.case_id, cases.team(made.application)[1].id)
    teams.appoint(office, made.case_id, made.people["auditor"].id)
    teams.declare(made.actor("auditor"), made.case_id, tie=False)
    teams.agree_team(made.cast.manager, made.case_id)
    walk = Walk(made.cast, made.application.unit_id, SMALL, small_script(SMALL))
    walk.case_id = made.case_id
    for stage in ("start", "score", "close", "settle", "report", "hearing", "finalise", *at.split()):
        walk.take(stage)
    return made


CAST = ("coordinator", "lead", "auditor", "outsider", "decider", "panel")
# At the end of the walk: the action, and what each of the people hears who had a part before.
APART = "separation_of_duties"
CHAIN: dict[str, tuple[Action, dict[str, str]]] = {
    "": (Action.GRANT, {"coordinator": APART, "lead": APART, "auditor": APART, "outsider": APART}),
    "grant": (Action.ISSUE, {"lead": APART, "auditor": APART, "outsider": APART, "decider": APART}),
    "refuse appeal": (
        Action.UPHOLD,
        {"coordinator": APART, "lead": APART, "auditor": APART, "outsider": APART, "decider": APART},
    ),
}


@pytest.mark.parametrize("stages", CHAIN)
def test_who_had_a_part_hears_no_and_somebody_else_goes_on(app: Flask, stages: str) -> None:
    made = released_before_the_audit(stages)
    action, barred = CHAIN[stages]
    all_roles(*[made.people[name] for name in CAST])
    for name, code in barred.items():
        assert refused(lambda name=name: VERBS[action](made.actor(name), made)) == code, name  # type: ignore[misc]
    assert VERBS[action](made.actor("panel"), made)


def test_who_upheld_the_appeal_does_not_issue(app: Flask) -> None:
    made = make_application(Status.APPEAL)
    all_roles(made.people["panel"], made.people["outsider"])
    decisions.uphold(made.actor("panel"), made.case_id, "Pominięto uzupełnienie.")
    third = make_user("Trzecia Osoba", Role.DECISION_MAKER)
    VERBS[Action.GRANT](fresh_actor(third), made)
    assert refused(lambda: VERBS[Action.ISSUE](made.actor("panel"), made)) == APART
    assert VERBS[Action.ISSUE](made.cast.coordinator, made)


def test_nobody_puts_oneself_or_another_coordinator_into_the_team(app: Flask) -> None:
    made = make_application(Status.SUBMITTED)
    other = make_user("Kora Druga", *OFFICES)
    all_roles(made.people["coordinator"])
    applications.accept(made.actor("coordinator"), made.case_id)
    office = made.actor("coordinator")
    assert refused(lambda: teams.appoint(office, made.case_id, office.user_id)) == "auditor_coordinates"
    # Nor does a colleague: whoever accepted the application has a part in it already.
    assert refused(lambda: teams.appoint(fresh_actor(other), made.case_id, office.user_id)) == "auditor_coordinates"
    # A coordinator without a part in this case may audit it, and takes no coordinator's step in it from then on.
    place = teams.appoint(office, made.case_id, other.id, lead=True)
    teams.object_to(made.cast.manager, made.case_id, place.id, "To koordynatorka.")
    assert refused(lambda: teams.overrule(fresh_actor(other), made.case_id, place.id, "Nie szkodzi.")) == APART
    teams.release(office, made.case_id, place.id)
    assert refused(lambda: teams.appoint(fresh_actor(other), made.case_id, made.people["lead"].id)) == APART


def test_a_declared_tie_outlives_release_and_appointment_in_every_case_of_the_centre(app: Flask) -> None:
    made = make_application(Status.TEAMING)
    office, tied = made.cast.coordinator, made.people["outsider"]
    teams.release(office, made.case_id, cases.team(made.application)[1].id)
    place = teams.appoint(office, made.case_id, tied.id)
    teams.declare(fresh_actor(tied), made.case_id, tie=True, note="Szkoliłam ten zespół.")
    teams.release(office, made.case_id, place.id)
    assert refused(lambda: teams.appoint(office, made.case_id, tied.id)) == "auditor_tied"
    all_roles(tied)
    assert refused(lambda: teams.start_audit(fresh_actor(tied), made.case_id)) == "own_centre"
    facts = cases.facts(made.application)
    assert (tied.id in facts.tied, tied.id in facts.audited) == (True, True)


def test_who_made_an_account_is_one_person_with_it(app: Flask) -> None:
    """The way of one person with two accounts: invite a decision maker, use the link oneself, decide, and issue."""
    made = make_application(Status.GRANTED)
    with transaction():
        db.session.add(
            Invitation(
                email="decydent@example.org", name="Decydent", role=Role.DECISION_MAKER.value, token_sha256="0" * 64,
                invited_by=made.people["coordinator"].id, invited_at=now(), expires_at=now(),
                used_at=now(), used_by=made.people["decider"].id,
            )
        )  # fmt: skip
    assert refused(lambda: VERBS[Action.ISSUE](made.actor("coordinator"), made)) == APART
    other = make_user("Kora Druga", Role.COORDINATOR)
    assert VERBS[Action.ISSUE](fresh_actor(other), made)
