"""Every operation × person × object, and every operation × scope, against the matrix written by hand (R7, R8)."""

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from certify.api.etags import etag_of
from certify.db import db
from certify.domain.scopes import Scope
from certify.models.account import User
from certify.web.access import Route, routes
from certify.workflows import tokens
from tests.addresses import allowed, path, values
from tests.api.matrix import API_MATRIX, SCOPES
from tests.api.requests import headers_for, operations, to_send
from tests.authorisation import ACTORS, ALIKE, Line
from tests.factories import fresh_actor
from tests.world import World

# Sweeps over all routes: other tests measure what they reach, and under the tracer they would take twice as long.
pytestmark = pytest.mark.no_cover

CELLS = [
    pytest.param(endpoint, actor, thing, id=f"{endpoint}-{actor}-{thing or 'list'}")
    for endpoint, line in API_MATRIX.items()
    for actor in ACTORS
    for thing in (
        ("",) if not line.kind else ("ours", "missing") if line.kind in ALIKE else ("ours", "theirs", "missing")
    )
]
# Operations that ask the register for a number.
OF_NUMBERS = {"api_certificates.show", "api_certificates.pdf", "api_certificates.badge"}
# What somebody who passes is told: nonsense is sent, so that nothing happens.
# What is removed has no body: there the version is missing, or one that was, or something else leans on it.
PASSED = {"GET": {200}, "POST": {422}, "PUT": {422}, "PATCH": {422}, "DELETE": {409, 412, 428}}


@pytest.fixture(scope="module")
def by_endpoint(world: World) -> dict[str, Route]:
    """The operations of the running application."""
    return {route.endpoint: route for route in routes(world.app) if route.rule.startswith("/api/")}


@pytest.fixture(scope="module", autouse=True)
def nothing_moved(world: World) -> Iterator[None]:
    """No request of this module moves a case, appends to its history or changes an answer."""
    before = world.picture()
    yield
    assert world.picture() == before


def expected(line: Line, actor: str, thing: str) -> str:
    """The outcome that the matrix names."""
    if actor == "disabled" or (actor == "anonymous" and actor not in line.door):
        return "token"
    if actor not in line.door:
        return "forbidden"
    if thing and not line.sees(actor, thing):
        return "not found"
    return "in" if actor in line.only else "forbidden"


def ask(world: World, route: Route, actor: str, given: dict[str, object], *, nonsense: bool) -> TestResponse:
    """One request: a good one for those who are refused, nonsense for the others, so that nothing happens."""
    operation = operations(world.app).get(route.endpoint, {"path": ""})
    more: dict[str, Any] = {}
    if route.method != "GET":
        sent, headers = to_send(operation, nonsense=nonsense), headers_for(world, operation, given)
        if "/actions/" in operation["path"] and (part := (sent.get("json") or {}).get("item_id")):
            # The tag is that of the part that the body names.
            headers["If-Match"] = etag_of(part, 1)
        more = {**sent, "headers": headers}
    return world.call(actor, route.method, path(route, given), **more)


def test_every_route_is_in_the_matrix(by_endpoint: dict[str, Route]) -> None:
    assert set(by_endpoint) - {"api_docs.show", "api_docs.webhooks"} == set(API_MATRIX)


@pytest.mark.parametrize(("endpoint", "actor", "thing"), CELLS)
def test_the_matrix(world: World, by_endpoint: dict[str, Route], endpoint: str, actor: str, thing: str) -> None:
    line, route = API_MATRIX[endpoint], by_endpoint[endpoint]
    outcome = expected(line, actor, thing)
    answer = ask(world, route, actor, values(world, line, thing), nonsense=outcome == "in")
    found = (answer.status_code, (answer.json or {}).get("code"))
    if outcome == "token":
        assert found == (401, "login_required" if actor == "anonymous" else "token_invalid")
    elif outcome == "forbidden":
        # The other centre's case stands elsewhere, so that the action may be out of turn for its own people.
        assert found[0] == 403 or (thing == "theirs" and found[0] == 409)
    elif outcome == "not found":
        nothing = ask(world, route, actor, values(world, line, "missing"), nonsense=False)
        # An unknown number is told apart from a wrong address; nothing else is.
        unknown = "certificate_not_found" if endpoint in OF_NUMBERS else "not_found"
        assert found == (404, unknown)
        assert without_number(answer) == without_number(nothing)
    else:
        # What the other centre's link hangs on is another case.
        assert answer.status_code in PASSED[route.method] or (route.method, thing, found[0]) == (
            "DELETE",
            "theirs",
            404,
        )


def without_number(answer: TestResponse) -> dict[str, object]:
    """The body without the number of the request."""
    return {key: value for key, value in (answer.json or {}).items() if key != "request_id"}


@pytest.fixture(scope="module")
def narrow(world: World) -> dict[tuple[str, str], str]:
    """Tokens with one scope each, by person and scope."""
    found = {}
    with world.app.app_context():
        for name in {allowed(line) for line in API_MATRIX.values()} - {"anonymous"}:
            for scope in Scope:
                owner = fresh_actor(db.session.get_one(User, world.ids[name]))
                _, found[name, scope.value] = tokens.create(owner, scope.value, [scope.value], 1)
    return found


@pytest.mark.parametrize("scope", [scope.value for scope in Scope])
@pytest.mark.parametrize("endpoint", API_MATRIX)
def test_scopes(
    world: World, by_endpoint: dict[str, Route], narrow: dict[tuple[str, str], str], endpoint: str, scope: str
) -> None:
    line, route = API_MATRIX[endpoint], by_endpoint[endpoint]
    actor = allowed(line)
    given = values(world, line, "ours" if line.kind else "")
    operation = operations(world.app).get(endpoint, {"path": ""})
    more: dict[str, Any] = {}
    if route.method != "GET":
        more = {**to_send(operation, nonsense=True), "headers": headers_for(world, operation, given)}
    answer = world.call(actor, route.method, path(route, given), secret=narrow.get((actor, scope)), **more)
    if not SCOPES[endpoint] or scope in SCOPES[endpoint]:
        assert answer.status_code in PASSED[route.method]
    else:
        assert (answer.status_code, answer.json and answer.json["code"]) == (403, "scope_missing")


@pytest.mark.parametrize("endpoint", [one for one, line in API_MATRIX.items() if "anonymous" not in line.door])
def test_a_session_opens_nothing(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    line, route = API_MATRIX[endpoint], by_endpoint[endpoint]
    address = path(route, values(world, line, "ours" if line.kind else ""))
    answer = world.client(allowed(line)).open(address, method=route.method)
    assert (answer.status_code, answer.json["code"]) == (401, "login_required")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
