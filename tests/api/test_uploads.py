"""Forms with a file that nobody should send: each part is there once, of its kind, and nothing else beside it."""

import io
import json
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from certify.db import db
from certify.domain.policy import Role
from certify.domain.scopes import Scope
from certify.models.evidence import Evidence
from certify.workflows import tokens
from tests.api.requests import BORDER, FORM_WITH_BORDER, form, part
from tests.factories import fresh_actor, make_organisation, make_user
from tests.pages import CheckingClient

META = json.dumps({"organisation_id": 1})


FILE, SAID = part("file", "Notatka.", "notatka.txt"), part("meta", META)
ENDED = f"--{BORDER}--\r\n".encode()

FORMS: dict[str, tuple[bytes, int, str]] = {
    "no file": (form(SAID), 422, "file_missing"),
    "file without a name": (form(part("file", "x", ""), SAID), 422, "file_missing"),
    "file as a text": (form(part("file", "Notatka."), SAID), 422, "wrong_type"),
    "nothing said": (form(FILE), 422, "required"),
    "said in a file": (form(FILE, part("meta", META, "meta.json")), 422, "wrong_type"),
    "two files": (form(FILE, FILE, SAID), 422, "duplicate_key"),
    "said twice": (form(FILE, SAID, SAID), 422, "duplicate_key"),
    "another part": (form(FILE, SAID, part("status", "granted")), 422, "unknown_field"),
    "another file": (form(FILE, SAID, part("inny", "x", "x.txt")), 422, "unknown_field"),
    "no JSON": (form(FILE, part("meta", "{")), 400, "malformed_json"),
    "empty": (form(FILE, part("meta", "")), 400, "malformed_json"),
    "NaN": (form(FILE, part("meta", '{"organisation_id": NaN}')), 400, "malformed_json"),
    "deep": (form(FILE, part("meta", "[" * 100_000)), 400, "malformed_json"),
    "latin-2": (form(FILE, part("meta", '{"title": "ż"}'.encode("iso-8859-2"))), 400, "malformed_json"),
    "NUL": (form(FILE, part("meta", '{"title": "a\0b"}')), 422, "bad_text"),
    "escaped NUL": (form(FILE, part("meta", '{"title": "a\\u0000b"}')), 422, "bad_text"),
    "NUL in a name": (form(part("file", "x", "a\0b.txt"), SAID), 422, "bad_filename"),
    "1 MiB of words": (form(part("meta", '"' + "x" * 2**20 + '"'), FILE), 413, "file_too_large"),
    "1,001 parts": (form(*[part(f"p{number}", "x") for number in range(1001)]), 413, "file_too_large"),
    "cut": (form(FILE, SAID)[:40], 400, "bad_length"),
    "no part at all": (ENDED, 400, "bad_length"),
    "empty body": (b"", 400, "bad_length"),
    "another border": (form(FILE, SAID).replace(BORDER.encode(), b"inna"), 400, "bad_length"),
}
TYPES = {
    "no type": "",
    "JSON": "application/json",
    "form": "application/x-www-form-urlencoded",
    "file": "text/plain",
    "mixed": f"multipart/mixed; boundary={BORDER}",
}


@pytest.fixture
def send(app: Flask, client: CheckingClient) -> Callable[..., tuple[int, str]]:
    """Posts bytes to the library of the only centre; answers status and code."""
    centre = make_organisation()
    assert centre.id == 1
    user = make_user("Ewa", centre=centre, centre_role=Role.CENTRE_EDITOR)
    _, secret = tokens.create(fresh_actor(user), "próba", [Scope.CENTRE.value], 1)

    def posted(raw: bytes, kind: str = FORM_WITH_BORDER) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "a"}
        answer = client.post("/api/v1/evidence", data=raw, content_type=kind, headers=headers)
        assert answer.mimetype == ("application/json" if answer.status_code == 201 else "application/problem+json")
        return answer.status_code, (answer.json or {}).get("code", "")

    return posted


def test_refused_forms(send: Callable[..., tuple[int, str]]) -> None:
    assert {name: send(raw) for name, (raw, *_) in FORMS.items()} == {
        name: (status, code) for name, (_, status, code) in FORMS.items()
    }
    for kind in TYPES.values():
        assert send(form(FILE, SAID), kind) == (415, "multipart_expected")
    assert send(form(FILE, SAID), "multipart/form-data") == (400, "bad_length")
    assert db.session.scalar(select(func.count(Evidence.id))) == 0


@pytest.mark.parametrize(
    "raw",
    [form(FILE, SAID), form(SAID, FILE), form(FILE, part("meta", META, more="Content-Type: application/json\r\n"))],
    ids=["good", "the other way round", "type of the part"],
)
def test_good_forms(send: Callable[..., tuple[int, str]], raw: bytes) -> None:
    assert send(raw) == (201, "")


def test_every_fault_is_named(app: Flask, client: CheckingClient) -> None:
    answer = client.post("/api/v1/verify", data={"file": (io.BytesIO(b"x"), "x.pdf"), "number": "1"})
    assert {(one["field"], one["code"]) for one in answer.json["errors"]} == {
        ("file", "unknown_field"),
        ("number", "unknown_field"),
        ("pdf", "file_missing"),
    }
