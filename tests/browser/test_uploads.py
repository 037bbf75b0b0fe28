"""A large file on a bad line: it is cut, the page is left, and in the end the file is whole and there once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, Route, expect

from certify.db import db
from certify.models.upload import Upload
from certify.queries import evidence
from certify.storage import PARTIAL, path_of
from certify.workflows.evidence import root
from tests.browser.person import Person
from tests.factories import PASSWORD, make_walk

# What the server runs meanwhile is measured by the tests of pages: under the tracer a browser waits twice as long.
pytestmark = [pytest.mark.browser, pytest.mark.no_cover]

MIB = 2**20
CUT = "Połączenie przerwane przy"


class Road:
    """The road of the parts to the server, which can be closed; counts the parts that went over it."""

    def __init__(self, page: Page, open_for: int) -> None:
        self.left = open_for
        self.sent: list[int] = []
        page.route("**/uploads/**", self._pass)

    def _pass(self, route: Route) -> None:
        if route.request.method == "PATCH":
            if self.left <= 0:
                route.abort("connectionreset")
                return
            self.left -= 1
            self.sent.append(int(route.request.headers["upload-offset"]))
        route.continue_()


@pytest.fixture
def begun(served: tuple[Flask, str]) -> tuple[int, int, str]:
    """An application without evidence, its centre, and the e-mail address of the centre's editor."""
    with served[0].app_context():
        walk, people, organisation = make_walk()
        walk.take("create")
        return walk.case_id, organisation.id, people["editor"].email


@pytest.fixture
def large(files: Path) -> Path:
    """Notes of four MiB, no two parts alike."""
    path = files / "notatki z roku.txt"
    path.write_bytes(b"".join(f"Notatka {number:06}\n".encode() for number in range(4 * MIB // 15)))
    return path


def line(page: Page) -> Locator:
    return page.get_by_role("list", name="Pliki w drodze").get_by_role("listitem")


def stored(app: Flask, centre: int) -> list[bytes]:
    with app.app_context():
        found = [one.current.sha256 for one in evidence.pieces([centre])]
        return [path_of(root(), sha256).read_bytes() for sha256 in found]


def quiet(person: Person) -> None:
    """Chromium notes the cuts in its console; they are the point of these tests."""
    person.faults = [one for one in person.faults if "Failed to load resource: net::ERR_" not in one]


def add_to_library(page: Page, file: Path) -> None:
    page.get_by_label("Dodaj pliki").set_input_files(file)
    page.get_by_role("button", name="Dodaj do zbioru").click()


def test_a_cut_line_and_a_reload_at_a_criterion(
    begun: tuple[int, int, str], large: Path, served: tuple[Flask, str], come: Callable[..., Person]
) -> None:
    case, centre, email = begun
    person = come()
    person.sign_in(email, PASSWORD)
    person.open(f"/cases/{case}/self-assessment/P")
    page = person.page
    card = page.locator("[id='P.1']")

    def choose() -> None:
        card.get_by_text("Dodaj dowód").first.click()
        card.get_by_label("Plik", exact=True).set_input_files(large)
        card.get_by_label("Strony do przeczytania").fill("1-3")
        card.get_by_role("button", name="Dodaj dowód").click()

    road = Road(page, open_for=2)
    choose()
    expect(line(page)).to_contain_text(f"{CUT} 50%")
    expect(line(page).get_by_role("button", name="Spróbuj teraz")).to_be_visible()
    # One goes on writing meanwhile; the page is left and opened again, and the same file chosen.
    page.locator("#narrative-P-1-a").fill("Tekst pisany w czasie wysyłania.")
    expect(card.locator("form")).to_contain_text("Zapisano o")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    road.left = 1
    choose()
    expect(line(page)).to_contain_text(f"{CUT} 75%")
    road.left = 99
    # Nobody presses anything.
    expect(line(page)).to_contain_text("dodany")
    # The piece stands at the criterion, without another reload.
    expect(card.locator(".evidence-list")).to_contain_text("notatki z roku.txt")
    expect(card.locator(".evidence-list")).to_contain_text("strony 1-3")
    expect(page.locator("#narrative-P-1-a")).to_have_value("Tekst pisany w czasie wysyłania.")
    # No part went twice.
    assert road.sent == [0, MIB, 2 * MIB, 3 * MIB]
    assert stored(served[0], centre) == [large.read_bytes()]
    quiet(person)


def test_after_a_new_sign_in_the_file_goes_on(
    begun: tuple[int, int, str], large: Path, served: tuple[Flask, str], come: Callable[..., Person]
) -> None:
    person = come()
    person.sign_in(begun[2], PASSWORD)
    person.open("/evidence")
    page = person.page
    road = Road(page, open_for=3)
    add_to_library(page, large)
    expect(line(page)).to_contain_text(f"{CUT} 75%")
    cookies = person.context.cookies()
    person.context.clear_cookies()
    expect(line(page)).to_contain_text("Sesja wygasła.")
    expect(line(page).get_by_role("link", name="Zaloguj się")).to_have_attribute("href", "/sign-in?next=%2Fevidence")
    person.context.add_cookies([{**one, "url": None} for one in cookies])  # type: ignore[typeddict-item,list-item]
    road.left = 99
    person.open("/evidence")
    add_to_library(page, large)
    expect(line(page)).to_contain_text("dodany")
    assert road.sent == [0, MIB, 2 * MIB, 3 * MIB]
    assert stored(served[0], begun[1]) == [large.read_bytes()]
    quiet(person)


def test_the_library_waits_for_the_line_and_a_file_can_be_given_up(
    begun: tuple[int, int, str], large: Path, served: tuple[Flask, str], come: Callable[..., Person]
) -> None:
    person = come()
    person.sign_in(begun[2], PASSWORD)
    person.open("/evidence")
    page = person.page
    road = Road(page, open_for=1)
    add_to_library(page, large)
    expect(line(page)).to_contain_text(f"{CUT} 25%")
    person.looks("Zbiór dowodów")
    person.context.set_offline(True)
    line(page).get_by_role("button", name="Spróbuj teraz").click()
    expect(line(page)).to_contain_text("Brak połączenia. Wysyłanie stoi na 25%")
    road.left = 99
    person.context.set_offline(False)
    expect(line(page)).to_contain_text("dodany")
    assert stored(served[0], begun[1]) == [large.read_bytes()]
    other = large.with_name("inne.txt")
    other.write_bytes(large.read_bytes()[:-1])
    road.left = 1
    page.get_by_label("Dodaj pliki").set_input_files(other)
    page.get_by_role("button", name="Dodaj do zbioru").click()
    second = line(page).filter(has_text="inne.txt")
    expect(second).to_contain_text(CUT)
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        second.get_by_role("button", name="Anuluj").click()
    expect(second).to_contain_text("anulowano")
    with served[0].app_context():
        assert [one.finished_at is None for one in db.session.query(Upload)] == [False]
        assert list((root() / PARTIAL).iterdir()) == []
    quiet(person)
