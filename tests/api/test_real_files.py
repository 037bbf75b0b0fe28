"""Files as programs really write them: taken or refused alike by command, page and API, each with its words."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from flask_babel import force_locale
from sqlalchemy import select

from certify.db import db
from certify.domain.lifecycle import Status
from certify.models.account import User
from certify.models.evidence import EvidenceRevision
from certify.sentences import sentence
from tests.api import requests
from tests.api.conftest import Call
from tests.factories import make_application
from tests.pages import CheckingClient
from tests.real_files import FILES, FOLDER


def test_every_file_stands_in_the_table() -> None:
    assert {one for one in FOLDER.glob("*/*") if one.suffix != ".md"} == set(FILES)
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [one.name for one in FILES if f"`{one.name}`" not in readme] == []


def expected_words(expected: str) -> tuple[str, str]:
    """The code and the sentence in Polish."""
    code, _, feature = expected.partition(":")
    with force_locale("pl"):
        return code, sentence(code, feature)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_command_page_and_program_say_the_same(
    app: Flask,
    client: CheckingClient,
    login: Callable[[CheckingClient, User], CheckingClient],
    program: Callable[[User], Call],
    path: Path,
) -> None:
    made, content, expected = make_application(at=Status.DRAFT), path.read_bytes(), FILES[path]
    taken = ":" not in expected and "_" not in expected
    page = login(client, made.people["editor"]).post(
        "/evidence", data={"file": (io.BytesIO(content), path.name)}, headers={"Accept": "application/json"}
    )
    row = db.session.scalar(select(EvidenceRevision).where(EvidenceRevision.filename.startswith(path.stem)))
    runner: FlaskCliRunner = app.test_cli_runner()
    shown = runner.invoke(args=["evidence", "check", str(path), "--json"])
    said = json.loads(shown.stdout)
    meta = requests.part("meta", json.dumps({"organisation_id": made.organisation.id}))
    answer = program(made.people["editor"])(
        "POST", "/evidence", requests.form(requests.part("file", content, path.name), meta), Idempotency_Key="a"
    )
    if taken:
        kind = expected.rstrip("*")
        digest = hashlib.sha256(content).hexdigest()
        assert page.json["ok"] and row is not None
        assert (row.filename.rpartition(".")[2], row.traces) == (kind, "")
        assert row.original_sha256 == (digest if expected.endswith("*") else None)
        assert (row.sha256 == digest) == (not expected.endswith("*"))
        assert (shown.exit_code, said["detected_type"]) == (0, kind)
        assert (said["sha256"], said["original_sha256"]) == (row.sha256, row.original_sha256)
        # The very file is in the library already, whatever became of it there.
        assert (answer.status_code, answer.json["code"]) == (409, "evidence_in_library")
        return
    code, words = expected_words(expected)
    assert row is None
    assert (page.status_code, page.json["sentence"]) == (422, words)
    assert (shown.exit_code, said["code"], said["feature"]) == (1, code, expected.partition(":")[2] or None)
    assert (answer.status_code, answer.json["code"], answer.json["detail"]) == (422, code, words)
