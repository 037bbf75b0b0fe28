"""Access tokens on the pages: made with the password, ended with it, seen and ended by administrators."""

import re

import pytest
from flask import Flask

from certify.domain.policy import Role
from certify.models.account import User
from certify.queries import tokens as queries
from certify.workflows import accounts, tokens
from tests.factories import PASSWORD, fresh_actor, make_user
from tests.pages import CheckingClient
from tests.signing_in import give, secret_for

NEW = "krzesło chmura tramwaj łyżka"
FORM = {"name": "Nasz program", "scopes": ["read"], "days": "30"}


def at_home(app: Flask, user: User) -> CheckingClient:
    client = CheckingClient(app, app.response_class)
    give(client, secret_for(user))
    return client


def asks(app: Flask, secret: str) -> int:
    return (
        CheckingClient(app, app.response_class)
        .get("/api/v1/applications", headers={"Authorization": f"Bearer {secret}"})
        .status_code
    )


def made(user: User, name: str = "x") -> str:
    return tokens.create(fresh_actor(user), name, ["read"], 30)[1]


def test_a_session_alone_makes_no_token(app: Flask) -> None:
    user = make_user("", Role.COORDINATOR)
    client = at_home(app, user)
    for password, said in (("", "Wypełnij to pole."), ("nie to hasło", "To nie jest obecne hasło.")):
        page = client.post("/account/tokens", data={**FORM, "password": password})
        assert page.status_code == 422
        wrong = page.text.split('<label for="password">')[1].split('<input id="password"')[0]
        assert said in wrong
        # What was typed stays, but for the password.
        assert 'value="Nasz program"' in page.text and 'value="30"' in page.text
        assert re.search(r'<input checked[^>]*value="read"', page.text) and "nie to hasło" not in page.text
    assert list(queries.own(fresh_actor(user))) == []
    page = client.post("/account/tokens", data={**FORM, "password": PASSWORD})
    assert page.status_code == 201
    found = re.search(r"certify_[\w-]{43}", page.text)
    assert found is not None and asks(app, found[0]) == 200


def test_guesses_are_counted_and_faults_of_other_fields_cost_none(app: Flask) -> None:
    user = make_user("", Role.COORDINATOR)
    client = at_home(app, user)
    for _ in range(12):
        assert client.post("/account/tokens", data={**FORM, "days": "0", "password": "nie to"}).status_code == 422
    found = [client.post("/account/tokens", data={**FORM, "password": "nie to"}).status_code for _ in range(11)]
    assert found == [422] * 10 + [429]
    assert client.post("/account/tokens", data={**FORM, "password": PASSWORD}).status_code == 429


@pytest.mark.parametrize("how", ["change", "reset", "disabling"])
def test_what_ends_all_tokens_for_good(app: Flask, how: str) -> None:
    user, boss = make_user("", Role.COORDINATOR), make_user("", Role.ADMIN)
    others = made(boss)
    first, second = made(user), made(user)
    assert [asks(app, one) for one in (first, second, others)] == [200, 200, 200]
    if how == "change":
        page = at_home(app, user).post(
            "/account/password", data={"current": PASSWORD, "password": NEW}, follow_redirects=True
        )
        assert "tokeny dostępu są zakończone" in page.text
    elif how == "reset":
        accounts.reset_password(user.email, NEW)
    else:
        client = at_home(app, boss)
        page = client.post(f"/users/{user.id}/active", data={"active": "0"}, follow_redirects=True)
        assert "jego sesje i tokeny dostępu są zakończone" in page.text
        assert asks(app, first) == 401
        assert client.post(f"/users/{user.id}/active", data={"active": "1"}).status_code == 303
    assert [asks(app, one) for one in (first, second, others)] == [401, 401, 200]
    assert made(user) and [bool(one.revoked_at) for one in queries.own(fresh_actor(user))] == [False, True, True]


def test_the_pages_say_what_a_new_password_ends(app: Flask) -> None:
    client = at_home(app, make_user())
    assert "tokeny dostępu" in client.get("/account/password").text
    assert "Nowe hasło kończy wszystkie tokeny." in client.get("/account/tokens").text


def test_administrators_see_names_and_last_use_and_end_one(app: Flask) -> None:
    user, boss = make_user("", Role.COORDINATOR), make_user("", Role.ADMIN)
    secret, other = made(user, "Raport miesięczny"), made(user, "Drugi")
    asks(app, secret)
    client = at_home(app, boss)
    page = client.get(f"/users/{user.id}").text
    assert "Raport miesięczny" in page and "jeszcze nie" in page
    assert not any(part in page for part in (secret, secret[:14], tokens.digest(secret)))
    # Nobody else of the office sees them, and nobody ends them under another person's number.
    assert "Raport miesięczny" not in at_home(app, user).get(f"/users/{user.id}").text
    address = f"/users/{user.id}/tokens/1/end"
    assert at_home(app, user).post(address).status_code == 403
    assert client.post(f"/users/{boss.id}/tokens/1/end").status_code == 404
    assert [client.post(address).status_code for _ in range(2)] == [303, 303]
    assert [asks(app, one) for one in (secret, other)] == [401, 200]
    assert "Raport miesięczny" not in client.get(f"/users/{user.id}").text


def test_the_verb_ends_no_token_of_another_person(app: Flask) -> None:
    user, stranger = make_user("", Role.COORDINATOR), make_user("", Role.COORDINATOR)
    made(user)
    for owner in (None, user.id):
        with pytest.raises(Exception, match="not_found"):
            tokens.revoke(fresh_actor(stranger), 1, owner)
    assert queries.of_person(fresh_actor(stranger), user.id) == ()
