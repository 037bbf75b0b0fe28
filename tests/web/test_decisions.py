"""Deciding with reasons, conditions, departures, the appeal, and who may read it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from certify import timing
from certify.domain.lifecycle import Status
from certify.domain.rubric import Criterion
from certify.i18n import SESSION_KEY
from certify.models.account import User
from certify.queries import cases
from certify.walk import Script
from tests.factories import OSL, Made, make_application
from tests.pages import CheckingClient, check_html

Login = Callable[[CheckingClient, User], CheckingClient]


def enter(app: Flask, login: Login, made: Made, part: str) -> CheckingClient:
    """A browser with the person who plays the part; in English, so that the tests read like the code."""
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    with client.session_transaction() as session:
        session[SESSION_KEY] = "en"
    return login(client, made.people[part])


def text_of(html: str) -> str:
    return " ".join("".join(check_html(html).itertext()).split())


def weak(criterion: Criterion, auditor: int) -> int:
    """Everything met, but for two critical criteria: a conditional outcome of the OSL standard."""
    return 1 if criterion.id in {"O1.3", "O2.1"} else 2


def weak_case() -> Made:
    return make_application(Status.DECISION, OSL, Script(audit_points=weak))


def test_the_page_explains_the_computed_result(app: Flask, login: Login) -> None:
    made = weak_case()
    words = text_of(enter(app, login, made, "decider").get(f"/cases/{made.case_id}/decide").text)
    assert "Granted conditionally (computed result)" in words
    assert "The total is at least 65%. not met" in words or "The total is at least 65%. met" in words
    assert "Each critical criterion is at level 2 (met) or above. not met" in words
    assert "O2.1" in words and "Critical criteria at level 1" in words
    assert "Bring the criterion to level 2 (met) and show evidence of it." in words


def test_a_conditional_decision_carries_its_conditions(app: Flask, login: Login) -> None:
    made = weak_case()
    client = enter(app, login, made, "decider")
    url = f"/cases/{made.case_id}/decide"
    data = {"version": made.application.version, "outcome": "conditional", "reasons": "Dwa braki do usunięcia."}
    none = client.post(url, data={**data, **{f"condition-{n}": "" for n in range(9)}})
    assert none.status_code == 422 and "Dwa braki do usunięcia." in none.text
    sent = client.post(url, data={**data, "condition-0": "Uzupełnić strukturę."})
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/cases/{made.case_id}/decided")
    assert client.get(sent.headers["Location"]).status_code == 200
    made_conditions = cases.decisions(made.application)[-1].conditions
    assert "Uzupełnić strukturę." in {one.text for one in made_conditions}
    read = text_of(enter(app, login, made, "manager").get(f"/cases/{made.case_id}/decision").text)
    assert "Dwa braki do usunięcia." in read and "Uzupełnić strukturę." in read and "not reported yet" in read
    assert client.get(url).status_code == 200 and client.post(url, data=data).status_code == 409


def test_departing_needs_its_own_reasons(app: Flask, login: Login) -> None:
    made = make_application(Status.DECISION)
    client = enter(app, login, made, "decider")
    url = f"/cases/{made.case_id}/decide"
    page = client.get(url).text
    version = made.application.version
    assert "computed result" in page
    assert client.post(url, data={"version": version}).status_code == 422
    assert client.post(url, data={"version": version, "outcome": "other", "reasons": "x"}).status_code == 422
    data = {"version": version, "outcome": "refused", "reasons": "Braki formalne akt."}
    refused = client.post(url, data=data)
    assert refused.status_code == 422 and "Braki formalne akt." in refused.text
    stale = client.post(url, data={**data, "departure_reasons": "Nowe fakty.", "version": version - 1})
    assert stale.status_code == 409 and "Nowe fakty." in stale.text
    assert client.post(url, data={**data, "departure_reasons": "Nowe fakty."}).status_code == 303
    assert made.application.status == Status.REFUSED.value


def test_who_scored_sees_the_closed_button_with_its_reason(app: Flask, login: Login) -> None:
    made = make_application(Status.DECISION)
    made.people["decider"] = made.people["panel"]
    assert enter(app, login, made, "coordinator").get(f"/cases/{made.case_id}/decide").status_code == 403
    appealed = make_application(Status.APPEAL)
    client = enter(app, login, appealed, "decider")
    page = client.get(f"/cases/{appealed.case_id}/appeal-answer").text
    assert "nobody decides and issues" in page and "<textarea" not in page
    data = {"version": appealed.application.version, "answer": "uphold", "reasons": "x"}
    assert client.post(f"/cases/{appealed.case_id}/appeal-answer", data=data).status_code == 409
    listed = text_of(client.get("/decisions").text)
    assert "somebody else decides" in listed and "yours to decide" in listed


@pytest.mark.parametrize(("answer", "status"), [("uphold", Status.DECISION), ("dismiss", Status.REFUSED)])
def test_the_panel_answers_the_appeal(app: Flask, login: Login, answer: str, status: Status) -> None:
    made = make_application(Status.APPEAL)
    client = enter(app, login, made, "panel")
    url = f"/cases/{made.case_id}/appeal-answer"
    assert "Nie uwzględniono dowodów" in client.get(url).text
    version = made.application.version
    assert client.post(url, data={"version": version, "answer": answer}).status_code == 422
    stale = client.post(url, data={"version": 1, "answer": answer, "reasons": "Dowody są."})
    assert stale.status_code == 409 and "Dowody są." in stale.text
    assert client.post(url, data={"version": version, "answer": answer, "reasons": "Dowody są."}).status_code == 303
    assert made.application.status == status.value
    assert "Dowody są." in enter(app, login, made, "manager").get(f"/cases/{made.case_id}/decision").text
    assert client.get(url).status_code == 302


def test_conditions_that_ran_out_are_refused_or_extended(app: Flask, login: Login) -> None:
    made = make_application(Status.CONDITIONAL, OSL, Script(audit_points=weak))
    client = enter(app, login, made, "decider")
    url = f"/cases/{made.case_id}/fail-conditions"
    data = {"version": made.application.version, "reasons": "Termin minął."}
    assert client.post(url, data=data).status_code == 409
    assert "has not passed" in client.get(f"/cases/{made.case_id}/decide").text
    coordinator = enter(app, login, made, "coordinator")
    extend = f"/cases/{made.case_id}/extend-conditions"
    assert coordinator.get(extend).status_code == 200
    note = {"version": made.application.version, "note": "Zima opóźniła wizyty."}
    assert coordinator.post(extend, data=note).status_code == 303
    assert coordinator.get(f"/cases/{made.case_id}/done/extend_conditions").status_code == 200
    with timing.fixed(timing.now() + timedelta(days=400)):
        client = enter(app, login, made, "decider")
        assert client.get(f"/cases/{made.case_id}/decide").status_code == 200
        assert client.post(url, data={"version": made.application.version}).status_code == 422
        stale = client.post(url, data={"version": 1, "reasons": "Termin minął."})
        assert stale.status_code == 409 and "Termin minął." in stale.text
        sent = client.post(url, data={"version": made.application.version, "reasons": "Termin minął."})
        assert sent.status_code == 303
    assert made.application.status == Status.REFUSED.value


def test_the_worklist_and_pages_out_of_turn(app: Flask, login: Login) -> None:
    made = make_application(Status.REFUSED)
    client = enter(app, login, made, "decider")
    page = text_of(client.get("/decisions").text)
    assert "Nothing to decide now" in page and cases.decisions(made.application)[-1].number in page
    assert client.get(f"/cases/{made.case_id}/decide").status_code == 302
    read = text_of(enter(app, login, made, "manager").get(f"/cases/{made.case_id}/decision").text)
    assert "The centre may appeal" in read
    early = make_application(Status.SUBMITTED)
    assert enter(app, login, early, "manager").get(f"/cases/{early.case_id}/decision").status_code == 404
    assert enter(app, login, early, "decider").get(f"/cases/{early.case_id}").status_code == 404
    undecided = make_application(Status.DECISION)
    client = enter(app, login, undecided, "decider")
    assert client.get(f"/cases/{undecided.case_id}/decided").status_code == 404
    assert client.get("/decisions").status_code == 200
