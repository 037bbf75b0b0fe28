"""What the command of the demo refuses, and what --fresh throws away: somebody else's data is never touched."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select, text

from certify import demo
from certify.config import ROOT
from certify.db import db, transaction
from certify.models.account import User
from certify.models.application import Application
from certify.models.event import Event
from certify.timing import now
from certify.workflows.step import record
from tests.databases import let_go
from tests.test_demo import make_app, run

pytestmark = pytest.mark.xdist_group("demo")

SWALLOWING = """
import time
from certify.cli_demo import ended_by_ctrl_c

with ended_by_ctrl_c():
    while True:
        try:
            print("ready", flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            pass
"""


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Flask]:
    app = make_app(tmp_path)
    yield app
    let_go(app)


def test_fresh_builds_the_region_anew(bare: Flask) -> None:
    assert run(bare, "--centres", "1").exit_code == 0
    with bare.app_context():
        first = db.session.scalars(select(Application.number)).all()
        with transaction():
            record("something_else", None)
        db.session.remove()
    again = run(bare, "--fresh", "--centres", "1")
    assert again.exit_code == 0, again.output
    with bare.app_context():
        assert db.session.scalars(select(Application.number)).all() == first
        assert not db.session.scalars(select(Event.id).where(Event.kind == "something_else")).all()
        assert db.session.execute(text("SELECT version_num FROM alembic_version")).scalar()


@pytest.mark.parametrize("arguments", [(), ("--fresh",)])
def test_somebody_elses_database_is_refused(bare: Flask, arguments: tuple[str, ...]) -> None:
    with bare.app_context():
        db.create_all()
        with transaction():
            db.session.add(
                User(name="Jan Prawdziwy", email="jan@example.org", password="x", fs_uniquifier="x", created_at=now())
            )
        db.session.remove()
    refused = run(bare, *arguments)
    assert refused.exit_code == 1
    assert len(refused.stderr.strip().splitlines()) == 1
    with bare.app_context():
        assert db.session.scalars(select(User.email)).all() == ["jan@example.org"]


def test_a_database_of_another_program_is_refused(bare: Flask) -> None:
    with bare.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("CREATE TABLE invoices (id INTEGER)"))
        assert demo.state() is demo.DemoState.FOREIGN
    assert json.loads(run(bare, "--fresh", "--json").stdout)["code"] == "database_not_demo"


def test_a_history_that_did_not_begin_as_a_demo_is_refused(bare: Flask) -> None:
    with bare.app_context():
        db.create_all()
        with transaction():
            record("organisation_registered", None)
            record(demo.CREATED, None)
        assert demo.state() is demo.DemoState.FOREIGN
        with pytest.raises(demo.DemoRefused):
            demo.build()
        with pytest.raises(demo.DemoRefused):
            demo.erase()


def test_somebody_elses_files_are_refused(bare: Flask) -> None:
    stranger = Path(bare.config["STORAGE"]) / "ab" / "own"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("somebody's file")
    for arguments in ((), ("--fresh",)):
        assert json.loads(run(bare, "--json", *arguments).stdout)["code"] == "storage_not_demo"
    assert stranger.exists()


def test_a_build_that_was_cut_short_is_made_anew(bare: Flask) -> None:
    with bare.app_context():
        db.create_all()
        with transaction():
            record(demo.CREATED, None)
            record("something_else", None)
        db.session.remove()
    again = run(bare, "--fast", "--json")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["built"]
    assert len(again.stderr.strip().splitlines()) == 1
    with bare.app_context():
        assert demo.state() is demo.DemoState.COMPLETE
        assert not db.session.scalars(select(Event.id).where(Event.kind == "something_else")).all()
        db.session.remove()
    # A whole one is never thrown away.
    assert not json.loads(run(bare, "--fast", "--json").stdout)["built"]


def test_a_demo_of_an_older_version_is_brought_up_to_date(bare: Flask) -> None:
    assert run(bare, "--fast").exit_code == 0
    with bare.app_context():
        flask_migrate.downgrade(revision="0009")
    told = run(bare, "--json")
    assert (told.exit_code, json.loads(told.stdout)["built"]) == (0, False), told.output


def test_two_builds_at_once_are_refused(bare: Flask) -> None:
    assert run(bare, "--fast").exit_code == 0
    with bare.app_context(), demo.alone():
        refused = run(bare, "--fresh", "--fast", "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["code"]) == (1, "demo_busy")


def begun(arguments: list[str], folder: Path) -> "subprocess.Popen[str]":
    """A program that hears Ctrl+C, whoever runs the tests."""
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "CERTIFY_INSTANCE": str(folder), "CERTIFY_DEMO": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
    )  # fmt: skip


def test_one_ctrl_c_ends_the_build_and_the_next_start_makes_it_anew(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    command = ["-m", "flask", "--app", "wsgi", "demo"]
    building = begun(command, folder)
    try:
        while not (folder / "storage" / demo.STORAGE_MARK).exists():
            assert building.poll() is None, building.communicate()
            time.sleep(0.05)
        building.send_signal(signal.SIGINT)
        building.communicate(timeout=60)
    finally:
        building.kill()
    assert building.returncode in {1, 130}
    again = begun([*command, "--fast", "--json"], folder)
    said, complained = again.communicate(timeout=120)
    assert again.returncode == 0, complained
    assert json.loads(said)["built"]


def test_a_ctrl_c_that_a_library_swallows_ends_it_all_the_same(tmp_path: Path) -> None:
    running = begun(["-c", SWALLOWING], tmp_path)
    assert running.stdout is not None and running.stdout.readline() == "ready\n"
    running.send_signal(signal.SIGINT)
    try:
        running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130
