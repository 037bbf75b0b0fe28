"""What the server does with a text that it can't save: it gives it back to the person who typed it."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.fields.core import UnboundField

from certify.db import db, transaction
from certify.domain.lifecycle import Status
from certify.models.event import Event
from certify.queries import self_assessment
from certify.web import kept_text
from certify.workflows import answers, sessions
from certify.workflows.answers import AnswerData
from tests.factories import Made, make_application, make_walk
from tests.pages import CheckingClient
from tests.signing_in import give, secret_for

Login = Callable[..., CheckingClient]
SCRIPT = {"X-Requested-With": "autosave", "Accept": "application/json"}
OURS = {"Origin": "http://localhost"}
TEXT = "Piszemy porozumienia.\n<b>Zażółć</b> & gęślą jaźń."
FORM = {"version": "0", "P-1-points": "3", "narrative-P.1.a": TEXT}


@pytest.fixture
def made(client: CheckingClient, login: Login) -> Made:
    """An application that has just begun, with its editor signed in."""
    walk, people, organisation = make_walk()
    walk.take("create")
    login(client, people["editor"])
    return Made(walk.case_id, walk.cast, organisation, people)


@pytest.fixture
def strict(made: Made, app: Flask) -> Iterator[CheckingClient]:
    """The editor's browser, with tokens checked as on a real server."""
    app.config["WTF_CSRF_ENABLED"] = True
    client = CheckingClient(app, app.response_class)
    give(client, secret_for(made.people["editor"]))
    yield client
    app.config["WTF_CSRF_ENABLED"] = False


def addresses(made: Made) -> list[str]:
    case = f"/cases/{made.case_id}"
    return [f"{case}/answers/P.1", *(f"{case}/evidence/P.1{end}" for end in ("", "/link", "/detach"))]


def texts(page: str) -> list[str]:
    return re.findall(r'<textarea[^>]* name="narrative-P\.1\.a"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)


ESCAPED = [TEXT.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")]


def test_without_a_session_the_typed_text_comes_back(app: Flask, made: Made) -> None:
    for address in addresses(made):
        stranger = app.test_client()
        page = stranger.post(address, data=FORM, headers=OURS)
        assert page.status_code == 401, address
        assert texts(page.text) == ESCAPED
        assert f'action="/cases/{made.case_id}/answers/P.1"' in page.text
        assert '<input type="hidden" name="P-1-points" value="3">' in page.text
        assert 'target="_blank" rel="noopener"' in page.text
        assert page.headers["Cache-Control"] == "private, no-store"
    assert self_assessment.answers_of(made.application) == {}


def test_after_the_session_was_ended_elsewhere_the_typed_text_comes_back(strict: CheckingClient, made: Made) -> None:
    """By hand, by a new password or by time: the browser still holds its cookie, and the form its token."""
    editor = made.people["editor"]
    form = strict.get(f"/cases/{made.case_id}/self-assessment/P").text
    token = re.findall(r'name="csrf_token" value="([^"]+)"', form)[0]
    with transaction():
        sessions.end_all(editor.id, "by_owner")
    page = strict.post(addresses(made)[0], data={**FORM, "csrf_token": token}, headers=OURS)
    assert (page.status_code, texts(page.text)) == (401, ESCAPED)
    # The page waits with the text; the person signs in in another tab and sends it from there.
    give(strict, secret_for(editor))
    again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text.split("<main", 1)[1]))
    sent = strict.post(addresses(made)[0], data={**again, "narrative-P.1.a": TEXT}, headers=OURS)
    if sent.status_code == 400:
        again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', sent.text.split("<main")[1]))
        sent = strict.post(addresses(made)[0], data={**again, "narrative-P.1.a": TEXT}, headers=OURS)
    assert sent.status_code == 303
    assert self_assessment.answers_of(made.application)["P.1"].narratives == {"P.1.a": TEXT}


def test_a_missing_case_gives_a_stranger_the_same_page(app: Flask, made: Made) -> None:
    """The page reads nothing of the case, so that it tells nobody which cases there are."""
    ours, missing = (
        app.test_client().post(f"/cases/{number}/answers/P.1", data=FORM, headers=OURS)
        for number in (made.case_id, 999_999_999)
    )
    bare = [re.sub(r'name="csrf_token"[^>]*|/cases/[0-9]+', "", page.text) for page in (ours, missing)]
    assert (ours.status_code, bare[0]) == (missing.status_code, bare[1])


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_a_form_of_another_site_is_not_shown(app: Flask, made: Made, headers: dict[str, str]) -> None:
    answer = app.test_client().post(addresses(made)[0], data=FORM, headers=headers)
    assert (answer.status_code, TEXT[:10] in answer.text) == (400, False)


def test_a_form_that_names_no_page_leads_to_the_sign_in(app: Flask, made: Made) -> None:
    answer = app.test_client().post(addresses(made)[0], data=FORM)
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in")


@pytest.mark.parametrize("form", [{}, {"version": "0", "P-1-points": "", "narrative-P.1.a": ""}, {"narrative-": "x"}])
def test_a_form_without_text_leads_to_the_sign_in(app: Flask, made: Made, form: dict[str, str]) -> None:
    answer = app.test_client().post(addresses(made)[0], data=form, headers=OURS)
    assert answer.status_code == 302


def test_more_than_a_form_holds_is_not_read_for_a_stranger(app: Flask, made: Made) -> None:
    answer = app.test_client().post(addresses(made)[0], data={"narrative-P.1.a": "ą" * 2**20}, headers=OURS)
    assert (answer.status_code, "ąąą" in answer.text) == (413, False)


def test_a_script_without_a_session_is_told_so(app: Flask, made: Made) -> None:
    answer = app.test_client().post(addresses(made)[0], data=FORM, headers={**SCRIPT, **OURS})
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["code"] == "login_required"


def test_signs_that_no_page_holds_are_shown(app: Flask, made: Made) -> None:
    form = {"P-2-points": "na", "P-2-reason": "a\0b", "narrative-P.1.a": ""}
    page = app.test_client().post(addresses(made)[0], data=form, headers=OURS)
    assert page.status_code == 401
    assert "a\ufffdb</textarea>" in page.text


def test_a_form_of_an_older_session_is_saved_in_two_steps(strict: CheckingClient, made: Made) -> None:
    old = {**FORM, "writer": str(made.people["editor"].id), "csrf_token": "of another session"}
    page = strict.post(addresses(made)[0], data=old, headers=OURS)
    assert page.status_code == 400
    assert texts(page.text) == ESCAPED
    again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text.split("<main", 1)[1]))
    sent = strict.post(addresses(made)[0], data={**again, "narrative-P.1.a": TEXT}, headers=OURS)
    assert sent.status_code == 303
    kept = self_assessment.answers_of(made.application)["P.1"]
    assert (kept.points, kept.narratives, kept.saved_by_id) == (3, {"P.1.a": TEXT}, made.people["editor"].id)


@pytest.mark.parametrize("writer", ["", "manager"])
def test_nobody_saves_in_the_name_of_another(strict: CheckingClient, made: Made, writer: str) -> None:
    number = str(made.people[writer].id) if writer else ""
    page = strict.post(addresses(made)[0], data={**FORM, "writer": number, "csrf_token": "x"}, headers=OURS)
    assert page.status_code == 400
    assert texts(page.text) == ESCAPED
    assert "<button" not in page.text.split("<main", 1)[1].split("</main>")[0]


def test_tokens_are_refused_as_before_elsewhere(strict: CheckingClient, made: Made) -> None:
    foreign = strict.post(addresses(made)[0], data=FORM, headers={"Origin": "https://evil.example"})
    assert (foreign.status_code, TEXT[:10] in foreign.text) == (400, False)
    script = strict.post(addresses(made)[0], data=FORM, headers={**SCRIPT, **OURS})
    assert script.status_code == 400
    assert script.json is not None
    assert script.json["code"] == "csrf_failed"


def test_a_script_is_told_the_newer_text(client: CheckingClient, made: Made) -> None:
    answers.save(made.actor("manager"), made.case_id, "P.1", AnswerData(2, narratives={"P.1.a": "Nowszy tekst."}))
    answer = client.post(addresses(made)[0], data=FORM, headers=SCRIPT)
    assert answer.status_code == 409
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["code"] == "stale_version"
    theirs = answer.json["theirs"]
    assert re.fullmatch("[0-9]{1,2}:[0-9]{2}", theirs.pop("saved_at"))
    assert theirs == {
        "version": 1,
        "who": "Maria Zarządca",
        "own": False,
        "values": {"P-1-points": "2", "P-1-reason": "", "narrative-P.1.a": "Nowszy tekst."},
    }


def test_one_s_own_newer_text_is_named_so(client: CheckingClient, made: Made) -> None:
    answers.save(made.actor("editor"), made.case_id, "P.1", AnswerData(2))
    answer = client.post(addresses(made)[0], data=FORM, headers=SCRIPT)
    assert answer.json is not None
    assert answer.json["theirs"]["own"] is True


def test_an_unchanged_answer_is_not_written_again(client: CheckingClient, made: Made) -> None:
    for headers in (SCRIPT, SCRIPT, {}):
        assert client.post(addresses(made)[0], data=FORM, headers=headers).status_code in {200, 303}
    found = db.session.query(Event).filter_by(application_id=made.case_id, kind="answer_saved").count()
    assert (self_assessment.answers_of(made.application)["P.1"].version, found) == (1, 1)


def test_an_empty_form_is_no_answer(client: CheckingClient, made: Made) -> None:
    reply = client.post(addresses(made)[0], data={"version": "0"}, headers=SCRIPT)
    assert reply.json is not None
    assert (reply.status_code, reply.json["version"]) == (200, 0)
    assert self_assessment.answers_of(made.application) == {}


def test_a_handed_over_case_takes_no_text_not_even_the_same(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.SUBMITTED)
    login(client, made.people["editor"])
    answer = client.post(addresses(made)[0], data={"version": "0"}, headers=SCRIPT)
    assert answer.status_code == 409


TOO_LATE = {
    "answers/P.1": FORM,
    "evidence/P.1": {**FORM, "title": "Uchwała"},
    "evidence/P.1/link": FORM,
    "carry-over/P.1/confirm": FORM,
    "answers/P.1/comments": {"text": TEXT},
    "object": {"version": "1", "assignment": "1", "reason": TEXT},
    "hearing": {"kind": "slip", "criterion": "", "text": TEXT},
    "appeal": {"version": "{version}", "grounds": TEXT},
    "difference": {"criteria": "P.1", "note": TEXT, "version": "{version}"},
}


def test_a_text_that_comes_too_late_stands_on_the_page_that_says_why(client: CheckingClient, login: Login) -> None:
    """The case was rejected meanwhile: nothing of the centre's desk is open, and nothing that was typed is lost."""
    made = make_application(Status.REJECTED)
    login(client, made.people["manager"])
    late = {}
    for place, form in TOO_LATE.items():
        sent = {name: value.format(version=made.application.version) for name, value in form.items()}
        page = client.post(f"/cases/{made.case_id}/{place}", data=sent)
        late[place] = page.status_code, "Teraz nie można tego zrobić" in page.text, given_back(page.text)
    assert late == dict.fromkeys(TOO_LATE, (409, True, ESCAPED))


def given_back(page: str) -> list[str]:
    """What stands in boxes that can be copied from and not sent."""
    return re.findall(r"<textarea id=\"typed-[0-9]+\" rows=\"[0-9]+\" readonly>\n(.*?)</textarea>", page, re.DOTALL)


def test_a_text_that_comes_too_late_is_shown_to_its_writer_only(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.REJECTED)
    login(client, made.people["editor"])
    address = f"/cases/{made.case_id}/answers/P.1"
    page = client.post(address, data={**FORM, "P-1-reason": "a\0b", "narrative-P.1.b": " "})
    assert page.status_code == 409
    assert given_back(page.text) == [*ESCAPED, "a\ufffdb"]
    assert "Wskaźnik P.1.a" in page.text and "Twój tekst" in page.text
    assert given_back(client.post(address, data={"P-1-points": "3"}).text) == []
    script = client.post(address, data=FORM, headers=SCRIPT)
    assert (script.status_code, script.json and "gęślą" in str(script.json)) == (409, False)
    # Who has not the role is refused before the token is looked at, so only our own pages get the text back.
    login(client, made.people["auditor"])
    assert [given_back(client.post(address, data=FORM, headers=one).text) for one in ({}, OURS)] == [[], ESCAPED]


def test_a_refused_form_tells_the_script_what_is_kept(client: CheckingClient, made: Made) -> None:
    client.post(addresses(made)[0], data=FORM)
    page = client.post(addresses(made)[0], data={**FORM, "version": "1", "narrative-P.1.a": "a\0b"}).text
    assert page.count("data-stored=") == 1
    assert "Piszemy porozumienia.\\n" in re.findall('data-stored="([^"]*)"', page)[0].replace("&#34;", '"')
    assert "data-stored" not in client.get(f"/cases/{made.case_id}/self-assessment/P").text


def test_whoever_is_signed_in_already_goes_where_the_link_leads(client: CheckingClient, made: Made) -> None:
    answer = client.get(f"/sign-in?next=/cases/{made.case_id}%23P.1")
    assert (answer.status_code, answer.location) == (303, f"/cases/{made.case_id}#P.1")
    assert client.get("/sign-in?next=//evil.example").location == "/applications"


# What such a field holds is a list of codes, or belongs to no case that could be closed for it.
NOT_KEPT = {"gminas"}


def test_every_free_text_of_a_form_is_given_back() -> None:
    forms, found = [FlaskForm], set()
    while forms:
        one = forms.pop()
        forms += one.__subclasses__()
        fields = {name: field for name, field in vars(one).items() if isinstance(field, UnboundField)}
        found |= {name for name, field in fields.items() if issubclass(field.field_class, TextAreaField)}
    assert "minutes" in found
    assert sorted(name for name in found - NOT_KEPT if not kept_text._TEXT.fullmatch(name)) == []


def test_minutes_that_come_too_late_are_given_back(client: CheckingClient, login: Login) -> None:
    late = make_application(Status.DECISION)
    login(client, late.people["lead"])
    sent = {"held_on": "2026-03-05", "minutes": "Rozmowa z kierowniczką i obejście lokalu."}
    page = client.post(f"/cases/{late.case_id}/visit", data=sent)
    assert page.status_code == 409
    assert sent["minutes"] in page.text
