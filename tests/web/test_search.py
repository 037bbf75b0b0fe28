"""The register, the board and the centres are found by what people type, at a price that is bounded."""

import pytest
from flask import Flask
from sqlalchemy import Engine, event, func, select

from certify.db import db
from certify.domain.lifecycle import Status
from certify.models.search import Kind, SearchWord
from certify.queries import board, certificates, organisations
from certify.queries import search as queries
from certify.workflows import organisations as verbs
from certify.workflows.certificates import issue
from certify.workflows.organisations import Gmina, OrganisationData
from tests.factories import Made, make_application
from tests.pages import CheckingClient
from tests.scale import region

NAME = "Miejsko-Gminny Ośrodek Pomocy Społecznej w Jasnoborze"
FOUND = (
    "Jasnobór",
    "jasnobor",
    "Jasnobo\u0301r",
    "Jasno\u00adbór",
    "MGOPS Jasnobór",
    "Miejsko–Gminny",
    "Społecznej  w Jasnoborze,",
    '"Ośrodek Pomocy" (gminny)',
    "Zurawia",
    "swietokrzyskie",
)
NOTHING = ("_", "%", "Jas_obór", "***", "PCPR", "Krosno Jasnobór")


@pytest.fixture
def made(app: Flask) -> Made:
    """A certified case whose centre has a Polish name, a street, a gmina and a voivodeship."""
    found = make_application(Status.GRANTED)
    change = {"name": NAME, "city": "Jasnobór", "street": "ul. Żurawia 4", "voivodeship": "26"}
    verbs.change(found.actor("coordinator"), found.application.organisation_id, change)
    issue(found.actor("coordinator"), found.case_id)
    return found


def hits(made: Made, words: str) -> dict[str, int]:
    """How many things each list finds."""
    certified = board.Filter(words=words, status=Status.CERTIFIED)
    after = certificates.register_after(None, 50, voivodeship=None, scheme=None, words=words)
    return {
        "register": certificates.register(words=words).total,
        "api": len(after[0]),
        "centres": organisations.page(words, 1)[1],
        "board": len(board.page(made.actor("coordinator"), certified)[0]),
    }


def test_one_text_finds_everywhere(made: Made) -> None:
    wrong = {words: hits(made, words) for words in FOUND if set(hits(made, words).values()) != {1}}
    wrong |= {words: hits(made, words) for words in NOTHING if set(hits(made, words).values()) != {0}}
    assert wrong == {}


def test_numbers_of_certificates_and_cases(made: Made) -> None:
    certificate = certificates.of_application(made.case_id)
    assert certificate is not None
    for number in (certificate.number, certificate.path_number, f"nr {certificate.number}", f"{certificate.number}."):
        assert (hits(made, number)["register"], hits(made, number)["api"]) == (1, 1), number
    assert hits(made, made.application.number) == {"register": 0, "api": 0, "centres": 0, "board": 1}


def test_a_voivodeship_narrows_the_search(made: Made) -> None:
    found = {code: certificates.register(code, "jasnobór").total for code in ("26", "12")}
    assert found == {"26": 1, "12": 0}


def test_words_follow_a_change_and_a_unit(made: Made) -> None:
    coordinator, number = made.actor("coordinator"), made.application.organisation_id
    verbs.change(coordinator, number, {"name": "Centrum Usług Społecznych w Krośnie", "city": "Krosno"})
    verbs.add_unit(coordinator, number, "Filia „Źródło”")
    assert hits(made, "CUS Krosno") == {"register": 0, "api": 0, "centres": 1, "board": 1}
    # What was issued keeps the name that it was issued with.
    assert hits(made, "jasnobór") == {"register": 1, "api": 1, "centres": 0, "board": 0}
    assert hits(made, "zrodlo")["centres"] == 1


def test_the_gmina_finds(app: Flask, made: Made) -> None:
    data = OrganisationData("OPS", "OPS", "Zabór", "08", gminas=[Gmina("0808012", "Świebodzinek")])
    verbs.register(made.actor("coordinator"), data)
    assert organisations.page("swiebodzinek zabor", 1)[1] == 1


def test_two_words_of_one_beginning_are_one_thing(made: Made) -> None:
    """The name has „Jasnoborze”, the address „Jasnobór”: both begin so."""
    assert certificates.register(words="jasno").total == 1
    beginnings = select(func.count()).where(SearchWord.kind == Kind.CERTIFICATE, SearchWord.word.startswith("jasno"))
    assert db.session.scalar(beginnings) == 2


def sent(app: Flask, made: Made, words: str) -> int:
    seen: list[object] = []

    def see(*facts: object) -> None:
        seen.append(facts)

    event.listen(Engine, "before_cursor_execute", see)
    try:
        hits(made, words)
    finally:
        event.remove(Engine, "before_cursor_execute", see)
    return len(seen)


def test_what_everything_has_is_neither_counted_nor_sorted(
    app: Flask, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sent(app, made, "osrodek jasno")
    region.fill(120)
    region.fill_register(120)
    assert sent(app, made, "osrodek jasno") == before
    monkeypatch.setattr(queries, "MOST", 100)
    found = certificates.register(words="osrodek pomocy")
    assert (found.total, found.more, found.pages, len(found.entries)) == (100, True, 2, 50)
    assert organisations.page("osrodek", 1)[1:] == (100, True)
    # A list that a program reads to its end is complete.
    last, names = None, []
    while True:
        page, last = certificates.register_after(last, 50, voivodeship=None, scheme=None, words="osrodek")
        names += [one.holder_sort_key for one in page]
        if last is None:
            break
    assert len(names) == 121
    assert names == sorted(names)
    assert certificates.register(words="jasnobor").total == 1


@pytest.mark.parametrize("text", ["słowo " * 500, "x " * 500_000, "ą" * 1_048_576, "a\u0301" * 500_000], ids=len)
def test_no_search_is_too_long(made: Made, text: str) -> None:
    assert sum(hits(made, text).values()) == 0


def test_pages_and_programs_search_alike(made: Made, client: CheckingClient) -> None:
    page = client.get("/register", query_string={"words": "MGOPS Jasnobór"}).text
    assert "Jasnoborze" in page
    for words, count in (("jasnobor", 1), ("krosno", 0)):
        answer = client.get("/api/v1/certificates", query_string={"words": words})
        assert len(answer.json["items"]) == count  # type: ignore[index]
