"""A form that was opened before something changed is refused with 409, says so, keeps the text and changes nothing.

The cases stand where the form is in turn, so that nothing else can be the reason: with the right version it goes
through.
"""

import re
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from certify import timing
from certify.db import db
from certify.domain.lifecycle import Status
from certify.i18n import SESSION_KEY
from certify.models.account import User
from certify.models.event import Event
from certify.queries import audits as audit_queries
from certify.queries import cases
from certify.queries.rubrics import rubric_of
from certify.walk import Walk
from certify.workflows import answers, audits, decisions, reports, teams
from certify.workflows.answers import AnswerData
from tests.factories import OSL, SMALL, Made, make_application, make_audit, small_script
from tests.pages import CheckingClient
from tests.test_bad_input import FORM_IS_GONE, OUT_OF_TURN, STALE

Login = Callable[[CheckingClient, User], CheckingClient]
TEXT = "Zdanie, które ktoś napisał i nie chce stracić."
# endpoint → (the case, who, the address below the case, the form with `VERSION`).
Opened = tuple[Made, str, str, dict[str, str]]


def walked(*stages: str) -> Made:
    made = make_application(Status.DRAFT)
    walk = Walk(made.cast, made.application.unit_id, SMALL, small_script(SMALL))
    walk.case_id = made.case_id
    for stage in stages:
        walk.take(stage)
    return made


def version(made: Made) -> str:
    return str(made.application.version)


def new_member() -> Opened:
    made = make_application(Status.TEAMING)
    teams.release(made.cast.coordinator, made.case_id, cases.team(made.application)[1].id)
    teams.appoint(made.cast.coordinator, made.case_id, made.people["outsider"].id)
    return made, "outsider", "declaration", {"tie": "tie", "note": TEXT, "version": version(made)}


def objection() -> Opened:
    made = new_member()[0]
    place = str(cases.team(made.application)[1].id)
    return made, "manager", "object", {"assignment": place, "reason": TEXT, "version": version(made)}


def overruling() -> Opened:
    made = new_member()[0]
    place = cases.team(made.application)[1].id
    teams.object_to(made.cast.manager, made.case_id, place, "Pracowała u nas.")
    return made, "coordinator", "team/overrule", {"assignment_id": str(place), "note": TEXT, "version": version(made)}


def submitting() -> Opened:
    made = walked("fill")
    return made, "manager", "submit", {"declaration": "y", "version": version(made)}


def offering() -> Opened:
    made = make_audit()
    first = rubric_of(made.application).criteria_for("OPS")[0]
    texts = {one.id: "Nowy opis." for one in first.indicators}
    answers.save(made.cast.manager, made.case_id, first.id, AnswerData(points=3, narratives=texts))
    return made, "manager", "difference", {"criteria": first.id, "note": TEXT, "version": version(made)}


def scoring() -> Opened:
    made = make_application(Status.AUDIT)
    done = audit_queries.sheet(cases.team(made.application)[1])
    criterion = next(iter(done))
    slug = criterion.replace(".", "-")
    form = {f"{slug}-points": "2", f"{slug}-reason": TEXT, "number": str(done[criterion].number)}
    return made, "auditor", f"scores/{criterion}", form


def handing_in() -> Opened:
    made = make_audit()
    for criterion in rubric_of(made.application).criteria_for("OPS"):
        audits.score(made.actor("auditor"), made.case_id, criterion.id, points=3)
    sheet = audit_queries.sheet(cases.team(made.application)[1])
    return made, "auditor", "hand-in", {"sure": "y", "version": str(audit_queries.sheet_version(sheet))}


def closing() -> Opened:
    made = make_audit()
    walk = Walk(made.cast, made.application.unit_id, SMALL, small_script(SMALL))
    walk.case_id = made.case_id
    walk.take("score")
    return made, "lead", "close-scoring", {"version": version(made)}


def settling() -> Opened:
    made = make_application(Status.CONSENSUS)
    (criterion,) = audit_queries.divergent(made.application)
    audits.settle(made.actor("lead"), made.case_id, criterion, points=2, note="Po rozmowie.")
    slug = criterion.replace(".", "-")
    return made, "auditor", f"consensus/{criterion}", {f"{slug}-points": "3", f"{slug}-note": TEXT, "version": "1"}


def agreeing() -> Opened:
    made = settling()[0]
    return made, "lead", "agree", {"version": version(made)}


def heard(answered: bool) -> tuple[Made, int]:
    made = make_application(Status.HEARING)
    item = reports.comment(made.cast.manager, made.case_id, "slip", "Zła data.")
    reports.end_hearing(made.cast.manager, made.case_id)
    if answered:
        reports.answer_comment(made.actor("lead"), made.case_id, item.id, accepted=True, answer="Poprawiono.")
    return made, item.id


def answering() -> Opened:
    made, item = heard(answered=False)
    form = {f"item{item}-accepted": "yes", f"item{item}-answer": TEXT, f"item{item}-version": "1"}
    return made, "lead", f"report/comments/{item}", form


def finalising() -> Opened:
    made, _ = heard(answered=True)
    return made, "lead", "report/final", {"summary": TEXT, "version": version(made)}


def confirming() -> Opened:
    made = make_application(Status.CONDITIONAL, OSL)
    for one in cases.decisions(made.application)[-1].conditions:
        decisions.report_condition(made.cast.manager, made.case_id, one.id, "Zrobione.")
    return made, "lead", "conditions/verification", {"note": TEXT, "version": version(made)}


def failing() -> Opened:
    made = make_application(Status.CONDITIONAL, OSL)
    return made, "decider", "fail-conditions", {"reasons": TEXT, "version": version(made)}


def appealing() -> Opened:
    made = make_application(Status.APPEAL)
    return made, "panel", "appeal-answer", {"answer": "dismiss", "reasons": TEXT, "version": version(made)}


FORMS: dict[str, Callable[[], Opened]] = {
    "applications.submit_post": submitting,
    "applications.object_to_post": objection,
    "audits.declare_post": new_member,
    "cases.overrule": overruling,
    "supplements.offer": offering,
    "audits.score": scoring,
    "audits.hand_in_post": handing_in,
    "audits.close_scoring": closing,
    "audits.settle": settling,
    "audits.agree": agreeing,
    "reports.answer_comment": answering,
    "reports.finalise": finalising,
    "audits.confirm_conditions_post": confirming,
    "decisions.fail_conditions": failing,
    "decisions.appeal_post": appealing,
}


def events() -> int:
    return db.session.scalar(select(func.count(Event.id))) or 0


@pytest.mark.parametrize("endpoint", FORMS)
def test_an_old_form_is_refused_with_its_text_and_a_fresh_one_goes_through(
    app: Flask, login: Login, endpoint: str
) -> None:
    made, part, address, form = FORMS[endpoint]()
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    seen = next(name for name in form if re.search(r"(^|-)version$|^number$", name))
    before = (events(), made.application.status)
    with timing.fixed(timing.now() + timedelta(days=200)) if endpoint == "decisions.fail_conditions" else nullcontext():
        with client.session_transaction() as session:
            session[SESSION_KEY] = "en"
        login(client, made.people[part])
        old = client.post(f"/cases/{made.case_id}/{address}", data=form | {seen: str(int(form[seen]) + 7)})
        assert old.status_code == 409
        assert "in the meantime" in old.text, "another reason was given"
        assert all(text in old.text for text in form.values() if text == TEXT)
        assert (events(), made.application.status) == before
        assert client.post(f"/cases/{made.case_id}/{address}", data=form).status_code == 303
    assert events() > before[0]


def test_every_form_with_a_version_is_tried_where_it_is_in_turn() -> None:
    """What the sweep can't try in turn is tried here."""
    assert set(OUT_OF_TURN) | FORM_IS_GONE <= set(FORMS)
    # These send a version although the sweep's form has none.
    compared = {"audits.score", "audits.hand_in_post", "audits.close_scoring", "audits.settle"}
    assert set(FORMS) - set(STALE) == compared
