"""Access tokens: made, recognised, noted, revoked, and no longer good when anything speaks against them (R7)."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from certify import timing
from certify.db import db, transaction
from certify.domain.errors import Invalid, NotFound, NotSignedIn
from certify.domain.lifecycle import Action
from certify.domain.scopes import Scope, scopes_for
from certify.models.account import User
from certify.models.event import Event
from certify.models.token import ApiToken
from certify.queries import tokens as queries
from certify.workflows import tokens
from tests.factories import fresh_actor, make_user


@pytest.fixture
def owner(app: Flask) -> User:
    return make_user("Ola Właścicielka")


def test_a_token_is_kept_as_its_digest(owner: User) -> None:
    made, secret = tokens.create(fresh_actor(owner), " Nasz system ", ["audit:write", "read"], 30)
    assert secret.startswith("certify_") and len(secret) == 51 and made.prefix == secret[:14]
    row = db.session.get_one(ApiToken, made.id)
    assert (row.name, row.scopes, row.sha256) == ("Nasz system", ["read", "audit:write"], tokens.digest(secret))
    assert row.expires_at - row.created_at == timedelta(days=30)
    assert secret not in str(vars(row))
    event = db.session.scalars(select(Event)).one()
    assert (event.kind, event.actor_id) == ("token_created", owner.id)
    assert event.data == {"token": made.id, "scopes": ["read", "audit:write"], "days": 30}


@pytest.mark.parametrize(
    ("name", "scopes", "days", "faults"),
    [
        ("", ["read"], 1, {"name": "required"}),
        ("x" * 101, ["read"], 1, {"name": "too_long"}),
        ("x", [], 1, {"scopes": "scopes_missing"}),
        ("x", ["root"], 366, {"scopes": "not_a_choice", "days": "days_out_of_range"}),
        ("x", ["read"], 0, {"days": "days_out_of_range"}),
    ],
)
def test_what_a_token_must_have(owner: User, name: str, scopes: list[str], days: int, faults: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        tokens.create(fresh_actor(owner), name, scopes, days)
    assert {one.field: one.code for one in caught.value.errors} == faults


def test_use_is_noted_now_and_then(owner: User) -> None:
    made, secret = tokens.create(fresh_actor(owner), "x", ["read"], 30)
    begun = timing.now()
    seen = []
    for minutes in (0, 9, 11):
        with timing.fixed(begun + timedelta(minutes=minutes)):
            found = tokens.authenticate(secret)
            assert (found.id, found.user.id) == (made.id, owner.id)
            seen.append(found.last_used_at)
    assert seen == [begun, begun, begun + timedelta(minutes=11)]


def test_what_ends_a_token(owner: User) -> None:
    who = fresh_actor(owner)
    old, revoked, banned = (tokens.create(who, "x", ["read"], days) for days in (1, 30, 30))
    tokens.revoke(who, revoked[0].id)
    tokens.revoke(who, revoked[0].id)
    assert [one.kind for one in db.session.scalars(select(Event).order_by(Event.id))][3:] == ["token_revoked"]
    with timing.fixed(timing.now() + timedelta(days=1, seconds=1)):
        refuse(old[1])
    refuse(revoked[1])
    refuse("certify_unknown")
    refuse("\ud800")
    assert tokens.authenticate(banned[1]).id == banned[0].id
    with transaction():
        db.session.get_one(User, owner.id).active = False
    refuse(banned[1])


def refuse(secret: str) -> None:
    with pytest.raises(NotSignedIn) as caught:
        tokens.authenticate(secret)
    assert caught.value.code == "token_invalid"


def test_tokens_are_their_owners_alone(owner: User) -> None:
    made, _ = tokens.create(fresh_actor(owner), "x", ["read"], 30)
    stranger = fresh_actor(make_user())
    assert [one.id for one in queries.own(fresh_actor(owner))] == [made.id]
    assert list(queries.own(stranger)) == []
    with pytest.raises(NotFound):
        tokens.revoke(stranger, made.id)


def test_an_action_opens_with_the_scope_of_its_parties() -> None:
    assert scopes_for(Action.SUBMIT) == {Scope.CENTRE}
    assert scopes_for(Action.CLOSE_SCORING) == {Scope.AUDIT, Scope.COORDINATION}
    assert all(scopes_for(action) for action in Action)
    assert Scope.READ not in {scope for action in Action for scope in scopes_for(action)}
