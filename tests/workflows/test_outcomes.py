"""Decisions, conditions, appeals and certificates: reasons, separation of duties, one certificate, its file."""

import io
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from certify import storage, timing
from certify.db import db
from certify.domain.errors import CertifyError, Conflict, Invalid, NotFound, Unavailable
from certify.domain.lifecycle import Status
from certify.domain.validity import Validity
from certify.models.certificate import Certificate
from certify.models.decision import Appeal
from certify.models.organisation import UnitGmina
from certify.queries import audits as audit_queries
from certify.queries import cases, certificates, deadlines, rubrics
from certify.workflows import certificates as issuing
from certify.workflows import decisions, verification
from certify.workflows.decisions import ConditionData, DecisionData
from certify.workflows.evidence import root
from tests.factories import OSL, Made, make_application, make_organisation, publish

GRANT = DecisionData("granted", "Wszystkie wymagania spełnione.")


def codes(error: Invalid) -> dict[str, str]:
    return {one.field: one.code for one in error.errors}


def decided(made: Made, data: DecisionData, verb: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        getattr(decisions, verb)(made.cast.decider, made.case_id, data)
    return codes(refused.value)


def test_a_decision_gives_reasons_and_explains_a_departure(app: Flask) -> None:
    made = make_application(Status.DECISION, OSL)
    assert decided(made, replace(GRANT, reasons=" "), "grant") == {"reasons": "required"}
    assert decided(made, replace(GRANT, outcome="refused"), "grant") == {
        "outcome": "not_a_choice",
        "departure_reasons": "departure_reasons_missing",
    }
    refusal = DecisionData("refused", "Dowody są nieaktualne.")
    assert decided(made, refusal, "refuse") == {"departure_reasons": "departure_reasons_missing"}
    conditional = DecisionData("conditional", "Brak planu.", "Plan jest przeterminowany.")
    assert decided(made, conditional, "grant_conditionally") == {"conditions": "conditions_missing"}
    for kind, subject in (("criterion", "O1"), ("area", "O1.1"), ("other", "O1"), ("criterion", "")):
        strange = replace(conditional, conditions=[ConditionData(kind, subject, "Uzupełnić.")])
        assert decided(made, strange, "grant_conditionally") == {"conditions": "not_a_choice"}
    decision = decisions.grant(made.cast.decider, made.case_id, GRANT)
    assert (decision.outcome, decision.computed_outcome, decision.departure_reasons) == ("granted", "granted", "")
    assert decision.trace == audit_queries.result(made.application).to_json()
    assert decision.trace["total"] == "66.7"


def test_conditions_lead_to_the_certificate(app: Flask) -> None:
    made = make_application(Status.CONDITIONAL, OSL)
    manager, coordinator, lead = made.cast.manager, made.cast.coordinator, made.actor("lead")
    (decision,) = cases.decisions(made.application)
    (condition,) = decision.conditions
    due = condition.due_on
    decisions.extend_conditions(coordinator, made.case_id, "Rada zbiera się w marcu.")
    assert condition.due_on > due
    with pytest.raises(Conflict) as again:
        decisions.extend_conditions(coordinator, made.case_id, "Jeszcze raz.")
    assert again.value.code == "extended_already"
    with pytest.raises(NotFound):
        decisions.report_condition(manager, made.case_id, condition.id + 9, "Zrobione.")
    with pytest.raises(Conflict) as early:
        decisions.confirm_conditions(lead, made.case_id, "Sprawdzono.")
    assert early.value.code == "condition_not_reported"
    decisions.report_condition(manager, made.case_id, condition.id, "Uchwała z 3 marca.")
    decisions.confirm_conditions(lead, made.case_id, "Uchwała zgodna.")
    assert (condition.verified_by_id, made.application.status) == (lead.user_id, Status.GRANTED)
    assert issuing.issue(coordinator, made.case_id).grade == ""


def test_conditions_that_are_not_met_end_in_a_refusal(app: Flask) -> None:
    made = make_application(Status.CONDITIONAL, OSL)
    refusal = DecisionData("refused", "Warunku nie spełniono w terminie.")
    with pytest.raises(Conflict) as early:
        decisions.fail_conditions(made.cast.decider, made.case_id, refusal)
    assert early.value.code == "conditions_time_running"
    with timing.fixed(timing.now() + timedelta(days=200)):
        decision = decisions.fail_conditions(made.cast.decider, made.case_id, refusal)
    assert made.application.status == Status.REFUSED
    assert decision.departure_reasons == decision.reasons


def test_the_conditions_that_are_verified_are_those_of_the_decision_that_stands(app: Flask) -> None:
    made = make_application(Status.CONDITIONAL, OSL)
    decider, panel, manager = made.cast.decider, made.actor("panel"), made.cast.manager
    with timing.fixed(timing.now() + timedelta(days=200)):
        decisions.fail_conditions(decider, made.case_id, DecisionData("refused", "Warunku nie spełniono."))
        decisions.appeal(manager, made.case_id, "Termin był za krótki.")
        decisions.uphold(panel, made.case_id, "Słuszne.")
        again = DecisionData("conditional", "Jeszcze raz.", "Ośrodek potrzebuje czasu.", [
            ConditionData("other", "", "Ogłosić plan."), ConditionData("other", "", "Przyjąć plan."),
        ])  # fmt: skip
        decisions.grant_conditionally(panel, made.case_id, again)
        first, _, last = cases.decisions(made.application)
        for condition in last.conditions:
            decisions.report_condition(manager, made.case_id, condition.id, "Zrobione.")
        decisions.confirm_conditions(made.actor("lead"), made.case_id, "Sprawdzono.")
    assert [one.verified_at is not None for one in last.conditions] == [True, True]
    assert [one.verified_at for one in first.conditions] == [None]


def test_an_appeal_is_decided_by_others(app: Flask) -> None:
    made = make_application(Status.APPEAL)
    panel, decider = made.actor("panel"), made.cast.decider
    with pytest.raises(Conflict) as own:
        decisions.uphold(decider, made.case_id, "Słuszne.")
    assert own.value.code == "separation_of_duties"
    decisions.uphold(panel, made.case_id, "Pominięto uzupełnienie.")
    filed = db.session.scalars(select(Appeal)).one()
    assert (filed.upheld, filed.reasons, made.application.status) == (True, "Pominięto uzupełnienie.", Status.DECISION)
    outcome = audit_queries.result(made.application).outcome
    assert outcome is not None
    again = DecisionData(outcome.id, "Po ponownym rozpatrzeniu.")
    with pytest.raises(Conflict) as twice:
        decisions.grant(decider, made.case_id, again)
    assert twice.value.code == "separation_of_duties"
    decisions.grant(panel, made.case_id, again)
    assert made.application.status == Status.GRANTED


def test_a_dismissed_appeal_ends_the_case(app: Flask) -> None:
    made = make_application(Status.APPEAL)
    decisions.dismiss(made.actor("panel"), made.case_id, "Zarzuty są bezzasadne.")
    assert (made.application.status, made.application.due_on) == (Status.REFUSED, None)
    with pytest.raises(Conflict) as again:
        decisions.appeal(made.cast.manager, made.case_id, "Jeszcze raz.")
    assert again.value.code == "appeal_used"


def test_the_window_of_an_appeal_closes(app: Flask) -> None:
    made = make_application(Status.REFUSED)
    with timing.fixed(timing.now() + timedelta(days=60)), pytest.raises(Conflict) as late:
        decisions.appeal(made.cast.manager, made.case_id, "Za późno.")
    assert late.value.code == "appeal_time_over"


def test_a_certificate_is_issued_once_with_its_file(app: Flask) -> None:
    made = make_application(Status.GRANTED, OSL)
    db.session.rollback()
    certificate = issuing.issue(made.cast.coordinator, made.case_id)
    year = timing.today().year
    assert (certificate.number, certificate.path_number) == (f"OSL/{year}/0001", f"OSL-{year}-0001")
    assert certificate.valid_until == deadlines.years_after(timing.today(), 5)
    assert certificate.holder_name == made.organisation.name
    assert certificate.pdf_sha256 is not None
    with storage.open_verified(root(), certificate.pdf_sha256) as file:
        printed = file.read()
    with pytest.raises(Conflict) as second:
        issuing.issue(made.cast.coordinator, made.case_id)
    assert second.value.code == "already_issued"
    assert verification.verify(io.BytesIO(printed)).answer == "genuine"
    assert verification.verify(io.BytesIO(printed + b"\n")).answer == "altered"
    assert verification.verify(io.BytesIO(printed[:500])).answer == "unreadable"
    assert certificates.validity(certificate) is Validity.VALID
    assert certificates.validity(certificate, date(year + 9, 1, 1)) is Validity.EXPIRED


def test_grades_stand_on_the_certificate_of_a_standard_that_has_them(app: Flask) -> None:
    made = make_application(Status.CERTIFIED)
    certificate = certificates.of_application(made.case_id)
    assert certificate is not None
    outcome = cases.decisions(made.application)[-1].outcome
    assert certificate.grade == rubrics.rubric_of(made.application).outcome(outcome).title.pl != ""
    assert certificate.number == f"WOL-{timing.today().year}-001"


def test_a_missing_engine_changes_nothing(app: Flask) -> None:
    made = make_application(Status.GRANTED)
    app.config["STORAGE"] = "/proc/nowhere"
    with pytest.raises(Unavailable) as refused:
        issuing.issue(made.cast.coordinator, made.case_id)
    assert refused.value.code == "storage_unavailable"
    assert made.application.status == Status.GRANTED
    assert db.session.scalar(select(func.count()).select_from(Certificate)) == 0


def test_an_old_form_issues_nothing(app: Flask) -> None:
    made = make_application(Status.GRANTED)
    with pytest.raises(Conflict) as stale:
        issuing.issue(made.cast.coordinator, made.case_id, version=made.application.version - 1)
    assert stale.value.code == "stale_version"
    assert not db.session.scalar(select(func.count(Certificate.id)))


def test_of_eight_coordinators_one_issues(app: Flask) -> None:
    made = make_application(Status.GRANTED)
    coordinator, case_id = made.cast.coordinator, made.case_id
    version = made.application.version
    db.session.rollback()
    answers: list[str] = []
    links: set[object] = set()
    start = threading.Barrier(4)

    def run() -> None:
        with app.app_context():
            start.wait()
            code = "busy"
            # Two print at once on a machine; who hears "busy" comes again, as the sentence says.
            while code == "busy":
                try:
                    # With the version that all four saw: who comes late hears that it is done and where, not "stale".
                    code = issuing.issue(coordinator, case_id, version=version).number
                except CertifyError as error:
                    code = error.code
                    links.update({error.details["link"]} if "link" in error.details else ())
            answers.append(code)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [f"WOL-{timing.today().year}-001", *["already_issued"] * 3]
    assert links == {f"http://localhost/certificates/WOL-{timing.today().year}-001"}


def test_a_number_that_was_taken_meanwhile_is_passed_over(app: Flask) -> None:
    first, second = make_application(Status.GRANTED), make_application(Status.GRANTED)
    db.session.rollback()
    start = threading.Barrier(2)
    numbers: list[str] = []

    def run(made: Made) -> None:
        with app.app_context():
            start.wait()
            numbers.append(issuing.issue(made.cast.coordinator, made.case_id).number)

    threads = [threading.Thread(target=run, args=(made,)) for made in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    year = timing.today().year
    assert sorted(numbers) == [f"WOL-{year}-001", f"WOL-{year}-002"]


@pytest.mark.parametrize(
    ("names", "line"),
    [
        ([], "województwo lubuskie"),
        (["Żary"], "gmina Żary, województwo lubuskie"),
        (["Lubsko", "Żary"], "gminy Lubsko, Żary, województwo lubuskie"),
    ],
)
def test_the_area_of_a_unit(app: Flask, names: list[str], line: str) -> None:
    unit = make_organisation().units[0]
    db.session.rollback()
    unit.gminas = [UnitGmina(terc=f"08010{n}2", name=name, as_of=date(2026, 1, 1)) for n, name in enumerate(names)]
    assert issuing.area_line(unit, "08") == line
    db.session.rollback()


def test_an_entry_from_before_the_register(app: Flask) -> None:
    publish()
    facts = {
        "reference": "ARCH-2017-0001",
        "scheme": "osl",
        "year": 2017,
        "holder_name": "Ośrodek Pomocy Społecznej w Libiążu",
        "voivodeship": "12",
        "title": "Certyfikat Jakości",
        "scope": "wdrażanie modelu OSL",
        "standard_title": "model OSL",
        "awarded": "maj 2017",
        "source": "tekst publiczny z 31 maja 2017",
    }
    entry = issuing.take_over(None, **facts)
    assert certificates.validity(entry) is Validity.HISTORICAL
    with pytest.raises(Conflict):
        issuing.take_over(None, **facts)
    assert certificates.by_number("arch-2017-0001").id == entry.id
    assert [one.id for one in certificates.register(words="libiążu").entries] == [entry.id]
    assert certificates.register(voivodeship="02").entries == ()


def test_a_number_that_another_standard_gave_is_passed_over(app: Flask) -> None:
    """Two standards with one pattern may stand published from before there was a rule against it."""
    made = make_application(Status.GRANTED)
    year = timing.today().year
    for number in ("001", "002"):
        issuing.take_over(
            None,
            reference=f"wol/{year}/{number}",
            scheme="inny",
            year=year,
            voivodeship="12",
            **dict.fromkeys(("holder_name", "title", "scope", "standard_title", "awarded", "source"), "Tekst"),
        )
    assert issuing.issue(made.cast.coordinator, made.case_id).number == f"WOL-{year}-003"


def test_leap_years() -> None:
    assert deadlines.years_after(date(2028, 2, 29), 5) == date(2033, 2, 28)
    assert deadlines.years_after(date(2026, 3, 5), 5) == date(2031, 3, 4)


def test_who_never_gets_a_free_number_is_told_to_try_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_application(Status.GRANTED)
    monkeypatch.setattr(issuing, "TRIES", 0)
    with pytest.raises(Unavailable) as refused:
        issuing.issue(made.cast.coordinator, made.case_id)
    assert refused.value.code == "busy"
