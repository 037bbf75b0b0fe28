"""The auditors' desk: whole pages by role, refusals with the typed text, and nothing of the other sheet."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from certify.domain.lifecycle import Status
from certify.i18n import SESSION_KEY
from certify.models.account import User
from certify.queries import audits as queries
from certify.queries import scoring
from certify.queries.rubrics import rubric_of
from certify.walk import Walk
from certify.workflows import audits as verbs
from certify.workflows import decisions, organisations, teams
from tests import factories
from tests.factories import OSL, Made, make_application
from tests.pages import CheckingClient
from tests.statements import counted

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


def text_of(html: str) -> str:
    """The words of the page without its markup."""
    main = html[html.index("<main") : html.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).replace("\u00a0", " ").strip()


def test_an_empty_worklist(desk: Desk) -> None:
    made = make_application(Status.AUDIT)
    page = desk(made, "outsider").get("/audits")
    assert page.status_code == 200
    assert "No case is yours yet" in page.text
    assert "Read the standard" in page.text
    assert made.application.number not in page.text


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.TEAMING, "The coordinator appoints the auditors"),
        (Status.REPORT, "Write the report"),
        (Status.HEARING, "The centre reads the draft report"),
    ],
)
def test_the_worklist_says_what_is_next(desk: Desk, status: Status, words: str) -> None:
    made = make_application(status)
    page = text_of(desk(made, "lead").get("/audits").text)
    assert words in page
    assert made.application.number in page


def test_a_long_worklist_takes_no_more_queries(desk: Desk) -> None:
    made = make_application(Status.CONSENSUS)
    client = desk(made, "lead")
    client.get("/audits")
    with counted() as few:
        client.get("/audits")
    for number in range(3):
        office = factories.fresh_actor(made.people["coordinator"])
        unit = organisations.add_unit(office, made.organisation.id, f"Filia {number}")
        script = factories.diverging_script()
        Walk(made.cast, unit.id, factories.SMALL, script).to(Status.CONSENSUS)
    with counted() as many:
        page = client.get("/audits")
    assert page.text.count("Filia") >= 3
    assert len(many) == len(few)


def test_the_worklist_counts_only_the_own_sheet(desk: Desk) -> None:
    made = make_application(Status.AUDIT, OSL)
    mine = text_of(desk(made, "auditor").get("/audits").text)
    assert "16 of 33 criteria scored" in mine
    lead = text_of(desk(made, "lead").get("/audits").text)
    assert "of 33 criteria" not in lead
    assert "Each auditor scores alone" in lead


def test_declaring_impartiality_and_a_tie(desk: Desk) -> None:
    walk, people, organisation = factories.make_walk(OSL)
    for stage in ("create", "fill", "submit", "accept"):
        walk.take(stage)
    made = Made(walk.case_id, walk.cast, organisation, people)
    teams.appoint(made.actor("coordinator"), made.case_id, people["lead"].id, lead=True)
    teams.appoint(made.actor("coordinator"), made.case_id, people["auditor"].id)
    address = f"/cases/{made.case_id}/declaration"

    client = desk(made, "lead")
    assert "In the last 24 months, or now" in text_of(client.get(address).text)
    assert "Declare impartiality" in client.get("/audits").text
    version = made.application.version
    nothing = client.post(address, data={"version": version})
    assert nothing.status_code == 422
    assert "Choose one of the offered values." in nothing.text
    done = client.post(address, data={"version": version, "tie": "none"}, follow_redirects=True)
    assert "Your declaration is recorded" in done.text
    assert client.post(address, data={"version": version, "tie": "none"}).status_code == 409

    other = desk(made, "auditor")
    stale = other.post(address, data={"version": version - 1, "tie": "tie", "note": "Szkoliłem zespół."})
    assert stale.status_code == 409
    assert "Szkoliłem zespół." in stale.text
    version = made.application.version
    silent = other.post(address, data={"version": version, "tie": "tie", "note": " "})
    assert silent.status_code == 422
    assert 'id="note-error"' in silent.text
    done = other.post(address, data={"version": version, "tie": "tie", "note": "Szkoliłem."}, follow_redirects=True)
    assert "The tie is recorded" in done.text


def test_the_file_is_closed_before_the_audit(desk: Desk) -> None:
    made = make_application(Status.TEAMING, OSL)
    client = desk(made, "lead")
    assert client.get(f"/cases/{made.case_id}/sheet").status_code == 409
    assert client.get(f"/cases/{made.case_id}/scoring/O1").status_code == 409


def test_the_scoring_page_shows_answer_and_evidence(desk: Desk) -> None:
    made = make_application(Status.AUDIT, OSL)
    page = desk(made, "auditor").get(f"/cases/{made.case_id}/scoring/O1")
    assert page.status_code == 200
    words = text_of(page.text)
    assert "You score submission no. 1" in words
    assert "Opis do wskaźnika O1.1.a." in words
    assert "Needed below “" not in words  # every criterion of the first area is scored: a change has its own hint
    assert "Every change needs a reason." in words
    assert re.search(r'href="/evidence/\d+"', page.text)
    last = text_of(desk(made, "auditor").get(f"/cases/{made.case_id}/scoring/O7").text)
    assert "Needed below “" in last


def test_scoring_a_criterion_and_changing_it(desk: Desk) -> None:
    made = make_application(Status.AUDIT, OSL)
    client = desk(made, "auditor")
    address = f"/cases/{made.case_id}/scores/O7.1"
    low = client.post(address, data={"number": 0, "O7-1-points": "1", "O7-1-reason": ""})
    assert low.status_code == 422
    assert 'href="#O7-1-reason"' in low.text
    assert re.search(r'id="O7-1-points-1" value="1" checked', low.text)

    kept = client.post(address, data={"number": 0, "O7-1-points": "2", "O7-1-reason": ""})
    assert (kept.status_code, kept.location) == (303, f"/cases/{made.case_id}/scoring/O7#O7.1")
    other_tab = client.post(address, data={"number": 0, "O7-1-points": "0", "O7-1-reason": "Nic nie widać."})
    assert other_tab.status_code == 409
    assert "Nic nie widać." in other_tab.text
    assert 'name="number" value="1"' in other_tab.text

    silent = client.post(address, data={"number": 1, "O7-1-points": "3", "O7-1-reason": ""})
    assert silent.status_code == 422
    changed = client.post(address, data={"number": 1, "O7-1-points": "3", "O7-1-reason": "Dowód jest."})
    assert changed.status_code == 303
    page = text_of(client.get(f"/cases/{made.case_id}/scoring/O7").text)
    assert "Earlier scores of mine (1)" in page
    assert "Dowód jest." in page


BAD_SCORES = [
    ("9", "x", "x"),
    ("abc", "x", "x"),
    ("", "Sam powód.", "Sam powód."),
    ("na", "", ""),
    ("1", "z\0ero", "z\ufffdero"),
    ("1", "d" * 5000, "d" * 5000),
    ("1", "d" * 250_000, "d" * 250_000),
]


def test_bad_scores_come_back_with_their_text(desk: Desk) -> None:
    made = make_application(Status.AUDIT, OSL)
    client = desk(made, "auditor")
    for points, reason, kept in BAD_SCORES:
        data = {"number": 0, "O7-2-points": points, "O7-2-reason": reason}
        page = client.post(f"/cases/{made.case_id}/scores/O7.2", data=data)
        assert page.status_code == 422, (points, reason[:20])
        assert kept in page.text
        assert 'class="error-summary"' in page.text
    assert "O7.2" not in queries.sheet(scoring.own(made.actor("auditor"), made.application))


def test_the_other_sheet_never_shows(desk: Desk) -> None:
    made = make_application(Status.AUDIT, OSL)
    client = desk(made, "auditor")
    verbs.score(made.actor("auditor"), made.case_id, "O7.1", points=0, reason="TYLKO ADAM")
    lead = desk(made, "lead")
    for page in ("sheet", "scoring/O1", "scoring/O7"):
        words = lead.get(f"/cases/{made.case_id}/{page}").text
        assert "TYLKO ADAM" not in words
        assert "Adam" not in text_of(words)
        assert "Wanda" not in text_of(client.get(f"/cases/{made.case_id}/{page}").text)
    assert lead.get(f"/cases/{made.case_id}/consensus").status_code == 409
    assert lead.get(f"/cases/{made.case_id}/report").status_code == 409


def test_other_people_find_nothing(desk: Desk) -> None:
    made = make_application(Status.AUDIT)
    for part, status in {"outsider": 404, "stranger": 403, "manager": 403, "admin": 403}.items():
        client = desk(made, part)
        for page in ("sheet", "scoring/P", "hand-in", "visit", "consensus", "report", "declaration"):
            assert client.get(f"/cases/{made.case_id}/{page}").status_code == status, (part, page)


def test_unknown_areas_and_criteria(desk: Desk) -> None:
    made = make_application(Status.AUDIT)
    client = desk(made, "lead")
    assert client.get(f"/cases/{made.case_id}/scoring/X9").status_code == 404
    assert client.post(f"/cases/{made.case_id}/scores/X9.1", data={}).status_code == 404
    assert client.post(f"/cases/{made.case_id}/consensus/X9.1", data={}).status_code == 404


def version_in(answer: TestResponse) -> str:
    """The version that the page's form carries; an incomplete sheet has no form yet."""
    found = re.search(r'name="version"[^>]*value="([0-9]+)"', answer.text)
    return found[1] if found else "0"


def test_handing_in(desk: Desk) -> None:
    made = make_application(Status.AUDIT, OSL)
    client = desk(made, "auditor")
    address = f"/cases/{made.case_id}/hand-in"
    early = text_of(client.get(address).text)
    assert "Some criteria have no score yet" in early
    assert client.post(address, data={"sure": "y"}).status_code == 409
    older = version_in(client.get(f"/cases/{made.case_id}/hand-in"))
    for criterion in rubric_of(made.application).criteria_for("OPS"):
        if criterion.id not in queries.sheet(scoring.own(made.actor("auditor"), made.application)):
            verbs.score(made.actor("auditor"), made.case_id, criterion.id, points=2)
    assert "33 criteria" in text_of(client.get(address).text)
    unsure = client.post(address, data={})
    assert unsure.status_code == 422
    assert client.post(address, data={"sure": "y", "version": older}).status_code == 409
    data = {"sure": "y", "version": version_in(client.get(address))}
    done = client.post(address, data=data, follow_redirects=True)
    assert "Your sheet is handed in" in done.text
    assert client.get(address).status_code == 409
    assert "The sheet can be read, not changed." in client.get(f"/cases/{made.case_id}/sheet").text
    late = client.post(f"/cases/{made.case_id}/scores/O1.1", data={"number": 1, "O1-1-points": "1", "O1-1-reason": "x"})
    assert late.status_code == 409
    assert "<form" not in client.get(f"/cases/{made.case_id}/scoring/O1").text.split("<main", 1)[1].split("</main>")[0]

    lead = desk(made, "lead")
    assert "Close the scoring" in lead.get("/audits").text
    closed = lead.post(
        f"/cases/{made.case_id}/close-scoring", data={"version": made.application.version}, follow_redirects=True
    )
    assert "The scoring is closed" in closed.text


def test_closing_too_early_says_why(desk: Desk) -> None:
    made = make_application(Status.AUDIT, OSL)
    lead = desk(made, "lead")
    assert "Not every auditor has handed in the sheet." in lead.get(f"/cases/{made.case_id}/sheet").text
    page = lead.post(f"/cases/{made.case_id}/close-scoring", data={"version": made.application.version})
    assert page.status_code == 409
    assert "Not every auditor has handed in the sheet." in page.text
    second = desk(made, "auditor")
    data = {"version": made.application.version}
    assert second.post(f"/cases/{made.case_id}/close-scoring", data=data).status_code == 403


def test_recording_a_visit(desk: Desk) -> None:
    made = make_application(Status.AUDIT, OSL)
    client = desk(made, "lead")
    address = f"/cases/{made.case_id}/visit"
    assert client.get(address).status_code == 200
    for day in ("", "31.12", "2999-01-01"):
        page = client.post(address, data={"held_on": day, "minutes": "Rozmowa z zespołem."})
        assert page.status_code == 422
        assert 'id="held_on-error"' in page.text
        assert "Rozmowa z zespołem." in page.text
    assert client.post(address, data={"held_on": "2026-01-05", "minutes": "a\0b"}).status_code == 422
    done = client.post(address, data={"held_on": "2026-01-05", "minutes": "Rozmowa."}, follow_redirects=True)
    assert "The visit is recorded." in done.text
    assert "Visit of 5 January 2026" in client.get(address).text.replace("\u00a0", " ")
    assert desk(made, "auditor").get(address).status_code == 403


def test_the_consensus(desk: Desk) -> None:
    made = make_application(Status.CONSENSUS, OSL)
    client = desk(made, "auditor")
    address = f"/cases/{made.case_id}/consensus"
    assert "Settle 1 divergence" in client.get("/audits").text
    page = text_of(client.get(address).text)
    assert "1 divergence is left to settle" in page
    assert page.index("Wanda Wiodąca") < page.index("Adam Audytor") < page.index("Self-assessment")
    assert "32 criteria without a divergence" in page
    assert "Dowody nie potwierdzają stałego działania." in page
    criterion = queries.divergent(made.application)[0]
    start = criterion.replace(".", "-")
    silent = client.post(f"{address}/{criterion}", data={f"{start}-points": "1", f"{start}-note": ""})
    assert silent.status_code == 422
    assert f'href="#{start}-note"' in silent.text
    assert re.search(f'id="{start}-points-1" value="1" checked', silent.text)
    off = client.post(f"{address}/{criterion}", data={f"{start}-points": "8", f"{start}-note": "Zgoda."})
    assert off.status_code == 422
    assert "Zgoda." in off.text
    lead = desk(made, "lead")
    assert lead.post(f"/cases/{made.case_id}/agree", data={"version": made.application.version}).status_code == 409
    assert client.post(f"{address}/O7.1", data={"O7-1-points": "1", "O7-1-note": "x"}).status_code == 409
    kept = client.post(
        f"{address}/{criterion}", data={f"{start}-points": "1", f"{start}-note": "Zgoda.", "version": "0"}
    )
    assert kept.status_code == 303
    assert "Every divergence is settled" in text_of(lead.get(address).text)
    done = lead.post(f"/cases/{made.case_id}/agree", data={"version": made.application.version}, follow_redirects=True)
    assert "The consensus is confirmed" in done.text
    read = text_of(desk(made, "coordinator").get(address).text)
    assert "Zgoda." in read
    assert "<textarea" not in desk(made, "coordinator").get(address).text


def test_a_receipt_is_only_for_who_took_the_step(desk: Desk) -> None:
    made = make_application(Status.CONSENSUS, OSL)
    address = f"/cases/{made.case_id}/audit-done"
    assert desk(made, "lead").get(f"{address}/close_scoring").status_code == 200
    assert desk(made, "auditor").get(f"{address}/close_scoring").status_code == 404
    assert desk(made, "lead").get(f"{address}/agree").status_code == 404
    assert desk(made, "lead").get(f"{address}/nonsense").status_code == 404


def test_verifying_conditions(desk: Desk) -> None:
    made = make_application(Status.CONDITIONAL, OSL)
    client = desk(made, "lead")
    address = f"/cases/{made.case_id}/conditions/verification"
    waiting = text_of(client.get(address).text)
    assert "not reported yet" in waiting
    assert "The centre has not reported on every condition." in waiting
    data = {"version": made.application.version, "note": "Wpis jest."}
    assert client.post(address, data=data).status_code == 409
    for condition in scoring.conditions(made.application):
        decisions.report_condition(made.actor("manager"), made.case_id, condition.id, "Wpis dodano.")
    assert "Wpis dodano." in client.get(address).text
    stale = client.post(address, data=data)
    assert stale.status_code == 409
    assert "Wpis jest." in stale.text
    silent = client.post(address, data={"version": made.application.version, "note": ""})
    assert silent.status_code == 422
    data["version"] = made.application.version
    done = client.post(address, data=data, follow_redirects=True)
    assert "The conditions are met" in done.text
    assert client.get(address).status_code == 409
