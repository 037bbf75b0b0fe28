"""A form takes its own fields, each as often as the page has it; any other changes nothing (R11)."""

from collections.abc import Iterator

import pytest

from certify.db import db
from certify.domain.policy import CENTRE_ROLES, Role
from certify.web.access import Route, routes
from certify.web.form_fields import FIELDS, fault_of
from tests.addresses import allowed, path, values
from tests.authorisation import MATRIX
from tests.bad_input import FORMS, NO_FIELDS
from tests.costs import costs_little
from tests.test_bad_input import JSON, Sender, with_file
from tests.world import World

MOST = 1_000
# What people of a centre write, and columns are called the same; no status, score, role or owner is among them.
OF_A_CENTRE = {
    *("version", "kind", "title", "author", "proves", "text", "note", "reason", "grounds", "pages"),
    *("personal_data", "period_from", "period_to", "valid_until", "names_people", "shows_pesel", "shows_faces"),
    *("has_consent", "due_on", "number", "evidence_id", "criteria", "criterion", "scheme"),
}  # fmt: skip


@pytest.fixture(scope="module")
def by_endpoint(world: World) -> dict[str, Route]:
    """The routes of the running application."""
    return {route.endpoint: route for route in routes(world.app)}


@pytest.fixture(scope="module", autouse=True)
def nothing_moved(world: World) -> Iterator[None]:
    """What is refused leaves nothing behind."""
    before = world.picture()
    yield
    assert world.picture() == before


def test_every_post_names_its_fields(by_endpoint: dict[str, Route]) -> None:
    forms = {one.endpoint for one in by_endpoint.values() if one.method == "POST" and "api_" not in one.endpoint}
    assert set(FIELDS) == forms


def test_no_form_of_a_centre_takes_a_status_or_a_score(by_endpoint: dict[str, Route]) -> None:
    """Every form of the centre's desk against every column of every table."""
    columns = {column.name for table in db.metadata.tables.values() for column in table.columns}
    assert {"status", "role", "points", "organisation_id", "active", "outcome", "signed_by_id"} <= columns
    desk = [one for one in FIELDS if by_endpoint[one].policy.roles and by_endpoint[one].policy.roles <= CENTRE_ROLES]
    assert len(desk) > 25
    taken = {column for endpoint in desk for column in columns if fault_of(endpoint, column, 1) is None}
    assert taken == OF_A_CENTRE & columns
    assert Role.CENTRE_EDITOR in CENTRE_ROLES


@pytest.mark.parametrize("endpoint", FORMS)
def test_a_field_too_many_and_a_field_twice(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    sender = Sender(world, by_endpoint[endpoint])
    more = {"status": "approved", "score": "3", "owner_id": "1"}
    answer = sender.send(with_file(sender.form() | more, endpoint), headers=JSON)
    assert answer.status_code == 422
    assert answer.json is not None and answer.json["code"] == "unknown_field"
    assert {(one["field"], one["code"]) for one in answer.json["errors"]} == {(one, "unknown_field") for one in more}
    form = sender.form()
    for name in form:
        if f"{name}[]" in FIELDS[endpoint] or name.endswith("-criteria"):
            continue
        answer = sender.send(with_file(form | {name: [form[name], form[name]]}, endpoint), headers=JSON)
        assert answer.status_code == 422, name
        assert answer.json is not None and answer.json["code"] == "duplicate_key"


def test_names_by_the_thousand_are_told_in_short(world: World, by_endpoint: dict[str, Route]) -> None:
    sender = Sender(world, by_endpoint["answers.save"])
    answer = sender.send({f"x{number}" * 50: "1" for number in range(1000)}, headers=JSON)
    assert answer.status_code == 422
    assert answer.json is not None and len(answer.json["errors"]) == 20
    assert all(len(one["field"]) <= 80 for one in answer.json["errors"])


@pytest.mark.no_cover
@pytest.mark.parametrize("endpoint", sorted({*FORMS, *NO_FIELDS}))
def test_fields_without_end_are_refused_unread(world: World, by_endpoint: dict[str, Route], endpoint: str) -> None:
    """Also to strangers, whose token is looked for in the form, and where a form that was refused is given back."""
    route = by_endpoint[endpoint]
    address = path(route, values(world, MATRIX[endpoint], "ours"))
    kind = "application/x-www-form-urlencoded"
    for count, refused in ((MOST, False), (MOST + 1, True), (150_000, True)):
        form = "&".join(f"{number:x}=" for number in range(count))
        for who in ("", allowed(MATRIX[endpoint])):
            client = world.client(who) if who else world.app.test_client()
            with costs_little():
                answer = client.open(address, method=route.method, data=form, content_type=kind, headers=JSON)
            assert answer.status_code >= 400
            assert (answer.status_code == 413) == refused
            assert not refused or (answer.json is not None and answer.json["code"] == "too_large")


def test_exact_names_come_before_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FIELDS, "a.form", ["item*", "item-rows[]"])
    assert [fault_of("a.form", name, 2) for name in ("item-rows", "item1", "else")] == [
        None,
        "duplicate_key",
        "unknown_field",
    ]


def test_a_person_is_told_in_words(world: World, by_endpoint: dict[str, Route]) -> None:
    sender = Sender(world, by_endpoint["desk.comment"])
    page = sender.send({"text": "Kto ma uchwałę?", "status": "approved"})
    assert page.status_code == 422
    assert "W formularzu nie ma takiego pola." in page.text


def test_the_token_stands_once() -> None:
    assert [fault_of("cases.accept", "csrf_token", times) for times in (1, 2)] == [None, "duplicate_key"]
    assert fault_of("cases.return_case_post", "request-0-criteria", 3) is None
    assert fault_of("cases.return_case_post", "request-0-text", 2) == "duplicate_key"
