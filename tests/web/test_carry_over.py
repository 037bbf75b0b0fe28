"""Carrying over in the browser: the offer after opening, areas to tick, one button per card that confirms."""

from collections.abc import Callable

import pytest

from certify.db import db
from certify.domain.lifecycle import Status
from certify.queries import self_assessment
from certify.workflows import applications, carry_over
from tests.factories import Made, make_application
from tests.pages import CheckingClient

Login = Callable[..., CheckingClient]


@pytest.fixture
def first(client: CheckingClient, login: Login) -> Made:
    """A rejected application, with its editor signed in."""
    made = make_application(Status.REJECTED)
    login(client, made.people["editor"])
    return made


def begin(client: CheckingClient, first: Made) -> str:
    """Open a new application through the form; answers where it leads."""
    data = {"unit": str(first.organisation.units[0].id), "scheme": "wolontariat/1.0"}
    return client.post("/applications/new", data=data).location


def form(text: str = "Opis do wskaźnika P.1.a.", version: str = "1") -> dict[str, str]:
    return {"version": version, "P-1-points": "3", "narrative-P.1.a": text}


def carried(made_id: int) -> set[str]:
    db.session.expire_all()
    rows = self_assessment.answers_of(db.session.get_one(applications.Application, made_id))
    return {key for key, one in rows.items() if one.carried_from_id is not None}


def test_from_the_offer_to_the_last_button(client: CheckingClient, first: Made) -> None:
    address = begin(client, first)
    assert address.endswith("/carry-over")
    case_id = int(address.split("/")[-2])
    page = client.get(address)
    assert first.application.number in page.text
    assert page.text.count('type="checkbox" name="areas"') == page.text.count(" checked")
    none = client.post(address, data={})
    assert (none.status_code, "Niczego nie wybrano" in none.text) == (422, True)
    assert client.post(address, data={"areas": "X"}).status_code == 422
    done = client.post(address, data={"areas": "P"})
    assert done.status_code == 303
    overview = client.get(done.location).text
    assert "Każdą potwierdź albo popraw i zapisz." in overview
    assert "/carry-over" in overview
    assert f"do potwierdzenia: {len(carried(case_id))}" in overview
    again = client.get(address).text
    assert 'value="P"' not in again and "Obszary, z których nic nie przejdzie (1)" in again
    area = client.get(f"/cases/{case_id}/self-assessment/P").text
    assert area.count("Ta odpowiedź pochodzi z wniosku") == len(carried(case_id)) > 1
    assert "do potwierdzenia" in client.get(f"/cases/{case_id}/submit").text
    # The first button of a form is what the Enter key presses: it saves.
    assert area.index(">Zapisz<") < area.index(">Potwierdzam<")
    confirm = f"/cases/{case_id}/carry-over/P.1/confirm"
    kept = client.post(confirm, data=form())
    assert (kept.status_code, kept.location.endswith("#P.1")) == (303, True)
    assert "P.1" not in carried(case_id)
    # A second press, or one after the page's script has saved, does no harm.
    assert client.post(confirm, data=form()).status_code == 303
    assert "Ma już odpowiedź tutaj" in client.get(address).text
    assert "Odpowiedzi przeniesione z wcześniejszego wniosku" in client.get(f"/cases/{case_id}").text


def test_the_button_saves_what_was_typed(client: CheckingClient, first: Made) -> None:
    case_id = int(begin(client, first).split("/")[-2])
    carry_over.carry_over(first.actor("manager"), case_id, ["P"])
    confirm = f"/cases/{case_id}/carry-over/P.1/confirm"
    stale = client.post(confirm, data=form("Poprawiony opis.", "7"))
    assert stale.status_code == 409
    assert client.post(confirm, data=form("Poprawiony opis.")).status_code == 303
    assert "P.1" not in carried(case_id)
    kept = self_assessment.answers_of(db.session.get_one(applications.Application, case_id))["P.1"]
    assert (kept.narratives, kept.version) == ({"P.1.a": "Poprawiony opis."}, 2)


def test_a_full_store_and_nothing_to_confirm(
    client: CheckingClient, first: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = begin(client, first)
    case_id = int(address.split("/")[-2])
    monkeypatch.setattr(carry_over, "MAX_FILES", 0)
    assert client.post(address, data={"areas": "P"}).status_code == 409
    empty = {"version": "0", "P-1-points": "", "narrative-P.1.a": ""}
    assert client.post(f"/cases/{case_id}/carry-over/P.1/confirm", data=empty).status_code == 404


def test_without_an_earlier_application(client: CheckingClient, login: Login) -> None:
    made = make_application()
    login(client, made.people["editor"])
    page = client.get(f"/cases/{made.case_id}/carry-over")
    assert (page.status_code, "Nie ma czego przenieść" in page.text) == (200, True)
    assert client.post(f"/cases/{made.case_id}/carry-over", data={"areas": "P"}).status_code == 404
    sealed = make_application(Status.SUBMITTED)
    login(client, sealed.people["editor"])
    assert client.post(f"/cases/{sealed.case_id}/carry-over", data={"areas": "P"}).status_code == 409
