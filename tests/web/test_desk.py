"""The centre's common desk in the browser: areas given away, comments, earlier versions, what others learn of it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from certify import timing
from certify.db import db
from certify.domain.lifecycle import Status
from certify.queries import desk, self_assessment
from certify.timing import today
from certify.web.formats import date_text
from certify.workflows import answers
from certify.workflows import desk as verbs
from certify.workflows.answers import AnswerData
from tests.factories import Made, make_application, make_walk
from tests.pages import CheckingClient

Login = Callable[..., CheckingClient]
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def made(client: CheckingClient, login: Login) -> Made:
    """An application with every answer given; its manager is signed in."""
    walk, people, organisation = make_walk()
    for stage in ("create", "fill"):
        walk.take(stage)
    login(client, people["manager"])
    return Made(walk.case_id, walk.cast, organisation, people)


def notes(made: Made, criterion: str = "P.1") -> str:
    return f"/cases/{made.case_id}/answers/{criterion}/notes"


def plain(text: str) -> str:
    """The words of a page, without marks and doubled spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace(" ,", ",")


# Whose area


def test_an_area_is_given_away_and_its_person_sees_it(client: CheckingClient, login: Login, made: Made) -> None:
    due = today() + timedelta(days=9)
    sent = client.post(
        f"/cases/{made.case_id}/areas/P/person",
        data={"person": str(made.people["editor"].id), "due_on": due.isoformat()},
    )
    assert (sent.status_code, sent.location) == (303, f"/cases/{made.case_id}/people")
    assert "P: tym obszarem zajmuje się Ewa Redaktorka." in client.get(sent.location).text
    with client.application.test_request_context():
        until = plain(date_text(due))
    overview = f"/cases/{made.case_id}/self-assessment"
    assert f"Ewa Redaktorka, do {until}" in plain(client.get(overview).text)
    assert "Twoje obszary" not in client.get(overview).text
    login(client, made.people["editor"])
    assert "Twoje obszary" in client.get(overview).text
    assert f"Twoje obszary: P {made.application.number} do {until}" in plain(client.get("/applications").text)
    assert f"Tym obszarem zajmuje się: Ewa Redaktorka, do {until}" in plain(client.get(f"{overview}/P").text)
    page = client.get(f"/cases/{made.case_id}/people").text
    assert 'name="person"' not in page
    assert "Obszary rozdziela kierownik ośrodka." in page


def test_an_area_is_taken_back(client: CheckingClient, made: Made) -> None:
    verbs.delegate(made.actor("manager"), made.case_id, "P", made.people["editor"].id)
    sent = client.post(f"/cases/{made.case_id}/areas/P/person", data={"person": "nobody", "due_on": ""})
    assert sent.status_code == 303
    assert "P: nikt nie ma tego obszaru pod opieką." in client.get(sent.location).text
    assert desk.delegations(made.application) == {}


@pytest.mark.parametrize(
    ("person", "day", "said"),
    [
        ("", "", "Wybierz jedną z podanych możliwości."),
        ("{stranger}", "", "Wybierz osobę ze swojego ośrodka."),
        ("{editor}", "2026-13-45", "Wpisz datę"),
        ("{editor}", "20270101", "Wpisz datę"),
        ("{editor}", "2020-01-01", "Wybierz dzień od dziś, najdalej za dwa lata."),
    ],
)
def test_what_is_entered_wrongly_comes_back(
    client: CheckingClient, made: Made, person: str, day: str, said: str
) -> None:
    given = person.format(**{name: one.id for name, one in made.people.items()})
    page = client.post(f"/cases/{made.case_id}/areas/P/person", data={"person": given, "due_on": day})
    assert page.status_code == 422
    assert 'class="error-summary"' in page.text
    assert said in page.text
    assert f'value="{day}"' in page.text
    assert desk.delegations(made.application) == {}


def test_a_day_that_is_over_is_marked(client: CheckingClient, made: Made) -> None:
    with timing.fixed(NOON - timedelta(days=30)):
        verbs.delegate(made.actor("manager"), made.case_id, "P", made.cast.manager.user_id, today())
    assert "po terminie" in client.get(f"/cases/{made.case_id}/people").text


# Comments


def test_a_comment_is_written_counted_and_dealt_with(client: CheckingClient, made: Made) -> None:
    sent = client.post(f"/cases/{made.case_id}/answers/P.1/comments", data={"text": "Kto ma skan?"})
    assert (sent.status_code, sent.location) == (303, notes(made))
    area = client.get(f"/cases/{made.case_id}/self-assessment/P").text
    assert "Komentarze (1)" in area
    page = client.get(notes(made)).text
    assert "Kto ma skan?" in page
    found = re.search(r'name="comment_id" value="(\d+)"', page)
    assert found is not None
    resolve = f"/cases/{made.case_id}/answers/P.1/comments/resolve"
    assert client.post(resolve, data={"comment_id": found[1]}).status_code == 303
    # Somebody else pressed the same button a moment later.
    again = client.post(resolve, data={"comment_id": found[1]})
    assert again.status_code == 303
    page = client.get(notes(made)).text
    assert "Ten komentarz jest już załatwiony." in page
    assert "1 załatwiony komentarz" in page
    assert "Komentarze (" not in client.get(f"/cases/{made.case_id}/self-assessment/P").text


def test_an_empty_comment_is_refused_beside_its_field(client: CheckingClient, made: Made) -> None:
    page = client.post(f"/cases/{made.case_id}/answers/P.1/comments", data={"text": "ą" * 4001})
    assert page.status_code == 422
    assert "ą" * 4001 in page.text
    assert 'aria-invalid="true"' in page.text


def test_nobody_outside_reads_the_comments(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.SUPPLEMENT)
    verbs.comment(made.actor("editor"), made.case_id, "P.1", "Tego nie pokazujmy.")
    for who in ("coordinator", "admin", "lead", "stranger", "decider"):
        login(client, made.people[who])
        for address in (notes(made), f"/cases/{made.case_id}/people", f"/cases/{made.case_id}/readiness"):
            assert client.get(address).status_code in {403, 404}
        for address in (f"/cases/{made.case_id}", f"/cases/{made.case_id}/self-assessment/P"):
            text = client.get(address).text
            assert "Tego nie pokazujmy" not in text
            assert "komentarz" not in text.lower()
    login(client, made.people["manager"])
    assert "Komentarz do 1 kryterium" in client.get(f"/cases/{made.case_id}").text


# Earlier versions


def lines(page: str) -> int:
    """How many lines the history on the page has."""
    return page.count("timeline-item") - page.count("timeline-item--")


def change(made: Made, who: str, minutes: int, text: str, points: int = 3) -> None:
    with timing.fixed(NOON + timedelta(minutes=minutes)):
        answers.save(made.actor(who), made.case_id, "P.1", AnswerData(points, narratives={"P.1.a": text}))


def test_the_history_shows_lines_and_words(client: CheckingClient, made: Made) -> None:
    change(made, "editor", 0, "Piszemy")
    change(made, "editor", 5, "Piszemy porozumienia.")
    change(made, "editor", 9, "Piszemy porozumienia.")
    change(made, "manager", 10, "Piszemy dobre porozumienia.", 4)
    page = client.get(notes(made)).text
    assert lines(page) == 3
    assert page.count("Przywróć tę wersję") == 2
    assert page.count("obecny tekst") == 1
    assert re.search(r"<ins>.*dobre", page)
    assert "Co się zmieniło: Poziom, P.1.a<" in page


def test_an_earlier_version_comes_back_once(client: CheckingClient, made: Made) -> None:
    change(made, "editor", 0, "Nowszy tekst.", 4)
    form = {"number": "1", "version": "2"}
    restore = f"/cases/{made.case_id}/answers/P.1/restore"
    sent = client.post(restore, data=form)
    assert (sent.status_code, sent.location) == (303, notes(made))
    db.session.expire_all()
    kept = self_assessment.answers_of(made.application)["P.1"]
    assert (kept.version, kept.points) == (3, 3)
    page = client.get(notes(made)).text
    assert "przywrócona wcześniejsza wersja" in page
    # The same button on the page of before: somebody's newer answer stands in its way.
    stale = client.post(restore, data=form)
    assert stale.status_code == 409
    assert "ktoś zapisał nowszą odpowiedź" in stale.text
    assert client.post(restore, data={"version": "3"}).status_code == 422
    assert client.post(restore, data={"number": "9", "version": "3"}).status_code == 404


def test_a_long_history_has_pages(client: CheckingClient, made: Made) -> None:
    for number in range(22):
        change(made, "editor", number * 20, f"Tekst {number}.")
    assert "strona 1 z 2" in client.get(notes(made)).text
    second = client.get(f"{notes(made)}?page=2").text
    assert "strona 2 z 2" in second
    assert lines(second) == 3
    assert "strona 2 z 2" in client.get(f"{notes(made)}?page=99").text


def test_a_criterion_without_an_answer_has_no_history(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.DRAFT)
    login(client, made.people["editor"])
    last = self_assessment.rubric_of(made.application).criteria[-1].id
    assert "Nic jeszcze nie zapisano." in client.get(notes(made, last)).text
    assert client.get(notes(made, "X.9")).status_code == 404


def test_levels_and_reasons_are_told_in_words(client: CheckingClient, made: Made) -> None:
    criterion = next(
        one.id for one in self_assessment.rubric_of(made.application).criteria if not one.critical_to("OPS")
    )
    with timing.fixed(NOON):
        answers.save(made.actor("editor"), made.case_id, criterion, AnswerData(None, True, "Nie prowadzimy."))
    page = plain(client.get(notes(made, criterion)).text)
    assert "Powód, dla którego nie dotyczy" in page or "Nie prowadzimy." in page
    assert "nie dotyczy" in page


def test_after_handing_in_everything_can_be_read_and_nothing_changed(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.SUBMITTED)
    login(client, made.people["manager"])
    page = client.get(notes(made)).text
    assert "Historia odpowiedzi" in page
    assert page.count("<textarea name=") == page.count("Przywróć tę wersję") == 0
    people = client.get(f"/cases/{made.case_id}/people").text
    assert 'name="person"' not in people
    assert "Podział pracy" in client.get(f"/cases/{made.case_id}/self-assessment").text
    for address, form in (
        ("answers/P.1/comments", {"text": "Za późno."}),
        ("answers/P.1/restore", {"number": "1", "version": "1"}),
        ("answers/P.1/comments/resolve", {"comment_id": "1"}),
        ("areas/P/person", {"person": "nobody"}),
        ("confirm", {"seen": "P:0"}),
    ):
        assert client.post(f"/cases/{made.case_id}/{address}", data=form).status_code == 409
