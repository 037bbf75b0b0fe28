"""A centre's desk for the tests of saving: cases to write in, browsers to write with, and a line that can be cut."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from certify.db import db
from certify.models.account import User
from certify.models.application import Application
from certify.queries import self_assessment
from certify.walk import Cast, Walk
from certify.workflows import answers, applications, organisations
from certify.workflows.answers import AnswerData
from tests.browser.conftest import SWITCHES, chromium
from tests.browser.person import Person
from tests.factories import SMALL, fresh_actor, make_walk, small_script
from tests.signing_in import give, secret_for

PATIENCE = 120.0


@dataclass
class Gate:
    """Stands before the application as a proxy does."""

    app: Callable[..., Iterable[bytes]]
    down: bool = False
    slow: float = 0
    swallow: int = 0
    saves: int = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST" or "/answers/" not in environ["PATH_INFO"]:
            return self.app(environ, start)
        self.saves += 1
        if self.down:
            start("503 Service Unavailable", [("Content-Type", "text/html")])
            return [b"<h1>503</h1>"]
        time.sleep(self.slow)
        if self.swallow:
            # The application does its work; the reply is lost on the way back.
            self.swallow -= 1
            list(self.app(environ, lambda *_: lambda _: None))
            start("504 Gateway Timeout", [("Content-Type", "text/html")])
            return [b"<h1>504</h1>"]
        return self.app(environ, start)


@dataclass
class Desk:
    """One centre and its people; every scenario writes in a case of its own."""

    app: Flask
    address: str
    gate: Gate
    browser: Browser
    folder: Path
    ids: dict[str, int] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    organisation_id: int = 0
    cast: Cast | None = None
    case: int = 0
    people: list[Person] = field(default_factory=list)

    def furnish(self) -> None:
        """Make the centre and its people."""
        with self.app.app_context():
            walk, people, organisation = make_walk()
            self.ids = {name: user.id for name, user in people.items()}
            self.emails = {name: user.email for name, user in people.items()}
            self.organisation_id, self.cast = organisation.id, walk.cast

    def new_case(self, name: str) -> None:
        """An empty self-assessment in a unit of its own, and a line that works."""
        self.gate.down, self.gate.slow, self.gate.swallow, self.gate.saves = False, 0, 0, 0
        assert self.cast is not None
        with self.app.app_context():
            office = fresh_actor(db.session.get_one(User, self.ids["coordinator"]))
            unit = organisations.add_unit(office, self.organisation_id, name)
            walk = Walk(self.cast, unit.id, SMALL, small_script(SMALL))
            walk.take("create")
            self.case = walk.case_id

    @property
    def page(self) -> str:
        """Where the scenario writes."""
        return f"/cases/{self.case}/self-assessment/P"

    # --- people

    def _cookie(self, name: str) -> str:
        client = self.app.test_client()
        with self.app.app_context():
            give(client, secret_for(self.ids[name]))
        cookie = client.get_cookie("certify")
        assert cookie is not None
        return cookie.value

    def sit_down(self, name: str = "editor", **options: Any) -> Person:
        """That person, signed in, with the page open."""
        person = Person(self.browser, self.address, **options).signed_in_by(self._cookie(name))
        self.people.append(person)
        assert person.open(self.page) == 200
        return person

    def come_back(self, context: BrowserContext, name: str) -> None:
        """The person is signed in again, on a session of its own."""
        context.add_cookies([{"name": "certify", "value": self._cookie(name), "url": self.address}])

    @contextmanager
    def at_home(self) -> Iterator[tuple[Page, Callable[[], None]]]:
        """A browser with a folder of its own, as on a person's computer; and how to kill it."""
        folder = self.folder / f"browser-{self.case}"
        context = self.browser.browser_type.launch_persistent_context(
            str(folder), executable_path=chromium(), args=SWITCHES, base_url=self.address, locale="pl-PL"
        )
        self.come_back(context, "editor")

        def kill() -> None:
            for process in _processes(folder):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

        try:
            yield context.pages[0], kill
        finally:
            with suppress(Exception):
                context.close()

    def everybody_leaves(self) -> None:
        """Close the browsers; scripts that failed fail the test. What the cut line made the browser say is no fault."""
        for person in self.people:
            person.faults = [one for one in person.faults if "Failed to load resource" not in one]
            person.close()
        self.people.clear()

    # --- what is kept

    def text(self, criterion: str = "P.1") -> str:
        """What the database holds."""
        with self.app.app_context():
            application = db.session.get_one(Application, self.case)
            answer = self_assessment.answers_of(application).get(criterion)
            return "" if answer is None else answer.narratives.get(f"{criterion}.a", "")

    def keeps(self, text: str) -> None:
        """The database holds the text within a few seconds."""
        end = time.monotonic() + PATIENCE
        while self.text() != text and time.monotonic() < end:
            time.sleep(0.05)
        assert self.text() == text

    def colleague_saves(self, text: str) -> None:
        """The manager saves the same criterion meanwhile."""
        assert self.cast is not None
        with self.app.app_context():
            answers.save(self.cast.manager, self.case, "P.1", AnswerData(2, narratives={"P.1.a": text}))

    def case_closes(self) -> None:
        """The manager takes the application back: nobody writes in it any more."""
        assert self.cast is not None
        with self.app.app_context():
            applications.withdraw(self.cast.manager, self.case)


def _processes(folder: Path) -> list[int]:
    """The processes that were started with this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if str(folder) in (entry / "cmdline").read_bytes().decode("utf-8", "replace"):
                found.append(int(entry.name))
    return found


def area(page: Page) -> Locator:
    """The field that the scenarios write in."""
    return page.locator("#narrative-P-1-a")


def says(page: Page, *texts: str) -> None:
    """The state of the first card has these words."""
    for text in texts:
        expect(page.locator("[id='P.1'] form")).to_contain_text(text)


def bar(page: Page) -> Locator:
    """The bar for the whole page."""
    return page.get_by_role("region", name="Zapisywanie")
