"""Nothing that was typed into the self-assessment is lost, whatever happens to the line, the session or the browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from certify import create_app
from tests.browser.conftest import serving
from tests.browser.desk import Desk, Gate, area, bar, says
from tests.conftest import settings_for
from tests.databases import Database
from tests.factories import PASSWORD

# What the server runs meanwhile is measured by the tests of pages: under the tracer a browser waits twice as long.
pytestmark = [pytest.mark.browser, pytest.mark.no_cover]

MINE = "Każda nowa osoba dostaje kartę powitalną. Zażółć gęślą jaźń."
THEIRS = "Kierowniczka opisała to inaczej."
OFFLINE, BUSY, SESSION = "Nie zapisano: brak połączenia", "Nie zapisano: serwis nie odpowiada", "sesja wygasła"
PASTE = "(field, text) => { field.value = text; field.dispatchEvent(new Event('input', {bubbles: true})); }"


@pytest.fixture(scope="module")
def house(databases: Database, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One server and one centre for the module."""
    folder: Path = tmp_path_factory.mktemp("desk")
    url = databases.fresh(folder)

    def make(address: str) -> Flask:
        settings = {**settings_for(url, folder), "PUBLIC_URL": address, "WTF_CSRF_ENABLED": True}
        app = create_app(settings, check_rubrics=False)
        app.wsgi_app = Gate(app.wsgi_app)  # type: ignore[method-assign]
        return app

    with serving(make) as (app, address):
        gate = app.wsgi_app
        assert isinstance(gate, Gate)
        made = Desk(app, address, gate, browser, folder)
        made.furnish()
        yield made
    databases.drop(url)


@pytest.fixture
def desk(house: Desk, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A case of its own for the scenario."""
    house.new_case(request.node.name[:60])
    yield house
    house.everybody_leaves()


def test_the_line_is_cut_in_mid_typing_and_comes_back(desk: Desk) -> None:
    person = desk.sit_down()
    page = person.page
    area(page).fill(MINE[:20])
    says(page, "Zapisano o")
    person.context.set_offline(True)
    area(page).press("End")
    area(page).press_sequentially(MINE[20:])
    says(page, OFFLINE, "Tekst jest w tej przeglądarce")
    page.locator("#narrative-P-3-a").scroll_into_view_if_needed()
    # However far the person has scrolled.
    expect(bar(page)).to_be_in_viewport()
    expect(bar(page).get_by_role("link", name="P.1")).to_be_visible()
    assert desk.text() == MINE[:20]
    person.context.set_offline(False)
    says(page, "Zapisano o")
    expect(bar(page)).to_be_hidden()
    desk.keeps(MINE)


def test_the_service_is_down_for_a_while(desk: Desk) -> None:
    page = desk.sit_down().page
    desk.gate.down = True
    area(page).fill(MINE)
    says(page, BUSY)
    tries = desk.gate.saves
    page.locator("[id='P.1']").get_by_role("button", name="Spróbuj teraz").click()
    says(page, BUSY)
    desk.gate.down = False
    # By itself, after a pause.
    says(page, "Zapisano o")
    assert desk.gate.saves >= tries + 2
    desk.keeps(MINE)


def test_two_windows_of_one_person_meet(desk: Desk) -> None:
    person = desk.sit_down()
    second = person.context.new_page()
    second.goto(desk.page)
    area(person.page).fill("Z pierwszego okna.")
    says(person.page, "Zapisano o")
    area(second).fill("Z drugiego okna.")
    says(second, "ktoś zapisał nowszą odpowiedź")
    choice = second.locator(".save-choice")
    expect(choice).to_contain_text("Ty, w innym oknie")
    expect(choice).to_contain_text("Z pierwszego okna.")
    expect(choice).to_contain_text("Z drugiego okna.")
    assert desk.text() == "Z pierwszego okna."
    area(second).fill("Z pierwszego okna. Z drugiego okna.")
    choice.get_by_role("button", name="Zapisz mój tekst").click()
    says(second, "Zapisano o")
    desk.keeps("Z pierwszego okna. Z drugiego okna.")


def test_two_people_meet(desk: Desk) -> None:
    page = desk.sit_down().page
    desk.colleague_saves(THEIRS)
    area(page).fill(MINE)
    choice = page.locator(".save-choice")
    expect(choice).to_contain_text(re.compile("Maria Zarządca, [0-9]+:[0-9]{2}"))
    expect(choice).to_contain_text(THEIRS)
    expect(choice).to_contain_text("Poziom")
    assert desk.text() == THEIRS
    # The button leads to the server's own page with both texts; that one does not save by itself either.
    with page.expect_navigation():
        page.locator("[id='P.1']").get_by_role("button", name="Zapisz", exact=True).click()
    expect(area(page)).to_have_value(MINE)
    expect(page.locator("#P-1-conflict")).to_contain_text("Maria Zarządca")
    expect(page.locator("#P-1-conflict del").first).to_be_visible()
    area(page).fill(f"{THEIRS} {MINE}")
    page.wait_for_timeout(1500)
    assert desk.text() == THEIRS
    with page.expect_navigation():
        page.locator("[id='P.1']").get_by_role("button", name="Zapisz", exact=True).click()
    desk.keeps(f"{THEIRS} {MINE}")


def test_the_session_ends_and_the_sign_in_leads_back(desk: Desk) -> None:
    person = desk.sit_down()
    page = person.page
    person.context.clear_cookies()
    area(page).fill(MINE)
    says(page, SESSION)
    page.locator("[id='P.1']").get_by_role("link", name="Zaloguj się").click()
    page.wait_for_url("**/sign-in?**")
    person.fill("Adres e-mail", desk.emails["editor"])
    person.fill("Hasło", PASSWORD)
    person.press("Zaloguj się")
    assert page.url.endswith(f"{desk.page}#P.1")
    says(page, "Wrócił tekst, który nie był zapisany")
    expect(area(page)).to_have_value(MINE)
    desk.keeps(MINE)


def test_signed_in_again_in_another_window_the_old_page_goes_on(desk: Desk) -> None:
    person = desk.sit_down()
    person.context.clear_cookies()
    desk.come_back(person.context, "editor")
    area(person.page).fill(MINE)
    says(person.page, "Zapisano o")
    desk.keeps(MINE)


def test_another_person_on_the_same_computer_sees_nothing(desk: Desk) -> None:
    """Not even one of the same centre; and nothing is saved in that person's name."""
    person = desk.sit_down("editor")
    page = person.page
    desk.come_back(person.context, "manager")
    area(page).fill(MINE)
    says(page, "zalogował się ktoś inny")
    other = person.context.new_page()
    page.close(run_before_unload=False)
    other.goto(desk.page)
    expect(other.locator("[id='P.1']")).to_contain_text("Jeszcze nic nie zapisano")
    other.goto("/applications")
    other.wait_for_timeout(1800)
    assert MINE not in other.content()
    expect(other.locator("#copies")).to_be_hidden()
    assert desk.text() == ""
    desk.come_back(person.context, "editor")
    # Any page of one's own says where the text waits.
    other.goto("/applications")
    other.locator("#copies").get_by_role("link", name="P.1").click()
    says(other, "Wrócił tekst")
    desk.keeps(MINE)


def test_a_killed_browser_has_the_text(desk: Desk) -> None:
    with desk.at_home() as (page, kill):
        page.goto(desk.page)
        desk.gate.down = True
        area(page).press_sequentially(MINE)
        page.wait_for_timeout(200)
        kill()
    assert desk.text() == ""
    desk.gate.down = False
    with desk.at_home() as (page, _):
        page.goto(desk.page)
        expect(area(page)).to_have_value(MINE)
        says(page, "Wrócił tekst")
        desk.keeps(MINE)


def test_after_a_crash_a_changed_answer_is_not_overwritten(desk: Desk) -> None:
    with desk.at_home() as (page, kill):
        page.goto(desk.page)
        desk.gate.down = True
        area(page).fill(MINE)
        page.wait_for_timeout(200)
        kill()
    desk.gate.down = False
    desk.colleague_saves(THEIRS)
    with desk.at_home() as (page, _):
        page.goto(desk.page)
        offer = page.locator(".save-choice")
        expect(offer).to_contain_text(
            re.compile("W tej przeglądarce jest tekst z [0-9]+:[0-9]{2}, którego nie zapisano")
        )
        expect(offer).to_contain_text(MINE)
        expect(offer).to_contain_text(THEIRS)
        expect(area(page)).to_have_value(THEIRS)
        # It is offered until somebody chooses.
        page.reload()
        offer.get_by_role("button", name="Użyj tekstu z tej przeglądarki").click()
        says(page, "Zapisano o")
        desk.keeps(MINE)


def test_a_reload_in_mid_typing(desk: Desk) -> None:
    page = desk.sit_down().page
    area(page).fill(MINE)
    page.reload()
    expect(area(page)).to_have_value(MINE)
    desk.keeps(MINE)


def test_leaving_in_mid_typing_and_coming_back(desk: Desk) -> None:
    page = desk.sit_down().page
    desk.gate.down = True
    area(page).fill(MINE)
    page.goto("/applications")
    desk.gate.down = False
    page.go_back()
    expect(area(page)).to_have_value(MINE)
    desk.keeps(MINE)


def test_a_refused_text_is_kept(desk: Desk) -> None:
    page = desk.sit_down().page
    long = f"{MINE} " * 200
    area(page).fill(long)
    says(page, "Nie zapisano:", "Popraw tekst")
    expect(area(page)).to_have_attribute("aria-invalid", "true")
    page.reload()
    expect(area(page)).to_have_value(long)
    says(page, "Popraw tekst")
    # What no database holds.
    area(page).evaluate(PASTE, f"{MINE}\0")
    says(page, "Popraw tekst")
    with page.expect_navigation():
        page.locator("[id='P.1']").get_by_role("button", name="Zapisz", exact=True).click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect(bar(page)).to_be_visible()
    assert area(page).input_value().startswith(MINE)
    area(page).fill(MINE)
    says(page, "Zapisano o")
    desk.keeps(MINE)


def test_the_button_beside_a_running_save(desk: Desk) -> None:
    """The page's own save is on its way, one more letter is typed, the button is pressed: no conflict with oneself."""
    page = desk.sit_down().page
    desk.gate.slow = 0.7
    area(page).fill(MINE)
    says(page, "Zapisywanie")
    area(page).press("End")
    area(page).press_sequentially("!")
    with page.expect_navigation():
        page.locator("[id='P.1']").get_by_role("button", name="Zapisz", exact=True).click()
    expect(page.locator(".flashes")).to_contain_text("Kryterium P.1 jest zapisane")
    expect(area(page)).to_have_value(f"{MINE}!")
    desk.keeps(f"{MINE}!")


def test_a_lost_reply_is_no_conflict_with_oneself(desk: Desk) -> None:
    page = desk.sit_down().page
    desk.gate.swallow = 1
    area(page).fill(MINE)
    says(page, BUSY)
    assert desk.text() == MINE
    area(page).fill(f"{MINE} I jeszcze jedno.")
    says(page, "Zapisano o")
    expect(page.locator(".save-choice")).to_have_count(0)
    desk.keeps(f"{MINE} I jeszcze jedno.")


def test_by_keyboard_on_a_phone(desk: Desk) -> None:
    person = desk.sit_down()
    page = person.page
    page.set_viewport_size({"width": 320, "height": 640})
    desk.gate.down = True
    area(page).focus()
    page.keyboard.type(MINE)
    says(page, BUSY)
    assert person.sideways() == []
    assert person.violations() == []
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Spróbuj teraz")
    desk.gate.down = False
    page.keyboard.press("Enter")
    says(page, "Zapisano o")
    desk.colleague_saves(THEIRS)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Control+End")
    page.keyboard.type(" Więcej.")
    says(page, "ktoś zapisał nowszą odpowiedź")
    assert person.sideways() == []
    assert person.violations() == []
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if page.locator(":focus").inner_text() == "Zapisz mój tekst":
            break
    page.keyboard.press("Enter")
    desk.keeps(f"{MINE} Więcej.")


def test_without_scripts_a_form_of_an_ended_session_comes_back(desk: Desk) -> None:
    person = desk.sit_down(scripts=False)
    page = person.page
    person.context.clear_cookies()
    page.get_by_role("article").first.get_by_role("radio", name=re.compile("^3 ")).check()
    area(page).fill(MINE)
    page.get_by_role("article").first.get_by_role("button", name="Zapisz", exact=True).click()
    expect(page.locator("h1")).to_contain_text("Zaloguj się ponownie: tekst jest tutaj")
    expect(page.get_by_label("Wskaźnik P.1.a")).to_have_value(MINE)
    assert desk.text() == ""
    with person.context.expect_page() as opened:
        page.get_by_role("link", name="Zaloguj się w nowej karcie").click()
    door = opened.value
    door.get_by_label("Adres e-mail").fill(desk.emails["editor"])
    door.get_by_label("Hasło").fill(PASSWORD)
    door.get_by_role("button", name="Zaloguj się").click()
    expect(door.locator("h1")).to_contain_text("Samoocena")
    page.get_by_role("button", name="Zapisz tekst").click()
    expect(page.locator("h1")).to_contain_text("Zapisz tekst jeszcze raz")
    page.get_by_role("button", name="Zapisz tekst").click()
    expect(area(page)).to_have_value(MINE)
    expect(page.get_by_role("radio", name=re.compile("^3 ")).first).to_be_checked()
    desk.keeps(MINE)


def test_signing_out_asks_about_text_that_is_not_saved(desk: Desk) -> None:
    person = desk.sit_down()
    page = person.page
    desk.gate.down = True
    area(page).fill(MINE)
    says(page, BUSY)
    dialog = page.get_by_role("dialog")
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Wyloguj", exact=True).click()
    expect(dialog).to_contain_text("P.1")
    assert person.violations() == []
    dialog.get_by_role("link", name="Wróć do tekstu").click()
    expect(dialog).to_be_hidden()
    expect(area(page)).to_have_value(MINE)
    page.get_by_role("button", name="Wyloguj", exact=True).click()
    with page.expect_navigation():
        dialog.get_by_role("button", name="Wyloguj, zostaw tekst tutaj").click()
    desk.gate.down = False
    desk.come_back(person.context, "editor")
    page.goto(desk.page)
    says(page, "Wrócił tekst")
    desk.keeps(MINE)
    page.locator("details.account summary").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Wyloguj", exact=True).click()


def test_a_text_for_a_closed_case_can_be_copied(desk: Desk) -> None:
    page = desk.sit_down().page
    desk.case_closes()
    area(page).fill(MINE)
    says(page, "teraz nie można zapisać")
    page.reload()
    kept = page.locator("#copies blockquote")
    expect(kept).to_have_text(MINE)
    page.get_by_role("button", name="Usuń ten tekst").click()
    expect(page.locator("#copies")).to_be_hidden()


def test_old_copies_go(desk: Desk) -> None:
    page = desk.sit_down().page
    left = page.evaluate(
        """async () => {
            const copies = await import("/static/js/copies.js"), user = document.querySelector("#copies").dataset.user;
            const add = (id, days) => copies.put({ id, user, path: "/x", at: Date.now() - days * 24 * 3600 * 1000 });
            await add("young", 29);
            await add("old", 31);
            const names = (await copies.all(user)).map((one) => one.id);
            return [...names, copies.timeOf(Date.UTC(2025, 0, 5, 12, 7))];
        }"""
    )
    assert left == ["young", "5 sty, 13:07"]
