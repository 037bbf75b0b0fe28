"""The chapter of the journey in which the centre fills in its self-assessment, and the parts of a criterion's card."""

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from certify.domain.rubric import Area, Criterion, Rubric
from tests.browser.person import Person
from tests.files import docx, jpg, pdf, txt

STORY = "Każda nowa osoba dostaje kartę z numerem telefonu opiekunki. Zażółć gęślą jaźń."


def card(person: Person, criterion: Criterion) -> Locator:
    """The part of the page about one criterion."""
    return person.page.get_by_role("article", name=criterion.title.get("pl"), exact=True)


def level(place: Locator, points: int) -> None:
    """Choose a level by what it says, as people do with a mouse: on its card."""
    radio = place.get_by_role("radio", name=re.compile(rf"^{points} "))
    radio.check()
    expect(radio).to_be_checked()


def press_in(person: Person, place: Locator, name: str) -> None:
    """Press a button of one card."""
    with person.page.expect_navigation():
        place.get_by_role("button", name=name).click()


def fill_in(person: Person, rubric: Rubric, files: Path) -> None:
    """Area by area; one answer saves itself, a wrong file costs no word, later evidence comes from the library."""
    first, *others = rubric.areas
    person.follow(f"{first.id}. {first.title.get('pl')}")
    person.looks(first.title.get("pl"))
    _first_answer_saves_itself(person, first.criteria[0])
    _wrong_file_costs_no_word(person, first.criteria[0], files)
    kinds = {"regulamin.docx": docx(), "zdjęcie z dnia wolontariusza.jpg": jpg(), "plan pierwszego dnia.txt": txt()}
    for criterion, (name, content) in zip(first.criteria[1:], kinds.items(), strict=False):
        _answer(person, criterion)
        _attach(person, criterion, save_file(files, name, content))
    for area in others:
        person.follow(f"Następny obszar: {area.id}. {area.title.get('pl')}")
        _answer_area(person, area)
    person.follow("Wszystkie obszary")
    person.looks("Samoocena")
    person.reads("9 z 9")


def _first_answer_saves_itself(person: Person, criterion: Criterion) -> None:
    place = card(person, criterion)
    level(place, 3)
    place.get_by_role("textbox", name=re.compile(rf"^{criterion.indicators[0].id} ")).fill(STORY)
    expect(place.get_by_role("status")).to_contain_text("Zapisano")
    person.page.reload()
    expect(place.get_by_role("textbox", name=re.compile(rf"^{criterion.indicators[0].id} "))).to_have_value(STORY)
    expect(place.get_by_role("radio", name=re.compile("^3 "))).to_be_checked()


def _wrong_file_costs_no_word(person: Person, criterion: Criterion, files: Path) -> None:
    """The file only calls itself a PDF; what was typed a moment before is still there."""
    place = card(person, criterion)
    text = place.get_by_role("textbox", name=re.compile(rf"^{criterion.indicators[0].id} "))
    text.fill(f"{STORY} I jeszcze jedno zdanie.")
    with person.refused(422):
        _attach(person, criterion, save_file(files, "porozumienie.pdf", b"To nie jest PDF."))
    person.looks()
    expect(person.page.locator(".error-summary")).to_be_focused()
    expect(text).to_have_value(f"{STORY} I jeszcze jedno zdanie.")
    _attach(person, criterion, save_file(files, "wzór porozumienia.pdf", pdf()))
    expect(place.get_by_role("link", name="wzór porozumienia.pdf", exact=True)).to_be_visible()


def _answer(person: Person, criterion: Criterion) -> None:
    place = card(person, criterion)
    level(place, 3)
    for indicator in criterion.indicators:
        place.get_by_role("textbox", name=re.compile(rf"^{indicator.id} ")).fill(f"Tak robimy: {indicator.id}.")


def _answer_area(person: Person, area: Area) -> None:
    """Evidence for the rest was uploaded once and is only chosen."""
    for criterion in area.criteria:
        _answer(person, criterion)
        place = card(person, criterion)
        place.get_by_text(f"Dodaj dowód {criterion.id}").first.click()
        place.get_by_label("Albo wybierz ze zbioru dowodów ośrodka").select_option(label="wzór porozumienia.pdf")
        press_in(person, place, f"Dodaj ze zbioru {criterion.id}")
        expect(place.get_by_role("link", name="wzór porozumienia.pdf", exact=True)).to_be_visible()


def save_file(files: Path, name: str, content: bytes) -> Path:
    """Put a file on the person's own computer."""
    path = files / name
    path.write_bytes(content)
    return path


def _attach(person: Person, criterion: Criterion, path: Path) -> None:
    place = card(person, criterion)
    chosen = place.get_by_label("Plik", exact=True)
    if not chosen.is_visible():
        place.get_by_text(f"Dodaj dowód {criterion.id}").first.click()
    chosen.set_input_files(path)
    press_in(person, place, f"Dodaj dowód {criterion.id}")
