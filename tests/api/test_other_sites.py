"""What pages of other sites and slips of the pen get: OPTIONS, CORS, a slash too many, when to come back."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask import Flask

from certify.api.operation import PREFIX
from certify.domain.policy import Role
from certify.models.account import User
from certify.web.access import PUBLIC, Route, routes
from tests.addresses import path, values
from tests.api.conftest import Call
from tests.api.matrix import API_MATRIX
from tests.authorisation import MATRIX
from tests.factories import make_user
from tests.pages import CheckingClient
from tests.world import World

PAGE = {"Origin": "https://gmina.example"}


@pytest.fixture(scope="module")
def by_endpoint(world: World) -> dict[str, Route]:
    """The routes of the running application."""
    return {route.endpoint: route for route in routes(world.app)}


@pytest.mark.parametrize("endpoint", API_MATRIX)
def test_a_page_elsewhere_may_ask_what_is_public(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    route = by_endpoint[endpoint]
    address = path(route, values(world, API_MATRIX[endpoint], "ours"))
    asked = PAGE | {"Access-Control-Request-Method": route.method, "Access-Control-Request-Headers": "if-none-match"}
    answer = world.app.test_client().options(address, headers=asked)
    assert (answer.status_code, answer.data) == (204, b"")
    assert {route.method, "OPTIONS"} <= set(answer.headers["Allow"].split(", "))
    found = {name: text for name, text in answer.headers.items() if name.startswith("Access-Control")}
    if route.policy is PUBLIC:
        assert found["Access-Control-Allow-Origin"] == "*"
        assert found["Access-Control-Allow-Methods"] == route.method
        assert {"Content-Type", "If-None-Match"} <= set(found["Access-Control-Allow-Headers"].split(", "))
        assert "Authorization" not in found["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in found
    else:
        assert found == {}


@pytest.mark.parametrize("method", ["", "BREW", "DELETE"])
def test_what_no_operation_does_is_not_granted(app: Flask, client: CheckingClient, method: str) -> None:
    answer = client.options(f"{PREFIX}/rubrics", headers=PAGE | {"Access-Control-Request-Method": method})
    assert answer.status_code == 204
    assert not [name for name, _ in answer.headers.items() if name.startswith("Access-Control")]
    assert client.options(f"{PREFIX}/nothing", headers=PAGE).status_code == 404


@pytest.mark.parametrize("address", ["/rubrics", "/register.json", "/nothing", "/certificates/OSL-2026-9999"])
def test_a_page_elsewhere_reads_what_it_needs(client: CheckingClient, address: str) -> None:
    answer = client.get(f"{PREFIX}{address}", headers=PAGE)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert exposed == {"ETag", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}
    assert "Cookie" not in answer.headers["Vary"]


def test_an_answer_to_a_token_is_not_opened(program: Callable[[User], Call]) -> None:
    answer = program(make_user("", Role.COORDINATOR))("GET", "/rubrics", Origin="https://gmina.example")
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_no_certificate_is_not_no_address(client: CheckingClient) -> None:
    for address, code in (
        ("/certificates/OSL-2026-9999", "certificate_not_found"),
        ("/certificates/OSL-2026-9999/pdf", "certificate_not_found"),
        ("/certificates/OSL-2026-9999/badge.svg", "certificate_not_found"),
        ("/certificate/OSL-2026-9999", "not_found"),
    ):
        answer = client.get(f"{PREFIX}{address}", headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json["code"]) == (404, code)


@pytest.mark.parametrize("endpoint", [*MATRIX, *API_MATRIX])
def test_a_slash_too_many_leads_to_the_address(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    route = by_endpoint[endpoint]
    address = path(route, values(world, MATRIX.get(endpoint) or API_MATRIX[endpoint], "ours"))
    if address.endswith("/") or endpoint == "static" or ("/certificates" in route.rule and "api" not in endpoint):
        # The pages of certificates take a number as people write it, with slashes inside and behind.
        return
    answer = world.app.test_client().open(f"{address}/?a=%C4%85&b", method=route.method)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{address}?a=%C4%85&b")


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("//evil.example/register/", ""),
        ("/\\evil.example/", ""),
        ("/%5cevil.example/", ""),
        ("/certificates/%2F%2Fevil.example/", ""),
        ("/standards/%5C%5Cevil.example/1/", "/standards/%5C%5Cevil.example/1"),
        ("/standards/a%3Fb%23c%0Ad/1/", "/standards/a%3Fb%23c%0Ad/1"),
        ("/nothing/", ""),
        ("/", ""),
        ("/register///", "/register"),
    ],
)
def test_a_slash_never_leads_away(client: CheckingClient, address: str, target: str) -> None:
    answer = client.get(address)
    location = answer.headers.get("Location", "")
    assert not urlsplit(location).netloc or urlsplit(location).netloc == "localhost"
    assert not location.startswith("//")
    assert not target or (answer.status_code, location) == (308, target)


def test_nobody_is_told_to_come_back_who_need_not(client: CheckingClient, program: Callable[[User], Call]) -> None:
    for answer in (
        client.get(f"{PREFIX}/rubrics"),
        client.get(f"{PREFIX}/nothing"),
        client.post(f"{PREFIX}/verify", data="{", content_type="application/json"),
        client.post(f"{PREFIX}/verify", json={"number": 1}),
        client.get(f"{PREFIX}/applications"),
        program(make_user("", Role.COORDINATOR))("PATCH", "/organisations/1", {"city": "X"}, If_Match='"1-9"'),
    ):
        assert "Retry-After" not in answer.headers
        assert "RateLimit-Wait" not in answer.headers
