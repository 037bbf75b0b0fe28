"""States that many tests start from are walked to once a run (once an xdist worker) and copied after that.

What is copied is a whole database and its stored files, made by the real verbs: a test can't tell it from its own walk.
"""

import shutil
import tempfile
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from certify import timing
from certify.db import db
from certify.models.account import User
from certify.models.organisation import Organisation
from certify.models.rubric import RubricVersion
from certify.walk import Cast, Script, Walk
from tests.databases import Database, serving

Start = tuple[Walk, dict[str, User], Organisation]
# What a case may remember of the settings.
_SETTINGS = ("PUBLIC_URL", "PDF_ENGINE", "DEMO")


@dataclass(frozen=True)
class _Kept:
    """A state by numbers only: rows belong to a session."""

    name: str
    files: Path
    cast: Cast
    unit_id: int
    standard: tuple[str, str]
    case_id: int
    organisation_id: int
    people: dict[str, int]


_kept: dict[Hashable, _Kept] = {}


def once(key: Hashable, script: Script, make: Callable[[], Start]) -> Start:
    """What `make` answers on an empty database, copied when the same was made before; `key` names it."""
    server = serving(_address())
    if server is None or not _fresh():
        return make()
    whole = (server.kind, key, *(str(current_app.config[name]) for name in _SETTINGS))
    if whole not in _kept:
        made = make()
        _kept[whole] = _keep(server, made)
        return made
    return _bring_back(server, _kept[whole], script)


def _address() -> str:
    return str(current_app.config["SQLALCHEMY_DATABASE_URI"])


def _fresh() -> bool:
    """True when nobody has written anything yet and the clock is not set to another day."""
    nothing = not any(db.session.scalar(select(table.id).limit(1)) for table in (User, Organisation, RubricVersion))
    return nothing and abs(timing.now() - datetime.now(UTC)) < timedelta(minutes=1)


def _alone() -> None:
    """No connection stays open."""
    db.session.rollback()
    db.session.expunge_all()
    db.engine.dispose()


def _keep(server: Database, made: Start) -> _Kept:
    walk, people, organisation = made
    numbers = {part: one.id for part, one in people.items()}
    organisation_id = organisation.id
    name = f"kept_{len(_kept)}"
    files = Path(tempfile.mkdtemp(prefix="kept-", dir=Path(current_app.config["STORAGE"]).parents[1]))
    shutil.copytree(current_app.config["STORAGE"], files, dirs_exist_ok=True)
    db.session.rollback()
    db.engine.dispose()
    server.keep(_address(), name)
    return _Kept(name, files, walk.cast, walk.unit_id, walk.standard, walk.case_id, organisation_id, numbers)


def _bring_back(server: Database, kept: _Kept, script: Script) -> Start:
    _alone()
    server.bring_back(_address(), kept.name)
    shutil.copytree(kept.files, current_app.config["STORAGE"], dirs_exist_ok=True)
    rows = {one.id: one for one in db.session.scalars(select(User).where(User.id.in_(kept.people.values())))}
    walk = Walk(kept.cast, kept.unit_id, kept.standard, script)
    walk.case_id = kept.case_id
    people = {part: rows[number] for part, number in kept.people.items()}
    return walk, people, db.session.get_one(Organisation, kept.organisation_id)
