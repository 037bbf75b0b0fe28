"""Schemathesis reads the document and looks for requests that it does not tell the truth about (R40).

As a program of its own against a real server: its pytest plugin warns of things that are errors here. Every day all
roles share one run, request by request; TEST_SCALE=full runs each role through everything.
"""

import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import make_url

from certify import create_app
from tests.api.requests import document
from tests.browser.conftest import serving
from tests.databases import Database
from tests.world import World, build

# Sweeps over all routes: other tests measure what they reach, and under the tracer they would take twice as long.
pytestmark = pytest.mark.no_cover

FULL = os.environ.get("TEST_SCALE") == "full"
ROLES = ("centre_editor", "centre_manager", "lead_auditor", "coordinator", "decision_maker", "admin")
IN_TURN = "everybody"
SEED = "2026"
# Counted in examples, never in seconds: how far a run comes must not depend on the machine.
EXAMPLES, REQUESTS = ("5", 2_000) if FULL else ("1", 200)
PHASES = "examples,coverage,fuzzing,stateful" if FULL else "examples,fuzzing"
Answering = Callable[..., Iterable[bytes]]


class Counting:
    """Counts the answers by status; gives the roles' tokens in turn to requests in the name of everybody."""

    def __init__(self, inner: Answering, secrets: list[str]) -> None:
        self.inner = inner
        self.secrets = itertools.cycle(secrets)
        self.statuses: Counter[int] = Counter()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("HTTP_AUTHORIZATION") == f"Bearer {IN_TURN}":
            environ["HTTP_AUTHORIZATION"] = f"Bearer {next(self.secrets)}"

        def counted(status: str, *more: Any) -> Any:
            self.statuses[int(status.split()[0])] += 1
            return start(status, *more)

        return self.inner(environ, counted)


@pytest.fixture
def served(world: World, settings: dict[str, Any], databases: Database) -> Iterator[tuple[Flask, str]]:
    """The world to be written to: a copy where that is a file, else another one."""
    with ExitStack() as stack:

        def make(address: str) -> Flask:
            if databases.kind != "sqlite":
                return stack.enter_context(build(settings, PUBLIC_URL=address)).app
            _copy(world.app.config["SQLALCHEMY_DATABASE_URI"], settings["SQLALCHEMY_DATABASE_URI"])
            shutil.copytree(world.app.config["STORAGE"], settings["STORAGE"], dirs_exist_ok=True)
            return create_app({**settings, "PUBLIC_URL": address}, check_rubrics=False)

        yield stack.enter_context(serving(make))


def _copy(source: str, target: str) -> None:
    """With what still waits in the write-ahead log."""
    files = [str(make_url(one).database) for one in (source, target)]
    with closing(sqlite3.connect(files[0])) as read, closing(sqlite3.connect(files[1])) as written:
        read.backup(written)


def narrowed(app: Flask, world: World) -> dict[str, Any]:
    """The document, with ids of things that are there: others are not found, which says little."""
    ours = world.side("ours")
    known: dict[str, list[Any]] = {
        "application_id": sorted(ours.cases.values()),
        "organisation_id": [ours.organisation_id],
        "criterion_id": [ours.rows["criterion"], ours.rows["unanswered"]],
        "path_number": [ours.rows["number"]],
    }
    found: dict[str, Any] = json.loads(json.dumps(document(app)))
    for methods in found["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()) if isinstance(operation, dict) else ():
                if parameter.get("name") in known:
                    parameter["schema"] = {**parameter["schema"], "enum": known[parameter["name"]]}
    return found


@pytest.mark.parametrize("who", ROLES if FULL else [IN_TURN])
def test_the_document_is_true(who: str, served: tuple[Flask, str], world: World, tmp_path: Path) -> None:
    app, address = served
    counting = Counting(app.wsgi_app, [world.secrets[role] for role in ROLES])
    app.wsgi_app = counting  # type: ignore[method-assign]
    described = tmp_path / "openapi.json"
    described.write_text(json.dumps(narrowed(app, world)), "utf-8")
    token = world.secrets.get(who, who)
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(Path(__file__).with_name("schemathesis.toml")),
        "run", str(described), "--url", address, "--header", f"Authorization: Bearer {token}",
        "--checks", "all", "--phases", PHASES, "--max-examples", EXAMPLES,
        "--seed", SEED, "--no-shrink", "--continue-on-failure", "--warnings", "off",
    ]  # fmt: skip
    environ = {**os.environ, "NO_PROXY": "127.0.0.1", "PYTHONUTF8": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, encoding="utf-8", timeout=3600, check=False
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert [status for status in counting.statuses if status >= 500] == []
    assert counting.statuses.total() >= REQUESTS
    assert counting.statuses[200] > counting.statuses.total() / 50, counting.statuses
