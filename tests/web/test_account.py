"""Signing in and out, the throttle, the password, invitations and the page of people."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask_security.utils import get_hmac
from sqlalchemy import func, select

from certify import timing
from certify.db import db, transaction
from certify.domain.errors import CertifyError, Conflict, Forbidden, Gone, Invalid, TooMany
from certify.domain.policy import Actor, Role
from certify.models.account import Invitation, Membership, SignInAttempt, User
from certify.models.organisation import Organisation
from certify.queries import accounts as queries
from certify.workflows import accounts, confirmations, sign_in
from tests.pages import CheckingClient

PASSWORD = "poprawne konie bateria"
Login = Callable[[CheckingClient, User], CheckingClient]


def person(name: str, *roles: Role) -> User:
    return accounts.create_user(f"{name}@example.test", name.title(), PASSWORD, roles)


def centre(name: str = "OPS Libiąż") -> int:
    with transaction():
        row = Organisation(name=name, kind="OPS", city="Libiąż", voivodeship="12", sort_key=name.lower())
        db.session.add(row)
        db.session.flush()
        return row.id


def acting(user: User) -> Actor:
    return queries.actor_of(queries.get_user(user.id))


def codes(error: Invalid) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in error.errors]


def send_sign_in(client: CheckingClient, email: str, password: str = PASSWORD, target: str = "") -> int:
    data = {"email": email, "password": password, "next": target}
    return client.post("/sign-in", data=data).status_code


def test_sign_in_and_out(app: Flask, client: CheckingClient) -> None:
    user = person("ada", Role.ADMIN)
    assert user.password.startswith("$argon2id$")
    assert client.get("/users").headers["Location"] == "/sign-in?next=/users"
    answer = client.post("/sign-in", data={"email": " ADA@example.TEST ", "password": PASSWORD, "next": "/users"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/users")
    page = client.get("/users")
    assert page.status_code == 200 and page.headers["Cache-Control"] == "private, no-store"
    assert client.get("/sign-in").status_code == 303
    assert client.post("/sign-out").headers["Location"] == "/sign-in"
    assert client.get("/account").status_code == 302


def test_a_foreign_next_is_ignored(app: Flask, client: CheckingClient) -> None:
    person("ada", Role.ADMIN)
    answer = client.post("/sign-in", data={"email": "ada@example.test", "password": PASSWORD, "next": "//evil.example"})
    assert answer.headers["Location"].startswith("/") and "evil" not in answer.headers["Location"]


def test_unknown_accounts_and_wrong_passwords_look_the_same(app: Flask, client: CheckingClient) -> None:
    person("ada")
    pages = []
    for email in ("ada@example.test", "nobody@example.test"):
        answer = client.post("/sign-in", data={"email": email, "password": "something wrong"})
        assert answer.status_code == 422
        pages.append(re.sub(r"ada|nobody|value=\"[^\"]*\"", "", answer.text))
    assert pages[0] == pages[1]


def test_empty_fields(app: Flask, client: CheckingClient) -> None:
    assert send_sign_in(client, "", "") == 422


def test_the_eleventh_try_waits(app: Flask, client: CheckingClient) -> None:
    person("ada")
    assert {send_sign_in(client, "ada@example.test", "wrong") for _ in range(10)} == {422}
    answer = client.post("/sign-in", data={"email": "Ada@example.test", "password": PASSWORD})
    assert answer.status_code == 429 and 0 < int(answer.headers["Retry-After"]) <= 300
    with timing.fixed(timing.now() + timedelta(minutes=5, seconds=1)):
        assert send_sign_in(client, "ada@example.test") == 303


def test_one_address_has_thirty_tries(app: Flask, client: CheckingClient) -> None:
    person("ada")
    found = [send_sign_in(client, f"somebody{number}@example.test") for number in range(30)]
    assert set(found) == {422}
    assert send_sign_in(client, "ada@example.test") == 429


def test_one_line_has_thirty_tries_whatever_ipv6_address_it_takes(app: Flask) -> None:
    person("ada")
    found = []
    for number in range(31):
        with pytest.raises(CertifyError) as refusal:
            sign_in.sign_in(f"somebody{number}@example.test", "wrong", f"2001:db8:1:2:{number:x}::{number:x}")
        found.append(refusal.value.code)
    assert found == ["sign_in_failed"] * 30 + ["too_many_attempts"]
    assert sign_in.sign_in("ada@example.test", PASSWORD, "2001:db8:1:3::1").name == "Ada"


def test_good_sign_ins_are_not_counted(app: Flask) -> None:
    person("ada")
    for _ in range(12):
        assert sign_in.sign_in("ada@example.test", PASSWORD, "127.0.0.1").name == "Ada"


def test_many_tries_at_once_are_counted(app: Flask) -> None:
    person("ada")

    def attempt(number: int) -> str:
        with app.app_context():
            try:
                sign_in.sign_in("ada@example.test", "wrong password", f"10.0.0.{number}")
            except CertifyError as error:
                return error.code
        return "in"

    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(attempt, range(30)))
    assert found.count("sign_in_failed") <= 10 and "in" not in found
    kept = db.session.scalars(select(SignInAttempt.address_key)).all()
    assert not any("10.0.0" in key for key in kept)


def test_old_hash_is_renewed(app: Flask) -> None:
    user = person("ada")
    with transaction():
        queries.get_user(user.id).password = "$argon2id$v=19$m=16,t=1,p=1$" + weaker_hash()
    before = queries.get_user(user.id).password
    assert sign_in.sign_in("ada@example.test", PASSWORD, "127.0.0.1").id == user.id
    after = queries.get_user(user.id).password
    assert after != before and "m=8," in after


def weaker_hash() -> str:
    made = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(get_hmac(PASSWORD))
    return made.split("$", 4)[4]


def test_a_disabled_account_is_out_at_once(app: Flask, client: CheckingClient, login: Login) -> None:
    admin, user = person("ada", Role.ADMIN), person("ola", Role.COORDINATOR)
    login(client, user)
    assert client.get("/account").status_code == 200
    accounts.set_active(acting(admin), user.id, False)
    assert client.get("/account").status_code == 302
    assert send_sign_in(client, "ola@example.test") == 422
    accounts.set_active(acting(admin), user.id, True)
    assert client.get("/account").status_code == 302
    assert send_sign_in(client, "ola@example.test") == 303


def test_a_new_password_ends_other_sessions(app: Flask, client: CheckingClient, login: Login) -> None:
    user = person("ola")
    other = app.test_client()
    login(client, user), login(other, user)  # type: ignore[arg-type]
    assert client.get("/account/password").status_code == 200
    good = {"current": PASSWORD, "password": "nowe konie i bateria"}
    assert client.post("/account/password", data={"current": PASSWORD}).status_code == 422
    assert client.post("/account/password", data={**good, "current": "wrong"}).status_code == 422
    assert client.post("/account/password", data={**good, "password": "krótkie"}).status_code == 422
    assert client.post("/account/password", data=good).status_code == 303
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 302
    assert send_sign_in(other, "ola@example.test", "nowe konie i bateria") == 303  # type: ignore[arg-type]


def test_the_language_stays_with_the_account(app: Flask, client: CheckingClient, login: Login) -> None:
    user = person("ola")
    login(client, user)
    client.post("/language", data={"lang": "en", "next": "/account"})
    fresh = login(app.test_client(), queries.get_user(user.id))  # type: ignore[arg-type]
    assert '<html lang="en">' in fresh.get("/account").text


def test_an_invitation_from_form_to_account(app: Flask, client: CheckingClient, login: Login) -> None:
    coordinator, organisation_id = person("kora", Role.COORDINATOR), centre()
    login(client, coordinator)
    assert client.get("/users/invite").status_code == 200
    data = {"name": "Jan Łąk", "email": "Jan@Example.test", "role": "centre_manager"}
    data["organisation_id"] = str(organisation_id)
    receipt = client.post("/users/invite", data=data)
    assert receipt.status_code == 201
    found = re.search(r"http://localhost(/invitation/[\w-]+)", receipt.text)
    assert found is not None
    assert "Jan Łąk" in client.get("/users").text
    guest = app.test_client()
    assert guest.get(found[1]).status_code == 200
    assert guest.post(found[1], data={"name": "Jan Łąk", "password": "za krótkie"}).status_code == 422
    assert guest.post(found[1], data={"name": "", "password": PASSWORD}).status_code == 422
    assert guest.post(found[1], data={"name": "Jan Łąk", "password": PASSWORD}).status_code == 303
    assert "OPS Libiąż" in guest.get("/account").text
    user = queries.find_user("jan@example.test")
    assert user is not None and acting(user).centres == {organisation_id: Role.CENTRE_MANAGER}
    for answer in (guest.get(found[1]), guest.post(found[1], data={"name": "X", "password": PASSWORD})):
        assert answer.status_code == 410
    kept = db.session.scalars(select(Invitation.token_sha256)).one()
    assert found[1].rsplit("/", 1)[1] not in kept


def invited_auditor() -> tuple[Invitation, str]:
    """An auditor's invitation by an administrator, confirmed by the coordinator."""
    ada = queries.find_user("ada@example.test") or person("ada", Role.ADMIN)
    kora = queries.find_user("kora@example.test") or person("kora", Role.COORDINATOR)
    made, token = accounts.invite(acting(ada), "jan@example.test", "Jan", Role.AUDITOR)
    return confirmations.confirm(acting(kora), made.id), token


def test_links_that_do_not_work(app: Flask, client: CheckingClient) -> None:
    _, first = invited_auditor()
    _, second = invited_auditor()
    assert [client.get(f"/invitation/{token}").status_code for token in (first, second, "x")] == [410, 200, 410]
    with timing.fixed(timing.now() + timedelta(minutes=61)), pytest.raises(Gone):
        accounts.accept(second, "Jan", PASSWORD)


def test_one_of_two_simultaneous_acceptances_wins(app: Flask) -> None:
    _, token = invited_auditor()

    def attempt(_number: int) -> str:
        with app.app_context():
            try:
                accounts.accept(token, "Jan", PASSWORD)
            except CertifyError as error:
                return error.code
        return "won"

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(attempt, range(4)))
    assert found.count("won") == 1
    assert db.session.scalar(select(func.count()).select_from(User).where(User.email == "jan@example.test")) == 1


def test_refused_invitations(app: Flask) -> None:
    ada, kora = acting(person("ada", Role.ADMIN)), acting(person("kora", Role.COORDINATOR))
    organisation_id = centre()
    person("jan")
    for arguments, expected in (
        (("jan@example.test", "Jan", Role.AUDITOR, None), [("email", "email_taken")]),
        (("not an address", "Jan", Role.AUDITOR, None), [("email", "email_invalid")]),
        (("a@example.test", " ", Role.AUDITOR, None), [("name", "required")]),
        (("a@example.test", "x" * 121, Role.AUDITOR, None), [("name", "too_long")]),
        (("a@example.test", "x\0y", Role.AUDITOR, None), [("name", "bad_text")]),
        (("a@example.test", "Jan", Role.AUDITOR, organisation_id), [("organisation_id", "organisation_not_for_role")]),
        (("a@example.test", "Jan", Role.CENTRE_EDITOR, None), [("organisation_id", "organisation_missing")]),
        (("a@example.test", "Jan", Role.CENTRE_EDITOR, 999), [("organisation_id", "organisation_not_found")]),
    ):
        with pytest.raises(Invalid) as refusal:
            accounts.invite(ada, *arguments)
        assert codes(refusal.value) == expected
    with pytest.raises(Forbidden):
        accounts.invite(kora, "a@example.test", "Jan", Role.ADMIN)
    assert db.session.scalar(select(func.count()).select_from(Invitation)) == 0


def test_a_manager_sees_and_invites_the_own_centre_only(app: Flask, client: CheckingClient, login: Login) -> None:
    own, foreign = centre("OPS Libiąż"), centre("OPS Obcy")
    manager, colleague, stranger = person("mira"), person("ewa"), person("obca")
    accounts.add_member(manager.id, own, Role.CENTRE_MANAGER)
    accounts.add_member(colleague.id, own, Role.CENTRE_MANAGER)
    accounts.add_member(colleague.id, own, Role.CENTRE_EDITOR)
    accounts.add_member(stranger.id, foreign, Role.CENTRE_EDITOR)
    assert db.session.scalar(select(func.count()).select_from(Membership)) == 3
    login(client, manager)
    page = client.get("/users").text
    assert "Ewa" in page and "Obca" not in page
    assert client.get(f"/users/{colleague.id}").status_code == 200
    assert client.get(f"/users/{stranger.id}").status_code == 404
    form = client.get("/users/invite").text
    assert "OPS Libiąż" in form and "OPS Obcy" not in form
    data = {"name": "Nowa", "email": "nowa@example.test", "role": "centre_editor", "organisation_id": own}
    assert client.post("/users/invite", data={**data, "organisation_id": foreign}).status_code == 422
    assert client.post("/users/invite", data={**data, "role": "admin"}).status_code == 422
    assert client.post("/users/invite", data={**data, "email": "ewa@example.test"}).status_code == 422
    assert client.post("/users/invite", data=data).status_code == 201
    assert "nowa@example.test" in client.get("/users").text
    assert client.post(f"/users/{colleague.id}/active", data={"active": "0"}).status_code == 403


def test_an_administrator_changes_rights(app: Flask, client: CheckingClient, login: Login) -> None:
    admin, user = person("ada", Role.ADMIN), person("ola", Role.AUDITOR)
    second = person("adam", Role.ADMIN)
    login(client, admin)
    assert client.get(f"/users/{user.id}").status_code == 200
    data = {"roles": ["coordinator", "auditor"], "version": "1"}
    said = client.post(f"/users/{user.id}/roles", data=data, follow_redirects=True)
    assert "gdy potwierdzi je druga osoba" in said.text and acting(user).roles == {Role.AUDITOR}
    stale = client.post(f"/users/{user.id}/roles", data=data)
    assert stale.status_code == 409 and 'name="version" type="hidden" value="2"' in stale.text
    login(client, second)
    assert client.post(f"/users/{user.id}/proposal", data={"answer": "maybe"}).status_code == 422
    assert "Role, które czekają na drugą osobę" in client.get("/users").text
    assert client.post(f"/users/{user.id}/proposal", data={"answer": "confirm"}).status_code == 303
    assert acting(user).roles == {Role.COORDINATOR, Role.AUDITOR}
    login(client, admin)
    assert client.post(f"/users/{user.id}/roles", data={"roles": ["emperor"]}).status_code == 422
    assert client.post(f"/users/{user.id}/roles", data={"version": "3"}).status_code == 303
    assert acting(user).roles == frozenset()
    assert client.post(f"/users/{user.id}/active", data={"active": "0"}).status_code == 303
    assert client.get(f"/users/{user.id}").status_code == 200
    assert client.post(f"/users/{user.id}/active", data={"active": "1"}).status_code == 303
    assert client.post(f"/users/{admin.id}/active", data={"active": "0"}).status_code == 409
    assert client.post("/users/999/active", data={"active": "0"}).status_code == 404


def test_rights_hold_in_the_verbs_too(app: Flask) -> None:
    admin, user = acting(person("ada", Role.ADMIN)), acting(person("ola"))
    with pytest.raises(Forbidden):
        accounts.set_active(user, admin.user_id, False)
    with pytest.raises(Conflict):
        accounts.set_roles(admin, admin.user_id, frozenset())
    with pytest.raises(Invalid):
        accounts.set_roles(admin, user.user_id, frozenset({Role.CENTRE_EDITOR}))
    with pytest.raises(Invalid):
        accounts.set_language(user, "de")
    with pytest.raises(Invalid):
        person("ada")


def test_too_many_password_guesses_inside(app: Flask) -> None:
    user = person("ola")
    for _ in range(10):
        assert not sign_in.check_password(user, "wrong", "127.0.0.1")
    with pytest.raises(TooMany):
        sign_in.check_password(user, PASSWORD, "127.0.0.1")


def test_user_create_command(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    first = ["user", "create", "a@example.test", "--name", "Ada", "--role", "admin", "--password", PASSWORD, "--json"]
    made = run(args=first)
    assert made.exit_code == 0 and '"roles": ["admin"]' in made.stdout
    again = run(args=["user", "create", "a@example.test", "--name", "Ada", "--password", PASSWORD])
    assert again.exit_code == 1 and "email_taken" in again.stderr
    assert run(args=["user", "create", "b@example.test"]).exit_code == 2
    plain = run(args=["user", "create", "b@example.test", "--name", "Bo", "--password", PASSWORD])
    assert plain.exit_code == 0 and "b@example.test" in plain.stdout


def test_user_password_command(app: Flask) -> None:
    user = person("zofia")
    before = (user.password, user.fs_uniquifier)
    run = app.test_cli_runner().invoke
    done = run(args=["user", "password", user.email, "--password", "nowe hasło z trzech słów"])
    assert done.exit_code == 0 and user.email in done.stdout
    assert before[0] != user.password and before[1] != user.fs_uniquifier
    unknown = run(args=["user", "password", "nobody@example.test", "--password", PASSWORD])
    assert unknown.exit_code == 1 and "user_not_found" in unknown.stderr
    weak = run(args=["user", "password", user.email, "--password", "short"])
    assert weak.exit_code == 1 and "password_too_short" in weak.stderr


def test_an_administrator_reads_the_history_of_an_account(client: CheckingClient, login: Login) -> None:
    admin = person("ada", Role.ADMIN)
    user = person("ola", Role.AUDITOR)
    login(client, admin)
    page = f"/users/{user.id}"
    data = {"roles": ["coordinator", "decision_maker"], "version": "1"}
    assert client.post(f"{page}/roles", data=data).status_code == 303
    assert client.post(f"{page}/active", data={"active": "0"}).status_code == 303
    shown = client.get(page).text
    assert "Historia konta" in shown
    told = re.findall(
        r"Wyłączono konto|Zmieniono role: [^<]*|Propozycja ról: [^<]*|Założono konto: [^<]*|operator, na serwerze",
        shown,
    )
    assert [one.strip() for one in told] == [
        "Wyłączono konto",
        "Zmieniono role: brak ról",
        "Propozycja ról: koordynator, osoba decydująca",
        "Założono konto: audytor",
        "operator, na serwerze",
    ]
    login(client, person("kim", Role.COORDINATOR))
    assert "Historia konta" not in client.get(page).text
