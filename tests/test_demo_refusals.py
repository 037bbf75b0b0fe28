"""What the command of the demo refuses, and what --fresh throws away: somebody else's data is never touched."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from certify import demo
from certify.db import db, transaction
from certify.models.account import User
from certify.models.application import Application
from certify.models.event import Event
from certify.timing import now
from certify.workflows.step import record
from tests.databases import let_go
from tests.test_demo import make_app, run

pytestmark = pytest.mark.xdist_group("demo")


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
    stranger.parent.mkdir()
    stranger.write_text("somebody's file")
    for arguments in ((), ("--fresh",)):
        assert json.loads(run(bare, "--json", *arguments).stdout)["code"] == "storage_not_demo"
    assert stranger.exists()


def test_a_build_that_was_cut_short_is_noticed(bare: Flask) -> None:
    with bare.app_context():
        db.create_all()
        with transaction():
            record(demo.CREATED, None)
        db.session.remove()
    cut = run(bare)
    assert cut.exit_code == 1
    assert "--fresh" in cut.stderr
