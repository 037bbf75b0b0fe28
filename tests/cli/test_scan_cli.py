"""`flask evidence scan`, `release`, `sweep`, and what `check` says of malware."""

import io
import json
import os
import time
from pathlib import Path

import pytest
from flask import Flask, current_app
from flask.testing import FlaskCliRunner

from certify import storage
from certify.workflows import library
from certify.workflows.intake import root
from tests import clamd
from tests.factories import Made, make_walk

CLEAN = clamd.says(b"stream: OK\0")
FOUND = clamd.says(b"stream: Worm FOUND\0")


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


@pytest.fixture
def waiting(app: Flask) -> str:
    """A file that waits for the scanner; its digest."""
    walk, people, organisation = make_walk()
    walk.take("create")
    made = Made(walk.case_id, walk.cast, organisation, people)
    with clamd.closed_port() as address:
        current_app.config["CLAMD"] = address
        piece = library.upload(made.actor("editor"), organisation.id, io.BytesIO(b"Uchwala"), "a.txt")
    current_app.config["CLAMD"] = ""
    return piece.current.sha256


def run(runner: FlaskCliRunner, *args: str, talk: clamd.Talk | None = None) -> tuple[int, str]:
    """Exit code and everything that was said, with a scanner when one is given."""
    if talk is None:
        done = runner.invoke(args=["evidence", *args])
    else:
        with clamd.stand_in(talk) as address:
            current_app.config["CLAMD"] = address
            done = runner.invoke(args=["evidence", *args])
        current_app.config["CLAMD"] = ""
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("talk", "code", "scan"),
    [(CLEAN, 0, "clean"), (FOUND, 1, "infected"), (clamd.says(b""), 0, "error"), (None, 0, None)],
)
def test_check(runner: FlaskCliRunner, tmp_path: Path, talk: clamd.Talk | None, code: int, scan: str | None) -> None:
    (tmp_path / "a.txt").write_text("Uchwala")
    exit_code, text = run(runner, "check", str(tmp_path / "a.txt"), "--json", talk=talk)
    said = json.loads(text)
    assert (exit_code, said["accepted"], said["scan"]) == (code, code == 0, scan)
    assert said["code"] == ("malware_found" if code else None)
    words = run(runner, "check", str(tmp_path / "a.txt"), talk=talk)[1]
    assert words.startswith("refused: malware_found: " if code else "accepted: txt")
    assert (f"malware check: {scan}" in words) is (scan in {"clean", "error"})


def test_scan_waits_for_a_scanner_and_says_what_it_found(runner: FlaskCliRunner, waiting: str) -> None:
    code, text = run(runner, "scan")
    assert (code, "or CLAMD is not set" in text) == (1, True)
    code, text = run(runner, "scan", talk=clamd.says(b"?\0"))
    assert (code, f"no answer: {waiting}: garbled" in text) == (1, True)
    assert run(runner, "scan", talk=CLEAN) == (0, "clean: 1\n")
    assert run(runner, "scan") == (0, "clean: 0\n")
    code, text = run(runner, "scan", "--all", "--json", talk=FOUND)
    assert (code, json.loads(text)) == (
        1,
        {"clean": 0, "infected": {waiting: "Worm"}, "unanswered": {}, "stopped": False},
    )


def test_release(runner: FlaskCliRunner, waiting: str) -> None:
    assert run(runner, "release", waiting)[0] == 1
    assert f"infected, closed: {waiting}: Worm" in run(runner, "scan", talk=FOUND)[1]
    code, text = run(runner, "release", waiting, talk=FOUND)
    assert (code, text.startswith("malware_found: ")) == (1, True)
    assert run(runner, "release", waiting, talk=CLEAN) == (0, f"open again: {waiting}\n")


def test_sweep(runner: FlaskCliRunner, waiting: str) -> None:
    orphan = storage.path_of(root(), storage.put(io.BytesIO(b"abc"), root=root(), limit=10).sha256)
    os.utime(orphan, (time.time() - 90_000,) * 2)
    told = (0, "would be removed: 1 without a row, 0 temporary, 3 bytes\n")
    assert run(runner, "sweep", "--dry-run") == told
    code, text = run(runner, "sweep", "--json")
    assert (code, json.loads(text)) == (0, {"removed": [orphan.name], "freed": 3, "temporary": 0, "missing": []})
    storage.path_of(root(), waiting).unlink()
    code, text = run(runner, "sweep")
    assert (code, f"bytes are missing: {waiting}" in text) == (1, True)


def test_wrong_use(runner: FlaskCliRunner) -> None:
    assert run(runner, "release")[0] == 2
    assert run(runner, "scan", "--nothing")[0] == 2
