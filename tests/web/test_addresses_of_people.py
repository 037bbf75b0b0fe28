"""E-mail addresses as people paste them, and what browsers that keep passwords find in the forms."""

import re

import pytest
from flask import Flask

from certify.domain.policy import Role
from certify.models.account import User
from certify.queries import accounts as queries
from certify.workflows import accounts
from tests.factories import PASSWORD, fresh_actor, make_organisation, make_user
from tests.pages import CheckingClient, check_html
from tests.signing_in import give, secret_for

PASTED = ["{}\u200b", "\ufeff{}", "Ewa Próbna <{}>", "{};", "mailto:{}"]


@pytest.mark.parametrize("pasted", PASTED)
def test_signing_in_with_a_pasted_address(app: Flask, client: CheckingClient, pasted: str) -> None:
    data = {"email": pasted.format(make_user().email.upper()), "password": PASSWORD}
    assert client.post("/sign-in", data=data).status_code == 303


def test_tries_with_one_address_are_counted_as_one(app: Flask, client: CheckingClient) -> None:
    email = make_user().email
    found = [
        client.post("/sign-in", data={"email": PASTED[number % 5].format(email), "password": "x"}).status_code
        for number in range(11)
    ]
    assert found == [422] * 10 + [429]


@pytest.mark.parametrize("pasted", PASTED)
def test_inviting_a_pasted_address(app: Flask, client: CheckingClient, pasted: str) -> None:
    give(client, secret_for(make_user("", Role.COORDINATOR)))
    data = {"name": "Ewa Próbna", "email": pasted.format("ewa@osrodek.example"), "role": "centre_editor"}
    data["organisation_id"] = str(make_organisation().id)
    page = client.post("/users/invite", data=data)
    assert page.status_code == 201 and "ewa@osrodek.example" in page.text


def test_the_command_takes_it_too(app: Flask) -> None:
    arguments = ["user", "create", "Ada <ada@example.test>", "--name", "Ada", "--password", PASSWORD]
    assert app.test_cli_runner().invoke(args=arguments).exit_code == 0
    assert queries.find_user("mailto:Ada@example.test") is not None


def invite(admin: User) -> str:
    centre = make_organisation().id
    return accounts.invite(fresh_actor(admin), "ewa@osrodek.example", "Ewa Próbna", Role.CENTRE_EDITOR, centre)[1]


def test_browsers_find_whose_password_it_is(app: Flask, client: CheckingClient) -> None:
    """A field with the address, read and not sent, stands before each password; the name is not taken for the login."""
    user, admin = make_user(), make_user("", Role.ADMIN)
    token = invite(admin)
    give(client, secret_for(user))
    for address, email in (
        (f"/invitation/{token}", "ewa@osrodek.example"),
        ("/account/password", user.email),
        ("/account/tokens", user.email),
    ):
        fields = [one for one in check_html(client.get(address).text).iter("input") if one.get("type") != "hidden"]
        (login,) = [one for one in fields if one.get("autocomplete") == "username"]
        assert (login.get("value"), login.get("name"), login.get("readonly")) == (email, None, "")
        first = next(one for one in fields if one.get("type") == "password")
        assert fields.index(login) < fields.index(first)


def test_a_used_link_leads_to_the_sign_in(app: Flask, client: CheckingClient) -> None:
    token = invite(make_user("", Role.ADMIN))
    accounts.accept(token, "Ewa", PASSWORD)
    page = client.get(f"/invitation/{token}")
    assert page.status_code == 410
    assert "Jeśli masz już hasło, zaloguj się" in page.text
    assert '<a class="button button--primary" href="/sign-in">Zaloguj się</a>' in page.text


def test_a_manager_learns_of_no_account(app: Flask, client: CheckingClient) -> None:
    """The answer to an invitation is the same whether somebody has an account with this address or not."""
    centre = make_organisation()
    known = make_user("Ewa Próbna", centre=make_organisation())
    give(client, secret_for(make_user("", centre=centre)))
    pages = []
    for email in (known.email, "nobody@osrodek.example"):
        data = {"name": "Ewa Próbna", "email": email, "role": "centre_editor", "organisation_id": str(centre.id)}
        page = client.post("/users/invite", data=data)
        assert page.status_code == 201
        text = re.sub(r'/invitation/[\w-]+|name="csrf_token"[^>]*', "", page.text)
        pages.append(text.replace(email, "…"))
    assert pages[0] == pages[1]
    people = client.get("/users").text
    # In the list of the invited both wait for an answer.
    assert all(email in people for email in (known.email, "nobody@osrodek.example"))
