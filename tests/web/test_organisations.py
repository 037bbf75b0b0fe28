"""Registering centres and units: the list in Polish order, faults beside the fields, what was typed kept."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from certify.db import db
from certify.domain.policy import Role
from certify.i18n import SESSION_KEY
from certify.models.account import User
from certify.models.organisation import Organisation
from tests.factories import make_organisation, make_user, publish
from tests.pages import CheckingClient, check_html

Login = Callable[[CheckingClient, User], CheckingClient]

LIBIAZ = {
    "name": "Ośrodek Pomocy Społecznej w Libiążu",
    "kind": "OPS",
    "street": "ul. 9 Maja 2",
    "postcode": "32-590",
    "city": "Libiąż",
    "voivodeship": "12",
    "nip": "",
    "regon": "",
    "gminas": "1203043 Libiąż",
}


@pytest.fixture
def office(client: CheckingClient, login: Login) -> CheckingClient:
    """A coordinator's browser, with English words and one published standard."""
    publish()
    with client.session_transaction() as session:
        session[SESSION_KEY] = "en"
    return login(client, make_user("Krystyna", Role.COORDINATOR))


def test_an_empty_list_offers_the_first_step(office: CheckingClient) -> None:
    page = office.get("/organisations").text
    assert "No centres yet" in page and "/organisations/new" in page


def test_a_centre_is_registered_with_its_gmina(office: CheckingClient) -> None:
    assert office.get("/organisations/new").status_code == 200
    sent = office.post("/organisations/new", data=LIBIAZ)
    made = db.session.scalars(select(Organisation)).one()
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/organisations/{made.id}")
    page = office.get(sent.headers["Location"]).text
    assert (
        "Libiąż (1203043)" in page
        and "32-590" in page
        and "małopolskie" in page
        and "This centre has not applied" in page
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("kind", "NIKT"),
        ("city", ""),
        ("voivodeship", "99"),
        ("postcode", "3259"),
        ("postcode", "kod!"),
        ("nip", "123"),
        ("regon", "123"),
        ("gminas", "Libiąż"),
        ("gminas", "1203043"),
        ("gminas", "9903043 Libiąż"),
        ("gminas", "1203043 Libiąż\n1203043 Libiąż"),
    ],
)
def test_a_fault_stands_beside_its_field(office: CheckingClient, field: str, value: str) -> None:
    answer = office.post("/organisations/new", data={**LIBIAZ, field: value})
    tree = check_html(answer.text)
    wrong = [one.get("id") for one in tree.iter() if one.get("aria-invalid") == "true"]
    assert (answer.status_code, wrong) == (422, [field])
    assert "ul. 9 Maja 2" in answer.text


def test_one_regon_is_registered_once(office: CheckingClient) -> None:
    data = {**LIBIAZ, "regon": "123456785"}
    assert office.post("/organisations/new", data=data).status_code == 303
    again = office.post("/organisations/new", data=data)
    assert again.status_code == 409 and 'id="regon-error"' in again.text and "ul. 9 Maja 2" in again.text


def test_the_list_is_in_polish_order_and_searched_without_regard_to_case(office: CheckingClient) -> None:
    for name in ("Żarki", "Łask", "Lwówek", "Zabrze", "Libiąż"):
        make_organisation(name)
    tree = check_html(office.get("/organisations").text)
    rows = ["".join(one.itertext()).strip() for one in tree.iter("th") if one.get("scope") == "row"]
    assert rows == ["Libiąż", "Lwówek", "Łask", "Zabrze", "Żarki"]
    found = office.get("/organisations?words=ŁASK").text
    assert "Łask" in found and "Zabrze" not in found
    assert "No such centre" in office.get("/organisations?words=nigdzie").text


def test_units_are_added(office: CheckingClient) -> None:
    made = make_organisation("Łask")
    url = f"/organisations/{made.id}/units"
    assert office.post(url, data={"name": ""}).status_code == 422
    assert office.post(url, data={"name": "zły\0znak"}).status_code == 422
    assert office.post(url, data={"name": "Klub „Pod Lipą”"}).status_code == 303
    assert "Klub „Pod Lipą”" in office.get(f"/organisations/{made.id}").text
    assert office.post("/organisations/9999/units", data={"name": "x"}).status_code == 404
    assert office.get("/organisations/9999").status_code == 404


def test_only_the_office_comes_in(app: Flask, office: CheckingClient, login: Login) -> None:
    made = make_organisation("Łask")
    for user in (make_user("M", centre=made), make_user("A", Role.AUDITOR), make_user("D", Role.DECISION_MAKER)):
        client = app.test_client()
        assert isinstance(client, CheckingClient)
        login(client, user)
        assert [client.get(url).status_code for url in ("/organisations", f"/organisations/{made.id}")] == [403, 403]
