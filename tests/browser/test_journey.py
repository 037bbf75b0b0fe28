"""One case from the first sign-in to the certificate in a stranger's hand, as its people live it, in Polish.

Every page on the way is checked by `Person.looks`: accessibility, one heading, no sideways scrolling on a small phone.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect

from certify.domain.policy import Role
from certify.domain.rubric import Criterion, Rubric
from certify.rubrics import read_file
from certify.timing import today
from tests.browser import self_assessment
from tests.browser.person import Person
from tests.browser.self_assessment import STORY, card, level, press_in, save_file
from tests.factories import PASSWORD, RUBRICS, SMALL, make_user, publish

# What the server runs meanwhile is measured by the tests of pages: under the tracer a browser waits twice as long.
pytestmark = [pytest.mark.browser, pytest.mark.no_cover]

CENTRE = "Ośrodek Pomocy Społecznej w Żabnie"
MANAGER = "Grażyna Dąbrowska"
EMAIL = "grazyna@example.org"
LEAD, SECOND = "Łucja Święcicka", "Józef Żak"
# The two auditors do not see this one alike.
DISPUTED = "P.2"


@dataclass
class Cast:
    """Everybody in the story, each at an own browser."""

    rubric: Rubric
    coordinator: Person
    manager: Person
    lead: Person
    second: Person
    decider: Person
    stranger: Person
    case: str = ""
    link: str = ""


@pytest.fixture
def cast(served: tuple[Flask, str], come: Callable[..., Person]) -> Cast:
    """Everybody has come; the centre and its manager are unknown so far."""
    return gather(served[0], come)


def gather(app: Flask, come: Callable[..., Person]) -> Cast:
    """The office and the auditors get accounts and sign in."""
    with app.app_context():
        publish(SMALL)
        emails = [
            make_user("Krystyna Koordynatorka", Role.COORDINATOR).email,
            make_user(LEAD, Role.AUDITOR).email,
            make_user(SECOND, Role.AUDITOR).email,
            make_user("Daria Decydująca", Role.DECISION_MAKER).email,
        ]
    rubric = read_file(RUBRICS / "wolontariat" / "1.0.yaml")
    coordinator, lead, second, decider = people = [come() for _ in emails]
    made = Cast(rubric, coordinator, come(), lead, second, decider, come())
    coordinator.open("/sign-in")
    coordinator.looks("Zaloguj się")
    for person, email in zip(people, emails, strict=True):
        person.sign_in(email, PASSWORD)
    return made


def test_from_sign_in_to_certificate(cast: Cast, files: Path) -> None:
    """Each step by the person whose move it is, with the words that stand on the pages."""
    live(cast, files)


def live(cast: Cast, files: Path) -> None:
    """The whole story; `files` is a folder on the people's own computers."""
    the_centre_is_registered(cast)
    the_manager_accepts_the_invitation(cast)
    the_application_is_opened(cast)
    self_assessment.fill_in(cast.manager, cast.rubric, files)
    the_application_is_submitted(cast)
    the_team_is_appointed(cast)
    both_auditors_score_alone(cast)
    the_auditors_agree(cast)
    the_report_is_heard(cast)
    the_decision_is_made(cast)
    number = the_certificate_is_issued(cast)
    anyone_can_check_it(cast, number, files)


def the_centre_is_registered(cast: Cast) -> None:
    """The coordinator registers the centre and makes a link for its manager."""
    person = cast.coordinator
    person.looks("Sprawy w toku")
    person.page.get_by_role("navigation", name="Menu główne").get_by_role("link", name="Ośrodki").click()
    person.looks("Ośrodki")
    person.follow("Zarejestruj ośrodek")
    person.fill("Pełna nazwa", CENTRE)
    with person.refused(422):
        person.press("Zarejestruj ośrodek")
    person.looks("Zarejestruj ośrodek")
    expect(person.page.get_by_label("Pełna nazwa")).to_have_value(CENTRE)
    person.choose("Typ ośrodka", "OPS: Ośrodek pomocy społecznej")
    person.fill("Miejscowość", "Żabno")
    person.choose("Województwo", "małopolskie")
    person.press("Zarejestruj ośrodek")
    person.looks(CENTRE)
    person.open("/users/invite")
    person.looks("Zaproś osobę")
    person.fill("Imię i nazwisko", MANAGER)
    person.fill("Adres e-mail", EMAIL)
    person.tick("osoba kierująca ośrodkiem")
    person.choose("Organizacja", CENTRE)
    person.press("Utwórz link")
    person.looks("Zaproszenie gotowe")
    cast.link = person.page.locator("code").inner_text()
    assert cast.link.startswith(f"{person.address}/invitation/")


def the_manager_accepts_the_invitation(cast: Cast) -> None:
    """The link makes an account, once; afterwards she comes in by her password."""
    person = cast.manager
    person.open(cast.link)
    person.looks("Załóż konto")
    person.fill("Hasło", "krótkie")
    with person.refused(422):
        person.press("Utwórz konto")
    person.looks("Załóż konto")
    person.fill("Hasło", PASSWORD)
    person.press("Utwórz konto")
    person.looks("Moje wnioski")
    person.page.get_by_text(f"Twoje konto: {MANAGER}").click()
    with person.page.expect_navigation():
        person.page.get_by_role("button", name="Wyloguj").click()
    with person.refused(410):
        person.open(cast.link)
    person.looks()
    person.sign_in(EMAIL, PASSWORD)
    person.looks("Moje wnioski")


def the_application_is_opened(cast: Cast) -> None:
    """One unit, one standard: both are chosen already."""
    person = cast.manager
    person.follow("Nowy wniosek")
    person.looks("Nowy wniosek")
    person.press("Zacznij")
    person.looks("Samoocena")
    found = re.search(r"/cases/\d+", person.page.url)
    assert found
    cast.case = found[0]


def the_application_is_submitted(cast: Cast) -> None:
    """Not without the signature; then the coordinator accepts it."""
    person = cast.manager
    person.open(f"{cast.case}/submit")
    person.looks("Sprawdź i złóż")
    with person.refused(422):
        person.press("Złóż wniosek")
    person.looks("Sprawdź i złóż")
    person.tick("Oświadczam, że odpowiedzi i dowody są prawdziwe")
    person.press("Złóż wniosek")
    person.looks("Wniosek jest złożony")
    person.open("/evidence")
    person.looks()
    office = cast.coordinator
    office.open("/board")
    office.looks("Sprawy w toku")
    office.open(cast.case)
    office.looks(CENTRE)
    office.follow("Przeczytaj złożoną samoocenę")
    office.looks()
    office.reads(STORY)
    office.open(cast.case)
    office.press("Przyjmij do audytu")
    office.looks()


def the_team_is_appointed(cast: Cast) -> None:
    """Two auditors declare that nothing ties them; the centre agrees; the audit starts."""
    office = cast.coordinator
    for name in (LEAD, SECOND):
        office.open(f"{cast.case}/team")
        office.looks("Zespół audytorów")
        choice = office.page.get_by_label("Audytor", exact=True)
        choice.select_option(choice.locator("option", has_text=name).get_attribute("value"))
        office.press("Powołaj")
    for auditor in (cast.lead, cast.second):
        auditor.open("/audits")
        auditor.looks("Moje audyty")
        auditor.open(f"{cast.case}/declaration")
        auditor.looks()
        auditor.tick("Nic z tego mnie nie dotyczy")
        auditor.press("Zapisz oświadczenie")
        auditor.looks("Oświadczenie zapisane")
    centre = cast.manager
    centre.open(cast.case)
    centre.looks(CENTRE)
    centre.press("Przyjmij skład")
    centre.looks("Skład zespołu jest przyjęty")
    office.open(f"{cast.case}/team")
    office.press("Rozpocznij audyt")
    office.looks()


def both_auditors_score_alone(cast: Cast) -> None:
    """A low score needs its reason; nobody sees the other sheet before both are handed in."""
    _score_all(cast, cast.lead, disputed=3)
    _score_all(cast, cast.second, disputed=1)
    lead = cast.lead
    lead.open(f"{cast.case}/visit")
    lead.looks("Wizyta")
    lead.fill("Dzień wizyty", today().isoformat())
    lead.fill("Protokół", "Rozmowy z wolontariuszami i z koordynatorką; obejrzano świetlicę.")
    lead.press("Zapisz wizytę")
    lead.looks()
    with lead.refused(409):
        lead.open(f"{cast.case}/consensus")
    lead.open(cast.case)
    lead.press("Zamknij ocenianie")
    lead.looks("Ocenianie zamknięte")


def _score_all(cast: Cast, auditor: Person, *, disputed: int) -> None:
    auditor.open(f"{cast.case}/sheet")
    auditor.looks("Mój arkusz")
    for area in cast.rubric.areas:
        auditor.open(f"{cast.case}/scoring/{area.id}")
        auditor.looks(area.title.get("pl"))
        for criterion in area.criteria:
            _score(auditor, criterion, disputed if criterion.id == DISPUTED else 3)
    auditor.open(f"{cast.case}/hand-in")
    auditor.looks("Oddaj arkusz")
    auditor.tick("Moje oceny są sprawdzone.")
    auditor.press("Oddaj arkusz")
    auditor.looks("Arkusz oddany")


def _score(auditor: Person, criterion: Criterion, points: int) -> None:
    place = card(auditor, criterion)
    level(place, points)
    if points < 3:
        with auditor.refused(422):
            press_in(auditor, place, f"Zapisz ocenę {criterion.id}")
        auditor.looks()
        place.get_by_label("Uzasadnienie oceny").fill("Nikt z nowych osób nie umiał wskazać opiekuna.")
    press_in(auditor, place, f"Zapisz ocenę {criterion.id}")


def the_auditors_agree(cast: Cast) -> None:
    """The second auditor writes down what they agreed; the lead auditor confirms."""
    second, lead = cast.second, cast.lead
    criterion = cast.rubric.criterion(DISPUTED)
    second.open(f"{cast.case}/consensus")
    second.looks("Uzgodnienie")
    second.reads("Nikt z nowych osób nie umiał wskazać opiekuna.")
    place = card(second, criterion)
    level(place, 3)
    place.get_by_label("Co uzgodniono i dlaczego").fill(
        "Karta powitalna jest w użyciu od miesiąca; rozmówcy byli starsi stażem."
    )
    press_in(second, place, f"Zapisz uzgodnienie {criterion.id}")
    second.looks("Uzgodnienie")
    lead.open(f"{cast.case}/consensus")
    lead.looks("Uzgodnienie")
    lead.press("Zatwierdź uzgodnienie")
    lead.looks("Uzgodnienie zatwierdzone")


def the_report_is_heard(cast: Cast) -> None:
    """The draft goes to the centre, which finds a slip; the lead auditor answers and finalises."""
    lead, centre = cast.lead, cast.manager
    lead.open(f"{cast.case}/report")
    lead.looks("Raport z audytu")
    lead.fill("Podsumowanie", "Ośrodek dobrze przyjmuje wolontariuszy. Porozumienia podpisano w 2015 roku.")
    lead.press("Wyślij projekt do ośrodka")
    lead.looks("Projekt raportu jest w ośrodku")
    centre.open(f"{cast.case}/hearing")
    centre.looks("Raport audytorów")
    centre.reads("Porozumienia podpisano w 2015 roku.")
    centre.tick("oczywista pomyłka")
    centre.fill("Uwaga", "Porozumienia podpisano w 2025 roku.")
    centre.press("Dodaj uwagę")
    centre.looks("Raport audytorów")
    centre.press("Zakończ uwagi")
    centre.looks("Uwagi do raportu są zamknięte")
    lead.open(f"{cast.case}/report")
    lead.looks("Raport z audytu")
    lead.tick("Tak: raport zostaje poprawiony")
    lead.fill("Odpowiedź dla ośrodka", "Dziękujemy, rok jest poprawiony.")
    lead.press("Zapisz odpowiedź")
    lead.fill("Podsumowanie", "Ośrodek dobrze przyjmuje wolontariuszy. Porozumienia podpisano w 2025 roku.")
    lead.press("Zatwierdź raport")
    lead.looks("Raport jest ostateczny")


def the_decision_is_made(cast: Cast) -> None:
    """The rules say bronze; a person decides, with reasons."""
    person = cast.decider
    person.open("/decisions")
    person.looks("Decyzje")
    person.follow(CENTRE)
    person.looks("Decyzja")
    person.tick("Brązowy (wynik wyliczony)")
    with person.refused(422):
        person.press("Zapisz decyzję")
    person.looks("Decyzja")
    expect(person.page.get_by_label("Brązowy (wynik wyliczony)")).to_be_checked()
    person.fill("Uzasadnienie decyzji", "Każde kryterium krytyczne jest spełnione, wolontariusze mają opiekę.")
    person.press("Zapisz decyzję")
    person.looks()
    cast.manager.open(f"{cast.case}/decision")
    cast.manager.looks()
    cast.manager.reads("wolontariusze mają opiekę")


def the_certificate_is_issued(cast: Cast) -> str:
    """The coordinator presses once; the receipt names the certificate."""
    person = cast.coordinator
    person.open(cast.case)
    person.press("Wydaj certyfikat")
    person.looks("Certyfikat wydany")
    number = person.page.get_by_text(re.compile(r"^WOL-\d{4}-\d{3}$")).first.inner_text()
    cast.manager.open(cast.case)
    cast.manager.looks(CENTRE)
    return number


def anyone_can_check_it(cast: Cast, number: str, files: Path) -> None:
    """By its number, by the very file, and a file with one other sign in it is found out."""
    person = cast.stranger
    person.open("/")
    person.looks()
    person.fill("Numer certyfikatu", number)
    person.press("Sprawdź")
    person.looks()
    person.reads(CENTRE)
    with person.page.expect_download() as saved:
        person.page.get_by_role("link", name="Zapisz plik").click()
    content = saved.value.path().read_bytes()
    assert content.startswith(b"%PDF-")
    _check_file(person, save_file(files, "certyfikat.pdf", content), "Prawdziwy plik")
    _check_file(person, save_file(files, "poprawiony.pdf", content[:-1] + b" "), "To nie jest wydany plik")
    for path, title in {"/register": "Rejestr", "/standards": "Standard"}.items():
        person.open(path)
        person.looks(title)


def _check_file(person: Person, path: Path, verdict: str) -> None:
    person.open("/verify")
    person.looks("Sprawdź certyfikat")
    person.page.get_by_label("Plik certyfikatu (PDF)").set_input_files(path)
    person.press("Sprawdź plik")
    person.looks(verdict)
    person.reads("WOL-")
