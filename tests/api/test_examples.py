"""The example client walks a whole case by API on a server that is really served, and loses no answer for good."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from certify.db import db
from certify.models.certificate import Certificate
from certify.models.event import Event
from tests.browser.conftest import serving

ROOT = Path(__file__).resolve().parents[2]
Answering = Callable[..., Iterable[bytes]]


class Unreliable:
    """Does what a request asks for and loses the answer, the first time that it sees each key of an action or upload.

    The client is told to come again; only an Idempotency-Key keeps the effect from being there twice.
    """

    def __init__(self, inner: Answering) -> None:
        self.inner = inner
        self.lost: set[str] = set()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        key, path = environ.get("HTTP_IDEMPOTENCY_KEY"), environ["PATH_INFO"]
        wanted = "/actions/" in path or path.endswith(("/evidence", "/hearing-items"))
        if key is None or not wanted or key in self.lost:
            return self.inner(environ, start)
        self.lost.add(key)
        answer = self.inner(environ, lambda *head: None)
        list(answer)
        getattr(answer, "close", lambda: None)()
        start("503 Service Unavailable", [("Retry-After", "0"), ("Content-Length", "0")])
        return []


def call(*command: str, **environ: str) -> str:
    """The output of one of the programs that people would call."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1", "NO_PROXY": "127.0.0.1", **environ},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_case_from_draft_to_certificate(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    with serving(lambda address: make_app(PUBLIC_URL=address, DEMO=True)) as (app, address):
        unreliable = Unreliable(app.wsgi_app)
        app.wsgi_app = unreliable  # type: ignore[method-assign]
        url = app.config["SQLALCHEMY_DATABASE_URI"]
        instance, storage = str(tmp_path / "demo"), app.config["STORAGE"]
        environ = {"DATABASE_URL": url, "CERTIFY_INSTANCE": instance, "STORAGE": storage}
        people = tmp_path / "people.json"
        people.write_text(call("-m", "flask", "--app", "wsgi", "demo", "--fast", "--json", **environ), "utf-8")
        told = call("examples/walk.py", address, str(people)).splitlines()
        result = json.loads(told[-1])
        with app.app_context():
            (certificate,) = db.session.scalars(select(Certificate))
            steps = list(db.session.scalars(select(Event.kind).order_by(Event.id)))
            assert result == {
                "number": certificate.number,
                "status": "valid",
                "by_number": "registered",
                "by_file": "genuine",
                "by_changed_file": "altered",
                "sha256": certificate.pdf_sha256,
            }
            db.session.rollback()
    assert "the editor may not submit: 403 forbidden" in told
    assert [line for line in told if "sheets" in line] == [
        "33 criteria rated; this auditor sees 1 of 2 sheets",
        "33 criteria rated; this auditor sees 1 of 2 sheets",
    ]
    assert len(unreliable.lost) > 15
    # Each answer that was lost was asked for again, and nothing happened twice.
    once = ["submit", "accept", "agree_team", "start_audit", "close_scoring", "agree", "send_report", "comment"]
    assert {kind: steps.count(kind) for kind in once} == dict.fromkeys(once, 1)
    assert steps.count("hand_in") == 2
