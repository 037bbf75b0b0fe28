"""Every page for everybody whom it concerns: accessible at 1280 and 320 px, by keyboard, and without scripts."""

import os
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from certify.web.access import Route, routes
from tests.addresses import path, values
from tests.api.matrix import API_MATRIX
from tests.authorisation import MATRIX, Line
from tests.browser.conftest import serving
from tests.browser.person import Person
from tests.factories import PASSWORD, make_walk
from tests.files import pdf
from tests.world import OURS, World

# What the server runs meanwhile is measured by the tests of pages: under the tracer a browser waits twice as long.
pytestmark = [pytest.mark.browser, pytest.mark.no_cover]

# No pages: a picture, files, and what programs read.
NO_PAGES = frozenset(
    {
        "answers.radar", "cases.receipt_pdf", "evidence.download", "evidence.preview", "public.certificate_pdf",
        "health.show", "static", "exchange.export_json", "exchange.export_xlsx", "printing.empty_form",
        "printing.filled_form", "uploads.show", "register_files.as_csv", "register_files.as_xlsx",
        "for_machines.robots", "for_machines.favicon",
    }
)  # fmt: skip
OWN = frozenset({"account.show", "account.password_form"})
# Steps that are the manager's stand closed on the editor's pages, with the reason; what only administrators change.
SEEN_OTHERWISE_BY_EDITORS = frozenset(
    {"applications.submit", "applications.withdraw", "applications.object_to", "applications.comment", "cases.show"}
)
SEEN_OTHERWISE_BY_ADMINS = frozenset({"users.index", "users.invite_form", "users.show", "cases.board", "cases.show"})
# Who looks at which pages; what two people see alike is looked at once.
LOOKERS = ("anonymous", "centre_manager", "centre_editor", "lead_auditor", "coordinator", "decision_maker", "admin")
# The case page gathers the most: the centre's is looked at in every status, with TEST_SCALE=full everybody's.
IN_EVERY_STATUS = ("centre_manager",)
if os.environ.get("TEST_SCALE") == "full":
    IN_EVERY_STATUS += ("lead_auditor", "coordinator", "decision_maker")
ERRORS = {
    "anonymous": ("/nie-ma", "/invitation/nieznane", "/verify/number?number=WOL-1999-001", "/standards/brak/1.0"),
    "lead_auditor": ("/users", "/cases/2000000000", "/cases/{teaming}/declaration"),
    "coordinator": ("/cases/{draft}/accept", "/cases/{draft}/return", "/organisations/2000000000"),
    "centre_manager": ("/cases/{certified}/receipt/nic", "/cases/{draft}/self-assessment/X"),
}


@pytest.fixture(scope="module")
def shown(world: World) -> Iterator[tuple[World, str]]:
    """The world of `tests/world.py` behind a real server; it is only read."""
    with serving(lambda address: world.app) as (_, address):
        yield world, address


@pytest.fixture
def visit(browser: Browser, shown: tuple[World, str]) -> Iterator[Callable[[str], Person]]:
    """`visit("coordinator")`: that person of the world at a browser."""
    people = []

    def arrive(name: str) -> Person:
        person = Person(browser, shown[1])
        cookie = shown[0].client(name).get_cookie("certify")
        people.append(person if cookie is None else person.signed_in_by(cookie.value))
        return people[-1]

    yield arrive
    for person in people:
        person.close()


def _concerns(looker: str, endpoint: str, line: Line) -> bool:
    if looker not in line.door or not line.sees(looker, "ours"):
        return False
    if looker == "anonymous":
        return True
    if "anonymous" in line.door:
        return False
    if looker == "centre_editor":
        return endpoint in SEEN_OTHERWISE_BY_EDITORS
    if looker == "admin":
        return endpoint in SEEN_OTHERWISE_BY_ADMINS
    return endpoint not in OWN or looker == "centre_manager"


def pages_of(world: World, looker: str) -> list[str]:
    """The addresses of the pages that the person looks at."""
    found = []
    lookable: list[tuple[Route, Line]] = [
        (route, MATRIX[route.endpoint])
        for route in routes(world.app)
        if route.method == "GET" and route.endpoint not in NO_PAGES and route.endpoint not in API_MATRIX
    ]
    for route, line in lookable:
        if _concerns(looker, route.endpoint, line):
            found.append(path(route, values(world, line, "ours")))
        if route.endpoint == "cases.show" and looker in IN_EVERY_STATUS:
            seen = (stage for stage in OURS if Line(line.door, stage).sees(looker, "ours"))
            found += [path(route, values(world, line, "ours", stage)) for stage in seen]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("looker", LOOKERS)
def test_every_page_is_accessible_and_fits_a_phone(
    shown: tuple[World, str], visit: Callable[[str], Person], looker: str
) -> None:
    person = visit(looker)
    faults: list[str] = []
    pages = pages_of(shown[0], looker)
    assert len(pages) >= 5
    for address in pages:
        status = person.open(address)
        if status >= 500:
            faults.append(f"{address}: {status}")
        faults += [f"{address} ({status}): {one}" for one in person.look_over(twice=True)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("looker", ERRORS)
def test_pages_of_refusals_are_accessible_too(
    shown: tuple[World, str], visit: Callable[[str], Person], looker: str
) -> None:
    person = visit(looker)
    numbers = {status.value: number for status, number in shown[0].side("ours").cases.items()}
    faults: list[str] = []
    for address in ERRORS[looker]:
        status = person.open(address.format(**numbers))
        assert 400 <= status < 500, f"{address}: {status}"
        faults += [f"{address} ({status}): {one}" for one in person.look_over(twice=True)]
    assert not faults, "\n".join(faults)


@pytest.fixture
def draft(served: tuple[Flask, str]) -> tuple[int, str]:
    """A self-assessment with every answer given, and the e-mail address of the centre's manager."""
    with served[0].app_context():
        walk, people, _ = make_walk()
        for stage in ("create", "fill"):
            walk.take(stage)
        return walk.case_id, people["manager"].email


def _focused(person: Person) -> str:
    said: str = person.page.evaluate(
        "() => { const one = document.activeElement;"
        " return [one.tagName, one.type || '', one.name || one.className].join(' ').toLowerCase(); }"
    )
    return said


def _tab_to(person: Person, wanted: str, limit: int = 60) -> list[str]:
    """Press Tab until the focus is there; answers where it was on the way."""
    way: list[str] = []
    while len(way) < limit:
        person.page.keyboard.press("Tab")
        way.append(_focused(person))
        if way[-1].startswith(wanted):
            return way
    raise AssertionError(f"{wanted!r} can't be reached by keyboard: {way}")


def test_an_answer_by_keyboard_alone(draft: tuple[int, str], come: Callable[..., Person]) -> None:
    """Skip link, level, text, save: in the order in which they are read."""
    case, email = draft
    person = come()
    person.sign_in(email, PASSWORD)
    person.open(f"/cases/{case}/self-assessment/P")
    keyboard = person.page.keyboard
    assert "skip" in _tab_to(person, "a")[0]
    keyboard.press("Enter")
    assert _focused(person).startswith("main")
    _tab_to(person, "input radio p-1-points")
    keyboard.press("ArrowDown")
    way = _tab_to(person, "textarea textarea narrative-p.1.a")
    assert len(way) == 1, f"one group of levels is one stop: {way}"
    keyboard.press("End")
    keyboard.type(" Z klawiatury.")
    _tab_to(person, "button submit", limit=1)
    with person.page.expect_navigation():
        keyboard.press("Enter")
    first = person.page.get_by_role("article").first
    expect(first.get_by_role("radio", name="4 bardzo dobrze")).to_be_checked()
    expect(first.get_by_role("textbox").first).to_have_value("Opis do wskaźnika P.1.a. Z klawiatury.")


def test_after_a_refusal_the_summary_leads_to_the_field(draft: tuple[int, str], come: Callable[..., Person]) -> None:
    """The focus stands on the summary; its link leads to the field; the page is accessible with its errors."""
    case, email = draft
    person = come()
    person.sign_in(email, PASSWORD)
    person.open(f"/cases/{case}/submit")
    with person.refused(422):
        person.press("Złóż wniosek")
    expect(person.page.locator(".error-summary")).to_be_focused()
    person.looks()
    _tab_to(person, "a", limit=1)
    person.page.keyboard.press("Enter")
    expect(person.page.get_by_role("checkbox")).to_be_focused()
    person.open("/applications/new")
    person.page.get_by_role("radio").evaluate_all("all => all.forEach(one => { one.checked = false; })")
    with person.refused(422):
        person.press("Zacznij")
    person.looks("Nowy wniosek")


def test_a_whole_self_assessment_without_scripts(draft: tuple[int, str], come: Callable[..., Person]) -> None:
    """Save, attach and submit with forms alone."""
    case, email = draft
    person = come(scripts=False)
    person.sign_in(email, PASSWORD)
    person.open(f"/cases/{case}/self-assessment/P")
    first = person.page.get_by_role("article").first
    first.get_by_role("radio", name="5 wzór dla innych").check()
    first.get_by_role("textbox").first.fill("Zapisane bez skryptów: zażółć gęślą jaźń.")
    with person.page.expect_navigation():
        first.get_by_role("button", name="Zapisz", exact=True).click()
    expect(first.get_by_role("radio", name="5 wzór dla innych")).to_be_checked()
    expect(first.get_by_role("textbox").first).to_have_value("Zapisane bez skryptów: zażółć gęślą jaźń.")
    first.get_by_text("Dodaj dowód P.1").first.click()
    first.get_by_label("Plik", exact=True).set_input_files(
        {"name": "wzór.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    )
    with person.page.expect_navigation():
        first.get_by_role("button", name="Dodaj dowód P.1").click()
    expect(first.get_by_role("link", name="wzór.pdf", exact=True)).to_be_visible()
    person.open(f"/cases/{case}/submit")
    person.tick("Oświadczam, że odpowiedzi i dowody są prawdziwe")
    person.press("Złóż wniosek")
    expect(person.page.get_by_role("heading", name="Wniosek jest złożony")).to_be_visible()
