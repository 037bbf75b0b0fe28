"""Evidence by API alone: a file comes, gets its passport, hangs on criteria, is replaced, read and taken away again."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from certify.db import db
from certify.domain.lifecycle import Status
from certify.domain.policy import Role
from certify.models.account import User
from certify.models.event import Event
from certify.models.evidence import Evidence
from certify.queries import cases
from certify.workflows import evidence as verbs
from tests import files
from tests.api import requests
from tests.api.conftest import Call
from tests.factories import Made, make_application, make_user

Program = Callable[[User], Call]
TEXT = "Protokół ze spotkania, Żary.\n".encode()


@pytest.fixture
def made(app: Flask) -> Made:
    return make_application(at=Status.DRAFT)


def form(content: bytes = TEXT, name: str = "protokół żółty.txt", meta: object = None) -> bytes:
    said = [] if meta is None else [requests.part("meta", meta if isinstance(meta, str) else json.dumps(meta))]
    return requests.form(requests.part("file", content, name), *said)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def counted() -> tuple[int | None, int | None]:
    """Pieces, and events about them."""
    about = select(func.count(Event.id)).where(Event.kind.startswith("evidence"))
    return db.session.scalar(select(func.count(Evidence.id))), db.session.scalar(about)


def add(call: Call, made: Made, key: str = "a", **more: Any) -> dict[str, Any]:
    answer = call(
        "POST", "/evidence", form(meta={"organisation_id": made.organisation.id, **more}), Idempotency_Key=key
    )
    assert answer.status_code == 201, answer.json
    found: dict[str, Any] = answer.json
    return found


def test_a_file_comes_into_the_library(made: Made, program: Program) -> None:
    editor = program(made.people["editor"])
    sent = form(meta={"organisation_id": made.organisation.id})
    answer = editor("POST", "/evidence", sent, Idempotency_Key="a")
    piece = answer.json
    file = piece["files"][0]
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/evidence/{piece['id']}"
    assert answer.headers["ETag"].replace(":gzip", "") == piece["etag"] == f'"{piece["id"]}-1"'
    assert piece == {
        "id": piece["id"],
        "version": 1,
        "etag": piece["etag"],
        "organisation_id": made.organisation.id,
        "title": "protokół żółty.txt",
        "kind": "",
        "author": "",
        "proves": "",
        "period_from": None,
        "period_to": None,
        "valid_until": None,
        "names_people": None,
        "shows_pesel": None,
        "shows_faces": None,
        "has_consent": None,
        "stale": False,
        "files": [
            {
                "id": file["id"],
                "number": 1,
                "filename": "protokół żółty.txt",
                "media_type": "text/plain",
                "size": len(TEXT),
                "sha256": hashlib.sha256(TEXT).hexdigest(),
                "scan": "none",
                "uploaded_at": file["uploaded_at"],
                "uploaded_by": "Ewa Redaktorka",
                "original_sha256": None,
                "traces": [],
            }
        ],
        "links": [],
    }
    assert editor("GET", f"/evidence/{piece['id']}").json == piece
    listed = editor("GET", f"/evidence?organisation_id={made.organisation.id}").json
    assert listed["items"][0] == {name: value for name, value in piece.items() if name != "links"}
    assert [one["id"] for one in listed["items"]] == sorted((one["id"] for one in listed["items"]), reverse=True)


def test_a_repeat_under_one_key_adds_one_file(made: Made, program: Program) -> None:
    editor = program(made.people["editor"])
    meta = {"organisation_id": made.organisation.id}
    first = editor("POST", "/evidence", form(meta=meta), Idempotency_Key="k")
    before = counted()
    again = editor("POST", "/evidence", form(meta=meta), Idempotency_Key="k")
    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    for other in (form(TEXT + b".", meta=meta), form(name="inny.txt", meta=meta), form(meta={**meta, "author": "X"})):
        assert code(editor("POST", "/evidence", other, Idempotency_Key="k")) == (422, "idempotency_key_reused")
    assert code(editor("POST", "/evidence", form(meta=meta))) == (400, "idempotency_key_required")
    assert code(editor("POST", "/evidence", form(meta=meta), Idempotency_Key="l")) == (409, "evidence_in_library")
    assert counted() == before


def test_a_file_with_its_passport_on_a_criterion(made: Made, program: Program) -> None:
    editor = program(made.people["editor"])
    place = {"application_id": made.case_id, "criterion": "P.1", "pages": "s. 3"}
    passport = {
        "title": "Uchwała",
        "kind": "document",
        "author": "Rada",
        "period_from": "2026-01-05",
        "names_people": True,
    }
    answer = editor("POST", "/evidence", form(meta=place | passport), Idempotency_Key="a")
    piece = answer.json
    assert (answer.status_code, piece["version"]) == (201, 2)
    assert piece | passport == piece
    assert [{**one, "id": 0} for one in piece["links"]] == [
        {"id": 0, "evidence_id": piece["id"], **place, "application_id": made.case_id}
    ]
    assert db.session.get_one(Evidence, piece["id"]).personal_data
    listed = editor("GET", f"/applications/{made.case_id}/evidence-links").json
    assert listed["next"] is None and piece["links"][0] in listed["items"]


SAID: list[tuple[object, str]] = [
    ({}, "place_unclear"),
    ({"organisation_id": 1, "application_id": 1, "criterion": "P.1"}, "place_unclear"),
    ({"organisation_id": 1, "pages": "s. 3"}, "place_unclear"),
    ({"application_id": 1}, "place_unclear"),
    ({"organisation_id": 1, "version": 9}, "unknown_field"),
    ({"organisation_id": 1, "personal_data": True}, "unknown_field"),
    ({"organisation_id": "1"}, "bad_number"),
    ({"organisation_id": 1, "names_people": "no"}, "wrong_type"),
    ({"organisation_id": 1, "title": "x" * 201}, "too_long"),
    ({"organisation_id": 1, "period_from": "jutro"}, "bad_date"),
    ('{"organisation_id": 1, "title": "a", "title": "b"}', "duplicate_key"),
    ('{"organisation_id": 1.0}', "bad_number"),
    ('{"organisation_id": 1, "title": "\\ud800"}', "bad_text"),
    ("[]", "wrong_type"),
]


def test_what_is_said_of_a_file_is_read_strictly(made: Made, program: Program) -> None:
    editor, before = program(made.people["editor"]), counted()
    answers = [code(editor("POST", "/evidence", form(meta=meta), Idempotency_Key="a")) for meta, _ in SAID]
    assert answers == [(422, fault) for _, fault in SAID]
    assert counted() == before


def test_faults_of_the_passport_undo_the_file(made: Made, program: Program) -> None:
    editor, before = program(made.people["editor"]), counted()
    late = {"period_from": "2026-02-01", "period_to": "2026-01-01"}
    for place in ({"organisation_id": made.organisation.id}, {"application_id": made.case_id, "criterion": "P.1"}):
        for said, fault in ((late, "period_backwards"), ({"kind": "nieznany"}, "not_a_choice")):
            answer = editor("POST", "/evidence", form(meta=place | said), Idempotency_Key="a")
            assert code(answer) == (422, fault)
    assert counted() == before


def test_foreign_and_missing_places_are_alike(made: Made, program: Program) -> None:
    stranger, before = program(made.people["stranger"]), counted()
    for place in (
        {"organisation_id": made.organisation.id},
        {"organisation_id": 999_999},
        {"application_id": made.case_id, "criterion": "P.1"},
        {"application_id": 999_999, "criterion": "P.1"},
    ):
        assert code(stranger("POST", "/evidence", form(meta=place), Idempotency_Key="a")) == (404, "not_found")
    editor = program(made.people["editor"])
    nowhere = form(meta={"application_id": made.case_id, "criterion": "X.9"})
    assert code(editor("POST", "/evidence", nowhere, Idempotency_Key="a")) == (404, "not_found")
    assert counted() == before


def test_the_passport_is_changed_in_parts(made: Made, program: Program) -> None:
    editor = program(made.people["editor"])
    first = add(editor, made, author="Rada", valid_until="2030-01-01", names_people=False)
    address = f"/evidence/{first['id']}"
    changed = editor("PATCH", address, {"proves": "Zakres zadań.", "valid_until": None}, If_Match=first["etag"])
    now = changed.headers["ETag"].replace(":gzip", "")
    assert (changed.status_code, now) == (200, f'"{first["id"]}-3"')
    assert changed.json == {
        **first, "proves": "Zakres zadań.", "valid_until": None, "version": 3, "etag": now,
    }  # fmt: skip
    assert code(editor("PATCH", address, {"title": "X"}, If_Match=first["etag"])) == (412, "stale_version")
    assert code(editor("PATCH", address, {"title": "X"})) == (428, "precondition_required")
    assert code(editor("PATCH", address, {"title": ""}, If_Match=now)) == (422, "required")
    assert code(editor("PATCH", address, {"organisation_id": 1}, If_Match=now)) == (422, "unknown_field")
    assert code(editor("PATCH", address, {"kind": "nieznany"}, If_Match=now)) == (422, "not_a_choice")
    assert editor("GET", address).json == changed.json


def test_a_newer_file_and_the_older_one(made: Made, program: Program) -> None:
    editor = program(made.people["editor"])
    address = f"/evidence/{add(editor, made)['id']}"
    answer = editor("POST", f"{address}/revisions", form(b"Nowszy.\n", "nowszy.txt"), Idempotency_Key="b")
    assert (answer.status_code, answer.json["version"]) == (201, 2)
    assert [(one["number"], one["filename"]) for one in answer.json["files"]] == [
        (1, "protokół żółty.txt"), (2, "nowszy.txt"),
    ]  # fmt: skip
    same = editor("POST", f"{address}/revisions", form(b"Nowszy.\n"), Idempotency_Key="c")
    assert code(same) == (409, "revision_unchanged")
    told = editor("POST", f"{address}/revisions", form(b"Inny.\n", meta={"title": "x"}), Idempotency_Key="d")
    assert code(told) == (422, "unknown_field")
    assert editor("GET", f"{address}/content").data == b"Nowszy.\n"
    assert editor("GET", f"{address}/content?number=1").data == TEXT
    assert code(editor("GET", f"{address}/content?number=3")) == (404, "not_found")
    assert code(editor("GET", f"{address}/content?number=x")) == (422, "bad_number")


def test_the_headers_of_a_file(made: Made, program: Program) -> None:
    editor = program(made.people["editor"])
    answer = editor("GET", f"/evidence/{add(editor, made)['id']}/content", Accept_Encoding="gzip, br, deflate")
    wanted = {
        "Content-Type": "text/plain",
        "Content-Length": str(len(TEXT)),
        "Content-Disposition": 'attachment; filename="file.txt"; '
        "filename*=UTF-8''protok%C3%B3%C5%82%20%C5%BC%C3%B3%C5%82ty.txt",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
    assert {name: answer.headers[name] for name in wanted} == wanted
    assert "Content-Encoding" not in answer.headers and "ETag" not in answer.headers


def test_a_picture_is_drawn_anew(made: Made, program: Program) -> None:
    editor, content = program(made.people["editor"]), files.image("JPEG", comment="Jan Kowalski")
    sent = form(content, "zdjęcie.jpg", {"organisation_id": made.organisation.id})
    file = editor("POST", "/evidence", sent, Idempotency_Key="a").json["files"][0]
    assert (file["media_type"], file["original_sha256"]) == ("image/jpeg", hashlib.sha256(content).hexdigest())
    assert file["sha256"] != file["original_sha256"]


REFUSED: dict[str, tuple[bytes, str, int, str]] = {
    "a program": (b"MZ", "a.exe", 415, "file_type_not_allowed"),
    "no extension": (TEXT, "protokol", 415, "file_type_not_allowed"),
    "empty": (b"", "a.txt", 422, "file_empty"),
    "a page as text": (b"<html>", "a.txt", 422, "file_type_mismatch"),
    "cut": (files.pdf()[:-40], "a.pdf", 422, "file_damaged"),
    "path": (TEXT, "../../etc/passwd.txt", 422, "bad_filename"),
    "backslash": (TEXT, r"a\\b.txt", 422, "bad_filename"),
    "25 MiB and 1": (b"a" * (verbs.MAX_FILE + 1), "a.txt", 413, "file_too_large"),
    "27 MiB and 1": (b"a" * (27 * 2**20 + 1), "a.txt", 413, "file_too_large"),
}


def test_refused_files(made: Made, program: Program) -> None:
    editor, before = program(made.people["editor"]), counted()
    for content, name, *refusal in REFUSED.values():
        sent = form(content, name, {"organisation_id": made.organisation.id})
        answer = editor("POST", "/evidence", sent, Idempotency_Key="a")
        assert [*code(answer), answer.mimetype] == [*refusal, "application/problem+json"]
    assert counted() == before


def test_only_uploads_may_be_large(made: Made, program: Program) -> None:
    answer = program(made.people["editor"])("PATCH", "/evidence/1", {"proves": "x" * 2**20}, If_Match='"1-1"')
    assert code(answer) == (413, "too_large")


def test_links(made: Made, program: Program) -> None:
    editor = program(made.people["editor"])
    piece, address = add(editor, made)["id"], f"/applications/{made.case_id}/evidence-links"
    body = {"evidence_id": piece, "criterion": "P.1", "pages": "s. 2"}
    answer = editor("POST", address, body, Idempotency_Key="b")
    link = answer.json
    assert (answer.status_code, link) == (201, {"id": link["id"], "application_id": made.case_id, **body})
    assert code(editor("POST", address, body, Idempotency_Key="c")) == (409, "evidence_already_attached")
    assert code(editor("POST", address, {**body, "criterion": "X.9"}, Idempotency_Key="d")) == (404, "not_found")
    assert code(editor("POST", address, {**body, "evidence_id": 999_999}, Idempotency_Key="e")) == (404, "not_found")
    assert code(editor("POST", address, {**body, "pages": "x" * 61}, Idempotency_Key="f")) == (422, "too_long")
    assert code(program(made.people["stranger"])("DELETE", f"{address}/{link['id']}")) == (404, "not_found")
    gone = editor("DELETE", f"{address}/{link['id']}")
    assert (gone.status_code, gone.data) == (204, b"")
    assert code(editor("DELETE", f"{address}/{link['id']}")) == (404, "not_found")
    assert link not in editor("GET", address).json["items"]


def test_a_piece_is_removed(made: Made, program: Program) -> None:
    editor = program(made.people["editor"])
    first = add(editor, made)
    address = f"/evidence/{first['id']}"
    body = {"evidence_id": first["id"], "criterion": "P.1"}
    editor("POST", f"/applications/{made.case_id}/evidence-links", body, Idempotency_Key="b")
    assert code(editor("DELETE", address)) == (428, "precondition_required")
    assert code(editor("DELETE", address, If_Match=f'"{first["id"]}-9"')) == (412, "stale_version")
    assert code(editor("DELETE", address, If_Match=first["etag"])) == (409, "evidence_in_use")
    assert code(editor("DELETE", f"{address}?with_links=yes", If_Match=first["etag"])) == (422, "not_a_choice")
    assert editor("DELETE", f"{address}?with_links=true", If_Match=first["etag"]).status_code == 204
    assert code(editor("GET", address)) == (404, "not_found")


def test_auditors_read_what_was_submitted_and_nothing_else(app: Flask, program: Program) -> None:
    made = make_application(at=Status.REPORT)
    sealed = next(iter(made.application.submissions[-1].content["evidence"].values()))[0]
    link = next(one for found in cases.self_assessment.links_of(made.application).values() for one in found)
    address = f"/evidence/{link.evidence_id}"
    manager = program(made.people["manager"])
    newer = manager("POST", f"{address}/revisions", form(b"Nowszy, nie zlozony.\n"), Idempotency_Key="a").json
    auditor = program(made.people["lead"])
    submission = auditor("GET", f"/applications/{made.case_id}/submission").json
    named = next(iter(submission["evidence"].values()))[0]
    assert named == {**sealed, "href": f"/api/v1{address}/content?number=1"}
    read = auditor("GET", named["href"].removeprefix("/api/v1"))
    assert hashlib.sha256(read.data).hexdigest() == sealed["sha256"]
    answer = auditor("GET", address)
    file = next(one for one in newer["files"] if one["id"] == sealed["revision"])
    hidden = {"uploaded_at", "uploaded_by", "original_sha256", "traces"}
    assert answer.json == {
        "id": link.evidence_id,
        "organisation_id": made.organisation.id,
        "files": [{name: value for name, value in file.items() if name not in hidden}],
    }
    assert "ETag" not in answer.headers
    content = auditor("GET", f"{address}/content")
    assert hashlib.sha256(content.data).hexdigest() == sealed["sha256"] == file["sha256"]
    assert code(auditor("GET", f"{address}/content?number=2")) == (404, "not_found")
    assert code(auditor("GET", "/evidence")) == (403, "forbidden")
    for person in (made.people["outsider"], made.people["stranger"], made.people["admin"]):
        for path in (address, f"{address}/content"):
            assert code(program(person)("GET", path)) == (404, "not_found")


def test_a_list_in_pages(made: Made, program: Program) -> None:
    editor = program(make_user("Nowa", centre=made.organisation, centre_role=Role.CENTRE_EDITOR))
    for number in range(2):
        sent = form(f"Notatka {number}".encode(), meta={"organisation_id": made.organisation.id})
        assert editor("POST", "/evidence", sent, Idempotency_Key=f"k{number}").status_code == 201
    whole = [one["id"] for one in editor("GET", "/evidence?limit=200").json["items"]]
    assert len(whole) > 2
    seen, cursor = [], ""
    for _ in whole:
        answer = editor("GET", f"/evidence?limit=1{cursor}").json
        seen += [one["id"] for one in answer["items"]]
        cursor = f"&cursor={answer['next']}"
    assert (seen, answer["next"]) == (whole, None)
    assert editor("GET", "/evidence?organisation_id=999999").json == {"items": [], "next": None}
    assert code(editor("GET", "/evidence?cursor=x")) == (422, "bad_cursor")
