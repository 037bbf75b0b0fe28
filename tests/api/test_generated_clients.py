"""Clients that are generated from the API's description walk a case on a server that is really served.

Both use the default headers of their HTTP library: answers come packed, and their tags go back as they came.
"""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.api.test_examples import call
from tests.browser.conftest import serving

TOOLS = Path(__file__).resolve().parents[1] / "openapi"
# More than twice as many would mean that refusals have shapes of their own for each operation again.
MOST_MODELS = 300


def run(*command: str, **environ: str) -> str:
    """What a tool prints; its failure is the test's."""
    done = subprocess.run(
        command,
        cwd=TOOLS,
        env={**os.environ, "PYTHONUTF8": "1", "NO_PROXY": "127.0.0.1", **environ},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tool(name: str, *arguments: str) -> str:
    """One of the locked tools of Node."""
    found = TOOLS / "node_modules" / ".bin" / name
    assert found.exists(), "the tools of tests/openapi are not installed: ./run.sh test and ./run.sh check do it"
    return run(str(found), *arguments)


@pytest.fixture
def served(make_app: Callable[..., Flask], tmp_path: Path) -> Iterator[tuple[str, Path, Path]]:
    """A server with the people of a demo: its address, its people with their tokens, its description."""
    with serving(lambda address: make_app(PUBLIC_URL=address, DEMO=True)) as (app, address):
        environ = {
            "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
            "CERTIFY_INSTANCE": str(tmp_path / "demo"),
            "STORAGE": app.config["STORAGE"],
        }
        people, described = tmp_path / "people.json", tmp_path / "openapi.json"
        people.write_text(call("-m", "flask", "--app", "wsgi", "demo", "--fast", "--json", **environ), "utf-8")
        described.write_text(json.dumps(app.extensions["certify.api"]()), "utf-8")
        yield address, people, described


@pytest.fixture
def built() -> Iterator[Path]:
    """A folder for what is generated for Node, beside its packages; gone afterwards."""
    folder = TOOLS / "build" / uuid.uuid4().hex
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


def result(printed: str) -> dict[str, Any]:
    """The last line."""
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found


def test_python(served: tuple[str, Path, Path], tmp_path: Path) -> None:
    address, people, described = served
    package = tmp_path / "generated" / "certify_client"
    generator = str(Path(sys.executable).with_name("openapi-python-client"))
    told = run(
        *(generator, "generate", "--meta", "none", "--path", str(described), "--output-path", str(package)),
        *("--config", "python.yaml"),
    )
    assert "WARNING" not in told and "ERROR" not in told, told
    assert len(list((package / "models").glob("*.py"))) < MOST_MODELS
    every = "import importlib, pkgutil, certify_client as c; print(sum(bool(importlib.import_module(one.name)) "
    every += "for one in pkgutil.walk_packages(c.__path__, 'certify_client.')))"
    path = str(package.parent)
    assert int(run(sys.executable, "-c", every, PYTHONPATH=path)) > 200
    told = run(sys.executable, "walk.py", address, str(people), PYTHONPATH=path)
    assert result(told).keys() == {"number", "by_number", "by_file"}
    assert (result(told)["by_number"], result(told)["by_file"]) == ("registered", "genuine")


def test_typescript(served: tuple[str, Path, Path], built: Path) -> None:
    address, people, described = served
    tool("openapi-typescript", str(described), "--default-non-nullable=false", "-o", str(built / "api.d.ts"))
    for name in ("walk.ts", "node.d.ts"):
        shutil.copy(TOOLS / name, built / name)
    of_this = {"extends": "../../tsconfig.json", "files": ["node.d.ts", "walk.ts"]}
    (built / "tsconfig.json").write_text(json.dumps(of_this), "utf-8")
    # In strict mode: what the description says of an answer is what the program may count on.
    tool("tsc", "-p", str(built))
    told = run("node", str(built / "walk.js"), address, str(people))
    assert (result(told)["by_number"], result(told)["by_file"]) == ("registered", "genuine")
