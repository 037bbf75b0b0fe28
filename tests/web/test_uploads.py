"""The tus protocol as a program meets it: every refusal with its status and code (U20), and one whole upload."""

import base64
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from certify.db import db, transaction
from certify.domain.policy import Role
from certify.models.account import Membership, User
from certify.queries import evidence, self_assessment
from certify.timing import fixed, now
from certify.workflows import evidence as evidence_verbs
from certify.workflows import uploads
from tests.factories import Made, make_organisation, make_walk
from tests.pages import CheckingClient

Login = Callable[..., CheckingClient]
TEXT = "Notatka ze spotkania, Łęg.\n".encode()
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = "application/offset+octet-stream"


def metadata(**pairs: str) -> str:
    return ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in pairs.items())


def sha1(content: bytes) -> str:
    return "sha1 " + base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()


@pytest.fixture
def made(client: CheckingClient, login: Login) -> Made:
    """An application that has just begun, with its editor signed in."""
    walk, people, organisation = make_walk()
    walk.take("create")
    login(client, people["editor"])
    return Made(walk.case_id, walk.cast, organisation, people)


def begin(
    client: CheckingClient, address: str = "/evidence/uploads", length: object = len(TEXT), **told: str
) -> TestResponse:
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": metadata(**{"filename": "notatka.txt", **told})}
    return client.post(address, headers=headers)


def patch(client: CheckingClient, address: str, offset: object, part: bytes, **headers: str) -> TestResponse:
    sent = {**TUS, "Upload-Offset": str(offset), **{name.replace("_", "-"): text for name, text in headers.items()}}
    return client.patch(address, data=part, headers=sent, content_type=BYTES)


def said(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json", answer.text
    assert answer.json is not None
    assert (answer.headers["Tus-Resumable"], answer.headers["Tus-Version"]) == ("1.0.0", "1.0.0")
    return answer.status_code, answer.json["errors"][0]["code"] if answer.json["errors"] else answer.json["code"]


def test_one_whole_upload(client: CheckingClient, made: Made) -> None:
    told = {"title": "Notatka", "pages": "1-2", "personal_data": "y", "filetype": "text/plain"}
    begun = begin(client, f"/cases/{made.case_id}/uploads/P.1", **told)
    assert (begun.status_code, begun.headers["Upload-Offset"], begun.data) == (201, "0", b"")
    assert begun.headers["Upload-Expires"].endswith("GMT")
    where = begun.headers["Location"]
    first = patch(client, where, 0, TEXT[:9], Upload_Checksum=sha1(TEXT[:9]))
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "9")
    head = client.head(where, headers=TUS)
    found = [head.headers[name] for name in ("Upload-Offset", "Upload-Length", "Upload-Metadata", "Cache-Control")]
    assert found == ["9", str(len(TEXT)), metadata(filename="notatka.txt"), "private, no-store"]
    assert client.get(where).json == {"ok": False, "offset": 9, "length": len(TEXT)}
    last = patch(client, where, 9, TEXT[9:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(TEXT)))
    (link,) = self_assessment.links_of(made.application)["P.1"]
    piece = link.evidence_id
    assert (link.evidence.title, link.pages, link.evidence.personal_data) == ("Notatka", "1-2", True)
    # As the script of the plain upload knows it.
    plain = {"ok": True, "id": piece, "name": "Notatka", "url": f"/evidence/pieces/{piece}"}
    assert client.get(where).json == {**plain, "offset": len(TEXT), "length": len(TEXT)}
    assert client.head(where, headers=TUS).headers["Upload-Offset"] == str(len(TEXT))
    assert client.delete(where, headers=TUS).status_code == 204
    assert said(client.get(where, headers=TUS)) == (404, "not_found")
    assert len(self_assessment.links_of(made.application)["P.1"]) == 1


def test_what_the_server_can_do(client: CheckingClient, made: Made) -> None:
    answer = client.options("/evidence/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Extension"] == "creation,expiration,checksum,termination"
    assert answer.headers["Tus-Max-Size"] == str(25 * 2**20)
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


@dataclass(frozen=True)
class Row:
    """One row of the table: what is sent to an upload of which 9 bytes are there, and what comes back."""

    status: int
    code: str
    offset: object = 9
    part: bytes = TEXT[9:]
    headers: dict[str, str] = field(default_factory=dict)


PARTS = {
    "offset-behind": Row(409, "offset_mismatch", 0),
    "offset-ahead": Row(409, "offset_mismatch", 10),
    "offset-beyond-the-end": Row(409, "offset_mismatch", len(TEXT) + 1),
    "offset-beyond-any-end": Row(409, "offset_mismatch", 10**14),
    "offset-missing": Row(422, "bad_number", ""),
    "offset-negative": Row(422, "bad_number", "-1"),
    "offset-in-other-digits": Row(422, "bad_number", "٩".encode().decode("latin-1")),
    "offset-huge": Row(422, "bad_number", "9" * 40),
    "more-than-announced": Row(413, "file_too_large", part=TEXT),
    "wrong-checksum": Row(460, "checksum_mismatch", headers={"Upload_Checksum": sha1(b"other")}),
    "unknown-checksum": Row(400, "malformed_request", headers={"Upload_Checksum": "md5 AAAA"}),
    "no-checksum": Row(400, "malformed_request", headers={"Upload_Checksum": "sha1 %"}),
    "other-version": Row(412, "tus_version_wrong", headers={"Tus_Resumable": "0.2.2"}),
}


@pytest.fixture
def begun(client: CheckingClient, made: Made) -> str:
    """The address of an upload of which 9 bytes are there."""
    where = begin(client).headers["Location"]
    assert patch(client, where, 0, TEXT[:9]).status_code == 204
    return str(where)


def test_the_table(client: CheckingClient, made: Made, begun: str) -> None:
    for name, row in PARTS.items():
        answer = patch(client, begun, row.offset, row.part, **row.headers)
        assert said(answer) == (row.status, row.code), name
        if row.code == "offset_mismatch":
            assert answer.headers["Upload-Offset"] == "9"
        assert client.head(begun, headers=TUS).headers["Upload-Offset"] == "9", name
    assert patch(client, begun, 9, TEXT[9:]).status_code == 204


def test_a_body_of_another_kind(client: CheckingClient, begun: str) -> None:
    headers = {**TUS, "Upload-Offset": "9"}
    kinds = (
        "text/plain",
        "application/json",
        "application/x-www-form-urlencoded",
        "",
    )
    for kind in kinds:
        answer = client.patch(begun, data=TEXT[9:], headers=headers, content_type=kind)
        assert said(answer) == (415, "unsupported_media_type"), kind


def test_a_part_larger_than_any_file(client: CheckingClient, begun: str) -> None:
    environ = {"CONTENT_LENGTH": str(26 * 2**20)}
    answer = client.patch(
        begun,
        input_stream=io.BytesIO(b"a"),
        headers={**TUS, "Upload-Offset": "9"},
        content_type=BYTES,
        environ_overrides=environ,
    )
    assert said(answer) == (413, "file_too_large")


def test_a_refused_part_is_read_to_its_end(client: CheckingClient, begun: str) -> None:
    body = io.BytesIO(b"a" * 300_000)
    headers = {**TUS, "Upload-Offset": "0"}
    answer = client.patch(begun, input_stream=body, headers=headers, content_type=BYTES, content_length=300_000)
    assert (said(answer), body.tell()) == ((409, "offset_mismatch"), 300_000)


def test_of_a_line_that_is_cut_what_came_is_kept(client: CheckingClient, made: Made, begun: str) -> None:
    answer = client.patch(
        begun,
        input_stream=io.BytesIO(TEXT[9:15]),
        headers={**TUS, "Upload-Offset": "9"},
        content_type=BYTES,
        environ_overrides={"CONTENT_LENGTH": str(len(TEXT) - 9)},
    )
    assert answer.headers["Upload-Offset"] == "15"
    assert client.head(begun, headers=TUS).headers["Upload-Offset"] == "15"
    assert patch(client, begun, 15, TEXT[15:]).status_code == 204
    assert [one.current.size for one in evidence.pieces([made.organisation.id])] == [len(TEXT)]


def test_another_person_finds_nothing(client: CheckingClient, made: Made, begun: str, app: Flask, login: Login) -> None:
    for part in ("manager", "stranger"):
        other = app.test_client()
        assert isinstance(other, CheckingClient)
        login(other, made.people[part])
        assert said(patch(other, begun, 9, TEXT[9:])) == (404, "not_found")
        assert said(other.delete(begun, headers=TUS)) == (404, "not_found")
        assert said(other.get(begun, headers=TUS)) == (404, "not_found")
        assert other.head(begun, headers=TUS).status_code == 404
    assert said(patch(client, "/uploads/nieznany", 9, TEXT[9:])) == (404, "not_found")


def test_after_a_day_it_has_lapsed(client: CheckingClient, made: Made, login: Login, begun: str) -> None:
    with fixed(now() + uploads.LIFETIME + timedelta(minutes=1)):
        # The session is over by then as well.
        login(client, made.people["editor"])
        assert said(patch(client, begun, 9, TEXT[9:])) == (410, "upload_expired")
        assert client.head(begun, headers=TUS).status_code == 410


def test_it_can_be_given_up(client: CheckingClient, begun: str) -> None:
    assert said(client.delete(begun, headers={"Tus-Resumable": "2"})) == (412, "tus_version_wrong")
    assert client.delete(begun, headers=TUS).status_code == 204
    assert said(patch(client, begun, 9, TEXT[9:])) == (404, "not_found")


BEGINNINGS: dict[str, tuple[dict[str, str], int, str]] = {
    "larger-than-25-MiB": ({"Upload-Length": str(25 * 2**20 + 1)}, 413, "file_too_large"),
    "empty": ({"Upload-Length": "0"}, 422, "file_empty"),
    "no-length": ({"Upload-Length": ""}, 422, "bad_number"),
    "length-later": ({"Upload-Length": "", "Upload-Defer-Length": "1"}, 422, "bad_number"),
    "no-name": ({"Upload-Metadata": ""}, 422, "bad_filename"),
    "path-as-name": ({"Upload-Metadata": metadata(filename="../a.txt")}, 422, "bad_filename"),
    "a-program": ({"Upload-Metadata": metadata(filename="a.exe")}, 415, "file_type_not_allowed"),
    "not-base64": ({"Upload-Metadata": "filename ąę%".encode().decode("latin-1")}, 422, "bad_text"),
    "not-utf-8": ({"Upload-Metadata": "filename gIGC"}, 422, "bad_text"),
    "endless": ({"Upload-Metadata": metadata(filename="a" * 7000)}, 422, "too_long"),
    "bad-title": ({"Upload-Metadata": metadata(filename="a.txt", title="a\0b")}, 422, "bad_text"),
    "bad-kind": ({"Upload-Metadata": metadata(filename="a.txt", kind="nieznany")}, 422, "not_a_choice"),
    "other-version": ({"Tus-Resumable": "0.1"}, 412, "tus_version_wrong"),
}


def test_what_is_refused_at_the_beginning(client: CheckingClient, made: Made) -> None:
    for name, (headers, status, code) in BEGINNINGS.items():
        good = {**TUS, "Upload-Length": "5", "Upload-Metadata": metadata(filename="a.txt")}
        answer = client.post(f"/cases/{made.case_id}/uploads/P.1", headers={**good, **headers})
        assert said(answer) == (status, code), name
    assert begin(client, length=25 * 2**20).status_code == 201


def test_no_room(client: CheckingClient, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_verbs, "MAX_LIBRARY_BYTES", 10)
    assert said(begin(client)) == (409, "quota_exceeded")
    monkeypatch.undo()
    monkeypatch.setattr(uploads, "MAX_OPEN", 1)
    assert begin(client).status_code == 201
    assert said(begin(client)) == (409, "too_many_uploads")


def test_a_refused_file_is_said_in_the_persons_language(client: CheckingClient, made: Made) -> None:
    where = begin(client, length=5, filename="a.pdf").headers["Location"]
    answer = patch(client, where, 0, b"<html", Accept_Language="pl")
    assert said(answer) == (422, "file_type_mismatch")
    assert answer.json is not None and answer.json["sentence"].startswith("Zawartość tego pliku jest inna, niż mówi")


def test_the_token_of_the_form_is_asked_for(make_app: Callable[..., Flask], login: Login) -> None:
    app = make_app(WTF_CSRF_ENABLED=True)
    with app.app_context():
        walk, people, _ = make_walk()
        walk.take("create")
        client = app.test_client()
        assert isinstance(client, CheckingClient)
        login(client, people["editor"])
        for answer in (
            begin(client),
            begin(client, f"/cases/{walk.case_id}/uploads/P.1"),
            patch(client, "/uploads/x", 0, b"a"),
            client.delete("/uploads/x", headers=TUS),
        ):
            assert said(answer) == (400, "csrf_failed")


def test_nobody_is_signed_in(client: CheckingClient, app: Flask) -> None:
    assert said(patch(client, "/uploads/x", 0, b"a")) == (401, "login_required")


def test_a_person_of_two_centres_says_which(client: CheckingClient, made: Made) -> None:
    # What is said of a centre is not looked at where there is but one.
    assert begin(client, organisation="999").status_code == 201
    other = make_organisation("Drugi Ośrodek")
    with transaction():
        editor = db.session.get_one(User, made.people["editor"].id)
        editor.memberships.append(Membership(organisation_id=other.id, role=Role.CENTRE_EDITOR.value))
    where = begin(client, organisation=str(other.id)).headers["Location"]
    assert patch(client, where, 0, TEXT).status_code == 204
    assert len(evidence.pieces([other.id])) == 1
    for named in ({}, {"organisation": "999"}, {"organisation": "x"}):
        assert said(begin(client, **named)) == (404, "not_found")
