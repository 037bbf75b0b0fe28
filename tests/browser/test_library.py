"""The library at a real browser: files with their progress, a bad one among them, a lost connection, a passport."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import FilePayload, Route, expect

from tests.browser.person import Person
from tests.factories import PASSWORD, make_walk
from tests.files import jpg, pdf

# What the server runs meanwhile is measured by the tests of pages: under the tracer a browser waits twice as long.
pytestmark = [pytest.mark.browser, pytest.mark.no_cover]


def payload(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


@pytest.fixture
def begun(served: tuple[Flask, str]) -> tuple[int, str]:
    """An application without evidence, and the e-mail address of the centre's editor."""
    with served[0].app_context():
        walk, people, _ = make_walk()
        walk.take("create")
        return walk.case_id, people["editor"].email


def test_files_come_in_and_get_a_passport(begun: tuple[int, str], come: Callable[..., Person]) -> None:
    case, email = begun
    person = come()
    person.sign_in(email, PASSWORD)
    person.open("/evidence")
    page = person.page
    # Dropped on the form, as from a folder.
    files = page.evaluate_handle(
        "() => { const all = new DataTransfer();"
        " all.items.add(new File(['Notatka ze spotkania.'], 'notatka.txt')); return all; }"
    )
    page.locator("form[data-upload]").dispatch_event("drop", {"dataTransfer": files})
    line = page.get_by_role("list", name="Pliki w drodze").get_by_role("listitem")
    expect(line.filter(has_text="notatka.txt")).to_contain_text("dodany")
    with person.refused(422):
        page.get_by_label("Dodaj pliki").set_input_files(
            [payload("zdjęcie.jpg", jpg()), payload("raport.pdf", b"<html>"), payload("uchwała.pdf", pdf())]
        )
        page.get_by_role("button", name="Dodaj do zbioru").click()
        expect(line.filter(has_text="uchwała.pdf")).to_contain_text("dodany")
    expect(line.filter(has_text="zdjęcie.jpg")).to_contain_text("dodany")
    expect(line.filter(has_text="raport.pdf")).to_contain_text("jest inna, niż mówi jego nazwa")
    person.looks("Zbiór dowodów")
    with page.expect_navigation():
        line.filter(has_text="uchwała.pdf").get_by_role("link", name="Wypełnij metrykę").click()
    page.get_by_text("Dołącz do kryteriów wniosku").click()
    page.get_by_role("checkbox", name="P.1").check()
    page.get_by_label("strony P.1", exact=True).fill("3-5")
    page.get_by_role("checkbox", name="S.2").check()
    person.looks("uchwała.pdf")
    person.press("Dołącz do zaznaczonych kryteriów")
    expect(page.get_by_text("Dołączono do 2 kryteriów.")).to_be_visible()
    expect(page.get_by_role("cell", name="3-5")).to_be_visible()
    person.fill("Czego dowodzi", "Strategia wymienia wolontariat.")
    page.get_by_role("group", name="Czy widać numery PESEL?").get_by_label("nie").check()
    person.press("Zapisz metrykę")
    expect(page.get_by_role("group", name="Czy widać numery PESEL?").get_by_label("nie")).to_be_checked()
    person.open(f"/cases/{case}/self-assessment/P")
    expect(page.get_by_role("article").first.get_by_role("link", name="uchwała.pdf").first).to_be_visible()


def test_a_lost_connection_is_said(begun: tuple[int, str], come: Callable[..., Person]) -> None:
    person = come()
    person.sign_in(begun[1], PASSWORD)
    person.open("/evidence")

    def cut(route: Route) -> None:
        route.abort("connectionreset") if route.request.method == "POST" else route.continue_()

    person.page.route("**/evidence", cut)
    person.page.get_by_label("Dodaj pliki").set_input_files([payload("a.txt", b"a")])
    person.page.get_by_role("button", name="Dodaj do zbioru").click()
    line = person.page.get_by_role("list", name="Pliki w drodze").get_by_role("listitem")
    expect(line).to_contain_text("Połączenie się urwało")
    # Chromium notes the cut in its console; that one line is the point of this test.
    assert len(person.faults) == 1 and "ERR_CONNECTION_RESET" in person.faults.pop()
