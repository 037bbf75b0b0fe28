"""What is missing, the forecast and the sign-off, as the centre's people see them."""

import re
from collections.abc import Callable

import pytest

from certify.db import db
from certify.domain.lifecycle import Status
from certify.queries import desk, self_assessment
from certify.workflows import answers
from certify.workflows.answers import AnswerData
from tests.factories import OSL, Made, make_application, make_walk
from tests.pages import CheckingClient

Login = Callable[..., CheckingClient]


@pytest.fixture
def made(client: CheckingClient, login: Login) -> Made:
    """An application with every answer given; its manager is signed in."""
    walk, people, organisation = make_walk()
    for stage in ("create", "fill"):
        walk.take(stage)
    login(client, people["manager"])
    return Made(walk.case_id, walk.cast, organisation, people)


def page_of(client: CheckingClient, made: Made) -> str:
    return client.get(f"/cases/{made.case_id}/readiness").text


def seen(page: str) -> list[str]:
    """What the page's forms would send."""
    return list(dict.fromkeys(re.findall(r'name="seen" value="([^"]+)"', page)))


def confirmed(made: Made) -> int:
    db.session.expire_all()
    return self_assessment.readiness_of(made.application).whole.confirmed


def test_each_gap_leads_to_its_card(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.DRAFT)
    login(client, made.people["editor"])
    page = page_of(client, made)
    gaps = {one.criterion for one in self_assessment.readiness_of(made.application).gaps}
    rubric = self_assessment.rubric_of(made.application)
    assert gaps
    for criterion in gaps:
        area = rubric.area_of(criterion).id
        assert f"/cases/{made.case_id}/self-assessment/{area}#{criterion}" in page
    assert "brak odpowiedzi" in page
    # The pages of the self-assessment lead here.
    for address in ("", "/P"):
        links = client.get(f"/cases/{made.case_id}/self-assessment{address}").text
        assert f'href="/cases/{made.case_id}/readiness"' in links


def test_the_forecast_names_criteria_and_levels(client: CheckingClient, login: Login) -> None:
    walk, people, organisation = make_walk(OSL)
    for stage in ("create", "fill"):
        walk.take(stage)
    made = Made(walk.case_id, walk.cast, organisation, people)
    login(client, people["editor"])
    assert "Lepszego wyniku ten standard nie ma." in page_of(client, made)
    answers.save(made.actor("editor"), made.case_id, "O1.1", AnswerData(1))
    page = page_of(client, made)
    assert "To nie jest wynik." in page
    assert "Przyznany warunkowo" in page
    way = page[page.index("Do „Przyznany” brakuje") :]
    assert re.search(r'#O1\.1">O1\.1 OSL w strategii gminy</a>: poziom 2 \(spełnione\) zamiast 1 \(zalążek\)', way), (
        way[:600]
    )
    assert "O1.1\u00a0→\u00a02" in way
    answers.save(made.actor("editor"), made.case_id, "O1.1", AnswerData(None))
    assert "1 kryterium nie ma jeszcze poziomu; liczymy je tu jak poziom 0 (brak)." in page_of(client, made)


def test_the_manager_confirms_one_area_then_the_rest(client: CheckingClient, made: Made) -> None:
    page = page_of(client, made)
    areas = [one.id for one in self_assessment.rubric_of(made.application).areas]
    assert [one.partition(":")[0] for one in seen(page)] == areas
    sent = client.post(f"/cases/{made.case_id}/confirm", data={"seen": seen(page)[0]})
    assert (sent.status_code, sent.location) == (303, f"/cases/{made.case_id}/readiness#confirm")
    page = client.get(sent.location).text
    assert "Obszar jest zatwierdzony." in page
    assert "Zatwierdzenie: Maria Zarządca" in page
    assert [one.partition(":")[0] for one in seen(page)] == areas[1:]
    client.post(f"/cases/{made.case_id}/confirm", data={"seen": seen(page)})
    assert confirmed(made) == self_assessment.readiness_of(made.application).whole.total
    assert seen(page_of(client, made)) == []


def test_an_area_is_confirmed_on_its_own_page(client: CheckingClient, login: Login, made: Made) -> None:
    area = f"/cases/{made.case_id}/self-assessment/P"
    page = client.get(area).text
    assert "Zatwierdź obszar" in page
    client.post(f"/cases/{made.case_id}/confirm", data={"seen": seen(page)})
    assert "Ten obszar jest zatwierdzony." in client.get(area).text
    login(client, made.people["editor"])
    assert "Ten obszar jest zatwierdzony." in client.get(area).text
    answers.save(made.actor("editor"), made.case_id, "P.1", AnswerData(1))
    page = client.get(area).text
    assert "Ten obszar jest zatwierdzony." not in page
    assert "Zatwierdź obszar" not in page


def test_a_change_in_between_is_not_confirmed_unseen(client: CheckingClient, made: Made) -> None:
    shown = seen(page_of(client, made))
    answers.save(made.actor("editor"), made.case_id, "P.1", AnswerData(1, narratives={"P.1.a": "Mniej."}))
    page = client.post(f"/cases/{made.case_id}/confirm", data={"seen": shown})
    assert page.status_code == 409
    assert "P: Ktoś zmienił ten obszar, odkąd strona jest otwarta." in page.text
    assert confirmed(made) == 0
    assert client.post(f"/cases/{made.case_id}/confirm").status_code == 422


def test_an_editor_waits_for_the_manager(client: CheckingClient, login: Login, made: Made) -> None:
    login(client, made.people["editor"])
    page = page_of(client, made)
    assert seen(page) == []
    assert "czeka na kierownika" in page
    first = next(iter(desk.digests(made.application).items()))
    assert client.post(f"/cases/{made.case_id}/confirm", data={"seen": ":".join(first)}).status_code == 403


def test_submitting_says_that_it_confirms_the_rest(client: CheckingClient, made: Made) -> None:
    page = client.get(f"/cases/{made.case_id}/submit").text
    areas = ", ".join(one.id for one in self_assessment.rubric_of(made.application).areas)
    assert f"Tych obszarów jeszcze nie zatwierdzono: {areas}. Złożenie zatwierdza je także." in page
    version = str(made.application.version)
    sent = client.post(f"/cases/{made.case_id}/submit", data={"declaration": "y", "version": version})
    assert sent.status_code == 303
    assert confirmed(made) == self_assessment.readiness_of(made.application).whole.total
    page = page_of(client, made)
    assert "Niczego nie brakowało." in page
    assert seen(page) == []


def test_a_card_says_where_its_requirement_comes_from(client: CheckingClient, made: Made) -> None:
    page = client.get(f"/cases/{made.case_id}/self-assessment/P").text
    rubric = self_assessment.rubric_of(made.application)
    assert page.count("Skąd to wymaganie") == len(rubric.areas[0].criteria)
    for source in rubric.areas[0].criteria[0].sources:
        assert (source.address or source.phrase or (source.interpretation and source.interpretation.pl)) in page
