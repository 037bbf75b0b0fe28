"""The frame: start, its refusals, headers, hosts, errors, text checks, languages, formats."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, request, session
from werkzeug.test import create_environ, run_wsgi_app

from certify import create_app, instance, timing, web
from certify.config import ROOT, StartRefused
from certify.config import settings as read_settings
from certify.domain import errors
from certify.http_errors import status_of
from certify.web import formats
from certify.web.access import PUBLIC, access, local_path
from tests.pages import CheckingClient


def test_secrets_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    made = create_app({"INSTANCE": tmp_path}, check_rubrics=False)
    assert list(tmp_path.iterdir()) == []
    instance.make(made)
    first = read_settings({}, {"INSTANCE": tmp_path})
    second = read_settings({}, {"INSTANCE": tmp_path})
    assert first["SECRET_KEY"] == made.config["SECRET_KEY"]
    assert first["SECRET_KEY"] == second["SECRET_KEY"] and len(first["SECRET_KEY"]) >= 48
    assert first["SECRET_KEY"] != first["SECURITY_PASSWORD_SALT"]
    for name in ("secret_key", "password_salt"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("environ", "word"),
    [
        ({"FLASK_DEBUG": "1", "PUBLIC_URL": "https://certify.example"}, "Debug"),
        ({"PUBLIC_URL": "http://certify.example"}, "https"),
        ({"PUBLIC_URL": "certify.example"}, "PUBLIC_URL"),
        ({"CERTIFY_SECRET_KEY": "changeme"}, "CERTIFY_SECRET_KEY"),
        ({"CERTIFY_SECRET_KEY": "a" * 40}, "CERTIFY_SECRET_KEY"),
        ({"CERTIFY_SECRET_KEY": "changeme-changeme-changeme-changeme"}, "CERTIFY_SECRET_KEY"),
        ({"CERTIFY_SECRET_KEY": "kaczka-lipa-" * 4}, "CERTIFY_SECRET_KEY"),
        ({"CERTIFY_SECRET_KEY": "Change_Me-9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c"}, "CERTIFY_SECRET_KEY"),
        ({"FLASK_DEBUG": "on", "PUBLIC_URL": "https://certify.example"}, "Debug"),
        ({"FLASK_DEBUG": "maybe"}, "FLASK_DEBUG"),
        ({"PDF_ENGINE": "word"}, "PDF_ENGINE"),
        ({"PROXIES": "-1"}, "PROXIES"),
        ({"API_RATE_VERIFY": "often"}, "API_RATE_VERIFY"),
        ({"SESSION_HOURS": "0"}, "SESSION_HOURS"),
        ({"SESSION_HOURS": "169"}, "SESSION_HOURS"),
        ({"SESSION_IDLE_MINUTES": "0"}, "SESSION_IDLE_MINUTES"),
    ],
)
def test_an_unsafe_start_is_refused(environ: dict[str, str], word: str, tmp_path: Path) -> None:
    with pytest.raises(StartRefused) as refusal:
        read_settings(environ, {"INSTANCE": tmp_path})
    assert word in " ".join(refusal.value.sentences)


@pytest.mark.parametrize("secret", ["9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c", "kY3n0Q-developer-7zVw1sXe5Rt9Lm2Pq"])
def test_a_random_key_is_taken(secret: str, tmp_path: Path) -> None:
    assert read_settings({"CERTIFY_SECRET_KEY": secret}, {"INSTANCE": tmp_path})["SECRET_KEY"] == secret


def test_production_settings(tmp_path: Path) -> None:
    environ = {"PUBLIC_URL": "https://certify.example/", "DATABASE_URL": "postgresql://db/certify"}
    found = read_settings({**environ, "API_RATE": "5 per second"}, {"INSTANCE": tmp_path})
    assert (found["API_RATE"], found["API_RATE_PUBLIC"]) == ("5 per second", "120 per minute")
    assert found["PUBLIC_URL"] == "https://certify.example"
    assert found["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://db/certify"
    assert (found["SESSION_COOKIE_NAME"], found["SESSION_COOKIE_SECURE"]) == ("__Host-certify", True)


def test_a_broken_standard_stops_the_start(settings: dict[str, Any], tmp_path: Path) -> None:
    broken = tmp_path / "rubrics" / "osl" / "1.0.yaml"
    broken.parent.mkdir(parents=True)
    broken.write_text("scheme: osl\nversion: [\n", "utf-8")
    folder = {**settings, "RUBRICS_DIR": str(tmp_path / "rubrics")}
    with pytest.raises(StartRefused) as refusal:
        create_app(folder)
    assert all(line.startswith(f"{broken}:") for line in refusal.value.sentences)
    assert create_app(folder, check_rubrics=False)


def test_no_standard_at_all_stops_the_start(settings: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="RUBRICS_DIR"):
        create_app({**settings, "RUBRICS_DIR": str(tmp_path / "nothing")})


def test_a_view_without_a_policy_stops_the_start(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    bp = Blueprint("open", __name__)
    bp.get("/open")(lambda: "in")
    bp.add_url_rule("/both", "both", access(PUBLIC)(lambda: "in"), methods=["GET", "POST"])
    monkeypatch.setattr(web, "BLUEPRINTS", (*web.BLUEPRINTS, bp))
    with pytest.raises(StartRefused) as refusal:
        make_app()
    assert [("/open" in line, "/both" in line) for line in refusal.value.sentences] == [(True, False), (False, True)]


def test_access_names_one_policy() -> None:
    with pytest.raises(TypeError):
        access()


def test_healthz(client: CheckingClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_healthz_without_a_database(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/no/such/folder/db")
    with app.app_context():
        assert app.test_client().get("/healthz").status_code == 503


@pytest.mark.parametrize("path", ["/sign-in", "/no-such-page", "/users", "/healthz"])
def test_headers_of_every_answer(client: CheckingClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Cookie" in headers["Vary"]
    assert "Strict-Transport-Security" not in headers


def test_https_headers_and_cookie(make_app: Callable[..., Flask]) -> None:
    app = make_app(PUBLIC_URL="https://localhost", WTF_CSRF_ENABLED=True)
    with app.app_context():
        answer = app.test_client().get("/sign-in", base_url="https://localhost")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-certify=")
    assert all(flag in cookie for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "localhost.evil.example", "evil.example:80", "localhost@evil.example", "", "a b", "[::",
        "localhost:x", "127.0.0.2", "localhost,evil.example", "evil.example#localhost", "locaLhost\u0131",
    ],
)  # fmt: skip
def test_foreign_hosts(client: CheckingClient, host: str) -> None:
    answer = client.get("/sign-in", headers={"Host": host, "Accept": "application/json"})
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "host_not_allowed")
    assert client.get("/sign-in", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "evil.example", "[::1]:8000"])
def test_healthz_is_asked_by_address(client: CheckingClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).json == {"status": "ok"}
    assert client.get("/register", headers={"Host": host}).status_code == (200 if host.startswith("[::1]") else 400)


def test_a_host_that_is_no_name(app: Flask) -> None:
    # The test client itself stumbles over this one; a server hands it on.
    environ = {**create_environ("/sign-in"), "HTTP_HOST": "xn--x"}
    assert run_wsgi_app(app.wsgi_app, environ)[1] == "400 BAD REQUEST"


def test_a_forwarded_host_is_not_believed(client: CheckingClient) -> None:
    answer = client.get("/users", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "1.2.3.4"})
    assert "evil" not in answer.headers["Location"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotFound(), 404),
        (errors.Forbidden(), 403),
        (errors.WrongState("illegal_transition", status="draft"), 409),
        (errors.Conflict("already_issued"), 409),
        (errors.Invalid({"points": "points_off_scale"}), 422),
        (errors.TooLarge("file_too_large"), 413),
        (errors.NotAccepted("file_type_not_allowed"), 415),
        (errors.Gone("link_expired"), 410),
        (errors.TooMany(retry_after=7), 429),
        (errors.Unavailable("busy"), 503),
        (errors.StorageFull(), 507),
        (errors.CertifyError("other"), 422),
    ],
)
def test_every_refusal_has_a_page_and_a_problem(
    make_app: Callable[..., Flask], error: errors.CertifyError, status: int
) -> None:
    app = make_app()

    def fail() -> str:
        raise error

    app.add_url_rule("/fail", "fail", access(PUBLIC)(fail))
    with app.app_context():
        page = app.test_client().get("/fail")
        problem = app.test_client().get("/fail", headers={"X-Requested-With": "autosave"})
        assert status_of(error) == status
    assert page.status_code == problem.status_code == status
    assert problem.mimetype == "application/problem+json"
    assert problem.json is not None and problem.json["code"] == error.code
    assert len(problem.json["request_id"]) == 16
    if status in {429, 503}:
        assert int(page.headers["Retry-After"]) > 0


def test_a_refusal_names_fields_and_what_is_allowed(make_app: Callable[..., Flask]) -> None:
    app = make_app()

    def fail() -> str:
        if request.args.get("field"):
            raise errors.Invalid({"reason": "reason_missing"})
        raise errors.WrongState("illegal_transition", status="draft", allowed=["submit"])

    app.add_url_rule("/fail", "fail", access(PUBLIC)(fail))
    json = {"Accept": "application/json"}
    with app.app_context():
        field = app.test_client().get("/fail?field=1", headers=json).json
        state = app.test_client().get("/fail", headers=json).json
    assert field and [(one["field"], one["code"]) for one in field["errors"]] == [("reason", "reason_missing")]
    assert state and state["allowed"] == ["submit"]


def test_an_unforeseen_error_shows_a_number_and_no_trace(make_app: Callable[..., Flask]) -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=False)

    def fail() -> str:
        raise ValueError("a secret inside")

    app.add_url_rule("/fail", "fail", access(PUBLIC)(fail))
    with app.app_context():
        answer = app.test_client().get("/fail")
    assert answer.status_code == 500
    assert "secret" not in answer.text and "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/no-such-page", 404, "not_found"),
        ("POST", "/healthz", 405, "method_not_allowed"),
        ("TRACE", "/healthz", 405, "method_not_allowed"),
        ("OPTIONS", "/healthz", 405, "method_not_allowed"),
        ("GET", "/users", 401, "login_required"),
        ("GET", "/sign-in?next=%00", 422, "invalid"),
        ("GET", "/users/9223372036854775808", 404, "not_found"),
        ("GET", "/users/4294967296", 404, "not_found"),
        ("GET", "/users/0", 404, "not_found"),
    ],
)
def test_http_errors(client: CheckingClient, method: str, path: str, status: int, code: str) -> None:
    answer = client.open(path, method=method, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json and answer.json["code"]) == (status, code)


@pytest.mark.parametrize("text", ["a\0b", "a" * 200_001])
def test_text_that_no_database_holds(client: CheckingClient, text: str) -> None:
    answer = client.post("/sign-in", data={"email": text, "password": "x"})
    assert answer.status_code == 422


def test_a_form_that_is_too_large(client: CheckingClient) -> None:
    answer = client.post("/sign-in", data={"email": "a" * 2**20}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json and answer.json["code"]) == (413, "too_large")


def test_csrf(make_app: Callable[..., Flask]) -> None:
    app = make_app(WTF_CSRF_ENABLED=True)
    with app.app_context():
        answer = app.test_client().post("/sign-in", data={"email": "a@b.pl"}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "csrf_failed")


@pytest.mark.parametrize("path", ["/", "/a/b?c=d#e", "/wnioski/1?z=ą"])
def test_local_paths(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "target",
    [
        None, "", "a", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "http:/evil",
        "javascript:alert(1)", "/\tevil", "/\n/evil.example", "/ /evil", "///evil.example", "data:text/html,x",
        "https:evil.example", "/" + "a" * 2001, "/\x7f", "ftp://x", "?next=/", "//[::1", " /a",
    ],
)  # fmt: skip
def test_foreign_targets_are_ignored(target: str | None) -> None:
    assert local_path(target) is None


def test_language_switch_is_kept(client: CheckingClient) -> None:
    assert 'lang="pl"' in client.get("/sign-in").text
    answer = client.post("/language", data={"lang": "en", "next": "/sign-in"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert '<html lang="en">' in client.get("/sign-in").text
    assert client.post("/language", data={"lang": "de"}).status_code == 422
    assert client.post("/language", data={"lang": "pl", "next": "//evil.example"}).headers["Location"] == "/"


def test_formats_in_both_languages(app: Flask) -> None:
    found = {}
    for language in ("pl", "en"):
        with app.app_context(), app.test_request_context("/"), timing.fixed(datetime(2026, 3, 5, 13, 45, tzinfo=UTC)):
            session["language"] = language
            found[language] = [
                formats.date_text(date(2026, 3, 5)),
                formats.date_text(date(2026, 3, 5), "short"),
                formats.date_text(None),
                formats.moment(datetime(2026, 1, 5, 13, 5, tzinfo=UTC)),
                formats.percent("66.7"),
                formats.percent(Fraction(200, 3)),
                formats.percent(None),
                formats.number("1234.5"),
                formats.number("12345.67"),
                formats.number(-3),
                formats.size(812),
                formats.size(2_400_000),
                formats.size(None),
            ]
    plain = {key: [value.replace(formats.NBSP, "_") for value in values] for key, values in found.items()}
    assert plain == {
        "pl": [
            "5_marca_2026", "5.03.2026", "–", "5_stycznia_2026, 14:05", "66,7%", "66,7%", "–", "1234,5", "12_345,67",
            "−3", "812_B", "2,4_MB", "–",
        ],
        "en": [
            "5_March_2026", "5.03.2026", "–", "5_January_2026, 14:05", "66.7%", "66.7%", "–", "1,234.5", "12,345.67",
            "−3", "812_B", "2.4_MB", "–",
        ],
    }  # fmt: skip


def test_lonely_letters_are_tied(app: Flask) -> None:
    with app.test_request_context("/"):
        assert formats.nbsp("Praca w gminie i z ludźmi <b>") == "Praca w\u00a0gminie i\u00a0z\u00a0ludźmi &lt;b&gt;"


def run(arguments: list[str], folder: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "RUBRICS_DIR": str(folder), "CERTIFY_INSTANCE": str(tmp_path / "instance")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_server_does_not_start_beside_a_broken_standard_but_lint_runs(tmp_path: Path) -> None:
    broken = tmp_path / "rubrics" / "osl" / "1.0.yaml"
    broken.parent.mkdir(parents=True)
    broken.write_text("scheme: osl\nscheme: osl\n", "utf-8")
    server = run(["-c", "import wsgi"], tmp_path / "rubrics", tmp_path)
    assert server.returncode == 78
    assert server.stderr.startswith(f"{broken}:2:1: ") and "Traceback" not in server.stderr
    lint = run(["-m", "flask", "--app", "wsgi", "rubric", "lint", str(broken)], tmp_path / "rubrics", tmp_path)
    assert lint.returncode == 1 and "duplicate_key" in lint.stdout + lint.stderr
