"""The report at each stage: the draft, the hearing, the answers, the final words; and who may read it."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from certify.domain.lifecycle import Status
from certify.i18n import SESSION_KEY
from certify.models.account import User
from certify.queries import audits as queries
from certify.workflows import reports
from tests.factories import Made, make_application
from tests.pages import CheckingClient

Login = Callable[[CheckingClient, User], CheckingClient]
Desk = Callable[[Made, str], CheckingClient]


@pytest.fixture
def desk(app: Flask, login: Login) -> Desk:
    """The browser of the person who plays a part, in English."""

    def open_for(made: Made, part: str) -> CheckingClient:
        client = app.test_client()
        assert isinstance(client, CheckingClient)
        with client.session_transaction() as session:
            session[SESSION_KEY] = "en"
        return login(client, made.people[part])

    return open_for


def test_there_is_no_report_before_the_consensus(desk: Desk) -> None:
    made = make_application(Status.AUDIT)
    assert desk(made, "lead").get(f"/cases/{made.case_id}/report").status_code == 409
    assert desk(made, "coordinator").get(f"/cases/{made.case_id}/report").status_code == 409
    assert desk(made, "decider").get(f"/cases/{made.case_id}/report").status_code == 404
    assert desk(made, "manager").get(f"/cases/{made.case_id}/report").status_code == 403


def test_sending_the_draft(desk: Desk) -> None:
    made = make_application(Status.REPORT)
    client = desk(made, "lead")
    address = f"/cases/{made.case_id}/report"
    page = client.get(address)
    assert "The draft goes to the centre" in page.text
    assert "Results by area" in page.text
    version = made.application.version
    empty = client.post(f"{address}/draft", data={"version": version, "summary": " ", "strengths": "Dobry zespół."})
    assert empty.status_code == 422
    assert 'href="#summary"' in empty.text
    assert "Dobry zespół." in empty.text
    for text in ("z\0ero", "d" * 100_000):
        bad = client.post(f"{address}/draft", data={"version": version, "summary": text})
        assert bad.status_code == 422
        assert 'id="summary-error"' in bad.text
        assert text.replace("\0", "\ufffd") in bad.text
    stale = client.post(f"{address}/draft", data={"version": version - 1, "summary": "Mocny ośrodek."})
    assert stale.status_code == 409
    assert "Mocny ośrodek." in stale.text
    done = client.post(
        f"{address}/draft", data={"version": version, "summary": "Mocny ośrodek."}, follow_redirects=True
    )
    assert "The draft report is with the centre" in done.text
    assert [one.summary for one in queries.reports(made.application)] == ["Mocny ośrodek."]
    waiting = client.get(address).text
    assert "The centre has the draft report" in waiting
    assert "<textarea" not in waiting
    again = client.post(f"{address}/draft", data={"version": made.application.version, "summary": "Jeszcze raz."})
    assert again.status_code == 409


def commented() -> tuple[Made, list[int]]:
    """A case after the hearing, with two comments of the centre."""
    made = make_application(Status.HEARING)
    manager = made.actor("manager")
    items = [
        reports.comment(manager, made.case_id, "slip", "Błędna data.").id,
        reports.comment(manager, made.case_id, "omitted", "Pominięto protokół.").id,
    ]
    reports.end_hearing(manager, made.case_id)
    return made, items


def test_answers_that_are_not_accepted(desk: Desk) -> None:
    made, (first, _) = commented()
    client = desk(made, "lead")
    address = f"/cases/{made.case_id}/report"
    assert "Answer 2 comments" in client.get("/audits").text
    page = client.get(address).text
    assert "2 comments wait for an answer" in page
    assert "Finalise the report" not in page.split("<main", 1)[1]
    early = client.post(f"{address}/final", data={"version": made.application.version, "summary": "Koniec."})
    assert early.status_code == 409

    answer = f"{address}/comments/{first}"
    unsaid = client.post(answer, data={f"item{first}-answer": "Poprawiono."})
    assert unsaid.status_code == 422
    assert "Poprawiono." in unsaid.text
    assert f'href="#item{first}-accepted-0"' in unsaid.text
    odd = client.post(answer, data={f"item{first}-accepted": "maybe", f"item{first}-answer": "Poprawiono."})
    assert odd.status_code == 422
    bad = client.post(answer, data={f"item{first}-accepted": "yes", f"item{first}-answer": "d" * 100_000})
    assert bad.status_code == 422
    assert f'href="#item{first}-answer"' in bad.text
    unknown = {"item999-accepted": "no", "item999-answer": "x", "item999-version": made.application.version}
    assert client.post(f"{address}/comments/999", data=unknown).status_code == 404


def test_answering_comments_and_the_final_report(desk: Desk) -> None:
    made, (first, second) = commented()
    client = desk(made, "lead")
    address = f"/cases/{made.case_id}/report"
    answer = f"{address}/comments/{first}"
    seen = 1
    given = {f"item{first}-accepted": "yes", f"item{first}-answer": "Poprawiono.", f"item{first}-version": seen}
    kept = client.post(answer, data=given)
    assert (kept.status_code, kept.location) == (303, f"{address}#comment-{first}")
    # The same page in a second tab: both texts are there, the first one is kept.
    late = client.post(answer, data=given | {f"item{first}-answer": "Odrzucono."})
    assert late.status_code == 409
    assert "Somebody changed this case" in late.text
    assert "Poprawiono." in late.text
    assert "Odrzucono." in late.text
    assert queries.hearing_items(made.application)[0].answer == "Poprawiono."
    other = {"accepted": "no", "answer": "Jest w O1.", "version": 1}
    client.post(f"{address}/comments/{second}", data={f"item{second}-{name}": text for name, text in other.items()})

    page = client.get(address).text
    assert "accepted: the report is corrected" in page
    assert "not accepted: the report stays" in page
    draft = queries.reports(made.application)[0].summary
    assert re.search(rf'<textarea[^>]*name="summary"[^>]*>\s*{re.escape(draft)}', page)
    data = {"version": made.application.version, "summary": "Wersja końcowa."}
    done = client.post(f"{address}/final", data=data, follow_redirects=True)
    assert "The report is final" in done.text
    assert made.application.status == Status.DECISION
    for part in ("lead", "coordinator", "decider"):
        read = desk(made, part).get(address).text
        assert "Wersja końcowa." in read
        assert "Draft that the centre read" in read
        assert "<textarea" not in read


def test_nobody_writes_for_the_lead_auditor(desk: Desk) -> None:
    made = make_application(Status.REPORT)
    client = desk(made, "coordinator")
    page = client.get(f"/cases/{made.case_id}/report")
    assert "The lead auditor writes the report." in page.text
    assert "<textarea" not in page.text
    assert client.post(f"/cases/{made.case_id}/report/draft", data={"summary": "x"}).status_code == 403
    outsider = desk(made, "outsider")
    assert outsider.post(f"/cases/{made.case_id}/report/draft", data={"summary": "x", "version": 1}).status_code == 404
