"""Fixtures for the whole suite: a real database for each test, the application on it, and clients."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from certify import create_app
from certify.db import db
from certify.models.account import User
from tests import clamd
from tests.databases import Database, database, let_go
from tests.pages import CheckingClient
from tests.signing_in import give, secret_for
from tests.world import World, build

KINDS = os.environ.get("TEST_DATABASE", "sqlite").split(",")

# argon2 is slow on purpose; the tests need its format, not its strength.
CHEAP_HASHES = {"argon2__type": "ID", "argon2__memory_cost": 8, "argon2__time_cost": 1, "argon2__parallelism": 1}


class Compiled(BytecodeCache):
    """Templates are compiled once a worker; each test has an application of its own, which would do it again."""

    def __init__(self) -> None:
        self.code: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.code.get(f"{bucket.key} {bucket.checksum}")

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.code[f"{bucket.key} {bucket.checksum}"] = bucket.code


COMPILED = Compiled()


class _NamedAtOnce:
    """A line for each failure when it happens; the whole story comes at the end, which may be an hour later."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self.terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            why = crash.message.splitlines()[0][:200] if crash and crash.message else ""
            self.terminal.ensure_newline()
            self.terminal.write_line(f"FAILED NOW ({report.when}) {report.nodeid} {why}".rstrip(), red=True)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """With xdist only the process that gathers the results has a terminal worth writing to."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_NamedAtOnce(terminal), "named at once")


def pytest_collection_finish() -> None:
    """The collector of garbage need not look at twelve thousand tests again and again."""
    gc.collect()
    gc.freeze()


def pytest_make_parametrize_id(val: object) -> str | None:
    """A long value does not become the name of its test: a PDF has the time in it, and xdist wants the same names."""
    return f"{len(val)} long" if isinstance(val, str | bytes) and len(val) > 60 else None


@pytest.fixture(scope="session", params=KINDS)
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The kind of database: TEST_DATABASE=sqlite (default), postgresql, or both with a comma."""
    with database(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


def settings_for(url: str, folder: Path) -> dict[str, Any]:
    """The configuration of an application under test."""
    return {
        "TESTING": True,
        "INSTANCE": folder / "instance",
        "STORAGE": str(folder / "storage"),
        "SECRET_KEY": "a key for the tests, long enough and known to all",
        "SECURITY_PASSWORD_SALT": "a salt for the tests",
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": CHEAP_HASHES,
        "SQLALCHEMY_DATABASE_URI": url,
        "WTF_CSRF_ENABLED": False,
        "PUBLIC_URL": "http://localhost",
        # The limits have a test of their own.
        "API_RATE": "100000 per minute",
        "API_RATE_PUBLIC": "100000 per minute",
        "CLAMD": "",
        "API_RATE_VERIFY": "100000 per minute",
    }


@pytest.fixture
def settings(databases: Database, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Configuration of the application under test, on a fresh database; change it before `create_app`."""
    url = databases.fresh(tmp_path)
    yield settings_for(url, tmp_path)
    databases.drop(url)


@pytest.fixture(scope="session")
def world(databases: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A case at every stage in one database that is only read: for tests of every route."""
    folder = tmp_path_factory.mktemp("world")
    url = databases.fresh(folder)
    # One sign-in each has to last for the whole run.
    with build({**settings_for(url, folder), "SESSION_IDLE_MINUTES": 720}) as made:
        yield made
    databases.drop(url)


@pytest.fixture
def make_app(settings: dict[str, Any]) -> Iterator[Callable[..., Flask]]:
    """Makes the application, with other settings where a test needs them; `make_app(DEMO=True)`."""
    made: list[Flask] = []

    def make(**overrides: Any) -> Flask:
        # The standards are read by their own tests; here they would only cost time.
        app = create_app({**settings, **overrides}, check_rubrics=False)
        app.test_client_class = CheckingClient
        app.jinja_env.bytecode_cache = COMPILED
        made.append(app)
        return app

    yield make
    for app in made:
        let_go(app)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """The application, with a context open for verbs and queries. Fails on work that was left half done."""
    app = make_app()
    with app.app_context():
        yield app
        session = db.session()
        assert not session.info.get("unit"), "a unit of work was left open"
        assert not (session.new or session.dirty or session.deleted), "changes were made outside a unit of work"
        db.session.rollback()


@pytest.fixture(scope="session")
def real_clamd() -> Iterator[str]:
    """The address of a running clamd that knows EICAR and nothing else."""
    if not clamd.is_there():
        pytest.skip("clamd is not installed: apt-get install clamav-daemon")
    with clamd.server() as address:
        yield address


@pytest.fixture
def client(app: Flask) -> CheckingClient:
    """A browser that nobody has signed in with."""
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    return client


@pytest.fixture
def login() -> Callable[[CheckingClient, User], CheckingClient]:
    """Signs a person in without the form, whose own tests stand in web/test_account.py."""

    def sign_in(client: CheckingClient, user: User) -> CheckingClient:
        give(client, secret_for(user))
        return client

    return sign_in
