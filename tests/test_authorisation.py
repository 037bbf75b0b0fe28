"""Every route × method × person × object, against the matrix that was written by hand (R8)."""

import re
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from certify.config import ROOT
from certify.domain.lifecycle import Status
from certify.web.access import Route, routes
from tests.authorisation import ACTORS, ALIKE, MATRIX, OUTSIDE, TOO_EARLY, Line, theirs_at
from tests.world import MISSING, World

IN_POST = {200, 201, 303, 409, 422}
CELLS = [
    pytest.param(endpoint, actor, thing, id=f"{endpoint}-{actor}-{thing or 'page'}")
    for endpoint, line in MATRIX.items()
    for actor in ACTORS
    for thing in (
        ("",) if not line.kind else ("ours", "missing") if line.kind in ALIKE else ("ours", "theirs", "missing")
    )
]


@pytest.fixture(scope="module")
def by_endpoint(world: World) -> dict[str, Route]:
    """The routes of the running application."""
    return {route.endpoint: route for route in routes(world.app)}


@pytest.fixture(scope="module", autouse=True)
def nothing_moved(world: World) -> Iterator[None]:
    """No request of this module moves a case, appends to its history or changes an answer."""
    before = world.picture()
    yield
    assert world.picture() == before


def test_every_route_is_in_the_matrix_and_every_line_is_a_route(by_endpoint: dict[str, Route]) -> None:
    assert set(by_endpoint) - set(MATRIX) == set(), "routes without a line in tests/authorisation.py"
    assert set(MATRIX) - set(by_endpoint) == set(), "lines of tests/authorisation.py without a route"
    assert len(CELLS) >= 1500


def values(world: World, line: Line, thing: str, stage: Status | None = None) -> dict[str, object]:
    """What stands in the address: numbers of our rows or theirs; `missing` is ours but for the object itself."""
    stage = stage or line.stage
    side = world.side("theirs" if thing == "theirs" else "ours")
    rows = world.side("ours").rows | side.rows
    case_id = side.cases.get(theirs_at(stage) if thing == "theirs" else stage)
    found: dict[str, object] = {
        "case_id": case_id,
        "criterion_id": rows["criterion"],
        "area_id": rows["area"],
        "condition_id": rows["condition"],
        "item_id": rows["item"],
        "step": {Status.CONSENSUS: "close_scoring"}.get(stage, "submit" if "centre_editor" in line.door else "return"),
        "revision_id": rows["file"],
        "user_id": world.ids["other_manager" if thing == "theirs" else "centre_editor"],
        "organisation_id": side.organisation_id,
        "scheme": "wolontariat",
        "version": "1.0",
        "path_number": rows["number"],
        "token": world.invitation,
        "filename": next((ROOT / "certify" / "static").rglob("*.css")).relative_to(ROOT / "certify" / "static"),
    }
    if thing == "missing":
        found |= dict.fromkeys(("case_id", "revision_id", "user_id", "organisation_id"), MISSING)
        found |= {"scheme": "nieznany", "path_number": "OSL-2026-9999", "token": "nieznany", "filename": "no.css"}
    return found


def path(route: Route, given: dict[str, object]) -> str:
    """The address, filled in."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(given[match[1]]), route.rule)


def ask(world: World, route: Route, actor: str, address: str, form: dict[str, str]) -> TestResponse:
    """One request by the person."""
    # Buffered: the answer is read and closed at once, also when it is a file.
    return world.client(actor).open(
        address, method=route.method, data=form if route.method == "POST" else None, buffered=True
    )


def form_of(world: World, line: Line, given: dict[str, object], outcome: str) -> dict[str, str]:
    """What is sent: a valid form for those who are refused, an empty one for those who are in, so that nothing happens."""
    if outcome == "in" and line.kind == "case":
        return {}
    rows = world.side("ours").rows
    form = {name.format(**rows): text.format(**rows) for name, text in line.form.items()}
    if line.kind == "case" and given["case_id"] != MISSING:
        form["version"] = str(world.version(int(str(given["case_id"]))))
    return form


def expected(line: Line, actor: str, thing: str) -> str:
    """The outcome that the matrix names."""
    if actor not in line.door:
        return "sign in" if actor in OUTSIDE else "forbidden"
    if thing and not line.sees(actor, thing):
        return "not found"
    return "in" if actor in line.only or thing == "theirs" else "forbidden"


def bare(answer: TestResponse, address: str) -> str:
    """The page without what differs between two requests: the report's number and the address that was asked for."""
    text = re.sub(r"<code>[0-9a-f]{16}</code>", "", answer.text)
    text = re.sub(r'name="csrf_token"[^>]*', "", text)
    return text.replace(address, "…")


@pytest.mark.parametrize(("endpoint", "actor", "thing"), CELLS)
def test_the_matrix(world: World, by_endpoint: dict[str, Route], endpoint: str, actor: str, thing: str) -> None:
    line, route = MATRIX[endpoint], by_endpoint[endpoint]
    outcome = expected(line, actor, thing)
    given = values(world, line, thing)
    address = path(route, given)
    answer = ask(world, route, actor, address, form_of(world, line, given, outcome))
    found = answer.status_code
    assert found < 500
    if outcome == "sign in":
        assert found == 302 and answer.location.startswith("/sign-in")
    elif outcome == "forbidden":
        assert found == 403
    elif outcome == "not found":
        other = path(route, values(world, line, "missing"))
        nothing = ask(world, route, actor, other, {}) if thing != "missing" else answer
        assert (found, nothing.status_code) == (line.missing, line.missing)
        assert bare(answer, address) == bare(nothing, other)
    elif thing == "theirs":
        # The other centre's case stands elsewhere, so that the page may not be open; its own people pass the door.
        assert found not in {401, 403} and "/sign-in" not in (answer.location or "")
    else:
        wanted = 409 if actor in line.done_already else line.answers
        assert found in (IN_POST if route.method == "POST" else {wanted, 303})
        assert "/sign-in" not in (answer.location or "") or endpoint == "account.sign_out"


@pytest.mark.parametrize(
    ("endpoint", "stage", "actor"),
    [pytest.param(*key, actor, id=f"{key[0]}-{key[1]}-{actor}") for key in TOO_EARLY for actor in ACTORS],
)
def test_nobody_reads_too_early(
    world: World, by_endpoint: dict[str, Route], endpoint: str, stage: Status, actor: str
) -> None:
    line, route = MATRIX[endpoint], by_endpoint[endpoint]
    answer = ask(world, route, actor, path(route, values(world, line, "ours", stage)), {})
    if actor in TOO_EARLY[endpoint, stage]:
        assert answer.status_code == 200
    else:
        assert answer.status_code in {302, 403, 404, 409}
