"""Each change of an account appends exactly one event, in its own transaction, with ids and codes only (R13)."""

import json
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from certify.db import db
from certify.domain.errors import Conflict, Invalid
from certify.domain.policy import Actor, Role
from certify.models.account import User
from certify.models.event import Event
from certify.queries import account_history
from certify.queries import accounts as queries
from certify.workflows import accounts, confirmations, sessions, tokens
from tests.factories import make_organisation

PASSWORD = "poprawne konie bateria"


def last() -> Event:
    return db.session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()


def happened(act: Callable[[], object]) -> Event:
    """The one event that the act appends."""
    before = db.session.scalars(select(Event.id)).all()
    act()
    after = db.session.scalars(select(Event.id)).all()
    assert len(after) == len(before) + 1
    event = last()
    # Nobody's name, address or password is in the history.
    assert not any(word in json.dumps(event.data) for word in ("@", "Nowak", "konie"))
    return event


@pytest.fixture
def admin(app: Flask) -> Actor:
    user = accounts.create_user("admin@example.test", "Adam Admin", PASSWORD, (Role.ADMIN,))
    return queries.actor_of(user)


def make(name: str = "Jan Nowak", *roles: Role) -> User:
    return accounts.create_user(f"{name.split()[0].lower()}@example.test", name, PASSWORD, roles)


def test_an_address_that_is_too_long(app: Flask) -> None:
    with pytest.raises(Invalid) as refused:
        accounts.create_user(f"{'a' * 60}@{'b.' * 120}example.org", "Jan Nowak", PASSWORD)
    assert [(one.field, one.code) for one in refused.value.errors] == [("email", "email_invalid")]


def test_every_change_is_one_event(admin: Actor) -> None:
    centre = make_organisation().id
    second = queries.actor_of(make("Druga Osoba", Role.COORDINATOR))
    event = happened(lambda: make("Jan Nowak", Role.AUDITOR))
    user = queries.find_user("jan@example.test")
    assert user is not None
    number = user.id
    token = tokens.create(queries.actor_of(user), "Program", ["read"], 30)[0].id
    found = [(event.kind, event.actor_id, event.data)]
    for act in (
        lambda: accounts.add_member(number, centre, Role.CENTRE_EDITOR),
        lambda: accounts.set_roles(admin, number, frozenset()),
        lambda: accounts.set_roles(admin, number, frozenset({Role.COORDINATOR})),
        lambda: confirmations.answer_proposal(second, number, confirmed=True),
        lambda: accounts.set_active(admin, number, False),
        lambda: accounts.set_active(admin, number, True),
        lambda: sessions.end_of_person(admin, number),
        lambda: accounts.change_password(queries.actor_of(queries.get_user(number)), "inne konie bateria"),
        lambda: accounts.reset_password("jan@example.test", "nowe konie bateria"),
    ):
        event = happened(act)
        found.append((event.kind, event.actor_id, event.data))
    assert found == [
        ("account_created", None, {"user": number, "roles": ["auditor"]}),
        ("membership_given", None, {"user": number, "organisation": centre, "role": "centre_editor"}),
        ("roles_changed", admin.user_id, {"user": number, "before": ["auditor"], "roles": []}),
        ("roles_proposed", admin.user_id, {"user": number, "roles": ["coordinator"]}),
        ("roles_changed", second.user_id, {"user": number, "before": [], "roles": ["coordinator"]}),
        ("account_disabled", admin.user_id, {"user": number, "tokens": [token]}),
        ("account_enabled", admin.user_id, {"user": number, "tokens": []}),
        ("sessions_ended", admin.user_id, {"user": number}),
        ("password_changed", number, {"user": number, "tokens": []}),
        ("password_reset", None, {"user": number, "tokens": []}),
    ]
    assert [one.kind for one in account_history.entries(admin, number)] == [kind for kind, _, _ in found][::-1]


def test_an_invitation_and_its_account(admin: Actor) -> None:
    centre = make_organisation().id
    token = ""

    def invite() -> None:
        nonlocal token
        _, token = accounts.invite(admin, "ewa@example.test", "Ewa Nowak", Role.CENTRE_EDITOR, centre)

    invited = happened(invite)
    role = {"role": "centre_editor", "organisation": centre}
    assert (invited.kind, invited.actor_id) == ("account_invited", admin.user_id)
    assert invited.data == {"invitation": invited.data["invitation"], **role}
    accepted = happened(lambda: accounts.accept(token, "Ewa Nowak", PASSWORD))
    user = queries.find_user("ewa@example.test")
    assert user is not None
    assert (accepted.kind, accepted.actor_id) == ("invitation_accepted", user.id)
    assert accepted.data == {"user": user.id, "invitation": invited.data["invitation"], **role}
    told = account_history.entries(admin, user.id)
    assert [(one.kind, one.actor, one.roles) for one in told] == [
        ("invitation_accepted", "Ewa Nowak", ("centre_editor",)),
        ("account_invited", "Adam Admin", ("centre_editor",)),
    ]
    assert {one.organisation for one in told} == {queries.organisation_names([centre])[centre]}


def test_without_its_event_nothing_changes(admin: Actor) -> None:
    user = make()
    number, key = user.id, user.fs_uniquifier
    # A fork of the history: the next event would follow the first one, which another one follows already.
    broken = Event(kind="x", actor_id=None, at=last().at, data={}, previous_hash=last().hash, hash=last().hash)
    db.session.add(broken)
    db.session.commit()
    with pytest.raises(Conflict, match="collision"):
        accounts.set_active(admin, number, False)
    db.session.rollback()
    kept = queries.get_user(number)
    assert (kept.active, kept.fs_uniquifier) == (True, key)


def test_only_administrators_read_it(admin: Actor) -> None:
    user = make("Jan Nowak", Role.COORDINATOR)
    assert account_history.entries(queries.actor_of(user), user.id) == []
