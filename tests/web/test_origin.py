"""From whose page a form comes: another server's is refused on every page, even with a good token (R39)."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask

from certify.web.access import routes
from certify.workflows import accounts
from tests.addresses import allowed, path, values
from tests.authorisation import MATRIX
from tests.world import World

JSON = {"Accept": "application/json"}
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:81"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost@evil.example"},
    {"Origin": "http://evil.example", "Referer": "http://localhost/sign-in"},
    {"Origin": "http://localhost http://evil.example"},
    {"Origin": "http://localhost:99999"},
    {"Origin": "http://[localhost"},
    {"Origin": "file://localhost"},
    {"Referer": "https://evil.example/http://localhost/"},
    {"Referer": "about:blank"},
]
OURS = [
    {},
    {"Origin": "http://localhost"},
    {"Origin": "http://localhost:80"},
    {"Origin": "HTTP://LOCALHOST"},
    {"Origin": "http://localhost", "Referer": "https://evil.example/"},
    {"Referer": "http://localhost/sign-in?next=/x"},
]


def test_every_page_that_changes_something(world: World) -> None:
    changing = [one for one in routes(world.app) if one.method != "GET" and one.endpoint in MATRIX]
    found = {}
    before = world.picture()
    for route in changing:
        line = MATRIX[route.endpoint]
        address = path(route, values(world, line, "ours"))
        if route.method in {"HEAD", "OPTIONS"}:
            continue
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Referer": "https://evil.example/"}):
            answer = world.client(allowed(line)).open(address, method=route.method, headers={**JSON, **headers})
            found[route.endpoint, *headers.values()] = answer.status_code, answer.json and answer.json["code"]
    assert len(found) > 180
    assert {key: value for key, value in found.items() if value != (400, "csrf_failed")} == {}
    assert world.picture() == before


def sign_in(app: Flask, headers: dict[str, str], base: str = "http://localhost") -> int:
    """The status of a sign-in with a good token of the same session."""
    client = app.test_client()
    form = client.get("/sign-in", base_url=base).text
    token = re.findall(r'name="csrf_token" value="([^"]+)"', form)[0]
    data = {"email": "ada@example.test", "password": "poprawne konie bateria", "next": "", "csrf_token": token}
    # Over TLS Flask-WTF has always asked for a Referer of ours; what is tried here is the other header.
    headers = {"Referer": f"{base}/sign-in", **headers} if base.startswith("https") else headers
    return client.post("/sign-in", data=data, headers=headers, base_url=base).status_code


@pytest.fixture
def served(make_app: Callable[..., Flask]) -> Iterator[Callable[..., Flask]]:
    """Makes an application that checks tokens as a real server does, with one account."""
    with ExitStack() as stack:

        def make(**overrides: str) -> Flask:
            app = make_app(WTF_CSRF_ENABLED=True, **overrides)
            stack.enter_context(app.app_context())
            accounts.create_user("ada@example.test", "Ada", "poprawne konie bateria")
            return app

        yield make


def test_a_good_token_alone_is_not_enough(served: Callable[..., Flask]) -> None:
    app = served()
    assert [sign_in(app, headers) for headers in FOREIGN] == [400] * len(FOREIGN)
    assert [sign_in(app, headers) for headers in OURS] == [303] * len(OURS)


def test_over_tls_a_page_without_it_is_foreign(served: Callable[..., Flask]) -> None:
    base = "https://certify.example"
    app = served(PUBLIC_URL=base)
    found = [sign_in(app, {"Origin": origin}, base) for origin in (base, f"{base}:443", "http://certify.example")]
    assert found == [303, 303, 400]


def test_the_api_is_open_to_programs_of_other_sites(world: World) -> None:
    """It looks at no cookie, so that there is nothing to misuse."""
    answer = world.call("coordinator", "POST", "/api/v1/verify", headers={"Origin": "https://evil.example"})
    assert answer.json["code"] != "csrf_failed"
