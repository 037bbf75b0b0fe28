"""Nobody alone gives a role in the scheme; people join centres by their own word and can be taken out of them."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from certify.db import db
from certify.domain.errors import CertifyError, Conflict, Forbidden, Gone, Invalid, NotFound
from certify.domain.lifecycle import Status
from certify.domain.policy import Actor, Role
from certify.models.account import Invitation, Membership, RoleProposal, User
from certify.models.desk import AreaDelegation
from certify.queries import account_history, cases
from certify.queries import accounts as queries
from certify.workflows import accounts, confirmations, desk, memberships, teams
from tests.factories import Made, fresh_actor, make_application, make_organisation, make_user

PASSWORD = "koń bateria zszywka deszcz"


def code(call: Callable[[], object], kind: type[CertifyError] = Conflict) -> str:
    with pytest.raises(kind) as refused:
        call()
    return refused.value.code


def office(*roles: Role) -> tuple[User, Actor]:
    user = make_user("Osoba Biura", *roles)
    return user, fresh_actor(user)


def invited(by: Actor, role: Role = Role.DECISION_MAKER, email: str = "nowa@example.org") -> tuple[Invitation, str]:
    return accounts.invite(by, email, "Nowa Osoba", role)


def test_a_role_in_the_scheme_takes_two_people(app: Flask) -> None:
    _, admin = office(Role.ADMIN, Role.COORDINATOR)
    _, coordinator = office(Role.COORDINATOR)
    for role in (Role.AUDITOR, Role.COORDINATOR, Role.DECISION_MAKER, Role.ADMIN):
        assert code(lambda role=role: invited(coordinator, role), Forbidden) == "forbidden"  # type: ignore[misc]
    offered, token = invited(admin)
    assert code(lambda: accounts.accept(token, "Nowa Osoba", PASSWORD)) == "invitation_unconfirmed"
    assert code(lambda: confirmations.confirm(admin, offered.id), Forbidden) == "second_hand_needed"
    manager = fresh_actor(make_user("Maria", centre=make_organisation()))
    assert code(lambda: confirmations.confirm(manager, offered.id), NotFound) == "not_found"
    confirmations.confirm(coordinator, offered.id)
    assert code(lambda: confirmations.confirm(coordinator, offered.id)) == "nothing_waits"
    made = accounts.accept(token, "Nowa Osoba", PASSWORD)
    assert fresh_actor(made).roles == {Role.DECISION_MAKER}
    assert code(lambda: confirmations.confirm(coordinator, offered.id)) == "invitation_ended"
    assert queries.introduced([made.id]) == {made.id: admin.name}
    told = [(one.kind, one.actor) for one in account_history.entries(admin, made.id)]
    assert [kind for kind, _ in told] == ["invitation_accepted", "invitation_confirmed", "account_invited"]


def test_a_role_in_a_centre_needs_no_second_hand(app: Flask) -> None:
    _, coordinator = office(Role.COORDINATOR)
    centre = make_organisation().id
    offered, token = accounts.invite(coordinator, "ewa@example.org", "Ewa", Role.CENTRE_MANAGER, centre)
    assert code(lambda: confirmations.confirm(office(Role.ADMIN)[1], offered.id)) == "nothing_waits"
    assert fresh_actor(accounts.accept(token, "Ewa", PASSWORD)).centres == {centre: Role.CENTRE_MANAGER}


def test_roles_are_taken_at_once_and_given_by_two(app: Flask) -> None:
    _, admin = office(Role.ADMIN)
    other, second = office(Role.ADMIN)
    person = make_user("Ola", Role.AUDITOR)
    accounts.set_roles(admin, person.id, frozenset({Role.DECISION_MAKER}), version=1)
    assert fresh_actor(person).roles == frozenset()
    assert [one.roles for one in queries.proposals(second)] == [["decision_maker"]]
    assert code(lambda: accounts.set_roles(second, person.id, frozenset(), version=1)) == "stale_version"
    assert code(lambda: confirmations.answer_proposal(admin, person.id, confirmed=True), Forbidden) == (
        "second_hand_needed"
    )
    assert code(lambda: confirmations.answer_proposal(fresh_actor(person), person.id, confirmed=True), Forbidden)
    confirmations.answer_proposal(second, person.id, confirmed=True)
    assert fresh_actor(person).roles == {Role.DECISION_MAKER}
    assert code(lambda: confirmations.answer_proposal(second, person.id, confirmed=True)) == "nothing_waits"
    assert queries.proposals(fresh_actor(person)) == []
    # Nobody confirms what they get themself, whoever proposed it.
    accounts.set_roles(admin, other.id, frozenset({Role.ADMIN, Role.COORDINATOR}))
    assert code(lambda: confirmations.answer_proposal(second, other.id, confirmed=True), Forbidden)


def test_a_proposal_is_refused_taken_back_or_replaced(app: Flask) -> None:
    _, admin = office(Role.ADMIN)
    _, coordinator = office(Role.COORDINATOR)
    person = make_user("Ola")
    accounts.set_roles(admin, person.id, frozenset({Role.AUDITOR}))
    confirmations.answer_proposal(coordinator, person.id, confirmed=False)
    accounts.set_roles(admin, person.id, frozenset({Role.AUDITOR}))
    confirmations.answer_proposal(admin, person.id, confirmed=False)
    accounts.set_roles(admin, person.id, frozenset({Role.AUDITOR}))
    accounts.set_roles(admin, person.id, frozenset({Role.COORDINATOR}))
    assert [one.roles for one in queries.proposals(coordinator)] == [["coordinator"]]
    confirmed = db.session.scalars(select(RoleProposal.confirmed).order_by(RoleProposal.id)).all()
    assert list(confirmed) == [False, False, False, None]
    assert fresh_actor(person).roles == frozenset()


def test_where_there_is_one_person_the_operator_is_the_second_hand(app: Flask) -> None:
    _, admin = office(Role.ADMIN)
    _, token = invited(admin, Role.COORDINATOR)
    assert confirmations.confirm_by_operator(" Nowa@Example.org ") == ["coordinator"]
    made = accounts.accept(token, "Nowa Osoba", PASSWORD)
    accounts.set_roles(admin, made.id, frozenset({Role.COORDINATOR, Role.AUDITOR}))
    assert confirmations.confirm_by_operator("nowa@example.org") == ["auditor"]
    assert fresh_actor(made).roles == {Role.COORDINATOR, Role.AUDITOR}
    for address in ("nowa@example.org", "nikt@example.org"):
        assert code(lambda address=address: confirmations.confirm_by_operator(address), NotFound) == (  # type: ignore[misc]
            "nothing_waits"
        )


def test_invitations_end_by_hand(app: Flask) -> None:
    _, admin = office(Role.ADMIN)
    _, coordinator = office(Role.COORDINATOR)
    centre = make_organisation()
    manager = fresh_actor(make_user("Maria", centre=centre))
    # Who may confirm may also refuse; who could have offered the same may end it.
    offered, token = invited(admin)
    confirmations.cancel(coordinator, offered.id)
    assert code(lambda: accounts.accept(token, "Nowa", PASSWORD), Gone) == "link_expired"
    assert code(lambda: confirmations.cancel(coordinator, offered.id)) == "invitation_ended"
    own, _ = accounts.invite(coordinator, "ewa@example.org", "Ewa", Role.CENTRE_EDITOR, centre.id)
    confirmations.cancel(manager, own.id)
    above, _ = accounts.invite(coordinator, "ola@example.org", "Ola", Role.CENTRE_MANAGER, centre.id)
    assert code(lambda: confirmations.cancel(manager, above.id), Forbidden) == "forbidden"
    assert queries.open_invitations(coordinator) == [above]


def test_invitations_end_with_the_account_or_the_right_of_their_inviter(app: Flask) -> None:
    user, admin = office(Role.ADMIN)
    _, other = office(Role.ADMIN)
    person = make_user("Ola")
    accounts.set_roles(admin, person.id, frozenset({Role.AUDITOR}))
    offered, token = invited(admin)
    confirmations.confirm(other, offered.id)
    accounts.set_active(other, user.id, False)
    assert queries.proposals(other) == []
    accounts.set_active(other, user.id, True)
    assert code(lambda: accounts.accept(token, "Nowa", PASSWORD), Gone) == "link_expired"
    again, token = invited(fresh_actor(user))
    confirmations.confirm(other, again.id)
    accounts.set_roles(other, user.id, frozenset())
    assert code(lambda: accounts.accept(token, "Nowa", PASSWORD), Gone) == "link_expired"


def test_a_person_with_an_account_joins_a_centre_by_their_own_word(app: Flask) -> None:
    centre, home = make_organisation(), make_organisation()
    manager, person = fresh_actor(make_user("Maria", centre=centre)), make_user("Ola", centre=home)
    email = person.email
    offered, _ = accounts.invite(manager, email, "Ola", Role.CENTRE_EDITOR, centre.id)
    assert fresh_actor(person).centres == {home.id: Role.CENTRE_MANAGER}
    stranger = fresh_actor(make_user("Obca"))
    assert (queries.offers(stranger), [one.id for one in queries.offers(fresh_actor(person))]) == ([], [offered.id])
    assert code(lambda: memberships.answer(stranger, offered.id, joins=True), NotFound) == "not_found"
    memberships.answer(fresh_actor(person), offered.id, joins=True)
    assert fresh_actor(person).centres == {home.id: Role.CENTRE_MANAGER, centre.id: Role.CENTRE_EDITOR}
    assert code(lambda: memberships.answer(fresh_actor(person), offered.id, joins=True), NotFound) == "not_found"
    with pytest.raises(Invalid) as twice:
        accounts.invite(manager, email, "Ola", Role.CENTRE_EDITOR, centre.id)
    assert [(one.field, one.code) for one in twice.value.errors] == [("email", "member_already")]
    # Nobody handed this person the link of their account.
    assert queries.introduced([person.id]) == {}


def test_an_offer_is_declined_and_another_centres_invitation_stays(app: Flask) -> None:
    one, two, person = make_organisation(), make_organisation(), make_user("Ola")
    managers = [fresh_actor(make_user("Maria", centre=centre)) for centre in (one, two)]
    first, _ = accounts.invite(managers[0], person.email, "Ola", Role.CENTRE_EDITOR, one.id)
    second, _ = accounts.invite(managers[1], person.email, "Ola", Role.CENTRE_EDITOR, two.id)
    newer, _ = accounts.invite(managers[1], person.email, "Ola", Role.CENTRE_EDITOR, two.id)
    assert [offer.id for offer in queries.offers(fresh_actor(person))] == [first.id, newer.id]
    memberships.answer(fresh_actor(person), first.id, joins=False)
    assert [offer.id for offer in queries.offers(fresh_actor(person))] == [newer.id]
    assert second.cancelled_at is not None and fresh_actor(person).centres == {}


def test_a_person_is_taken_out_of_a_centre_and_does_not_judge_it(app: Flask) -> None:
    made = make_application(Status.DRAFT)
    centre, manager, editor = made.organisation.id, made.cast.manager, made.people["editor"]
    area = cases.rubric_of(made.application).areas[0].id
    desk.delegate(manager, made.case_id, area, editor.id)
    end = memberships.end
    assert code(lambda: end(made.actor("stranger"), editor.id, centre), NotFound) == "not_found"
    assert code(lambda: end(made.actor("editor"), editor.id, centre), Forbidden) == "forbidden"
    assert code(lambda: end(manager, made.people["stranger"].id, centre), NotFound) == "not_found"
    assert code(lambda: end(manager, editor.id, centre, role="centre_manager")) == "stale_version"
    past = end(manager, editor.id, centre, role="centre_editor")
    assert (past.role, past.ended_by, fresh_actor(editor).centres) == ("centre_editor", manager.user_id, {})
    assert db.session.scalar(select(func.count()).select_from(AreaDelegation)) == 0
    assert editor.id in cases.facts(made.application).tied
    with pytest.raises(NotFound):
        cases.get(fresh_actor(editor), made.case_id)


def test_a_centre_keeps_a_manager_unless_the_office_says_otherwise(app: Flask) -> None:
    made = make_application(Status.DRAFT)
    centre, manager = made.organisation.id, made.cast.manager
    assert code(lambda: memberships.end(manager, manager.user_id, centre)) == "last_manager"
    memberships.end(made.cast.coordinator, manager.user_id, centre)
    assert db.session.scalars(select(Membership.role).where(Membership.organisation_id == centre)).all() == [
        "centre_editor"
    ]


def test_who_left_a_centre_is_not_appointed_to_audit_it(app: Flask) -> None:
    made: Made = make_application(Status.TEAMING)
    centre = made.organisation.id
    auditor = make_user("Była Pracowniczka", Role.AUDITOR, centre=made.organisation, centre_role=Role.CENTRE_EDITOR)
    memberships.end(made.cast.manager, auditor.id, centre)
    teams.release(made.cast.coordinator, made.case_id, cases.team(made.application)[1].id)
    assert code(lambda: teams.appoint(made.cast.coordinator, made.case_id, auditor.id)) == "auditor_tied"
