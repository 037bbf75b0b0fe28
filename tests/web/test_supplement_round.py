"""The supplement round on the pages: the coordinator's requests, the centre's list and cards, what was changed."""

from collections.abc import Callable

import pytest

from certify.db import db
from certify.domain.lifecycle import Status
from certify.i18n import SESSION_KEY
from certify.queries import self_assessment, supplements
from certify.workflows import answers, applications
from certify.workflows.answers import AnswerData
from certify.workflows.supplement_requests import RequestData
from tests.factories import Made, make_application
from tests.pages import CheckingClient

Login = Callable[..., CheckingClient]
NOTE = "Dwie rzeczy do poprawy."


@pytest.fixture
def enter(client: CheckingClient, login: Login) -> Callable[[Made, str], CheckingClient]:
    """Signs in the person who plays a part; in English, so that the tests read like the code."""

    def come(made: Made, part: str) -> CheckingClient:
        with client.session_transaction() as session:
            session[SESSION_KEY] = "en"
        return login(client, made.people[part])

    return come


Enter = Callable[[Made, str], CheckingClient]


def row(number: int = 0, kind: str = "unclear", text: str = "Kto podpisuje?", criteria: str = "P.1") -> dict[str, str]:
    start = f"request-{number}"
    return {f"{start}-kind": kind, f"{start}-text": text, f"{start}-criteria": criteria}


def form(made: Made, **fields: str) -> dict[str, str]:
    return {"version": str(made.application.version), "note": NOTE, **fields}


def test_the_coordinator_asks_row_by_row(enter: Enter) -> None:
    made = make_application(Status.SUBMITTED)
    client = enter(made, "coordinator")
    url = f"/cases/{made.case_id}/return"
    assert client.get(url).text.count('<section class="stack"') == 1
    more = client.post(url, data=form(made, rows="1", more="1", **row()))
    assert more.status_code == 200
    assert more.text.count('<section class="stack"') == 2
    assert "Kto podpisuje?" in more.text and NOTE in more.text
    assert made.application.status == Status.SUBMITTED
    sent = client.post(url, data=form(made, rows="2", **row(), **row(1, "missing", "Brak.", "P.2")))
    assert sent.status_code == 303
    asked = supplements.requests_of(made.application)
    assert [(one.kind, one.text, one.criteria) for one in asked] == [
        ("unclear", "Kto podpisuje?", ["P.1"]),
        ("missing", "Brak.", ["P.2"]),
    ]


def test_empty_rows_are_no_requests(enter: Enter) -> None:
    made = make_application(Status.SUBMITTED)
    sent = enter(made, "coordinator").post(f"/cases/{made.case_id}/return", data=form(made, rows="3", **row(1)))
    assert sent.status_code == 303
    assert len(supplements.requests_of(made.application)) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (row(kind=""), "Request 1: Choose one of the offered values."),
        (row(text=" "), "Request 1: Fill in this field."),
        (row(criteria=""), "Request 1: There is no such criterion in this standard."),
        (row(criteria="X.9"), "Request 1: There is no such criterion in this standard."),
        ({"note": " ", **row()}, "Fill in this field."),
        ({"note": "x" * 4001, **row()}, "This text is too long: at most 4000 characters fit here."),
    ],
)
def test_what_is_wrong_with_a_request_comes_back_with_its_text(enter: Enter, fields: dict[str, str], said: str) -> None:
    made = make_application(Status.SUBMITTED)
    page = enter(made, "coordinator").post(f"/cases/{made.case_id}/return", data=form(made, rows="1") | fields)
    assert page.status_code == 422
    assert said in page.text
    assert fields["request-0-text"] in page.text
    assert made.application.status == Status.SUBMITTED


def test_a_stale_return_keeps_the_requests(enter: Enter) -> None:
    made = make_application(Status.SUBMITTED)
    page = enter(made, "coordinator").post(
        f"/cases/{made.case_id}/return", data=form(made, rows="1", **row()) | {"version": "1"}
    )
    assert page.status_code == 409
    assert "Kto podpisuje?" in page.text and f'value="{made.application.version}"' in page.text


@pytest.fixture
def asked() -> Callable[[], Made]:
    """A case that was returned with one request."""

    def make() -> Made:
        made = make_application(Status.SUBMITTED)
        applications.return_for_supplement(
            made.cast.coordinator, made.case_id, NOTE, [RequestData("unclear", "Kto podpisuje?", ("P.1",))]
        )
        return made

    return make


def test_the_centre_sees_what_is_asked_and_only_that_is_open(enter: Enter, asked: Callable[[], Made]) -> None:
    made = asked()
    client = enter(made, "editor")
    base = f"/cases/{made.case_id}"
    for page in (client.get(f"{base}/self-assessment").text, client.get(f"{base}/submit").text):
        assert f'href="{base}/self-assessment/P#P.1"' in page
        assert NOTE in page and "Kto podpisuje?" in page and "something is unclear" in page
    area = client.get(f"{base}/self-assessment/P").text
    assert area.count("data-autosave>") == 1
    assert 'action="' + f"{base}/answers/P.1" in area
    assert "Closed in this round" in area
    refused = client.post(f"{base}/answers/P.2", data={"version": "1", "P-2-points": "3"})
    assert refused.status_code == 409
    assert "this one is closed in this round" in refused.text


def test_every_page_of_a_round_counts_what_goes_over(enter: Enter, asked: Callable[[], Made]) -> None:
    """A closed criterion was emptied in the living copy: what was sealed goes over, and every page says so."""
    made = asked()
    manager = made.cast.manager
    answer = self_assessment.answers_of(made.application)["P.2"]
    answer.narratives, answer.points = {}, None
    db.session.commit()
    answers.save(manager, made.case_id, "P.1", AnswerData(points=3))
    whole = self_assessment.readiness_of(made.application).whole
    assert whole.ready == whole.total - 1
    client = enter(made, "manager")
    base = f"/cases/{made.case_id}"
    for page in ("self-assessment", "readiness", "submit"):
        text = client.get(f"{base}/{page}").text
        assert f"Ready: {whole.ready} of {whole.total} criteria" in text, page
        assert "go over as they were submitted, and the numbers count them so." in text, page
    area = client.get(f"{base}/self-assessment/P").text
    assert '"muted">no answer<' not in area and "an indicator without a description" in area
    assert f"ready {whole.ready} of {whole.total}" in client.get("/applications").text


def test_each_request_shows_what_was_changed_for_it(enter: Enter, asked: Callable[[], Made]) -> None:
    made = asked()
    url = f"/cases/{made.case_id}/supplement-requests"
    assert "The centre has not submitted its supplement yet." in enter(made, "coordinator").get(url).text
    centre = enter(made, "editor")
    waiting = centre.get(url).text
    assert f"/cases/{made.case_id}/self-assessment/P#P.1" in waiting
    assert "not changed yet" in waiting and f"/cases/{made.case_id}/submit" in waiting
    assert "Your copy says the same as what was submitted." in centre.get(f"/cases/{made.case_id}/difference").text
    texts = {"P.1.a": "Opis do wskaźnika, który uzupełniono."}
    answers.save(made.cast.manager, made.case_id, "P.1", AnswerData(points=5, narratives=texts))
    centre = enter(made, "editor")
    assert "changed in your copy" in centre.get(url).text
    difference = centre.get(f"/cases/{made.case_id}/difference").text
    assert "These changes go over when the centre submits again" in difference
    # Nobody audits yet, and nothing can be offered: the way over is the next submission.
    assert "The auditors see" not in difference and "be offered now" not in difference
    applications.resubmit(made.cast.manager, made.case_id)
    page = enter(made, "coordinator").get(url).text
    assert "Answered by submission no. 2" in page
    assert "<ins>" in page and "uzupełniono." in page and "<del>" in page
    assert url in client_page(enter, made)


def client_page(enter: Enter, made: Made) -> str:
    return enter(made, "coordinator").get(f"/cases/{made.case_id}").text


def test_the_requests_are_not_for_everybody(enter: Enter, asked: Callable[[], Made]) -> None:
    made = asked()
    url = f"/cases/{made.case_id}/supplement-requests"
    codes = {part: enter(made, part).get(url).status_code for part in made.people}
    assert codes == {
        "manager": 200, "editor": 200, "stranger": 404, "coordinator": 200, "lead": 404, "auditor": 404,
        "outsider": 404, "decider": 404, "panel": 404, "admin": 200,
    }  # fmt: skip
    plain = make_application(Status.SUPPLEMENT)
    assert enter(plain, "coordinator").get(f"/cases/{plain.case_id}/supplement-requests").status_code == 404
