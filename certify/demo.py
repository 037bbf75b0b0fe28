"""Builds the demo: an invented region whose cases stand in every status, all of it produced by the real verbs.

The mark of a demo is the first event of the history, `demo_created`; the last stage adds `demo_completed`. A database
without the first is somebody's own and is never touched; one without the second was not built to its end.
"""

import fcntl
import os
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache, partial
from pathlib import Path

from flask import current_app
from flask_security import hash_password
from sqlalchemy import Connection, MetaData, func, inspect, literal, select, text

from certify import demo_files, timing
from certify.db import Base, db, transaction
from certify.demo_calendar import SETTLED_IN, moment, moments, working
from certify.demo_desk import DeskStory
from certify.demo_region import (
    AUDITORS,
    CENTRES,
    COORDINATORS,
    DECIDERS,
    OFFICE,
    OSL,
    PLANS,
    VOIVODESHIP,
    VOLUNTEERS,
    Centre,
    Plan,
)
from certify.demo_story import Desk, Library
from certify.demo_texts import Writer
from certify.domain.policy import Actor, Role
from certify.models.application import Application
from certify.models.organisation import Organisation
from certify.queries.accounts import actor_of, get_user
from certify.rubrics import find, source_of
from certify.walk import Cast
from certify.workflows import accounts, certificates, organisations, rubrics
from certify.workflows.step import record

SEED = 2026
PASSWORD = "kaczka-most-lipa-7"  # noqa: S105 - printed for everybody on purpose
DOMAIN = "demo.example"
CREATED, COMPLETED = "demo_created", "demo_completed"
STORAGE_MARK = ".demo"
_SCHEMA_TABLE, _HISTORY = "alembic_version", "event"

Progress = Callable[[int, int], None]


class DemoState(StrEnum):
    """What the configured database holds."""

    BARE = "bare"
    EMPTY = "empty"
    COMPLETE = "complete"
    UNFINISHED = "unfinished"
    FOREIGN = "foreign"


class DemoRefused(Exception):
    """The demo may not be built here; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Login:
    """An account of the demo."""

    role: Role
    email: str
    name: str
    centre: str = ""


def email_of(login: str) -> str:
    """The address of an account."""
    return f"{login}@{DOMAIN}"


def logins() -> list[Login]:
    """All accounts of the demo that stands in the database, the office first; all have the same password."""
    known = set(db.session.scalars(select(Organisation.name)))
    centres = [one for one in CENTRES if one.name in known]
    office = [Login(role, email_of(login), name) for login, (name, role) in OFFICE.items()]
    people = [
        Login(role, email_of(f"{word}.{one.slug}"), name, one.name)
        for one in centres
        for word, role, name in (
            ("kierownik", Role.CENTRE_MANAGER, one.manager),
            ("redakcja", Role.CENTRE_EDITOR, one.editor),
        )
    ]
    return office + people


def state() -> DemoState:
    """What the database is, without changing it."""
    tables = set(inspect(db.engine).get_table_names())
    if not tables - {_SCHEMA_TABLE}:
        return DemoState.BARE
    with db.engine.connect() as connection:
        if _HISTORY in tables and (kinds := _kinds(connection)):
            if kinds[0] != CREATED:
                return DemoState.FOREIGN
            return DemoState.COMPLETE if COMPLETED in kinds else DemoState.UNFINISHED
        known = tables <= {*Base.metadata.tables, _SCHEMA_TABLE}
        return DemoState.EMPTY if known and not _has_rows(connection, tables) else DemoState.FOREIGN


def is_migrated() -> bool:
    """True when the tables were made by migrations, which can bring them up to date."""
    return inspect(db.engine).has_table(_SCHEMA_TABLE)


def _kinds(connection: Connection) -> list[str]:
    return list(connection.scalars(text("SELECT kind FROM event ORDER BY id")))


def _has_rows(connection: Connection, tables: set[str]) -> bool:
    names = [table.name for table in Base.metadata.sorted_tables if table.name in tables]
    # Any row, whatever columns the table has: it may come from another version of this program.
    return any(
        connection.execute(select(literal(1)).select_from(Base.metadata.tables[name]).limit(1)).first()
        for name in names
    )


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else builds or erases this demo meanwhile. Raises `DemoRefused`."""
    folder = os.open(current_app.config["STORAGE"], os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise DemoRefused("demo_busy") from None
    finally:
        os.close(folder)


def check_storage() -> None:
    """Refuse a store that holds files of somebody else; an empty one is marked as the demo's."""
    root = Path(current_app.config["STORAGE"])
    mark = root / STORAGE_MARK
    if mark.exists():
        return
    if any(path.is_file() for path in root.rglob("*")):
        raise DemoRefused("storage_not_demo")
    mark.touch()


def erase() -> None:
    """Empty the demo's database and store. Raises `DemoRefused` when either is not a demo's."""
    found = state()
    if found is DemoState.FOREIGN:
        raise DemoRefused("database_not_demo")
    check_storage()
    db.session.remove()
    tables = MetaData()
    with db.engine.begin() as connection:
        # As they stand, not as this version knows them: an older demo is thrown away whole.
        tables.reflect(connection)
        tables.drop_all(connection)
    root = Path(current_app.config["STORAGE"])
    for path in root.iterdir():
        if path.is_dir():
            shutil.rmtree(path)


def statuses() -> dict[str, int]:
    """How many cases stand in each status, from the database."""
    rows = select(Application.status, func.count()).group_by(Application.status).order_by(Application.status)
    return {row.status: row[1] for row in db.session.execute(rows)}


def build(*, centres: Sequence[Centre] = CENTRES, seed: int = SEED, progress: Progress = lambda done, of: None) -> None:
    """Fill an empty database with the region; `progress` hears how many of how many stages are done.

    The same centres and seed give the same answers, points and files. Raises `DemoRefused`, `SourcesMissing`.
    """
    if state() is not DemoState.EMPTY:
        raise DemoRefused("database_not_demo")
    check_storage()
    with quick_disk():
        _Builder(centres, seed).run(progress)


@contextmanager
def quick_disk() -> Iterator[None]:
    """SQLite does not wait for the disk: what a crash would tear is noticed, and built anew in a minute."""
    if db.engine.dialect.name != "sqlite":
        yield
        return
    db.session.remove()
    connection = db.engine.raw_connection()
    connection.cursor().execute("PRAGMA synchronous=OFF")
    connection.close()
    try:
        yield
    finally:
        db.session.remove()
        db.engine.dispose()  # the next connection is durable again


@dataclass(frozen=True)
class _Stage:
    """One stage of one story, to be sorted by its moment among those of all others."""

    at: datetime
    place: int
    step: int


class _Builder:
    """One building of the region, from the first day to the last."""

    def __init__(self, centres: Sequence[Centre], seed: int) -> None:
        self.centres = {one.slug: one for one in centres}
        self.seed = seed
        self.plans = [plan for plan in PLANS if plan.centre in self.centres]
        self.today = timing.today()
        self.begins = {standard: self._published_on(standard) for standard in (VOLUNTEERS, OSL)}
        self.clock = moment(min(self.begins.values()), self._chance("founding"))
        self.ids: dict[str, int] = {}
        self.houses: dict[str, Organisation] = {}
        self.libraries: dict[str, Library] = {}

    def _chance(self, *names: object) -> random.Random:
        return random.Random(" ".join(map(str, (self.seed, *names))))  # noqa: S311 - the same demo each time

    def _published_on(self, standard: tuple[str, str]) -> date:
        dated = find(Path(current_app.config["RUBRICS_DIR"]), *standard).date or self.today
        # The clock of this machine may stand before the standard's day.
        return working(min(dated, self.today - timedelta(days=200)) + timedelta(days=1))

    def run(self, progress: Progress) -> None:
        """The office first, then the stages of all cases in the order of their days; each centre with its first one."""
        timeline = self._timeline()
        total = len(timeline) + 1
        progress(0, total)
        with timing.fixed(self.clock):
            with transaction():
                record(CREATED, None, seed=self.seed, centres=len(self.centres))
            self.ids = staff()
            _take_over_libiaz(self._actor(COORDINATORS[0]))
        stories: dict[int, DeskStory] = {}
        for done, stage in enumerate(timeline, start=1):
            self._publish_until(stage.at)
            if stage.place not in stories:
                stories[stage.place] = self._story(stage.place, self.plans[stage.place])
            self.clock = stories[stage.place].live(
                self.plans[stage.place].path[stage.step], max(stage.at, self.clock + timedelta(minutes=1))
            )
            progress(done, total)
        self._publish_until(timing.now())
        for slug in self.centres:
            self._settle(slug)
        with transaction():
            record(COMPLETED, None, cases=len(stories))
        progress(total, total)

    def _timeline(self) -> list[_Stage]:
        found = []
        for place, plan in enumerate(self.plans):
            begins = self.begins[plan.standard] + timedelta(days=SETTLED_IN)
            for step, at in enumerate(moments(plan, begins, self.today, self._chance("days", plan.centre, place))):
                found.append(_Stage(at.astimezone(UTC), place, step))
        return sorted(found, key=lambda one: (one.at, one.place, one.step))

    def _publish_until(self, at: datetime) -> None:
        """Publish the standards whose day has come."""
        for standard, day in list(self.begins.items()):
            published = moment(day, self._chance("publication"))
            if published <= at:
                del self.begins[standard]
                self.clock = max(published, self.clock)
                with timing.fixed(self.clock):
                    path = Path(current_app.config["RUBRICS_DIR"]) / standard[0] / f"{standard[1]}.yaml"
                    rubrics.publish(self._actor(COORDINATORS[0]), source_of(path), str(path))

    def _settle(self, slug: str) -> None:
        """The centre comes when its first case does, with its people and papers."""
        if slug not in self.houses:
            with timing.fixed(self.clock):
                self.houses[slug] = settle(self.centres[slug], self.ids)
            self.libraries[slug] = Library(lru_cache(partial(demo_files.papers, self.centres[slug])))

    def _actor(self, login: str) -> Actor:
        return actor_of(get_user(self.ids[login]))

    def _story(self, place: int, plan: Plan) -> DeskStory:
        self._settle(plan.centre)
        centre = self.centres[plan.centre]
        auditors = tuple(self._actor(AUDITORS[(place + turn) % len(AUDITORS)]) for turn in range(3))
        cast = Cast(
            manager=self._actor(f"kierownik.{plan.centre}"),
            coordinator=self._actor(COORDINATORS[place % len(COORDINATORS)]),
            auditors=auditors,
            decider=self._actor(DECIDERS[place % len(DECIDERS)]),
        )
        year = (self.today - timedelta(days=plan.days_ago)).year
        writer = Writer(
            centre.where, centre.within, centre.council, centre.organiser, year, self._chance(place).randrange(10**9)
        )
        desk = Desk(self._actor(f"redakcja.{plan.centre}"), writer, self.libraries[plan.centre])
        panel = self._actor(DECIDERS[(place + 1) % len(DECIDERS)])
        unit_id = self.houses[plan.centre].units[plan.unit].id
        return DeskStory(plan, cast, unit_id, desk, panel, self._chance("case", place))


def staff() -> dict[str, int]:
    """Make the accounts of the office, the auditors and the decision makers: ids by login."""
    hashed = str(hash_password(PASSWORD))
    return {
        login: accounts.add_user(email_of(login), name, hashed, (role,)).id for login, (name, role) in OFFICE.items()
    }


def settle(centre: Centre, ids: dict[str, int]) -> Organisation:
    """Register a centre with its units, and add its people to `ids`; a published standard knows its type by then."""
    house = _register(actor_of(get_user(ids[COORDINATORS[0]])), centre)
    hashed = str(hash_password(PASSWORD))
    for word, role, name in (
        ("kierownik", Role.CENTRE_MANAGER, centre.manager),
        ("redakcja", Role.CENTRE_EDITOR, centre.editor),
    ):
        login = f"{word}.{centre.slug}"
        ids[login] = accounts.add_user(email_of(login), name, hashed).id
        accounts.add_member(ids[login], house.id, role)
    return house


def _register(office: Actor, centre: Centre) -> Organisation:
    registered = organisations.register(
        office,
        organisations.OrganisationData(
            name=centre.name,
            kind=centre.kind,
            city=centre.city,
            voivodeship=VOIVODESHIP,
            street=centre.street,
            postcode=centre.postcode,
            gminas=centre.gminas,
        ),
    )
    for name in centre.units:
        organisations.add_unit(office, registered.id, name)
    return registered


def _take_over_libiaz(office: Actor) -> None:
    """The only true entry: what one public text says, and nothing that it does not say."""
    certificates.take_over(
        office,
        reference="ARCH-2017-0001",
        scheme="osl",
        year=2017,
        holder_name="Ośrodek Pomocy Społecznej w Libiążu",
        voivodeship="12",
        title="Certyfikat Jakości OSL",
        scope="Wdrażanie modelu Organizowania Społeczności Lokalnej.",
        standard_title="Model Organizowania Społeczności Lokalnej",
        awarded="maj 2017",
        source=(
            "„Certyfikat Jakości OSL dla Ośrodka Pomocy Społecznej za wdrażanie modelu Organizowania Społeczności "
            "Lokalnej”, tekst publiczny z 2017-05-31"
        ),
    )
