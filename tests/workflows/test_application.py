"""Applying, answering, sealing: nothing is lost, nothing sealed changes, no second open case."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, text

from certify.db import db, transaction
from certify.domain.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, WrongState
from certify.domain.lifecycle import Action, Status
from certify.models.application import Answer, CaseNote, Submission
from certify.models.event import Event
from certify.queries import cases
from certify.rubrics import read_file
from certify.workflows import answers, applications, organisations, rubrics
from certify.workflows.answers import AnswerData
from certify.workflows.step import digest, move, opened
from certify.workflows.texts import LONG
from tests.factories import (
    OSL,
    RUBRICS,
    SMALL,
    Made,
    make_application,
    make_organisation,
    make_user,
    make_walk,
    publish,
)
from tests.factories import fresh_actor as rights

FIRST = "P.1"


def save(made: Made, data: AnswerData, criterion: str = FIRST, version: int | None = None) -> Answer:
    return answers.save(made.cast.manager, made.case_id, criterion, data, version=version)


def codes(error: Invalid) -> dict[str, str]:
    return {one.field: one.code for one in error.errors}


def test_a_second_open_application_of_a_unit_is_refused(app: Flask) -> None:
    made = make_application()
    unit = made.organisation.units[0].id
    with pytest.raises(Conflict) as refused:
        applications.create(made.cast.manager, unit, *SMALL)
    assert refused.value.code == "open_application_exists"
    applications.withdraw(made.cast.manager, made.case_id)
    assert applications.create(made.cast.manager, unit, *SMALL).status == Status.DRAFT


def test_numbers_go_on_within_the_year(app: Flask) -> None:
    made = make_application()
    first = int(made.application.number[-4:])
    other = make_organisation()
    manager = rights(make_user("Druga", centre=other))
    second = applications.create(manager, other.units[0].id, *SMALL)
    assert int(second.number[-4:]) == first + 1


def test_an_application_needs_an_own_unit_and_a_fitting_standard(app: Flask) -> None:
    publish()
    publish(OSL)
    home, other = make_organisation(), make_organisation(kind="ROPS")
    manager = rights(make_user("Maria", centre=home))
    with pytest.raises(NotFound):
        applications.create(manager, other.units[0].id, *SMALL)
    with pytest.raises(NotFound):
        applications.create(manager, 999, *SMALL)
    with pytest.raises(NotFound) as missing:
        applications.create(manager, home.units[0].id, "osl", "9.9")
    assert missing.value.code == "rubric_not_found"
    stranger = rights(make_user("Roman", centre=other))
    with pytest.raises(Invalid) as refused:
        applications.create(stranger, other.units[0].id, *SMALL)
    assert codes(refused.value) == {"scheme": "centre_type_not_covered"}


def test_a_stale_answer_never_overwrites_a_newer_one(app: Flask) -> None:
    walk, people, organisation = make_walk()
    walk.take("create")
    made = Made(walk.case_id, walk.cast, organisation, people)
    assert save(made, AnswerData(points=3), version=0).version == 1
    with pytest.raises(Conflict) as refused:
        save(made, AnswerData(points=1), version=0)
    assert (refused.value.code, refused.value.details["current"]) == ("stale_version", 1)
    assert db.session.scalars(select(Answer.points)).all() == [3]
    assert save(made, AnswerData(points=1), version=1).version == 2
    with pytest.raises(Conflict) as unborn:
        answers.save(walk.cast.manager, walk.case_id, "P.2", AnswerData(), version=4)
    assert unborn.value.details["current"] == 0


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (AnswerData(points=0), {"points": "points_off_scale"}),
        (AnswerData(points=6), {"points": "points_off_scale"}),
        (AnswerData(points=3, not_applicable=True, reason="bo"), {"points": "points_and_not_applicable"}),
        (AnswerData(narratives={"X.9": "tekst"}), {"narratives": "indicator_not_found"}),
        (AnswerData(narratives={"P.1.a": "a\x00b"}), {"narrative-P.1.a": "bad_text"}),
        (AnswerData(narratives={"P.1.a": "x" * (LONG + 1)}), {"narrative-P.1.a": "too_long"}),
        (AnswerData(narratives={"P.1.a": "\ud800"}), {"narrative-P.1.a": "bad_text"}),
        (AnswerData(reason="x" * 4001), {"reason": "too_long"}),
    ],
)
def test_faults_are_told_field_by_field(app: Flask, data: AnswerData, expected: dict[str, str]) -> None:
    made = make_application()
    criterion = "P.2" if data.not_applicable else FIRST
    with pytest.raises(Invalid) as refused:
        save(made, data, criterion)
    assert codes(refused.value) == expected


def test_not_applicable_needs_a_reason_and_no_critical_criterion(app: Flask) -> None:
    made = make_application()
    rubric = cases.rubric_of(made.application)
    critical = next(one.id for one in rubric.criteria if one.critical)
    other = next(one.id for one in rubric.criteria if not one.critical)
    with pytest.raises(Invalid) as refused:
        save(made, AnswerData(not_applicable=True, reason="bo"), critical)
    assert codes(refused.value) == {"not_applicable": "not_applicable_critical"}
    with pytest.raises(Invalid) as silent:
        save(made, AnswerData(not_applicable=True), other)
    assert codes(silent.value) == {"reason": "not_applicable_reason_missing"}
    kept = save(made, AnswerData(not_applicable=True, reason=" Nie prowadzimy. "), other)
    assert (kept.points, kept.not_applicable, kept.reason) == (None, True, "Nie prowadzimy.")


def test_only_the_centre_answers_and_only_while_it_may(app: Flask) -> None:
    made = make_application()
    with pytest.raises(Forbidden):
        answers.save(made.actor("coordinator"), made.case_id, FIRST, AnswerData(points=3))
    with pytest.raises(NotFound):
        answers.save(made.actor("stranger"), made.case_id, FIRST, AnswerData(points=3))
    with pytest.raises(NotFound) as unknown:
        save(made, AnswerData(points=3), "Z.9")
    assert unknown.value.code == "criterion_not_found"
    applications.withdraw(made.cast.manager, made.case_id)
    with pytest.raises(WrongState) as late:
        save(made, AnswerData(points=3))
    assert (late.value.code, late.value.status, late.value.allowed) == ("not_editable", "withdrawn", ())


def test_a_submission_is_sealed_and_the_supplement_is_the_next_one(app: Flask) -> None:
    made = make_application(Status.SUPPLEMENT)
    note = db.session.scalars(select(CaseNote)).one()
    assert (note.action, note.text) == ("return", "Brakuje załącznika do strategii.")
    save(made, AnswerData(points=5, narratives={"P.1.a": "Nowy opis."}))
    applications.resubmit(made.cast.manager, made.case_id)
    first, second = db.session.scalars(select(Submission).order_by(Submission.number)).all()
    assert [first.number, second.number] == [1, 2]
    assert first.content["answers"][FIRST]["points"] == 3
    assert second.content["answers"][FIRST]["points"] == 5
    assert second.sha256 == digest(second.content) != first.sha256
    assert first.content["evidence"][FIRST][0]["filename"] == "uchwała.txt"
    application = made.application
    assert (application.status, application.supplement_rounds) == (Status.SUBMITTED, 1)


def test_a_stale_case_version_is_refused(app: Flask) -> None:
    made = make_application(Status.SUBMITTED)
    version = made.application.version
    applications.accept(made.cast.coordinator, made.case_id, version=version)
    with pytest.raises(Conflict) as refused:
        applications.reject(made.cast.coordinator, made.case_id, "Za późno.", version=version)
    assert refused.value.code == "stale_version"


@pytest.mark.parametrize("note", ["", "  \n", "x" * 4001, "a\0b"])
def test_a_rejection_needs_reasons(app: Flask, note: str) -> None:
    made = make_application(Status.SUBMITTED)
    with pytest.raises(Invalid):
        applications.reject(made.cast.coordinator, made.case_id, note)
    assert made.application.status == Status.SUBMITTED


def test_the_history_is_a_chain_and_append_only(app: Flask) -> None:
    make_application(Status.SUBMITTED)
    events = db.session.scalars(select(Event).order_by(Event.id)).all()
    assert [one.previous_hash for one in events] == ["0" * 64, *[one.hash for one in events[:-1]]]
    for statement in ("UPDATE event SET kind = 'nothing'", "DELETE FROM event"):
        with pytest.raises(Conflict) as refused, transaction():
            db.session.execute(text(statement))
        assert "append-only" in str(refused.value.__cause__)
    assert len(db.session.scalars(select(Event)).all()) == len(events)


def test_a_published_version_never_changes(app: Flask) -> None:
    source = (RUBRICS / "wolontariat" / "1.0.yaml").read_bytes()
    first = rubrics.publish(None, source, "wolontariat")
    assert rubrics.publish(None, source, "wolontariat").id == first.id
    with pytest.raises(Conflict) as refused:
        rubrics.publish(None, source + b"\n# a note\n", "wolontariat")
    assert refused.value.code == "rubric_already_published"


def test_units_of_work_do_not_nest_and_want_a_clean_session(app: Flask) -> None:
    made = make_application()
    with pytest.raises(RuntimeError, match="inside"), transaction(), transaction():
        pass
    made.application.number = "changed"
    with pytest.raises(RuntimeError, match="outside"), transaction():
        pass
    db.session.rollback()


def test_only_the_office_registers_centres(app: Flask) -> None:
    made = make_application()
    data = organisations.OrganisationData(name="Nowy", kind="OPS", city="Łask", voivodeship="10")
    with pytest.raises(Forbidden):
        organisations.register(made.cast.manager, data)
    with pytest.raises(Forbidden):
        organisations.add_unit(made.cast.manager, made.organisation.id, "Zespół nr 2")


def test_a_move_that_was_never_judged_is_a_mistake_of_ours(app: Flask) -> None:
    made = make_application()
    with pytest.raises(RuntimeError, match="not judged"), transaction():
        move(made.cast.coordinator, opened(made.cast.coordinator, made.case_id), Action.ISSUE)
    assert made.application.status == Status.DRAFT


@pytest.mark.parametrize("criterion_id", ["P.1", "P.2"])
def test_where_the_standard_excuses_nothing_nobody_is_excused(criterion_id: str) -> None:
    """Neither the centre nor an auditor: both rate by this one rule."""
    known = read_file(RUBRICS / "wolontariat" / "1.0.yaml")
    strict = replace(known, scale=replace(known.scale, na_allowed=False))
    criterion = known.criterion(criterion_id)
    faults = answers.rating_faults(strict, criterion, "OPS", None, True, "Nie prowadzimy.")
    assert faults == [FieldError("not_applicable", "not_applicable_not_allowed")]
    assert answers.rating_faults(strict, criterion, "OPS", 3, False, "") == []


def test_two_standards_never_number_certificates_alike(app: Flask) -> None:
    source = (RUBRICS / "wolontariat" / "1.0.yaml").read_text("utf-8")
    rubrics.publish(None, source.encode(), "wolontariat")
    for pattern in (
        "WOL-{year}-{serial:03}",
        "WOL/{year}/{serial:03}",
        "wol {year}-{serial:05}",
        "W-OL{year}/{serial}",
    ):
        other = source.replace("scheme: wolontariat", "scheme: inny", 1).replace("WOL-{year}-{serial:03}", pattern, 1)
        with pytest.raises(Conflict) as refused:
            rubrics.publish(None, other.encode(), "inny")
        assert refused.value.code == "number_pattern_taken"
    # The next version of the same standard goes on with its numbers.
    rubrics.publish(None, source.replace('version: "1.0"', 'version: "1.1"', 1).encode(), "wolontariat")
    other = source.replace("scheme: wolontariat", "scheme: inny", 1).replace('"WOL-', '"INNY-', 1)
    assert rubrics.publish(None, other.encode(), "inny").scheme == "inny"
