"""A file goes out and comes back in the browser: what changes is shown first, and nothing is lost on the way."""

import io
import json
from collections.abc import Callable
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from certify.db import db
from certify.domain.lifecycle import Status
from certify.exchange import MAX_FILE
from certify.queries import self_assessment
from certify.workflows import answers
from certify.workflows.answers import AnswerData
from tests.costs import costs_little
from tests.domain.test_differences import rare
from tests.factories import OSL, Made, make_application
from tests.pages import CheckingClient, check_html

Login = Callable[..., CheckingClient]
HARD = 'Pierwszy wiersz.\n=SUMA("A1") & <b>„cudzysłów”</b>\tkoniec'


@pytest.fixture
def made(client: CheckingClient, login: Login) -> Made:
    """A half-filled draft, with its editor signed in."""
    made = make_application()
    login(client, made.people["editor"])
    return made


def exported(client: CheckingClient, made: Made) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client.get(f"/cases/{made.case_id}/exchange.json").get_data())
    return found


def upload(client: CheckingClient, made: Made, content: bytes, name: str = "samoocena.json") -> TestResponse:
    return client.post(f"/cases/{made.case_id}/exchange", **file_form(content, name))


def bring(client: CheckingClient, made: Made, tree: dict[str, Any]) -> TestResponse:
    return upload(client, made, json.dumps(tree).encode())


def file_form(content: bytes, name: str = "samoocena.json") -> dict[str, Any]:
    """A form with a file, as bytes: the client would leave its own temporary file open."""
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    return {"data": head + content + b"\r\n--x--\r\n", "content_type": "multipart/form-data; boundary=x"}


def confirm_form(form: dict[str, str]) -> dict[str, Any]:
    """The screen's form as a browser sends it, as bytes too."""
    parts = [f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n' for key, text in form.items()]
    return {"data": "".join([*parts, "--x--\r\n"]).encode(), "content_type": "multipart/form-data; boundary=x"}


def form_of(page: TestResponse) -> dict[str, str]:
    """What a browser would send from the screen: hidden fields, ticked boxes, chosen radios."""
    fields: dict[str, str] = {}
    forms = check_html(page.text).iter("form")
    (form,) = (one for one in forms if one.get("action", "").endswith("/exchange/confirm"))
    for one in form.iter("input"):
        kind, name = one.get("type"), one.get("name", "")
        if kind == "hidden" or (kind in {"checkbox", "radio"} and one.get("checked") is not None):
            fields[name] = sent(one)
    return fields


def sent(one: Element) -> str:
    # Browsers send line ends as CRLF.
    return unescape(one.get("value", "")).replace("\n", "\r\n")


def confirm(client: CheckingClient, made: Made, form: dict[str, str]) -> TestResponse:
    return client.post(f"/cases/{made.case_id}/exchange/confirm", **confirm_form(form))


def text_of(made: Made, criterion: str = "P.1") -> str:
    db.session.expire_all()
    return self_assessment.answers_of(made.application)[criterion].narratives[f"{criterion}.a"]


def save(made: Made, text: str, criterion: str = "P.1") -> None:
    answers.save(made.actor("manager"), made.case_id, criterion, AnswerData(3, narratives={f"{criterion}.a": text}))


def test_the_file_goes_out(client: CheckingClient, made: Made) -> None:
    answer = client.get(f"/cases/{made.case_id}/exchange.json")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    tree = exported(client, made)
    assert tree["application"] == made.application.number
    first = tree["answers"][0]
    assert (first["criterion"], first["points"], first["answer_version"]) == ("P.1", 3, 1)
    assert first["narratives"] == {"P.1.a": "Opis do wskaźnika P.1.a."}
    assert first["evidence"] == ["uchwała.txt"]
    assert client.get(f"/cases/{made.case_id}/exchange").status_code == 200


def test_there_and_back(client: CheckingClient, made: Made) -> None:
    tree = exported(client, made)
    tree["answers"][0]["narratives"]["P.1.a"] = HARD
    tree["answers"][-1].update(points=2)
    page = bring(client, made, tree)
    assert page.status_code == 200
    assert text_of(made) == "Opis do wskaźnika P.1.a."
    form = form_of(page)
    last = tree["answers"][-1]["criterion"]
    assert form["P-1-take"] == form[f"{last.replace('.', '-')}-take"] == "file"
    done = confirm(client, made, form)
    assert done.status_code == 303
    assert text_of(made) == HARD
    assert self_assessment.answers_of(made.application)[last].points == 2
    assert "odpowiedzi przejęte z pliku" in client.get(f"/cases/{made.case_id}").text


def test_there_and_back_as_a_workbook(client: CheckingClient, made: Made) -> None:
    answer = client.get(f"/cases/{made.case_id}/exchange.xlsx")
    assert "samoocena-W-2026-" in answer.headers["Content-Disposition"]
    same = upload(client, made, answer.get_data(), "samoocena.xlsx")
    assert "Nie ma czego przejąć" in same.text
    book = load_workbook(io.BytesIO(answer.get_data()))
    assert book.sheetnames[0] == "Jak wypełnić"
    book["P"]["F4"] = HARD
    book["P"]["F6"] = "=1+1"
    stream = io.BytesIO()
    book.save(stream)
    page = upload(client, made, stream.getvalue(), "samoocena.xlsx")
    assert "P!F6" in page.text and "formuła" in page.text
    assert confirm(client, made, form_of(page)).status_code == 303
    assert text_of(made) == HARD
    assert upload(client, made, answer.get_data()[:-30]).status_code == 422


def test_an_unticked_change_is_left(client: CheckingClient, made: Made) -> None:
    tree = exported(client, made)
    tree["answers"][0]["narratives"]["P.1.a"] = "Z pliku."
    form = form_of(bring(client, made, tree))
    del form["P-1-take"]
    page = confirm(client, made, form)
    assert page.status_code == 422
    assert "Niczego nie wybrano" in page.text
    assert "Z pliku." in form_of(page)["narrative-P.1.a"]
    assert text_of(made) == "Opis do wskaźnika P.1.a."


def test_a_conflict_shows_both_texts_and_chooses_nothing(client: CheckingClient, made: Made) -> None:
    tree = exported(client, made)
    tree["answers"][0]["narratives"]["P.1.a"] = "Opis z pliku."
    save(made, "Opis koleżanki.")
    page = bring(client, made, tree)
    assert "koleżanki." in page.text and "pliku." in page.text and "Maria Zarządca" in page.text
    form = form_of(page)
    assert "P-1-take" not in form
    missing = confirm(client, made, form)
    assert missing.status_code == 422
    assert 'href="#P-1-take"' in missing.text
    assert confirm(client, made, form | {"P-1-take": "coś"}).status_code == 422
    kept = confirm(client, made, form | {"P-1-take": "mine"})
    assert (kept.status_code, text_of(made)) == (422, "Opis koleżanki.")
    assert confirm(client, made, form | {"P-1-take": "file"}).status_code == 303
    assert text_of(made) == "Opis z pliku."


def test_a_save_between_screen_and_button_gives_the_screen_again(client: CheckingClient, made: Made) -> None:
    tree = exported(client, made)
    tree["answers"][0]["narratives"]["P.1.a"] = "Opis z pliku."
    tree["answers"][1]["narratives"]["P.2.a"] = "Drugi z pliku."
    form = form_of(bring(client, made, tree))
    save(made, "Opis koleżanki.")
    again = confirm(client, made, form)
    assert again.status_code == 409
    assert "koleżanki." in again.text
    assert text_of(made, "P.2") == "Opis do wskaźnika P.2.a."
    # The choice of the person stays; what has become a conflict waits for a new one.
    form = form_of(again)
    assert form["P-2-take"] == "file"
    assert form["narrative-P.1.a"] == "Opis z pliku."
    assert confirm(client, made, form | {"P-1-take": "file"}).status_code == 303
    assert (text_of(made), text_of(made, "P.2")) == ("Opis z pliku.", "Drugi z pliku.")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "uszkodzony"),
        (b"%PDF-1.7", "uszkodzony"),
        (b"[]", "nie powstał w tym serwisie"),
    ],
)
def test_a_file_that_is_none_is_refused(client: CheckingClient, made: Made, content: bytes, said: str) -> None:
    page = upload(client, made, content)
    assert page.status_code == 422
    assert said in page.text
    assert 'class="error-summary"' in page.text


def test_no_file_and_a_large_one(client: CheckingClient, made: Made) -> None:
    assert client.post(f"/cases/{made.case_id}/exchange").status_code == 422
    for endpoint, size in (("exchange", MAX_FILE + 1), ("exchange", 6 * 2**20), ("exchange/confirm", 9 * 2**20)):
        page = client.post(f"/cases/{made.case_id}/{endpoint}", **file_form(b" " * size))
        assert page.status_code == 413
        assert 'class="error-summary"' in page.text or endpoint == "exchange/confirm"


def test_another_standard_and_a_bad_answer(client: CheckingClient, made: Made) -> None:
    tree = exported(client, made)
    assert "innego standardu" in bring(client, made, tree | {"scheme": "osl"}).text
    tree["answers"][0]["points"] = 77
    tree["answers"].append({"criterion": "X.1"})
    page = bring(client, made, tree | {"application": "W/2020/0001"})
    assert page.status_code == 200
    assert "answers[0].points" in page.text
    assert "X.1" in page.text
    assert "W/2020/0001" in page.text


def test_a_tampered_form_writes_nothing(client: CheckingClient, made: Made) -> None:
    form = {"P-1-seen": "1", "P-1-take": "file", "P-1-points": "99", "narrative-P.1.a": "a\0b"}
    page = confirm(client, made, form)
    assert page.status_code == 422
    assert text_of(made) == "Opis do wskaźnika P.1.a."


def test_after_submission_only_the_way_out_is_open(client: CheckingClient, login: Login) -> None:
    sealed = make_application(Status.SUBMITTED)
    login(client, sealed.people["editor"])
    tree = exported(client, sealed)
    assert 'type="file"' not in client.get(f"/cases/{sealed.case_id}/exchange").text
    assert bring(client, sealed, tree).status_code == 409
    assert confirm(client, sealed, {"P-1-seen": "1"}).status_code == 409


def test_the_largest_form_of_the_real_standard_comes_through(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.DRAFT, OSL)
    login(client, made.people["editor"])
    tree = exported(client, made)
    for one in tree["answers"]:
        one["points"] = 2
        one["narratives"] = dict.fromkeys(one["narratives"], "ą" * 4000)
    page = bring(client, made, tree)
    assert page.status_code == 200
    assert confirm(client, made, form_of(page)).status_code == 303
    kept = self_assessment.answers_of(made.application)
    assert len(kept) == 33
    assert {text for one in kept.values() for text in one.narratives.values()} == {"ą" * 4_000}


@pytest.mark.no_cover
def test_texts_that_cost_much_to_compare_stand_whole(client: CheckingClient, login: Login) -> None:
    """On each page that shows two texts beside each other: the file's, the versions, a stale answer."""
    made = make_application(standard=OSL)
    login(client, made.people["editor"])
    theirs, mine = rare(0)[:9_999], rare(3)[:9_999]
    tree = exported(client, made)
    for number, one in enumerate(tree["answers"]):
        name = f"{one['criterion']}.a"
        data = AnswerData(2, narratives={name: theirs})
        answers.save(made.actor("editor"), made.case_id, one["criterion"], data)
        one["narratives"] = {name: mine}
        if number > 16:
            break
    # The first page of a process is made of templates that the second one finds ready.
    bring(client, made, exported(client, made))
    with costs_little(seconds=3):
        page = bring(client, made, tree)
    said = "Oba są tu w całości"
    assert page.status_code == 200
    assert page.text.count(said) > 10
    assert page.text.count(mine) > 10
