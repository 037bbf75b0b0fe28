"""A real server on a real database file, and Debian's Chromium, for the tests that look at pages as people do."""

import logging
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from tests.browser.person import Person
from tests.databases import let_go

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOST = "127.0.0.1"


def chromium() -> str:
    """The installed browser. Without one the test is skipped; where all tests must run (CI) it fails."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        said = f"no browser ({', '.join(PROGRAMS)}): install Debian's package chromium"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(said)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; each person gets a context of their own in it."""
    program = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield started
        started.close()


@contextmanager
def serving(make: Callable[[str], Flask]) -> Iterator[tuple[Flask, str]]:
    """Serve what `make` answers for an address with a free port; with threads, as a real server has."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with socket.create_server((HOST, 0)) as listening:
        address = f"http://{HOST}:{listening.getsockname()[1]}"
        app = make(address)
        server = make_server(HOST, 0, app, threaded=True, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, name="server under test")
        thread.start()
        try:
            yield app, address
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            let_go(app)


@pytest.fixture
def served(make_app: Callable[..., Flask]) -> Iterator[tuple[Flask, str]]:
    """The application on a fresh database, behind a real server; its address."""
    with serving(lambda address: make_app(PUBLIC_URL=address, WTF_CSRF_ENABLED=True)) as found:
        yield found


@pytest.fixture
def come(browser: Browser, served: tuple[Flask, str]) -> Iterator[Callable[..., Person]]:
    """`come()`: somebody opens a browser. At the end nobody may have met an error behind the page."""
    people: list[Person] = []

    def arrive(**options: Any) -> Person:
        people.append(Person(browser, served[1], **options))
        return people[-1]

    yield arrive
    for person in people:
        person.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder on the person's own computer."""
    folder = tmp_path / "pulpit"
    folder.mkdir()
    return folder
