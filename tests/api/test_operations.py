"""The first operations, over HTTP: tags and versions, keys, pages, limits, and a case that walks by API alone."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from certify.domain.lifecycle import Status
from certify.domain.policy import Role
from certify.domain.scopes import Scope
from certify.models.account import User
from tests.api.conftest import Call
from tests.factories import Made, make_application, make_organisation, make_user, publish
from tests.pages import CheckingClient

Program = Callable[[User], Call]
NEW = {"name": "Ośrodek w Łasku", "kind": "OPS", "city": "Łask", "voivodeship": "10"}


@pytest.fixture
def office(app: Flask, program: Program) -> Call:
    # The kinds of centres stand in the published standards.
    publish()
    return program(make_user("Krystyna Koordynatorka", Role.COORDINATOR))


@pytest.fixture
def made(app: Flask) -> Made:
    return make_application(at=Status.DRAFT)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def test_an_organisation_from_first_to_last(office: Call) -> None:
    answer = office("POST", "/organisations", NEW, Idempotency_Key="a")
    assert answer.status_code == 201
    first = answer.json
    assert answer.headers["Location"] == f"/api/v1/organisations/{first['id']}"
    assert answer.headers["ETag"] == first["etag"] == f'"{first["id"]}-1"'
    assert first | NEW == first
    assert [unit["is_main"] for unit in first["units"]] == [True]
    address = f"/organisations/{first['id']}"
    changed = office("PATCH", address, {"city": "Łódź", "nip": "123-456-32-18"}, If_Match=first["etag"])
    assert (changed.status_code, changed.json["version"]) == (200, 2)
    assert office("GET", address).json == changed.json == {
        **first, "city": "Łódź", "nip": "1234563218", "version": 2, "etag": changed.headers["ETag"],
    }  # fmt: skip
    assert code(office("PATCH", address, {"city": "X"}, If_Match=first["etag"])) == (412, "stale_version")
    assert code(office("PATCH", address, {"city": "X"}, If_Match='"999-2"')) == (412, "stale_version")
    assert code(office("PATCH", address, {"city": "X"}, If_Match="*")) == (428, "precondition_required")
    assert code(office("PATCH", address, {"city": "X"})) == (428, "precondition_required")
    assert code(office("PATCH", address, {"nip": "1"}, If_Match=changed.headers["ETag"])) == (422, "bad_nip")
    assert code(office("PATCH", address, {"version": 9}, If_Match=changed.headers["ETag"])) == (422, "unknown_field")


def test_a_key_makes_a_repeat_harmless(office: Call) -> None:
    first = office("POST", "/organisations", NEW, Idempotency_Key="k-1")
    again = office("POST", "/organisations", NEW, Idempotency_Key='"k-1"')
    assert (again.status_code, again.data, again.headers["Idempotency-Replayed"]) == (201, first.data, "true")
    assert (again.headers["ETag"], again.headers["Location"]) == (first.headers["ETag"], first.headers["Location"])
    assert len(office("GET", "/organisations").json["items"]) == 1
    other = office("POST", "/organisations", {**NEW, "city": "Łódź"}, Idempotency_Key="k-1")
    assert code(other) == (422, "idempotency_key_reused")
    for key in ({}, {"Idempotency_Key": ""}, {"Idempotency_Key": "x" * 101}, {"Idempotency_Key": "a b"}):
        assert code(office("POST", "/organisations", NEW, **key)) == (400, "idempotency_key_required")


def test_pages_of_a_list(app: Flask, office: Call) -> None:
    names = ["Ćmielów", "Cedynia", "Łask", "Lubań", "Żary"]
    for name in names:
        make_organisation(name)
    seen, cursor = [], ""
    for _ in range(3):
        answer = office("GET", f"/organisations?limit=2{cursor}").json
        seen += [one["name"] for one in answer["items"]]
        cursor = f"&cursor={answer['next']}"
    assert (seen, answer["next"]) == (["Cedynia", "Ćmielów", "Lubań", "Łask", "Żary"], None)
    assert "Retry-After" not in office("GET", "/organisations").headers


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("limit=0", "bad_number"),
        ("limit=201", "bad_number"),
        ("limit=２", "bad_number"),
        ("limit=1&limit=2", "duplicate_key"),
        ("offset=3", "unknown_field"),
        ("cursor=x", "bad_cursor"),
        ("cursor=WzFd", "bad_cursor"),
        ("cursor=WyIiLDk5OTk5OTk5OTk5OTk5OTk5OTk5XQ", "bad_cursor"),
        ("cursor=" + "A" * 501, "too_long"),
        ("cursor=%00", "bad_text"),
    ],
)
def test_what_a_list_does_not_take(office: Call, query: str, fault: str) -> None:
    assert code(office("GET", f"/organisations?{query}")) == (422, fault)


def test_a_case_is_begun_and_answered(app: Flask, made: Made, program: Program) -> None:
    publish()
    manager = program(made.people["manager"])
    address = f"/applications/{made.case_id}"
    shown = manager("GET", address)
    assert shown.json["etag"] == shown.headers["ETag"].replace(":gzip", "")
    assert (shown.json["status"], shown.json["whose_move"]) == ("draft", "centre")
    assert shown.json["progress"]["total"] > 0 and "self_rating" in shown.json
    listed = manager("GET", f"{address}/answers").json["items"]
    first = manager("GET", f"{address}/answers/{listed[0]['id']}")
    assert first.json == listed[0]
    body = {"points": 1, "narratives": {}}
    saved = manager("PUT", f"{address}/answers/{listed[0]['id']}", body, If_Match=first.headers["ETag"])
    assert (saved.status_code, saved.json["points"], saved.json["version"]) == (200, 1, listed[0]["version"] + 1)
    stale = manager("PUT", f"{address}/answers/{listed[0]['id']}", body, If_Match=first.headers["ETag"])
    assert code(stale) == (412, "stale_version")
    assert code(manager("PUT", f"{address}/answers/nope", body, If_Match='"nope-0"')) == (404, "not_found")
    wrong = manager("PUT", f"{address}/answers/{listed[0]['id']}", {"points": 99}, If_Match=saved.headers["ETag"])
    assert code(wrong) == (422, "points_off_scale")


def test_what_is_hidden_is_absent(app: Flask, made: Made, program: Program) -> None:
    other = program(made.people["coordinator"])("GET", f"/applications/{made.case_id}").json
    assert {"progress", "self_rating"} & set(other) == set()
    assert code(program(made.people["stranger"])("GET", f"/applications/{made.case_id}")) == (404, "not_found")


def test_an_application_is_begun(app: Flask, program: Program) -> None:
    publish()
    centre = make_organisation()
    manager = program(make_user(centre=centre))
    body = {"scheme": "wolontariat", "organisation_id": centre.id}
    begun = manager("POST", "/applications", body, Idempotency_Key="a")
    assert (begun.status_code, begun.json["status"], begun.json["rubric_version"]) == (201, "draft", "1.0")
    assert code(manager("POST", "/applications", body, Idempotency_Key="b")) == (409, "open_application_exists")
    for wrong in ({"scheme": "x"}, {"organisation_id": 999_999}, {"unit_id": 999_999}, {"version": "9"}):
        assert code(manager("POST", "/applications", body | wrong, Idempotency_Key="c")) == (404, "not_found")


def test_actions_say_why_not_and_are_taken_once(app: Flask, program: Program) -> None:
    made = make_application(at=Status.SUBMITTED)
    office, manager = program(made.people["coordinator"]), program(made.people["manager"])
    address = f"/applications/{made.case_id}"
    listed = {one["action"]: one for one in office("GET", f"{address}/actions").json["items"]}
    assert listed["accept"]["allowed"] and listed["accept"]["href"] == f"/api/v1{address}/actions/accept"
    assert "reason" not in listed["accept"]
    theirs = {one["action"]: one for one in manager("GET", f"{address}/actions").json["items"]}
    assert (theirs["accept"]["allowed"], theirs["accept"]["reason"]) == (False, "not_your_role")
    tag = office("GET", address).headers["ETag"]
    taken = office("POST", f"{address}/actions/accept", {}, If_Match=tag, Idempotency_Key="k")
    assert (taken.status_code, taken.json["status"]) == (200, "teaming")
    again = office("POST", f"{address}/actions/accept", {}, If_Match=tag, Idempotency_Key="k")
    assert (again.status_code, again.data) == (200, taken.data)
    late = office("POST", f"{address}/actions/accept", {}, If_Match=taken.headers["ETag"], Idempotency_Key="l")
    assert code(late) == (409, "illegal_transition")
    assert (late.json["from"], late.json["allowed"]) == ("teaming", ["appoint", "release", "overrule"])
    steps = office("GET", f"{address}/events?limit=1").json
    assert [one["kind"] for one in steps["items"]] == ["accept"]
    older = office("GET", f"{address}/events?limit=200&cursor={steps['next']}").json
    assert (older["items"][0]["kind"], older["next"]) == ("submit", None)


def test_a_certificate_is_issued_by_key(app: Flask, program: Program) -> None:
    """The verb prints before its transaction begins; effect and answer are kept together all the same."""
    made = make_application(at=Status.GRANTED)
    office = program(made.people["coordinator"])
    address = f"/applications/{made.case_id}"
    tag = office("GET", address).headers["ETag"]
    issued = [office("POST", f"{address}/actions/issue", {}, If_Match=tag, Idempotency_Key="once") for _ in range(2)]
    assert [one.status_code for one in issued] == [200, 200]
    assert issued[0].json["status"] == "certified" and issued[0].data == issued[1].data


def test_limits_are_counted_by_token_and_by_address(make_app: Callable[..., Flask]) -> None:
    app = make_app(API_RATE="3 per minute", API_RATE_PUBLIC="2 per minute")
    with app.app_context():
        client = app.test_client()
        answers = [client.get("/api/v1/rubrics") for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert [one.headers["RateLimit-Remaining"] for one in answers] == ["1", "0", "0"]
        assert answers[2].json["code"] == "too_many_requests"
        assert 0 < int(answers[2].headers["Retry-After"]) <= 61
        assert 0 <= int(answers[2].headers["RateLimit-Reset"]) <= 61
        # Guesses of tokens count for the address; pages are not counted at all.
        guess = client.get("/api/v1/applications", headers={"Authorization": "Bearer certify_guess"})
        assert guess.status_code == 429
        assert client.get("/standards").status_code != 429
        assert "RateLimit-Limit" not in client.get("/sign-in").headers


def test_one_line_has_one_allowance_whatever_ipv6_address_it_takes(make_app: Callable[..., Flask]) -> None:
    app = make_app(API_RATE_PUBLIC="2 per minute")
    with app.app_context():
        client = app.test_client()
        found = [
            client.get("/api/v1/rubrics", environ_base={"REMOTE_ADDR": address}).status_code
            for address in ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:0:3::", "2001:db8:0:1::1")
        ]
    assert found == [200, 200, 429, 200]


def test_public_answers_are_kept_and_packed(app: Flask, client: CheckingClient) -> None:
    publish()
    address = "/api/v1/rubrics/wolontariat/1.0"
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert (answer.headers["Content-Encoding"], answer.headers["Cache-Control"]) == ("gzip", "public, no-cache")
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    again = client.get(address, headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Authorization" in plain.headers["Vary"]


def test_other_answers_are_kept_by_nobody(app: Flask, made: Made, program: Program, client: CheckingClient) -> None:
    answer = program(made.people["manager"])("GET", "/applications")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Set-Cookie" not in answer.headers
    basic = client.get("/api/v1/rubrics", headers={"Authorization": "Basic YTpi"})
    assert code(basic) == (401, "token_invalid")


def test_a_narrow_token_does_not_write(app: Flask, made: Made, program: Callable[..., Call]) -> None:
    reader = program(made.people["manager"], Scope.READ)
    assert reader("GET", f"/applications/{made.case_id}").status_code == 200
    answer = reader("POST", f"/applications/{made.case_id}/actions/withdraw", {}, If_Match="x", Idempotency_Key="x")
    assert code(answer) == (403, "scope_missing")
