"""The security log: one line an occasion, with exact fields; no name, address, text or secret is in any of them."""

import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from certify import timing
from certify.config import ROOT
from certify.domain.policy import Role
from certify.models.account import User
from certify.queries import accounts as queries
from certify.web.security_lines import FIELDS
from certify.workflows import accounts, sign_in
from tests.factories import PASSWORD, fresh_actor, make_organisation, make_user
from tests.pages import CheckingClient

NEW = "krzesło chmura tramwaj łyżka"
CANARY = "kanarek7531"
ADDRESS = "2001:db8:77:5:1:2:3:4"
Line = dict[str, Any]


class Log:
    """Reads what was written since it was asked last."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self.capture, self.text = capture, ""

    def lines(self) -> list[Line]:
        text = self.capture.readouterr().err
        self.text += text
        return [json.loads(one) for one in text.splitlines() if one.startswith('{"time"')]

    def one(self) -> tuple[str, str | None, int | None, int | None, str | None]:
        """The one line of an occasion: event, why, account, by, route; the rest is judged here."""
        (line,) = self.lines()
        assert tuple(line) == FIELDS
        assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)
        if line["route"]:
            assert line["network"] == "2001:db8:77::/48"
            assert re.fullmatch("[0-9a-f]{12}", line["source"]) and re.fullmatch("[0-9a-f]{16}", line["request_id"])
        return line["event"], line["why"], line["account"], line["by"], line["route"]


@pytest.fixture
def log(app: Flask, capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(capsys)


class Client(CheckingClient):
    """Comes from an IPv6 address."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return super().open(*args, environ_base={"REMOTE_ADDR": ADDRESS}, **kwargs)


def browser(app: Flask) -> Client:
    return Client(app, app.response_class)


def send(client: Client, email: str, password: str = PASSWORD) -> int:
    return client.post("/sign-in", data={"email": email, "password": password}).status_code


def entered(app: Flask, user: User, log: Log) -> Client:
    client = browser(app)
    assert send(client, user.email) == 303
    log.lines()
    return client


@contextmanager
def tokens_checked(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


def test_signing_in(app: Flask, log: Log) -> None:
    user, admin = make_user(), fresh_actor(make_user("", Role.ADMIN))
    client, at = browser(app), "POST /sign-in"
    assert send(client, user.email) == 303
    assert log.one() == ("signed_in", "password", user.id, None, at)
    assert client.post("/sign-out").status_code == 303
    assert log.one() == ("session_ended", "signed_out", user.id, None, "POST /sign-out")
    stranger = browser(app)
    send(stranger, f"{CANARY}@example.test", CANARY)
    assert log.one() == ("sign_in_failed", "unknown_account", None, None, at)
    send(stranger, user.email, CANARY)
    assert log.one() == ("sign_in_failed", "wrong_password", user.id, None, at)
    for _ in range(9):
        send(stranger, user.email, CANARY)
    log.lines()
    assert send(stranger, user.email) == 429
    assert log.one() == ("throttled", "too_many_attempts", user.id, None, at)
    accounts.set_active(admin, user.id, False)
    assert log.one() == ("account_disabled", None, user.id, None, None)
    with timing.fixed(timing.now() + timedelta(minutes=6)):
        send(stranger, user.email)
    assert log.one() == ("sign_in_failed", "disabled", user.id, None, at)
    accounts.set_active(admin, user.id, True)
    assert log.one() == ("account_enabled", None, user.id, None, None)
    assert not any(secret in log.text for secret in (CANARY, user.email, PASSWORD, user.name, "2001:db8:77:5"))


def test_an_invitation(app: Flask, log: Log) -> None:
    admin = fresh_actor(make_user("", Role.ADMIN))
    _, secret = accounts.invite(admin, f"{CANARY}@example.test", "Ewa Nowa", Role.CENTRE_EDITOR, make_organisation().id)
    client = browser(app)
    assert client.get(f"/invitation/{secret}").status_code == 200
    assert log.lines() == []
    assert client.post(f"/invitation/{secret}", data={"name": "Ewa Nowa", "password": NEW}).status_code == 303
    event, why, account, by, route = log.one()
    assert (event, why, by, route) == ("signed_in", "invitation", None, "POST /invitation/<token>")
    assert account not in {None, admin.user_id}
    assert not any(one in log.text for one in (secret, CANARY, "Nowa", NEW))


def test_sessions_and_passwords(app: Flask, log: Log) -> None:
    user, boss = make_user("", Role.AUDITOR), make_user("", Role.ADMIN)
    client, admin = entered(app, user, log), entered(app, boss, log)
    at = "POST /account/password"
    client.post("/account/password", data={"current": CANARY, "password": NEW})
    assert log.one() == ("password_wrong", None, user.id, user.id, at)
    client.post("/account/password", data={"current": PASSWORD, "password": NEW})
    changed, begun = log.lines()
    assert (changed["event"], begun["event"], begun["why"]) == ("password_changed", "signed_in", "new_password")
    assert changed["account"] == begun["account"] == user.id
    client.post("/account/sessions/end-others")
    assert log.one() == ("session_ended", "by_owner", user.id, user.id, "POST /account/sessions/end-others")
    admin.post(f"/users/{user.id}/sessions/end")
    route = "POST /users/<id:user_id>/sessions/end"
    assert log.one() == ("session_ended", "by_admin", user.id, boss.id, route)
    assert client.get("/account").status_code == 302
    assert log.one() == ("session_refused", "ended", user.id, None, "GET /account")
    # The browser has forgotten it.
    assert client.get("/account").status_code == 302
    assert log.lines() == []
    version = queries.get_user(user.id).roles_version
    admin.post(f"/users/{user.id}/roles", data={"roles": "coordinator", "version": version})
    assert log.one() == ("roles_changed", None, user.id, boss.id, "POST /users/<id:user_id>/roles")
    run = app.test_cli_runner().invoke(args=["user", "password", user.email, "--password", f"{NEW} {CANARY}"])
    assert run.exit_code == 0
    (line,) = [json.loads(one) for one in run.stderr.splitlines()]
    assert (line["event"], line["account"], line["route"]) == ("password_reset", user.id, None)
    assert not any(secret in log.text + run.stderr for secret in (CANARY, PASSWORD, NEW, user.email))


def test_tokens(app: Flask, log: Log) -> None:
    user = make_user("", Role.COORDINATOR)
    client = entered(app, user, log)
    form = {"name": CANARY, "scopes": "centre:write", "days": "2", "password": PASSWORD}
    made = client.post("/account/tokens", data=form)
    assert log.one() == ("token_made", None, user.id, user.id, "POST /account/tokens")
    found = re.search(r"certify_[\w-]{43}", made.text)
    assert found is not None
    client.post("/account/tokens", data={**form, "password": CANARY})
    assert log.one() == ("password_wrong", None, user.id, user.id, "POST /account/tokens")
    address, route = "/api/v1/applications", "GET /api/v1/applications"

    def ask(given: str) -> int:
        return browser(app).get(address, headers={"Authorization": given}).status_code

    assert ask(f"Bearer {found[0]}") == 403
    assert log.one() == ("forbidden", "scope_missing", user.id, user.id, route)
    assert ask("Bearer certify_unknown") == 401
    assert log.one() == ("token_refused", "unknown", None, None, route)
    assert ask(f"Basic {CANARY}") == 401
    assert log.one() == ("token_refused", "not_a_token", None, None, route)
    with timing.fixed(timing.now() + timedelta(days=3)):
        assert ask(f"Bearer {found[0]}") == 401
    assert log.one() == ("token_refused", "expired", user.id, None, route)
    for _ in range(2):
        client.post("/account/tokens/1/revoke")
    assert log.one() == ("token_ended", None, user.id, user.id, "POST /account/tokens/<id:token_id>/revoke")
    assert ask(f"Bearer {found[0]}") == 401
    assert log.one() == ("token_refused", "ended", user.id, None, route)
    assert not any(secret in log.text for secret in (CANARY, found[0], found[0][8:], PASSWORD))


def test_refusals_of_pages(app: Flask, log: Log) -> None:
    user = make_user("", centre=make_organisation())
    client = entered(app, user, log)
    assert client.get("/organisations").status_code == 403
    assert log.one() == ("forbidden", "forbidden", user.id, user.id, "GET /organisations")
    with tokens_checked(app):
        assert client.post("/account/password", data={"current": CANARY}).status_code == 400
        assert log.one() == ("csrf_failed", None, user.id, user.id, "POST /account/password")
        # A form that is given back with its text is refused all the same.
        own = {"Origin": "http://localhost"}
        given = client.post("/cases/1/answers/P.1", data={"narrative-P.1.a": CANARY}, headers=own)
        assert given.status_code == 400 and CANARY in given.text
        event, *_, route = log.one()
        assert (event, route) == ("csrf_failed", "POST /cases/<id:case_id>/answers/<criterion_id>")
    assert client.post("/language", headers={"Origin": f"https://{CANARY}.example"}).status_code == 400
    assert log.one() == ("foreign_origin", None, None, None, "POST /language")
    files = {"file": (io.BytesIO(b"MZ" + CANARY.encode()), f"{CANARY}.exe")}
    client.post("/evidence", data=files, content_type="multipart/form-data")
    assert log.one() == ("upload_refused", "file_type_not_allowed", user.id, user.id, "POST /evidence")
    # What is not there, and what is only wrong, is no occasion.
    assert client.get(f"/{CANARY}").status_code == 404
    client.post("/sign-in", data={"email": "", "password": ""})
    assert log.lines() == []
    assert CANARY not in log.text


def test_rates(make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]) -> None:
    app = make_app(API_RATE_PUBLIC="1 per minute")
    with app.app_context():
        log = Log(capsys)
        assert [browser(app).get("/api/v1/rubrics").status_code for _ in range(2)] == [200, 429]
        assert log.one() == ("throttled", "too_many_requests", None, None, "GET /api/v1/rubrics")


def test_a_source_is_one_whatever_address_of_its_line_it_takes(app: Flask, log: Log) -> None:
    found = []
    for address in ("2001:db8::1", "2001:db8::2:1", "2001:db8:0:1::1", "203.0.113.7", "::ffff:203.0.113.7", "unix"):
        data = {"email": "nobody@example.test", "password": "wrong"}
        CheckingClient(app, app.response_class).post("/sign-in", data=data, environ_base={"REMOTE_ADDR": address})
        (line,) = log.lines()
        found.append((line["network"], line["source"]))
    assert [network for network, _ in found] == ["2001:db8::/48"] * 3 + ["203.0.113.0/24"] * 2 + [None]
    sources = [source for _, source in found]
    assert sources[0] == sources[1] != sources[2] and sources[3] == sources[4] != sources[0] and sources[5] is None


def test_line_breaks_forge_no_line(app: Flask, log: Log) -> None:
    with pytest.raises(Exception, match="sign_in_failed"):
        sign_in.sign_in('x"}\n{"time": "forged"}', "\x1b[31m\r\n{}", "\n")
    assert log.one()[:2] == ("sign_in_failed", "unknown_account")


def test_lines_appear_under_the_server(tmp_path: Path) -> None:
    """INFO lines, on the standard error of gunicorn as `run.sh serve` starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "CERTIFY_INSTANCE": str(tmp_path), "PORT": str(port)}
    environment.pop("GUNICORN_CMD_ARGS", None)
    run = [sys.executable, "-m"]
    migrated = subprocess.run([*run, "flask", "--app", "wsgi", "db", "upgrade"], cwd=ROOT, env=environment,
                              capture_output=True, check=False)  # fmt: skip
    assert migrated.returncode == 0, migrated.stderr
    with (tmp_path / "stderr").open("wb") as errors:
        options = ["--preload", "--worker-class", "gthread", "--no-control-socket", "--bind", f"127.0.0.1:{port}"]
        server = subprocess.Popen([*run, "gunicorn", "wsgi:app", *options], cwd=ROOT, env=environment, stderr=errors)
    try:
        said = ""
        deadline = time.monotonic() + 120
        while "foreign_origin" not in said and time.monotonic() < deadline:
            asked = urllib.request.Request(
                f"http://127.0.0.1:{port}/sign-in", data=b"x=1", headers={"Origin": "https://evil.example"}
            )
            try:
                urllib.request.urlopen(asked, timeout=30).close()
            except urllib.error.HTTPError as refusal:
                refusal.close()
            except OSError:
                time.sleep(0.2)
            said = (tmp_path / "stderr").read_text("utf-8")
    finally:
        server.terminate()
        server.wait(60)
    line = next(json.loads(one) for one in said.splitlines() if one.startswith('{"time"'))
    assert (line["event"], line["route"], line["network"]) == ("foreign_origin", "POST /sign-in", "127.0.0.0/24")
