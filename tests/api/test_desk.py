"""The centre's common desk by API: areas and sign-off, comments, versions and their restoring, as whole values."""

from collections.abc import Callable

import pytest
from flask import Flask

from certify.domain.lifecycle import Status
from certify.models.account import User
from tests.api.conftest import Call
from tests.api.walking import Program, code
from tests.factories import Made, make_application

Make = Callable[[User], Call]


@pytest.fixture
def made(app: Flask) -> Made:
    return make_application(Status.DRAFT)


def part(program: Make, made: Made, name: str) -> Program:
    return Program(program(made.people[name]), made.case_id)


def test_areas_are_given_and_signed_off(made: Made, program: Make) -> None:
    manager, editor = part(program, made, "manager"), part(program, made, "editor")
    people = manager.items("/people")
    assert [one["name"] for one in people] == ["Ewa Redaktorka", "Maria Zarządca"]
    first, *others = manager.items("/areas")
    assert set(first) == {"id", "digest", "progress"}
    place = f"/areas/{first['id']}/delegation"
    given = manager.send(place, {"user_id": people[0]["id"]}, "PUT").json["items"]
    assert given == [{**first, "given_to": people[0]}, *others]
    assert editor.items("/areas") == given
    assert code(editor.send(place, {"user_id": None}, "PUT")) == (403, "forbidden")
    foreign = manager.send(place, {"user_id": made.people["stranger"].id}, "PUT")
    assert code(foreign) == (422, "person_not_in_centre")
    assert code(manager.send("/areas/X/delegation", {"user_id": None}, "PUT")) == (404, "not_found")
    assert manager.send(place, {"user_id": None}, "PUT").json["items"][0] == first
    assert code(manager.send("/sign-offs", {"seen": {}})) == (422, "nothing_to_confirm")
    assert code(manager.send("/sign-offs", {"seen": {first["id"]: "0" * 64}})) == (409, "area_changed")
    last = others[-1] if others else first
    unready = manager.send("/sign-offs", {"seen": {last["id"]: last["digest"]}})
    assert code(unready) == (409, "area_not_ready")


def test_comments_and_versions(made: Made, program: Make) -> None:
    manager, editor = part(program, made, "manager"), part(program, made, "editor")
    before = editor.items("/answers")[0]
    place = f"/answers/{before['id']}"
    said = editor.send(f"{place}/comments", {"text": "Czy mamy nowszy statut?"})
    assert said.status_code == 201
    assert said.json == {
        "id": said.json["id"], "criterion": before["id"], "text": "Czy mamy nowszy statut?",
        "written_by": "Ewa Redaktorka", "written_at": said.json["written_at"], "resolved_at": None,
    }  # fmt: skip
    assert manager.items(f"{place}/comments") == [said.json]
    done = f"/comments/{said.json['id']}/resolution"
    assert manager.send(done, {}).json["resolved_at"]
    assert code(editor.send(done, {})) == (409, "comment_resolved")
    changed = {"points": 1, "narratives": {}}
    saved = manager.send(place, changed, "PUT", before["etag"]).json
    one, two = editor.items(f"{place}/versions")
    assert [(row["number"], row["points"]) for row in (one, two)] == [(1, before["points"]), (2, 1)]
    assert code(editor.send(f"{place}/restoration", {"number": 1}, tag=before["etag"])) == (412, "stale_version")
    assert code(editor.send(f"{place}/restoration", {"number": 9}, tag=saved["etag"])) == (404, "not_found")
    back = editor.send(f"{place}/restoration", {"number": 1}, tag=saved["etag"]).json
    assert (back["version"], back["points"], back["narratives"]) == (3, before["points"], before["narratives"])
    assert editor.items(f"{place}/versions")[-1]["restored"] == 1


def test_the_desk_is_nobody_elses_business(made: Made, program: Make) -> None:
    criterion = part(program, made, "manager").items("/answers")[0]["id"]
    reads = ("/people", "/areas", f"/answers/{criterion}/comments", f"/answers/{criterion}/versions")
    for rest in reads:
        assert code(part(program, made, "coordinator").get(rest)) == (403, "forbidden")
        assert code(part(program, made, "stranger").get(rest)) == (404, "not_found")
