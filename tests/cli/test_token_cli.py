"""`flask token`: a secret is printed once, works, is listed without itself, and ends when it is revoked."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from certify.domain.policy import Role
from certify.models.account import User
from tests.factories import make_user
from tests.pages import CheckingClient


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


@pytest.fixture
def office(app: Flask) -> User:
    return make_user("Krystyna", Role.COORDINATOR)


def run(runner: FlaskCliRunner, *arguments: str) -> tuple[int, str, str]:
    done = runner.invoke(args=["token", *arguments])
    return done.exit_code, done.stdout, done.stderr


def status(client: CheckingClient, secret: str) -> int:
    return client.get("/api/v1/applications", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_from_first_to_last(runner: FlaskCliRunner, client: CheckingClient, office: User) -> None:
    code, printed, _ = run(runner, "create", office.email, "--scope", "read", "--days", "3")
    secret = printed.strip()
    assert (code, status(client, secret)) == (0, 200)
    code, printed, _ = run(runner, "list", office.email, "--json")
    (listed,) = json.loads(printed)
    assert (code, listed["scopes"], listed["revoked_at"], listed["name"]) == (0, ["read"], None, "flask token create")
    assert secret.startswith(listed["prefix"]) and secret not in printed
    code, printed, _ = run(runner, "list", office.email)
    assert (code, f"{listed['id']}  {listed['prefix']}…  until " in printed) == (0, True)
    code, printed, said = run(runner, "revoke", office.email, str(listed["id"]))
    assert (code, printed) == (0, f"{listed['prefix']}…: revoked\n")
    # The security log goes to the standard error, as all that is logged.
    assert json.loads(said)["event"] == "token_ended"
    assert status(client, secret) == 401
    assert "revoked" in run(runner, "list", office.email)[1]


def test_as_json(runner: FlaskCliRunner, client: CheckingClient, office: User) -> None:
    code, printed, _ = run(runner, "create", office.email, "--scope", "read", "--scope", "coordination:write", "--json")
    made = json.loads(printed)
    assert (code, sorted(made["scopes"]), status(client, made["token"])) == (0, ["coordination:write", "read"], 200)


def test_what_is_refused(runner: FlaskCliRunner, office: User) -> None:
    for command in (("create", "nobody@example.org", "--scope", "read"), ("list", "nobody@example.org")):
        code, printed, said = run(runner, *command)
        assert (code, printed, said.split(":")[0]) == (1, "", "user_not_found")
    code, printed, said = run(runner, "revoke", office.email, "77")
    assert (code, printed, said.split(":")[0]) == (1, "", "not_found")
    code, printed, said = run(runner, "create", office.email, "--scope", "read", "--name", " ")
    assert (code, printed, said.split(":")[0]) == (1, "", "required")
    assert run(runner, "create", office.email, "--scope", "all")[0] == 2
    assert run(runner, "create", office.email, "--scope", "read", "--days", "366")[0] == 2
