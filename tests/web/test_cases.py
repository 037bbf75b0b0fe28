"""The board, the page of a case by role, the formal check, the team, issuing."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import event, select

from certify.db import db
from certify.domain.errors import Forbidden
from certify.domain.lifecycle import Action, Status
from certify.domain.policy import may_see_case
from certify.i18n import SESSION_KEY
from certify.models.account import User
from certify.models.application import Application
from certify.queries import audits, board, cases, history
from certify.timing import today
from certify.walk import PATHS
from certify.web.words import ACTION, ACTION_ENDPOINT, EVENT, NEXT, PARTY, STATUS, VALIDITY
from certify.workflows import teams
from tests.factories import Made, diverging_script, make_application, make_walk
from tests.pages import CheckingClient, check_html
from tests.scale import region

Login = Callable[[CheckingClient, User], CheckingClient]


def enter(app: Flask, login: Login, made: Made, part: str) -> CheckingClient:
    """A browser with the person who plays the part; in English, so that the tests read like the code."""
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    with client.session_transaction() as session:
        session[SESSION_KEY] = "en"
    return login(client, made.people[part])


def text_of(html: str) -> str:
    """The words of the page, as a reader meets them."""
    return " ".join("".join(check_html(html).itertext()).split())


def buttons(html: str) -> list[str]:
    """The actions on a case page, the closed ones with their reason in brackets."""
    found = []
    for item in check_html(html).iter("li"):
        if "action" not in (item.get("class") or "").split():
            continue
        words = [" ".join("".join(part.itertext()).split()) for part in item.iter() if part.tag in {"button", "a"}]
        closed = [" ".join("".join(part.itertext()).split()) for part in item.iter("span") if part.get("aria-disabled")]
        reason = [" ".join("".join(part.itertext()).split()) for part in item.iter("p") if part.get("id")]
        found += words or [f"{closed[0]} ({reason[0]})"]
    return found


def test_every_code_has_words() -> None:
    assert set(STATUS) == set(NEXT) == set(Status)
    assert set(ACTION) == set(ACTION_ENDPOINT) == set(Action)
    assert set(EVENT) >= {action.value for action in Action}
    assert len(PARTY) == 8 and len(VALIDITY) == 8


def test_every_action_leads_to_a_route(app: Flask) -> None:
    routes = {rule.endpoint: rule.methods or set() for rule in app.url_map.iter_rules()}
    for endpoint, method in ACTION_ENDPOINT.values():
        if endpoint in routes:
            assert method.upper() in routes[endpoint], endpoint


def test_the_case_page_opens_at_every_stage_for_everybody_who_may_see_it(app: Flask, login: Login) -> None:
    walk, people, organisation = make_walk()
    made = Made(0, walk.cast, organisation, people)
    clients = {part: enter(app, login, made, part) for part in people}
    for stage in PATHS[Status.CERTIFIED]:
        walk.take(stage)
        url = f"/cases/{walk.case_id}"
        case = cases.facts(cases.get(walk.cast.manager, walk.case_id))
        expected = {part: 200 if may_see_case(made.actor(part), case) else 404 for part in people}
        assert {part: client.get(url).status_code for part, client in clients.items()} == expected, stage
    assert expected["decider"] == 200 and expected["stranger"] == expected["outsider"] == 404


@pytest.mark.parametrize("status", [Status.SUPPLEMENT, Status.REJECTED, Status.WITHDRAWN, Status.APPEAL])
def test_the_case_page_off_the_main_road(app: Flask, login: Login, status: Status) -> None:
    made = make_application(status)
    for part in ("coordinator", "manager"):
        assert enter(app, login, made, part).get(f"/cases/{made.case_id}").status_code == 200


def test_the_coordinator_of_a_submitted_case(app: Flask, login: Login) -> None:
    made = make_application(Status.SUBMITTED)
    client = enter(app, login, made, "coordinator")
    page = client.get(f"/cases/{made.case_id}").text
    assert buttons(page) == ["Accept for audit", "Return for supplement", "Reject on formal grounds"]
    sealed = made.application.submissions[-1]
    words = text_of(page)
    assert sealed.sha256 in words and made.organisation.name in words and "(coordinator)" in words
    reading = text_of(client.get(f"/cases/{made.case_id}/submission").text)
    assert "Opis do wskaźnika" in reading and sealed.sha256 in reading


def test_people_of_the_centre_get_their_own_actions(app: Flask, login: Login) -> None:
    made = make_application(Status.DRAFT)
    url = f"/cases/{made.case_id}"
    offered = buttons(enter(app, login, made, "manager").get(url).text)
    assert offered[0] == "Fill in the self-assessment" and "Withdraw the application" in offered
    assert any(one.startswith("Submit the application (The application is not complete") for one in offered)
    assert buttons(enter(app, login, made, "editor").get(url).text) == ["Fill in the self-assessment"]


def test_returning_needs_words_and_ends_on_a_receipt(app: Flask, login: Login) -> None:
    made = make_application(Status.SUBMITTED)
    client = enter(app, login, made, "coordinator")
    url = f"/cases/{made.case_id}/return"
    assert client.get(url).status_code == 200
    version = made.application.version
    empty = client.post(url, data={"version": version, "note": ""})
    assert empty.status_code == 422 and "Fill in this field" in empty.text
    stale = client.post(url, data={"version": version - 1, "note": "Brakuje statutu."})
    assert stale.status_code == 409 and "Brakuje statutu." in stale.text
    assert f'value="{version}"' in stale.text
    sent = client.post(url, data={"version": version, "note": "Brakuje statutu."})
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/cases/{made.case_id}/done/return")
    assert made.application.number in client.get(sent.headers["Location"]).text
    assert client.get(f"/cases/{made.case_id}/done/nothing").status_code == 404
    shown = text_of(enter(app, login, made, "manager").get(f"/cases/{made.case_id}").text)
    assert "Brakuje statutu." in shown
    assert client.get(url).status_code == 409 and client.post(url, data={"note": "x"}).status_code == 409


def test_rejecting_and_accepting(app: Flask, login: Login) -> None:
    made = make_application(Status.SUBMITTED)
    client = enter(app, login, made, "coordinator")
    data = {"version": made.application.version, "note": "Ośrodek nie jest objęty standardem."}
    assert client.post(f"/cases/{made.case_id}/reject", data=data).status_code == 303
    assert made.application.status == Status.REJECTED.value
    late = client.post(f"/cases/{made.case_id}/accept", data={"version": made.application.version})
    assert late.status_code == 409
    other = make_application(Status.SUBMITTED)
    client = enter(app, login, other, "coordinator")
    answer = client.post(f"/cases/{other.case_id}/accept", data={"version": other.application.version})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cases/{other.case_id}/team")
    assert client.get(answer.headers["Location"]).status_code == 200


def test_the_team_is_appointed_objected_to_and_released(app: Flask, login: Login) -> None:
    walk, people, organisation = make_walk()
    for stage in ("create", "fill", "submit", "accept"):
        walk.take(stage)
    made = Made(walk.case_id, walk.cast, organisation, people)
    client = enter(app, login, made, "coordinator")
    url = f"/cases/{made.case_id}/team"

    def send(step: str, **data: object) -> int:
        return client.post(f"{url}/{step}", data={"version": made.application.version, **data}).status_code

    page = client.get(url).text
    assert "The team has fewer auditors" in page and "Adam Audytor" in page
    assert send("start") == 409
    assert send("appoint", auditor_id="") == 422
    assert send("appoint", auditor_id=people["manager"].id) == 422
    assert send("appoint", auditor_id=people["lead"].id, lead="y") == 303
    assert send("appoint", auditor_id=people["auditor"].id, lead="y") == 409
    assert send("appoint", auditor_id=people["auditor"].id) == 303
    data = {"version": made.application.version, "auditor_id": people["outsider"].id}
    full = client.post(f"{url}/appoint", data=data)
    assert full.status_code == 409 and 'id="auditor_id-error"' in full.text
    member = cases.team(made.application)[0].id
    teams.object_to(made.actor("manager"), made.case_id, member, "Prowadzi nasze szkolenia.")
    assert "Prowadzi nasze szkolenia." in client.get(url).text
    assert send("overrule", assignment_id=member, note="") == 422
    assert send("overrule", assignment_id=member, note="Szkolenie było otwarte.") == 303
    assert "Szkolenie było otwarte." in client.get(url).text
    for part in ("lead", "auditor"):
        teams.declare(made.actor(part), made.case_id, tie=False)
    teams.agree_team(made.actor("manager"), made.case_id)
    assert send("release", assignment_id=member + 1000) == 404
    assert send("start") == 303
    assert made.application.status == Status.AUDIT.value
    assert client.get(url).status_code == 200 and send("release", assignment_id=member) == 409


def test_the_history_keeps_the_sheets_blind(app: Flask) -> None:
    walk, people, organisation = make_walk(("osl", "1.0"), diverging_script(("osl", "1.0")))
    walk.to(Status.AUDIT)
    made = Made(walk.case_id, walk.cast, organisation, people)
    application = made.application
    case = cases.facts(application)

    def scores(part: str) -> list[tuple[str, int]]:
        found = history.entries(made.actor(part), application, case)
        return [(one.actor, one.counts["score"]) for one in found if one.kind == "score"]

    done = [len(audits.sheet(one)) for one in cases.team(application)]
    assert scores("lead") == [("Wanda Wiodąca", done[0])]
    assert scores("auditor") == [("Adam Audytor", done[1])]
    assert scores("coordinator") == scores("manager") == []
    kinds = {part: {one.kind for one in history.entries(made.actor(part), application, case)} for part in people}
    assert "answer_saved" in kinds["manager"] and "answer_saved" not in kinds["lead"]
    writing = [one for one in history.entries(made.actor("manager"), application, case) if one.kind == "answer_saved"]
    assert [one.counts["answer_saved"] for one in writing] == [33]


def test_auditors_read_the_file_only_when_the_audit_has_started(app: Flask, login: Login) -> None:
    made = make_application(Status.TEAMING)
    client = enter(app, login, made, "lead")
    assert client.get(f"/cases/{made.case_id}/submission").status_code == 404
    assert "You will read it when the audit starts." in client.get(f"/cases/{made.case_id}").text
    teams.start_audit(made.actor("coordinator"), made.case_id)
    assert client.get(f"/cases/{made.case_id}/submission").status_code == 200


def test_the_board_filters_and_counts(app: Flask, login: Login) -> None:
    made = make_application(Status.SUBMITTED)
    make_application(Status.DRAFT)
    make_application(Status.WITHDRAWN)
    client = enter(app, login, made, "coordinator")

    def numbers(query: str) -> list[str]:
        tree = check_html(client.get(f"/board{query}").text)
        return [
            "W/" + "".join(head.itertext()).split("W/")[1].strip()
            for head in tree.iter("th")
            if head.get("scope") == "row" and "W/" in "".join(head.itertext())
        ]

    number = made.application.number
    assert len(numbers("")) == 2 and numbers("?view=mine") == [number] == numbers("?status=submitted")
    assert numbers(f"?words={number}") == [number] and numbers("?words=nikt") == [] == numbers("?view=late")
    assert len(numbers("?status=withdrawn")) == 1 and numbers("?page=9") == []
    assert len(numbers("?view=other&status=other&page=x")) == 2
    assert enter(app, login, made, "manager").get("/board").status_code == 403
    assert enter(app, login, made, "admin").get("/board").status_code == 200


def test_the_board_asks_the_database_the_same_number_of_times(app: Flask, login: Login) -> None:
    made = make_application(Status.SUBMITTED)
    client = enter(app, login, made, "coordinator")
    asked: list[str] = []

    def queries() -> int:
        asked.clear()
        client.get("/board")
        return len(asked)

    def listen(connection: object, cursor: object, statement: str, *more: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        client.get("/board")
        few = queries()
        for _ in range(3):
            make_application(Status.DRAFT)
        assert queries() == few
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)


def test_issuing_ends_on_a_receipt_and_happens_once(app: Flask, login: Login) -> None:
    made = make_application(Status.GRANTED)
    client = enter(app, login, made, "coordinator")
    assert client.get(f"/cases/{made.case_id}/issued").status_code == 404
    data = {"version": made.application.version}
    sent = client.post(f"/cases/{made.case_id}/issue", data=data)
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/cases/{made.case_id}/issued")
    page = client.get(sent.headers["Location"])
    assert page.status_code == 200 and "WOL-" in page.text
    again = client.post(f"/cases/{made.case_id}/issue", data=data)
    assert again.status_code == 409 and "issued already" in again.text


def test_without_the_pdf_program_issuing_says_so(
    make_app: Callable[..., Flask], login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(PDF_ENGINE="pdfkit")
    with app.app_context():
        db.create_all()
        made = make_application(Status.GRANTED)
        client = enter(app, login, made, "coordinator")
        monkeypatch.setenv("PATH", "/nowhere")
        answer = client.post(f"/cases/{made.case_id}/issue", data={"version": made.application.version})
        assert (answer.status_code, made.application.status) == (503, Status.GRANTED.value)
        assert "is not installed on the server" in answer.text
        db.session.rollback()


def test_the_board_turns_pages_in_one_order(app: Flask, login: Login) -> None:
    """All statuses together, the nearest date first and cases without one last, whatever index brings them."""
    made = make_application(Status.SUBMITTED)
    make_application(Status.DRAFT)
    region.fill(150)
    who = made.actor("coordinator")
    everything = db.session.execute(select(Application.id, Application.due_on, Application.status)).all()
    for view, statuses in (("running", board.RUNNING), ("mine", board.OFFICE_MOVES), ("late", board.RUNNING)):
        wanted = [row for row in everything if row.status in {one.value for one in statuses}]
        if view == "late":
            wanted = [row for row in wanted if row.due_on is not None and row.due_on < today()]
        wanted.sort(key=lambda row: (row.due_on is None, row.due_on or today(), row.id))
        shown: list[int] = []
        number, more = 1, True
        while more:
            found, more = board.page(who, board.Filter(view), number)
            shown += [row.id for row in found]
            number += 1
        assert shown == [row.id for row in wanted], view
    assert number > 1 and len(shown) > 5
    found, more = board.page(who, board.Filter(words="w m. Śrem"), 1)
    assert found and not more and all("Śrem" in row.holder for row in found)


def test_the_board_is_the_offices_alone(app: Flask) -> None:
    made = make_application()
    for part in ("manager", "lead", "decider"):
        with pytest.raises(Forbidden):
            board.counts(made.actor(part))
        with pytest.raises(Forbidden):
            board.page(made.actor(part), board.Filter())
