"""No input causes a fault of ours: every field of every form with values that nobody should send (R40)."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from certify.domain.lifecycle import Status
from certify.web.access import Route, routes
from tests.addresses import allowed, path, values
from tests.authorisation import MATRIX
from tests.bad_input import BAD, FORMS, LONG, NO_FIELDS, UNKNOWN_PARTS
from tests.world import World

# Sweeps over all routes: other tests measure what they reach, and under the tracer they would take twice as long.
pytestmark = pytest.mark.no_cover

REFUSED = {400, 404, 409, 413, 422}
JSON = {"Accept": "application/json"}
FIELDS = [(endpoint, name) for endpoint, fields in FORMS.items() for name in fields]
# endpoint → the field with the version that was seen; where several forms stand on a page it bears a prefix.
STALE = {
    endpoint: name for endpoint, fields in FORMS.items() for name in fields if name.rpartition("-")[2] == "version"
}
GUESSES = {"account.sign_in_send", "account.password_send", "tokens.create"}
HUGE = (2**31, 2**63, 10**40, 0)


@pytest.fixture(scope="module")
def by_endpoint(world: World) -> dict[str, Route]:
    """The routes of the running application."""
    return {route.endpoint: route for route in routes(world.app) if route.endpoint in MATRIX}


@pytest.fixture(scope="module", autouse=True)
def nothing_moved(world: World) -> Iterator[None]:
    """What is refused leaves nothing behind."""
    before = world.picture()
    yield
    assert world.picture() == before


class Sender:
    """Fills in and sends the form of one endpoint as somebody who may."""

    def __init__(self, world: World, route: Route) -> None:
        self.world, self.route, self.line = world, route, MATRIX[route.endpoint]
        self.given = values(world, self.line, "ours")
        if route.endpoint.startswith("evidence."):
            # A criterion that nobody answered: the buttons for evidence save the answer first.
            self.given["criterion_id"] = world.side("ours").rows["unanswered"]
        rows = world.side("ours").rows
        case = self.given["case_id"]
        version = str(world.version(int(str(case)))) if case else "1"
        self.rows = {
            **rows,
            "slug": str(rows["criterion"]).replace(".", "-"),
            "version": version,
            "case": case,
            "auditor": world.ids["other_auditor"],
        }
        if route.endpoint == "answers.save":
            self.rows["version"] = "1"

    def form(self) -> dict[str, str]:
        """The good form."""
        fields = FORMS[self.route.endpoint]
        return {name.format(**self.rows): one.good.format(**self.rows) for name, one in fields.items()}

    def send(self, data: Any, **more: Any) -> TestResponse:
        """Send it."""
        address = path(self.route, self.given)
        client = self.world.client(allowed(self.line))
        return client.open(address, method=self.route.method, data=data, buffered=True, **more)


def with_file(form: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """The upload needs a file."""
    return form | {"file": (io.BytesIO(b"Uchwala.\n"), "plik.txt")} if endpoint == "evidence.attach" else form


def test_every_form_is_in_the_table(by_endpoint: dict[str, Route]) -> None:
    posts = {endpoint for endpoint, route in by_endpoint.items() if route.method == "POST"}
    assert posts == set(FORMS) | NO_FIELDS


@pytest.mark.parametrize(("endpoint", "name"), FIELDS)
def test_bad_values(world: World, by_endpoint: dict[str, Route], endpoint: str, name: str) -> None:
    sender = Sender(world, by_endpoint[endpoint])
    kind = FORMS[endpoint][name].kind
    for value in BAD.get(kind, ()):
        form = sender.form() | {name.format(**sender.rows): value}
        answer = sender.send(with_file(form, endpoint))
        # What asks for a password counts tries; it may have had enough.
        assert answer.status_code in REFUSED | ({429} if endpoint in GUESSES else set()), value[:20]
        assert LONG not in answer.text or answer.status_code == 422


@pytest.mark.parametrize("endpoint", FORMS)
def test_bytes_that_are_no_text(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    sender = Sender(world, by_endpoint[endpoint])
    # Such bytes are read as the signs that stand here, which are a text; where nothing else is asked, a NUL goes along.
    free = {"applications.report_condition", "desk.comment", "organisations.add_unit"}
    end = "%00" if endpoint in free else ""
    bad = "&".join(f"{name}=%ED%A0%80%FF{end}" for name in [*sender.form(), "unknown", "%ED%B0%80"])
    answer = sender.send(bad, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in REFUSED | ({429} if endpoint in GUESSES else set())


@pytest.mark.parametrize("endpoint", FORMS)
def test_bodies_that_are_no_form(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    sender = Sender(world, by_endpoint[endpoint])
    bodies = [
        (b'{"points": NaN}', "application/json"),
        (b"[" * 20_000, "application/json"),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb', "multipart/form-data; boundary=x"),
        (b"garbage", "multipart/form-data"),
        (b"&".join(b"a%d=1" % number for number in range(2_000)), "application/x-www-form-urlencoded"),
    ]
    for body, kind in bodies:
        answer = sender.send(body, content_type=kind)
        assert answer.status_code in REFUSED, kind


@pytest.mark.parametrize("endpoint", FORMS)
def test_unknown_fields_change_nothing(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    sender = Sender(world, by_endpoint[endpoint])
    more = {"status": "granted", "points": "5", "role": "admin", "owner_id": "1", "version": "0", "x": "y"}
    more = {name: text for name, text in more.items() if name not in FORMS[endpoint] or name == "version"}
    form = dict.fromkeys(sender.form(), "") | more
    answer = sender.send(form)
    assert answer.status_code in REFUSED


@pytest.mark.parametrize("endpoint", STALE)
def test_a_stale_form(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    sender = Sender(world, by_endpoint[endpoint])
    form = sender.form()
    seen = STALE[endpoint].format(**sender.rows)
    answer = sender.send(with_file(form | {seen: str(int(form[seen]) + 7)}, endpoint), headers=JSON)
    assert answer.status_code == 409
    if answer.mimetype == "application/problem+json":
        assert answer.json is not None and answer.json["code"] == OUT_OF_TURN.get(endpoint, "stale_version")
    else:
        assert "międzyczasie" in answer.text or endpoint in FORM_IS_GONE
        # The text that was typed comes back, unless the page has no such form any more.
        assert endpoint in FORM_IS_GONE or all(text in answer.text for text in form.values() if " " in text)


# Forms of which the world has no case where they are in turn: the case refuses first, or the page has no such form.
FORM_IS_GONE = {
    "applications.object_to_post", "audits.confirm_conditions_post", "cases.overrule", "reports.answer_comment",
}  # fmt: skip
# Here the page says first what stands in the way. All of these are tried in turn by web/test_stale_forms.py.
OUT_OF_TURN = {
    "audits.declare_post": "declared_already",
    "reports.answer_comment": "hearing_not_held",
    "decisions.fail_conditions": "conditions_time_running",
    "decisions.appeal_post": "separation_of_duties",
}


@pytest.mark.parametrize("endpoint", UNKNOWN_PARTS)
def test_unknown_parts_of_an_address(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    route = by_endpoint[endpoint]
    line = MATRIX[endpoint]
    for bad in ({}, {"%00": ""}, {"a" * 3000: ""}, {"%ED%A0%80": ""}, {"..%2f..": ""}):
        parts = UNKNOWN_PARTS[endpoint]
        given = values(world, line, "ours") | (dict.fromkeys(parts, next(iter(bad))) if bad else parts)
        answer = world.client(allowed(line)).open(path(route, given), method=route.method, buffered=True)
        assert answer.status_code in {404, 422}


@pytest.mark.parametrize("endpoint", [one for one, line in MATRIX.items() if line.kind])
def test_numbers_that_no_row_has(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    route = by_endpoint[endpoint]
    line = MATRIX[endpoint]
    for name in ("case_id", "revision_id", "evidence_id", "user_id", "organisation_id", "condition_id", "item_id"):
        if f"<id:{name}>" not in route.rule:
            continue
        for huge in HUGE:
            address = path(route, values(world, line, "ours") | {name: huge})
            assert world.client(allowed(line)).open(address, method=route.method).status_code == 404


@pytest.mark.parametrize("endpoint", MATRIX)
def test_methods_that_a_route_has_not(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    route, line = by_endpoint[endpoint], MATRIX[endpoint]
    address = path(route, values(world, line, "ours"))
    known = {one.method for one in by_endpoint.values() if one.rule == route.rule}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - known:
        answer = world.client(allowed(line)).open(address, method=method, headers=JSON, buffered=True)
        if (answer.status_code, method) == (404, "GET"):
            # Another page has this address: `new` or `radar.svg` where an area's id could stand.
            continue
        assert answer.status_code == 405
        assert answer.json is not None and answer.json["code"] == "method_not_allowed"
        assert method not in answer.headers["Allow"]


@pytest.mark.parametrize("endpoint", sorted([*FORMS, *NO_FIELDS]))
def test_posts_without_the_token(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    route, line = by_endpoint[endpoint], MATRIX[endpoint]
    address = path(route, values(world, line, "ours"))
    world.app.config["WTF_CSRF_ENABLED"] = True
    try:
        for form in ({}, {"csrf_token": "zmyślony"}, {"csrf_token": "a\0b"}):
            answer = world.client(allowed(line)).post(address, data=form, headers=JSON)
            assert answer.status_code == 400
            assert answer.json is not None and answer.json["code"] == "csrf_failed"
    finally:
        world.app.config["WTF_CSRF_ENABLED"] = False


# What watches the service asks for its health by address.
@pytest.mark.parametrize("endpoint", sorted(set(MATRIX) - {"health.show"}))
def test_a_foreign_host(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    route, line = by_endpoint[endpoint], MATRIX[endpoint]
    address = path(route, values(world, line, "ours"))
    headers = {**JSON, "Host": "evil.example"}
    answer = world.client(allowed(line)).open(address, method=route.method, headers=headers)
    assert answer.status_code == 400
    assert answer.json is not None and answer.json["code"] == "host_not_allowed"


@pytest.mark.parametrize(
    "query",
    [
        "page=-1", "page=0", "page=9223372036854775808", "page=1e9", "page=x", "page=２", "words=%25%27%5C",
        "words=" + "a" * 5000, "words=%ED%A0%80", "status=nothing", "view=nothing", "voivodeship=99", "standard=x",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "address", ["/register", "/board", "/organisations", "/users", "/method", "/standards", "/verify/number"]
)
def test_filters_that_nobody_set(world: World, address: str, query: str) -> None:
    answer = world.client("coordinator").get(f"{address}?{query}", buffered=True)
    assert answer.status_code in {200, 404, 422}


def test_a_draft_is_as_it_was(world: World) -> None:
    """The page that was refused so often still shows what its centre wrote."""
    case_id = world.side("ours").cases[Status.DRAFT]
    answer = world.client("centre_editor").get(f"/cases/{case_id}/self-assessment/{world.side('ours').rows['area']}")
    assert answer.status_code == 200 and "Opis do wskaźnika" in answer.text
