"""Versions per thing: what one person saves makes only that thing stale, and tells nobody how busy they are."""

import pytest
from flask import Flask

from certify.domain.errors import Conflict
from certify.domain.lifecycle import Status
from certify.queries import audits as audit_queries
from certify.queries import cases, history
from certify.queries.rubrics import rubric_of
from certify.workflows import answers, audits, decisions, reports, supplements, teams
from certify.workflows.answers import AnswerData
from tests.factories import OSL, Made, make_application, make_audit


def stale(call: object) -> int:
    with pytest.raises(Conflict) as refused:
        call()  # type: ignore[operator]
    assert refused.value.code == "stale_version"
    return int(str(refused.value.details["current"]))


def criteria(made: Made) -> list[str]:
    return [one.id for one in rubric_of(made.application).criteria_for(made.application.centre_type)]


def known(made: Made, part: str) -> set[str]:
    case = cases.facts(made.application)
    return {one.kind for one in history.entries(made.actor(part), made.application, case)}


def test_what_auditors_save_moves_no_version_and_stands_in_no_centres_history(app: Flask) -> None:
    made = make_audit()
    before, known_before = made.application.version, known(made, "manager")
    for criterion in criteria(made):
        audits.score(made.actor("lead"), made.case_id, criterion, points=3)
    audits.hand_in(made.actor("lead"), made.case_id)
    assert made.application.version == before
    assert known(made, "manager") == known(made, "editor") == known_before
    assert "hand_in" in known(made, "auditor") & known(made, "coordinator")


def test_a_save_of_an_auditor_refuses_no_supplement_of_the_centre(app: Flask) -> None:
    made = make_audit()
    seen, first = made.application.version, criteria(made)[0]
    texts = {one.id: "Nowy opis." for one in rubric_of(made.application).criterion(first).indicators}
    answers.save(made.cast.manager, made.case_id, first, AnswerData(points=3, narratives=texts))
    audits.score(made.actor("lead"), made.case_id, first, points=3)
    offered = supplements.offer(made.cast.manager, made.case_id, [first], "Nowy opis.", version=seen)
    # Nor does the centre's offer refuse what the lead auditor had open.
    answered = supplements.answer(made.actor("lead"), made.case_id, offered.items[0].id, accepted=True, reason="")
    assert answered.accepted and made.application.version == seen


def test_the_sheet_that_is_handed_in_is_the_one_that_was_looked_through(app: Flask) -> None:
    made = make_audit()
    lead = made.actor("lead")
    for criterion in criteria(made):
        audits.score(lead, made.case_id, criterion, points=3)
    sheet = audit_queries.sheet(cases.team(made.application)[0])
    seen = audit_queries.sheet_version(sheet)
    assert seen == len(sheet)
    audits.score(lead, made.case_id, criteria(made)[0], points=4, reason="Nowy dowód.")
    assert stale(lambda: audits.hand_in(lead, made.case_id, sheet=seen)) == seen + 1
    assert audits.hand_in(lead, made.case_id, sheet=seen + 1).handed_in_at


def test_two_people_report_on_two_conditions_and_nobody_over_anothers_report(app: Flask) -> None:
    made = make_application(Status.CONDITIONAL, OSL)
    (condition,) = cases.decisions(made.application)[-1].conditions
    manager, editor, case_id = made.cast.manager, made.actor("editor"), made.case_id
    case_before = made.application.version
    decisions.report_condition(manager, case_id, condition.id, "Zarządzenie 7.", version=1)
    assert stale(lambda: decisions.report_condition(editor, case_id, condition.id, "Uchwała.", version=1)) == 2
    assert condition.report == "Zarządzenie 7."
    # An auditor who did not see the report can't confirm it; all readers of the case know of it.
    lead = made.actor("lead")
    assert stale(lambda: decisions.confirm_conditions(lead, case_id, "Zgodne.", version=case_before)) > case_before
    decisions.report_condition(editor, case_id, condition.id, "Zarządzenie 7 i uchwała.", version=2)
    assert condition.version == 3


def test_answers_to_comments_have_versions_of_their_own(app: Flask) -> None:
    made = make_application(Status.HEARING)
    one = reports.comment(made.cast.manager, made.case_id, "slip", "Zła data.")
    two = reports.comment(made.actor("editor"), made.case_id, "omitted", "Pominięto mapę.")
    reports.end_hearing(made.cast.manager, made.case_id)
    lead = made.actor("lead")
    reports.answer_comment(lead, made.case_id, one.id, accepted=True, answer="Poprawiono.", version=1)
    reports.answer_comment(lead, made.case_id, two.id, accepted=False, answer="Mapa jest.", version=1)
    again = {"accepted": False, "answer": "Data jest dobra.", "version": 1}
    assert stale(lambda: reports.answer_comment(lead, made.case_id, one.id, **again)) == 2  # type: ignore[arg-type]
    assert (one.answer, one.version) == ("Poprawiono.", 2)


def test_an_objection_is_not_told_by_the_version(app: Flask) -> None:
    made = make_application(Status.TEAMING)
    second = cases.team(made.application)[1]
    teams.release(made.cast.coordinator, made.case_id, second.id)
    place = teams.appoint(made.cast.coordinator, made.case_id, made.people["outsider"].id)
    before = made.application.version
    teams.object_to(made.cast.manager, made.case_id, place.id, "Pracowała u nas.", version=before)
    teams.overrule(made.cast.coordinator, made.case_id, place.id, "Minęło pięć lat.", version=before)
    assert made.application.version == before
    assert "object" not in known(made, "lead") and "object" in known(made, "coordinator")


def test_a_new_version_of_the_team_is_seen_before_it_is_judged(app: Flask) -> None:
    made = make_application(Status.TEAMING)
    seen = made.application.version
    second = cases.team(made.application)[1]
    teams.release(made.cast.coordinator, made.case_id, second.id, version=seen)
    assert stale(lambda: teams.start_audit(made.cast.coordinator, made.case_id, version=seen)) == seen + 1
