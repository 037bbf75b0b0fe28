"""Teams, blind scores and the hearing: refusals beyond the table, and what each record keeps."""

from datetime import date, timedelta

import pytest
from flask import Flask

from certify import timing
from certify.domain.errors import Conflict, Invalid, NotFound
from certify.domain.lifecycle import Status
from certify.domain.policy import Role
from certify.models.account import User
from certify.queries import audits as audit_queries
from certify.queries import cases
from certify.workflows import audits, reports, teams
from certify.workflows.reports import ReportData
from tests.factories import Made, make_application, make_user


def codes(error: Invalid) -> dict[str, str]:
    return {one.field: one.code for one in error.errors}


def appoint_code(made: Made, user: User, *, lead: bool = False) -> str:
    with pytest.raises((Conflict, NotFound)) as refused:
        teams.appoint(made.cast.coordinator, made.case_id, user.id, lead=lead)
    return refused.value.code


def test_who_may_not_be_appointed(app: Flask) -> None:
    made = make_application(Status.TEAMING)
    assert appoint_code(made, made.people["lead"]) == "auditor_already_appointed"
    assert appoint_code(made, made.people["outsider"]) == "team_complete"
    assert appoint_code(made, made.people["decider"]) == "auditor_not_found"
    insider = make_user("Irena", Role.AUDITOR, centre=made.organisation)
    assert appoint_code(made, insider) == "auditor_of_centre"
    second = cases.team(made.application)[1]
    teams.release(made.cast.coordinator, made.case_id, second.id)
    assert appoint_code(made, made.people["outsider"], lead=True) == "lead_appointed"
    with pytest.raises(NotFound):
        teams.release(made.cast.coordinator, made.case_id, second.id)


def test_a_released_auditor_no_longer_sees_the_case(app: Flask) -> None:
    made = make_application(Status.TEAMING)
    second = cases.team(made.application)[1]
    assert cases.get(made.actor("auditor"), made.case_id)
    teams.release(made.cast.coordinator, made.case_id, second.id)
    with pytest.raises(NotFound):
        cases.get(made.actor("auditor"), made.case_id)
    assert made.application.team_agreed_at is None


def reopened_team() -> Made:
    """A team whose second auditor is new, so that the centre's time to object runs and a declaration is missing."""
    made = make_application(Status.TEAMING)
    teams.release(made.cast.coordinator, made.case_id, cases.team(made.application)[1].id)
    teams.appoint(made.cast.coordinator, made.case_id, made.people["outsider"].id)
    return made


def test_a_tie_bars_from_the_case(app: Flask) -> None:
    made = reopened_team()
    outsider = made.actor("outsider")
    with pytest.raises(Invalid) as silent:
        teams.declare(outsider, made.case_id, tie=True)
    assert codes(silent.value) == {"note": "required"}
    member = teams.declare(outsider, made.case_id, tie=True, note="Szkoliłam ten zespół w maju.")
    assert (member.tie, member.tie_note) == (True, "Szkoliłam ten zespół w maju.")
    teams.agree_team(made.cast.manager, made.case_id)
    with pytest.raises(Conflict) as refused:
        teams.start_audit(made.cast.coordinator, made.case_id)
    assert refused.value.code == "tie_open"


def test_an_objection_is_answered_or_the_audit_waits(app: Flask) -> None:
    made = reopened_team()
    teams.declare(made.actor("outsider"), made.case_id, tie=False)
    member = cases.team(made.application)[1]
    with pytest.raises(Conflict) as none_yet:
        teams.overrule(made.cast.coordinator, made.case_id, member.id, "Nie ma czego.")
    assert none_yet.value.code == "no_open_objection"
    teams.object_to(made.cast.manager, made.case_id, member.id, "Pracowała u nas.")
    with pytest.raises(Conflict) as twice:
        teams.object_to(made.cast.manager, made.case_id, member.id, "Jeszcze raz.")
    assert twice.value.code == "objected_already"
    teams.agree_team(made.cast.manager, made.case_id)
    with pytest.raises(Conflict) as waits:
        teams.start_audit(made.cast.coordinator, made.case_id)
    assert waits.value.code == "objection_open"
    teams.overrule(made.cast.coordinator, made.case_id, member.id, "Minęło pięć lat.")
    assert teams.start_audit(made.cast.coordinator, made.case_id).status == Status.AUDIT


def test_the_time_to_object_ends_by_itself(app: Flask) -> None:
    made = reopened_team()
    teams.declare(made.actor("outsider"), made.case_id, tie=False)
    with pytest.raises(Conflict) as early:
        teams.start_audit(made.cast.coordinator, made.case_id)
    assert early.value.code == "objection_time_running"
    with timing.fixed(timing.now() + timedelta(days=40)):
        assert teams.start_audit(made.cast.coordinator, made.case_id).status == Status.AUDIT


def test_an_empty_team_has_no_time_to_object(app: Flask) -> None:
    made = make_application(Status.TEAMING)
    for member in cases.team(made.application):
        teams.release(made.cast.coordinator, made.case_id, member.id)
    assert cases.objection_until(made.application, []) is None
    assert not cases.facts(made.application).objection_over


def test_scores_need_reasons_and_are_never_overwritten(app: Flask) -> None:
    made = make_application(Status.AUDIT)
    auditor, case_id = made.actor("auditor"), made.case_id
    rated = audit_queries.sheet(cases.team(made.application)[1])
    open_id = next(
        one.id
        for one in cases.rubric_of(made.application).criteria_for("OPS")
        if one.id not in rated and not one.critical
    )
    for points, reason, expected in [
        (None, "bo", {"points": "required"}),
        (9, "bo", {"points": "points_off_scale"}),
        (1, "", {"reason": "score_reason_missing"}),
    ]:
        with pytest.raises(Invalid) as refused:
            audits.score(auditor, case_id, open_id, points=points, reason=reason)
        assert codes(refused.value) == expected
    first = audits.score(auditor, case_id, open_id, points=3, number=0)
    with pytest.raises(Conflict) as stale:
        audits.score(auditor, case_id, open_id, points=4, reason="Dodano dowód.", number=0)
    assert stale.value.details["current"] == 1
    with pytest.raises(Invalid) as unexplained:
        audits.score(auditor, case_id, open_id, points=4)
    assert codes(unexplained.value) == {"reason": "score_reason_missing"}
    second = audits.score(auditor, case_id, open_id, points=4, reason="Dodano dowód.", number=1)
    assert (first.id, second.id) == (first.id, first.id + 1)
    assert (first.points, second.points, second.number, second.submission_number) == (3, 4, 2, 1)


def test_a_visit_lies_in_the_past(app: Flask) -> None:
    made = make_application(Status.AUDIT)
    with pytest.raises(Invalid) as refused:
        audits.record_visit(made.actor("lead"), made.case_id, timing.today() + timedelta(days=1), "Plan.")
    assert codes(refused.value) == {"held_on": "date_in_future"}
    visit = audits.record_visit(made.actor("lead"), made.case_id, date(2026, 1, 7), "Protokół.")
    assert audit_queries.visits(made.application) == [visit]


def test_a_consensus_is_written_for_what_diverges_only(app: Flask) -> None:
    made = make_application(Status.CONSENSUS)
    (divergent,) = audit_queries.divergent(made.application)
    auditor = made.actor("auditor")
    with pytest.raises(Conflict) as calm:
        audits.settle(auditor, made.case_id, "P.1", points=3, note="Po rozmowie.")
    assert calm.value.code == "nothing_diverges"
    with pytest.raises(Invalid) as empty:
        audits.settle(auditor, made.case_id, divergent, points=None, note="Po rozmowie.")
    assert codes(empty.value) == {"points": "required"}
    audits.settle(auditor, made.case_id, divergent, points=2, note="Po rozmowie.", version=0)
    with pytest.raises(Conflict) as stale:
        audits.settle(made.actor("lead"), made.case_id, divergent, points=1, note="Nie widziałam.", version=0)
    assert (stale.value.code, stale.value.details["current"]) == ("stale_version", 1)
    again = audits.settle(made.actor("lead"), made.case_id, divergent, points=3, note="Po wizycie.")
    assert (again.points, again.note, again.settled_by_id) == (3, "Po wizycie.", made.people["lead"].id)
    assert audit_queries.ratings(made.application)[divergent] == 3
    assert audits.agree(made.actor("lead"), made.case_id).status == Status.REPORT


def test_comments_name_a_kind_and_a_known_criterion(app: Flask) -> None:
    made = make_application(Status.HEARING)
    with pytest.raises(Invalid) as kind:
        reports.comment(made.cast.manager, made.case_id, "anger", "Źle.")
    assert codes(kind.value) == {"kind": "not_a_choice"}
    with pytest.raises(NotFound):
        reports.comment(made.cast.manager, made.case_id, "slip", "Źle.", criterion_id="Z.9")
    item = reports.comment(made.cast.manager, made.case_id, "omitted", "Pominięto mapę.", criterion_id="P.1")
    reports.end_hearing(made.cast.manager, made.case_id)
    with pytest.raises(NotFound):
        reports.answer_comment(made.actor("lead"), made.case_id, item.id + 99, accepted=True, answer="Tak.")
    with pytest.raises(Conflict) as waits:
        reports.finalise(made.actor("lead"), made.case_id, ReportData("Ustalenia."))
    assert waits.value.code == "hearing_item_open"
    answered = reports.answer_comment(made.actor("lead"), made.case_id, item.id, accepted=False, answer="Mapa jest.")
    assert (answered.accepted, answered.answer) == (False, "Mapa jest.")
    final = reports.finalise(made.actor("lead"), made.case_id, ReportData("Ustalenia.", "Mocne.", "Zalecenia."))
    assert [(one.number, one.final) for one in audit_queries.reports(made.application)] == [(1, False), (2, True)]
    assert final.recommendations == "Zalecenia."
