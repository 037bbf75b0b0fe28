"""The database of each test: the schema is made once a run, every test gets a copy of it."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
import sqlalchemy
from flask import Flask
from flask_migrate import Migrate, upgrade

from certify import models
from certify.db import db
from tests import postgres

assert models  # importing it registers every table
MIGRATIONS = Path(models.__file__).parents[1] / "migrations"


class Database(Protocol):
    """One kind of server."""

    kind: str

    def fresh(self, folder: Path) -> str:
        """The address of a new database with the whole schema and no rows."""

    def drop(self, url: str) -> None:
        """Throw the database away."""

    def keep(self, url: str, name: str) -> None:
        """Put a copy of the database aside under a name; nobody may be connected to it."""

    def bring_back(self, url: str, name: str) -> None:
        """Put what was kept under the name in the database's place; nobody may be connected to it."""


# Address → who made it, of the databases that stand now.
_standing: dict[str, Database] = {}


def serving(url: str) -> Database | None:
    """Who can copy a test's database; nobody when no test made it."""
    return _standing.get(url)


class Sqlite:
    """A file copied from a template file."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template.sqlite3"
        _create_schema(f"sqlite:///{self.template}")

    def fresh(self, folder: Path) -> str:
        path = folder / "test.sqlite3"
        shutil.copyfile(self.template, path)
        url = f"sqlite:///{path}"
        _standing[url] = self
        return url

    def drop(self, url: str) -> None:
        """Only forget it: pytest clears its own folders."""
        _standing.pop(url, None)

    def keep(self, url: str, name: str) -> None:
        self._copy(Path(str(sqlalchemy.make_url(url).database)), self.folder / name)

    def bring_back(self, url: str, name: str) -> None:
        self._copy(self.folder / name, Path(str(sqlalchemy.make_url(url).database)))

    def _copy(self, source: Path, target: Path) -> None:
        """By SQLite itself: a part of the rows may stand in the log beside the file."""
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            new.execute("PRAGMA synchronous=OFF")
            old.backup(new)


class Postgres:
    """A database made from a template database."""

    kind = "postgresql"

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.count = 0
        self._execute("CREATE DATABASE certify_template")
        _create_schema(self._url("certify_template"))

    def fresh(self, folder: Path) -> str:
        self.count += 1
        name = f"test_{self.count}"
        self._copy("certify_template", name)
        _standing[self._url(name)] = self
        return self._url(name)

    def drop(self, url: str) -> None:
        _standing.pop(url, None)
        self._execute(f"DROP DATABASE {sqlalchemy.make_url(url).database} WITH (FORCE)")

    def keep(self, url: str, name: str) -> None:
        self._copy(str(sqlalchemy.make_url(url).database), name)

    def bring_back(self, url: str, name: str) -> None:
        target = str(sqlalchemy.make_url(url).database)
        self._execute(f"DROP DATABASE {target} WITH (FORCE)")
        self._copy(name, target)

    def _copy(self, source: str, target: str) -> None:
        self._execute(f"CREATE DATABASE {target} TEMPLATE {source}")

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.socket}"

    def _execute(self, statement: str) -> None:
        with psycopg.connect(f"host={self.socket} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


def let_go(app: Flask) -> None:
    """Close the application's connections: an open one is named by Python 3.13 in whichever test runs later."""
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def _create_schema(url: str) -> None:
    """The schema as operators get it: by the migrations, triggers included."""
    app = Flask("schema")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS))
    with app.app_context():
        upgrade()
    let_go(app)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Database]:
    """The databases of one run (of one worker, with xdist)."""
    if kind == "sqlite":
        yield Sqlite(folder)
    elif kind == "postgresql":
        with postgres.server() as socket:
            yield Postgres(socket)
    else:
        raise ValueError(f"TEST_DATABASE={kind}: it is sqlite, postgresql, or both with a comma")
