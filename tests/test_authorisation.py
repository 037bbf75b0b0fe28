"""Every route × method × person × object, against the matrix that was written by hand (R8)."""

import re
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from certify.domain.lifecycle import Status
from certify.web.access import Route, routes
from certify.web.form_fields import FIELDS
from tests.addresses import path, values
from tests.api.matrix import API_MATRIX
from tests.authorisation import ACTORS, ALIKE, MATRIX, OUTSIDE, TOO_EARLY, Line
from tests.world import MISSING, World

# Sweeps over all routes: other tests measure what they reach, and under the tracer they would take twice as long.
pytestmark = pytest.mark.no_cover

IN_POST = {200, 201, 303, 409, 412, 422}
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
    """The pages of the running application; the API has a matrix of its own, `tests/api/matrix.py`."""
    return {route.endpoint: route for route in routes(world.app) if route.endpoint not in API_MATRIX}


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


def ask(world: World, route: Route, actor: str, address: str, form: dict[str, str]) -> TestResponse:
    """One request by the person."""
    # Buffered: the answer is read and closed at once, also when it is a file.
    return world.client(actor).open(
        address, method=route.method, data=form if route.method == "POST" else None, buffered=True
    )


def form_of(world: World, endpoint: str, given: dict[str, object], outcome: str) -> dict[str, str]:
    """What is sent: a valid form for those who are refused, an empty one for the others, so that nothing happens."""
    line = MATRIX[endpoint]
    if outcome == "in" and line.kind == "case":
        return {}
    seen = ""
    if line.kind == "case" and given["case_id"] != MISSING:
        seen = str(world.version(int(str(given["case_id"]))))
    rows = {**world.side("ours").rows, "version": seen}
    form = {name.format(**rows): text.format(**rows) for name, text in line.form.items()}
    if seen and "version" in FIELDS.get(endpoint, ()):
        form["version"] = seen
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
    answer = ask(world, route, actor, address, form_of(world, endpoint, given, outcome))
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


# endpoint → (person, stage, what is sent): the case is one's own, the thing that the form names is not of this case.
FOREIGN_THINGS: dict[str, tuple[str, Status, dict[str, str]]] = {
    "applications.create": ("centre_manager", Status.DRAFT, {"unit": "{unit}", "scheme": "wolontariat/1.0"}),
    "applications.object_to_post": (
        "centre_manager", Status.TEAMING, {"assignment": "{assignment}", "reason": "Szkolił nasz zespół."},
    ),
    "applications.report_condition": (
        "centre_manager", Status.CERTIFIED, {"c{condition}-report": "Zrobione.", "c{condition}-version": "{version}"},
    ),
    "reports.answer_comment": (
        "lead_auditor", Status.REPORT,
        {"item{item}-accepted": "yes", "item{item}-answer": "Poprawiono.", "item{item}-version": "{version}"},
    ),
    "cases.release": ("coordinator", Status.TEAMING, {"assignment_id": "{assignment}"}),
    "cases.overrule": ("coordinator", Status.TEAMING, {"assignment_id": "{assignment}", "note": "Minęły dwa lata."}),
    "evidence.link": ("centre_manager", Status.DRAFT, {"evidence_id": "{evidence}"}),
    "evidence.detach": ("centre_manager", Status.DRAFT, {"link_id": "{link}"}),
    "users.invite_send": (
        "centre_manager", Status.DRAFT,
        {"name": "Jan", "email": "jan@example.org", "role": "centre_editor", "organisation_id": "{organisation}"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("endpoint", FOREIGN_THINGS)
def test_a_form_names_nothing_foreign(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    actor, stage, form = FOREIGN_THINGS[endpoint]
    theirs = world.side("theirs")
    seen = str(world.version(world.side("ours").cases[stage]))
    rows = world.side("ours").rows | theirs.rows | {"organisation": theirs.organisation_id, "version": seen}
    given = values(world, MATRIX[endpoint], "ours", stage)
    # A criterion without an answer yet, so that no older answer is in the way.
    given |= {"condition_id": rows["condition"], "item_id": rows["item"], "criterion_id": rows["unanswered"]}
    sent = {name.format(**rows): text.format(**rows) for name, text in form.items()}
    if "version" in FIELDS[endpoint]:
        sent["version"] = seen if "evidence" not in endpoint else "0"
    answer = ask(world, by_endpoint[endpoint], actor, path(by_endpoint[endpoint], given), sent)
    assert answer.status_code in {403, 404, 409, 422}
    assert "Łasku" not in answer.text


@pytest.mark.parametrize("role", ["admin", "coordinator", "auditor", "decision_maker"])
def test_a_manager_gives_no_office(world: World, role: str) -> None:
    form = {"name": "Jan", "email": "jan@example.org", "role": role}
    for more in ({}, {"organisation_id": str(world.side("ours").organisation_id)}):
        assert world.client("centre_manager").post("/users/invite", data=form | more).status_code in {403, 422}
