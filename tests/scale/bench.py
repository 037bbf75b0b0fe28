"""Measures the service against bare floors in one run (`./run.sh bench`); it judges no test, it prints what was found.

Every figure is a median of rounds in which both sides take turns, so that the machine's moods meet both alike.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from flask import Flask
from playwright.sync_api import sync_playwright
from sqlalchemy import Engine, event, select

from certify import create_app, instance
from certify.db import db
from certify.domain.lifecycle import Status
from certify.domain.scoring import score
from certify.models.account import User
from certify.models.certificate import Certificate
from certify.rubrics import read_file
from tests.browser import test_journey as journey
from tests.browser.conftest import SWITCHES, chromium
from tests.browser.person import Person
from tests.databases import Sqlite
from tests.factories import RUBRICS, make_application
from tests.scale import region, writing
from tests.scale.process import Page, Served, compare, free_port, ratio, serve
from tests.signing_in import secret_for

FEW, MANY = 1_000, 100_000
STARTS = 5
SCORES = 200
# As many social-service centres as Poland has.
ENTRIES = 2_500


@dataclass(frozen=True)
class Line:
    """One result: what was measured, what came out, what it must reach, and whether it did."""

    what: str
    found: str
    wanted: str
    met: bool


@dataclass(frozen=True)
class Place:
    """A database with so many applications, one of them walked to a certificate, and the pages to be measured."""

    environment: dict[str, str]
    cookie: str
    certificate: str
    queries: int


def make_app(folder: Path, port: int) -> tuple[Flask, dict[str, str]]:
    """The application on a fresh database, and the environment of a process that serves it; the folder is made."""
    folder.mkdir(mode=0o700)
    url = Sqlite(folder).fresh(folder)
    address = f"http://127.0.0.1:{port}"
    app = create_app(
        {"INSTANCE": folder, "STORAGE": str(folder / "storage"), "SQLALCHEMY_DATABASE_URI": url, "PUBLIC_URL": address}
    )
    instance.make(app)
    return app, {"CERTIFY_INSTANCE": str(folder), "DATABASE_URL": url, "PUBLIC_URL": address}


def make_place(folder: Path, cases: int, port: int) -> Place:
    """Fill a fresh database; the folder must not exist yet."""
    app, environment = make_app(folder, port)
    with app.app_context():
        made = make_application(Status.CERTIFIED)
        region.fill(cases)
        number = db.session.scalar(select(Certificate.path_number))
        cookie = session_cookie(app, made.people["coordinator"])
        queries = count_queries(app, "/board", cookie)
        for engine in db.engines.values():
            engine.dispose()
    return Place(environment, cookie, f"/certificates/{number}", queries)


def session_cookie(app: Flask, person: User) -> str:
    """What the person's browser sends after signing in."""
    session = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return f"certify={session.dumps({'_user_id': secret_for(person)})}"


def count_queries(app: Flask, path: str, cookie: str) -> int:
    """How many statements one page sends to the database."""
    sent = []

    def count(*facts: object) -> None:
        sent.append(facts)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        answer = app.test_client(use_cookies=False).get(path, headers={"Cookie": cookie})
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert answer.status_code == 200, answer.status
    return len(sent)


def pages(folder: Path) -> Iterator[Line]:
    """The coordinator's list and the public verification page against bare pages on the same database."""
    ports = free_port(), free_port()
    few, many = make_place(folder / "few", FEW, ports[0]), make_place(folder / "many", MANY, ports[1])
    with (
        serve("wsgi:app", few.environment, ports[0]) as small,
        serve("wsgi:app", many.environment, ports[1]) as large,
        serve("tests.scale.floor:served()", many.environment) as bare,
    ):
        found = compare(
            {
                "list of few": Page(small, "/board", few.cookie),
                "list of many": Page(large, "/board", many.cookie),
                "bare list": Page(bare, "/list"),
                "certificate": Page(large, many.certificate),
                "bare certificate": Page(bare, many.certificate),
            }
        )
    for name, times in found.items():
        print(f"  {name:<18} {statistics.median(times):7.2f} ms a request  ({min(times):.2f} to {max(times):.2f})")
    share = ratio(found, "bare list", "list of many") * 100
    yield Line(f"list, 50 of {MANY:,}: requests/s of a bare page", f"{share:.0f} %", "≥ 25 %", share >= 25)
    growth = ratio(found, "list of many", "list of few")
    yield Line(f"list, 50 of {MANY:,}: its time at {FEW:,}", f"{growth:.2f} ×", "≤ 1.3 ×", growth <= 1.3)
    yield Line("list: queries, few and many", f"{few.queries}, {many.queries}", "equal", few.queries == many.queries)
    share = ratio(found, "bare certificate", "certificate") * 100
    yield Line("verification page: requests/s of a bare page", f"{share:.0f} %", "≥ 50 %", share >= 50)


# What is searched for: one thing of many, and what thousands have.
SEARCHED = {"one": f"ośrodek Łask {region.FIRST + 500}", "many": "pomocy spolecznej"}


def search(folder: Path) -> Iterator[Line]:
    """The register searched among few and many certificates."""
    ports = free_port(), free_port()
    places = []
    for name, entries, port in (("few", FEW, ports[0]), ("many", MANY, ports[1])):
        app, environment = make_app(folder / f"search-{name}", port)
        with app.app_context():
            region.fill_register(entries)
            for engine in db.engines.values():
                engine.dispose()
        places.append(environment)
    with serve("wsgi:app", places[0], ports[0]) as small, serve("wsgi:app", places[1], ports[1]) as large:
        for name, words in SEARCHED.items():
            address = f"/register?words={quote(words)}"
            found = compare({"few": Page(small, address), "many": Page(large, address)})
            growth = ratio(found, "many", "few")
            line = f"register searched for {name}: its time at {FEW:,}"
            yield Line(line, f"{growth:.2f} ×", "≤ 1.5 ×", growth <= 1.5)


def api(folder: Path) -> Iterator[Line]:
    """The whole register and one certificate as JSON against the same rows as bare JSON."""
    folder, port = folder / "api", free_port()
    app, environment = make_app(folder, port)
    with app.app_context():
        make_application(Status.CERTIFIED)
        number = db.session.scalar(select(Certificate.path_number))
        region.fill_register(ENTRIES)
        for engine in db.engines.values():
            engine.dispose()
    one, whole = f"/api/v1/certificates/{number}", "/api/v1/register.json"
    with (
        serve("tests.scale.unhurried:served()", environment, port) as ours,
        serve("tests.scale.floor:served()", environment) as bare,
    ):
        found = compare({"one": Page(ours, one), "bare one": Page(bare, one)})
        # A floor that writes the whole register each time is slow: fewer rounds say as much.
        found |= compare({"whole": Page(ours, whole), "bare whole": Page(bare, whole)}, rounds=5, times=5)
    for name, times in found.items():
        print(f"  {name:<18} {statistics.median(times):7.2f} ms a request  ({min(times):.2f} to {max(times):.2f})")
    share = ratio(found, "bare one", "one") * 100
    yield Line("certificate as JSON: requests/s of bare JSON", f"{share:.0f} %", "≥ 50 %", share >= 50)
    share = ratio(found, "bare whole", "whole") * 100
    yield Line(f"register.json of {ENTRIES:,}: requests/s of bare JSON", f"{share:.0f} %", "≥ 50 %", share >= 50)


def start(folder: Path) -> Iterator[Line]:
    """From the command to the first answer of /healthz."""
    environment = make_place(folder / "start", FEW, free_port()).environment
    seconds = []
    for _ in range(STARTS + 1):
        with serve("wsgi:app", environment) as served:
            seconds.append(served.seconds)
    middle = statistics.median(seconds[1:])
    print(f"  starts {', '.join(f'{one:.2f}' for one in seconds[1:])} s")
    yield Line("start of the web process", f"{middle:.2f} s", "≤ 2 s", middle <= 2)


@contextmanager
def browsers(served: Served) -> Iterator[object]:
    """Answers a function with which somebody comes to the service."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
        yield lambda: Person(browser, served.address)
        browser.close()


def memory(folder: Path) -> Iterator[Line]:
    """What the web process holds after the browser tests' journey, from registration to the certificate's check."""
    folder, port = folder / "journey", free_port()
    app, environment = make_app(folder, port)
    files = folder / "files"
    files.mkdir()
    with serve("wsgi:app", environment, port) as served, browsers(served) as come:
        before = served.memory()
        journey.live(journey.gather(app, come), files)  # type: ignore[arg-type]
        after = served.memory()
    print(f"  {before:.0f} MiB after the start, {after:.0f} MiB after the journey")
    yield Line("memory of the web process after the journey", f"{after:.0f} MiB", "≤ 160 MiB", after <= 160)


def saving(folder: Path) -> Iterator[Line]:
    """One answer as the page's script saves it beside a bare durable commit; a file of 25 MiB beside copying it."""
    folder, port = folder / "saving", free_port()
    app, environment = make_app(folder, port)
    with app.app_context():
        made = make_application(Status.DRAFT)
        criteria = read_file(RUBRICS / "wolontariat" / "1.0.yaml").criteria
        filled = {answer.criterion for answer in made.application.answers}
        # The form of evidence sends the answer beside it too: one criterion for texts, another for files.
        texts, files = [one for one in criteria if one.id not in filled][:2]
        at = writing.desk(app, made.people["manager"], made.case_id, texts)
        shelf = writing.desk(app, made.people["manager"], made.case_id, files)
    content = writing.large_pdf()
    with serve("wsgi:app", environment, port) as served, serve("tests.scale.floor:served()", environment) as floor:
        writing.autosave(served, at)
        writing.bare_saves(floor)
        saved = statistics.median(writing.autosave(served, at))
        page = statistics.median(writing.bare_saves(floor))
        bare = statistics.median(writing.bare_commits(folder))
        writing.upload(served, shelf, content(0), 0)
        before = served.memory()
        served.forget_peak()
        sent, copied, times = writing.in_turns(
            lambda number: writing.upload(served, shelf, content(number), number),
            lambda number: writing.bare_copy(content(number), folder),
        )
        growth = served.memory("VmHWM") - before
    print(f"  autosave {saved:.1f} ms, a bare page with a commit {page:.1f} ms, a bare commit {bare:.2f} ms")
    print(f"  upload {sent:.2f} s, bare copy {copied:.2f} s")
    yield Line("autosave: its time by a bare page with a commit", f"{saved / page:.1f} ×", "≤ 3 ×", saved <= 3 * page)
    yield Line("autosave: its time by a bare durable commit", f"{saved / bare:.1f} ×", "≤ 3 ×", saved <= 3 * bare)
    yield Line("25 MiB upload: its time by sum, copy and flush", f"{times:.1f} ×", "≤ 3 ×", times <= 3)
    yield Line("25 MiB upload: growth of memory at its peak", f"{growth:.0f} MiB", "≤ 64 MiB", growth <= 64)


def scoring(folder: Path) -> Iterator[Line]:
    """One application of the OSL standard, all criteria answered."""
    rubric = read_file(RUBRICS / "osl" / "1.0.yaml")
    points = {criterion.id: 2 for criterion in rubric.criteria_for("OPS")}
    spent = []
    for _ in range(SCORES):
        begun = time.perf_counter()
        score(rubric, points, "OPS")
        spent.append((time.perf_counter() - begun) * 1000)
    middle = statistics.median(spent)
    yield Line(f"score {len(points)} criteria", f"{middle:.2f} ms", "≤ 1 ms", middle <= 1)


PARTS = {
    "pages": pages,
    "search": search,
    "api": api,
    "start": start,
    "memory": memory,
    "saving": saving,
    "scoring": scoring,
}


def main(chosen: list[str]) -> int:
    """Run the chosen parts, or all; prints a table at the end. 2 when a part is unknown."""
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        sys.stderr.write(f"bench: there is no part '{unknown[0]}'; they are {', '.join(PARTS)}.\n")
        return 2
    lines: list[Line] = []
    folder = Path(tempfile.mkdtemp(prefix="certify-bench-"))
    try:
        for name in chosen or PARTS:
            print(f"{name}: {PARTS[name].__doc__}", flush=True)
            lines += PARTS[name](folder)
    finally:
        shutil.rmtree(folder)
    print()
    for line in lines:
        print(f"{'met' if line.met else 'NOT met':<8} {line.what:<60} {line.found:>10}   {line.wanted}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
