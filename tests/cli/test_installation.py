"""No command works where there is no installation: one sentence, exit 78, and nothing is made."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import flask_migrate
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import FlaskGroup, ScriptInfo
from sqlalchemy.exc import OperationalError

from certify import create_app, instance
from certify.cli import ALONE, ANY_VERSION, MAKES
from certify.config import ROOT, SECRETS, StartRefused
from certify.db import db
from tests.databases import let_go

MakeApp = Callable[..., Flask]
# They are Flask's own: `wsgi.py` asks for them, see below. The limiter's look at settings.
OTHERS = frozenset({"run", "shell", "routes", "limiter clear", "limiter config", "limiter limits"})
# These write into the program's own folder.
WRITES_CODE = frozenset({"db edit", "db init", "db merge", "db revision"})


def leaves(group: click.Group, context: click.Context, before: str = "") -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, context, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def registered(app: Flask) -> list[str]:
    """Every command of `flask --app wsgi`."""
    group = FlaskGroup(create_app=lambda: app)
    with click.Context(group, obj=ScriptInfo(create_app=lambda: app)) as context:
        return list(leaves(group, context))


def call(app: Flask, command: str, *arguments: str) -> Result:
    group = FlaskGroup(create_app=lambda: app)
    # Flask sets this for good; the runner takes it back.
    runner = CliRunner(env={"FLASK_RUN_FROM_CLI": "true"})
    return runner.invoke(group, [*command.split(), *arguments], obj=ScriptInfo(create_app=lambda: app))


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def refused(done: Result, words: str, command: str) -> None:
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (78, "", 1), (command, done.output)
    assert words in done.stderr, (command, done.stderr)


def app_in(folder: Path, **more: Any) -> Flask:
    return create_app({"INSTANCE": folder, "PUBLIC_URL": "http://localhost", **more}, check_rubrics=False)


@pytest.fixture
def nowhere(tmp_path: Path) -> Iterator[Flask]:
    """An application whose instance was mistyped."""
    app = app_in(tmp_path / "nothing")
    yield app
    let_go(app)


def test_every_command_is_looked_at(nowhere: Flask) -> None:
    known = set(registered(nowhere))
    assert len(known) >= 30 and {"user create", "db upgrade", "certificate verify"} <= known
    assert known >= ALONE | ANY_VERSION | MAKES, "a command that is no more"


def test_a_mistyped_instance_is_named_and_nothing_is_made(nowhere: Flask, tmp_path: Path) -> None:
    for command in registered(nowhere):
        if command not in MAKES | OTHERS | ALONE:
            # Without arguments: it is said before anything is asked.
            refused(
                call(nowhere, command), f"There is no database in {tmp_path}/nothing; set CERTIFY_INSTANCE", command
            )
        assert call(nowhere, command, "--help").exit_code == 0
    for command in ALONE - WRITES_CODE:
        assert call(nowhere, command).exit_code != 78
    assert tree(tmp_path) == []


@pytest.mark.parametrize("kept", ["", "SQLite format 3\0"])
def test_an_empty_folder_is_left_empty(tmp_path: Path, kept: str) -> None:
    if kept:
        (tmp_path / "other.sqlite3").write_text(kept)
    app = app_in(tmp_path)
    refused(call(app, "evidence sweep", "--dry-run"), "There is no database in", "sweep")
    assert tree(tmp_path) == (["other.sqlite3"] if kept else [])
    let_go(app)


def test_a_database_without_its_keys_is_no_installation(settings: dict[str, Any], tmp_path: Path) -> None:
    url = settings["SQLALCHEMY_DATABASE_URI"]
    app = app_in(tmp_path / "nothing", SQLALCHEMY_DATABASE_URI=url, STORAGE=str(tmp_path / "nothing" / "storage"))
    refused(call(app, "token list", "a@example.org"), f"There is no key in {tmp_path}/nothing", "token list")
    assert not (tmp_path / "nothing").exists()
    let_go(app)


def test_tables_of_another_version_are_named(make_app: MakeApp) -> None:
    app = make_app()
    with app.app_context():
        flask_migrate.downgrade(revision="0008")
    for command in registered(app):
        if command not in MAKES | OTHERS | ALONE | ANY_VERSION:
            refused(call(app, command), "older version (0008, needed: ", command)
    assert call(app, "db current").exit_code == 0
    with app.app_context():
        flask_migrate.stamp(revision="head")
        with db.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    refused(call(app, "evidence scan"), "newer version (9999, known here: ", "evidence scan")


def test_the_newest_tables_are_those_of_the_migrations(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert found == instance.newest_tables()


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be read" * 40, None])
def test_a_database_of_somebody_else(make_app: MakeApp, tmp_path: Path, content: bytes | None) -> None:
    other = tmp_path / "other.sqlite3"
    if content:
        other.write_bytes(content)
    else:
        with closing(sqlite3.connect(other)) as connection:
            connection.execute("CREATE TABLE invoices (id INTEGER)")
    app = make_app(SQLALCHEMY_DATABASE_URI=f"sqlite:///{other}")
    words = "can't be opened: file is not a database" if content else "no tables of this program"
    refused(call(app, "evidence scan"), words, "evidence scan")


def test_a_server_that_does_not_answer_stops_commands_but_not_pages(make_app: MakeApp) -> None:
    # Port 1 of this machine is nobody's.
    app = make_app(SQLALCHEMY_DATABASE_URI="postgresql+psycopg://somebody:geheim@127.0.0.1:1/certify")
    done = call(app, "user create", "a@example.org", "--name", "Anna")
    assert done.exit_code == 78 and "can't be opened" in done.stderr and "geheim" not in done.stderr
    instance.enter(app, patient=True)
    with app.app_context(), pytest.raises(OperationalError):
        db.engine.connect()


def program(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env={**os.environ, "CERTIFY_INSTANCE": str(folder), **environment}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


FLASK = ("-m", "flask", "--app", "wsgi")


@pytest.mark.parametrize(
    "arguments",
    [
        (*FLASK, "certificate", "verify", "README.md"), (*FLASK, "run"), (*FLASK, "shell"), ("-m", "certify.worker"),
        ("-c", "import wsgi"),
    ],
    ids=lambda arguments: " ".join(arguments[-2:]),
)  # fmt: skip
def test_programs_say_it_too(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = program(tmp_path / "nothing", *arguments)
    assert done.stderr == f"There is no database in {tmp_path}/nothing; set CERTIFY_INSTANCE or run ./run.sh setup.\n"
    assert (done.returncode, done.stdout, tree(tmp_path)) == (78, "", [])


def modes(folder: Path) -> dict[str, str]:
    paths = [folder, *(path for path in folder.iterdir() if path.is_file())]
    return {path.name: f"{stat.S_IMODE(path.stat().st_mode):o}" for path in paths}


def test_only_the_services_user_reads_what_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "instance"
    made = program(folder, *FLASK, "db", "upgrade")
    assert made.returncode == 0, made.stderr
    found = modes(folder)
    assert {"instance", "certify.sqlite3", *SECRETS.values()} <= found.keys()
    assert all(mode == ("700" if name == "instance" else "600") for name, mode in found.items()), found


def test_an_older_installation_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    app = app_in(folder)
    assert call(app, "db upgrade").exit_code == 0
    let_go(app)
    for name in ("worker.sqlite3", "certify.sqlite3-wal"):
        (folder / name).touch()
    for path in folder.iterdir():
        path.chmod(0o755 if path.is_dir() else 0o644)
    folder.chmod(0o755)
    app = app_in(folder)
    assert call(app, "evidence sweep", "--dry-run").exit_code == 0
    found = modes(folder)
    assert all(mode == ("700" if name == "instance" else "600") for name, mode in found.items()), found
    let_go(app)


def test_a_folder_with_other_things_is_not_ours_to_close(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    (folder / "somebodys").touch()
    app = app_in(folder)
    refused(call(app, "db upgrade"), f"chmod 700 {folder}", "db upgrade")
    assert tree(folder) == ["somebodys", "storage"]
    folder.chmod(0o700)
    assert call(app, "db upgrade").exit_code == 0
    let_go(app)


def test_an_empty_key_is_said(tmp_path: Path) -> None:
    (tmp_path / "password_salt").touch()
    with pytest.raises(StartRefused, match="password_salt is empty"):
        app_in(tmp_path)
