"""Answers of an earlier application come over, and nothing of them counts before a person confirms it."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from certify.db import db, transaction
from certify.domain.errors import Conflict, Forbidden, Invalid, NotFound, WrongState
from certify.domain.lifecycle import Status
from certify.models.application import Answer, Application
from certify.models.event import Event
from certify.models.evidence import EvidenceLink
from certify.queries import carry_over as queries
from certify.queries import self_assessment
from certify.timing import today
from certify.workflows import answers, applications, carry_over, evidence, organisations, rubrics
from certify.workflows.answers import AnswerData
from tests.factories import RUBRICS, SMALL, Made, make_application


@pytest.fixture
def made(app: Flask) -> Made:
    """A new application of a centre whose first one was handed over and rejected."""
    return again(make_application(Status.REJECTED))


def again(first: Made, version: str = "1.0", unit: int | None = None) -> Made:
    opened = applications.create(
        first.actor("manager"), unit or first.organisation.units[0].id, first.application.scheme, version
    )
    return Made(opened.id, first.cast, first.organisation, first.people)


def area_ids(made: Made) -> list[str]:
    source = queries.source_of(made.application)
    assert source is not None
    return [one.area.id for one in queries.offers(made.application, source)]


def living(made: Made) -> dict[str, Answer]:
    db.session.expire_all()
    return self_assessment.answers_of(made.application)


def carry(made: Made, areas: list[str] | None = None) -> int:
    return carry_over.carry_over(made.actor("editor"), made.case_id, area_ids(made) if areas is None else areas)


def codes(made: Made) -> set[str]:
    return {one.code for one in self_assessment.readiness_of(made.application).gaps}


def test_everything_comes_with_source_day_and_evidence(made: Made) -> None:
    first = db.session.scalars(select(Application).order_by(Application.id)).first()
    assert first is not None
    sealed = first.submissions[-1].content
    assert carry(made) == len(sealed["answers"])
    found = living(made)
    assert {key: (one.points, one.narratives) for key, one in found.items()} == {
        key: (one["points"], one["narratives"]) for key, one in sealed["answers"].items()
    }
    assert {(one.carried_from_id, one.carried_on, one.version) for one in found.values()} == {(first.id, today(), 1)}
    links = self_assessment.links_of(made.application)
    assert {key: len(one) for key, one in links.items()} == {key: len(one) for key, one in sealed["evidence"].items()}
    event = db.session.scalars(select(Event).where(Event.kind == "answers_carried")).one()
    assert (event.data["number"], sorted(event.data["criteria"])) == (first.number, sorted(found))


def test_nothing_counts_before_it_is_confirmed(made: Made) -> None:
    carry(made)
    found = self_assessment.readiness_of(made.application)
    assert codes(made) == {"to_confirm"}
    assert (found.whole.answered, found.whole.ready) == (0, 0)
    assert self_assessment.self_rating(made.application).total is None
    with pytest.raises(Conflict) as refused:
        applications.submit(made.actor("manager"), made.case_id)
    assert refused.value.code == "not_ready"
    for criterion in living(made):
        carry_over.confirm(made.actor("editor"), made.case_id, criterion, version=1)
    assert codes(made) == set()
    assert {one.carried_from_id for one in living(made).values()} == {None}
    applications.submit(made.actor("manager"), made.case_id)


def test_saving_confirms_too(made: Made) -> None:
    carry(made)
    answers.save(made.actor("editor"), made.case_id, "P.1", AnswerData(3, narratives={"P.1.a": "Nadal."}), version=1)
    kept = living(made)["P.1"]
    assert (kept.carried_from_id, kept.carried_on, kept.version) == (None, None, 2)


def test_a_chosen_area_comes_alone_and_answers_of_today_stay(made: Made) -> None:
    answers.save(made.actor("editor"), made.case_id, "P.1", AnswerData(1, narratives={"P.1.a": "Dziś."}))
    carry(made, ["P"])
    found = living(made)
    assert found["P.1"].narratives == {"P.1.a": "Dziś."}
    assert {key.split(".")[0] for key in found} == {"P"}
    assert found["P.2"].carried_on is not None
    # A second time there is nothing left to come, and nothing is doubled.
    links = db.session.scalar(select(func.count(EvidenceLink.id)))
    assert carry(made, ["P"]) == 0
    assert db.session.scalar(select(func.count(EvidenceLink.id))) == links


def test_evidence_that_hangs_there_already_is_not_doubled(made: Made) -> None:
    piece = db.session.scalars(select(EvidenceLink.evidence_id)).first()
    assert piece is not None
    evidence.link(made.actor("editor"), made.case_id, "P.1", piece)
    carry(made, ["P"])
    assert len(self_assessment.links_of(made.application)["P.1"]) == 1


def test_too_much_evidence_stops_all(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carry_over, "MAX_FILES", 1)
    with pytest.raises(Conflict) as refused:
        carry(made)
    assert refused.value.code == "quota_exceeded"
    assert living(made) == {}


def test_bad_choices(made: Made) -> None:
    for areas, code in (([], "nothing_chosen"), (["P", "X"], "not_a_choice")):
        with pytest.raises(Invalid) as refused:
            carry(made, areas)
        assert [(one.field, one.code) for one in refused.value.errors] == [("areas", code)]
    with pytest.raises(NotFound):
        carry_over.carry_over(made.actor("stranger"), made.case_id, ["P"])
    with pytest.raises(Forbidden):
        carry_over.carry_over(made.actor("coordinator"), made.case_id, ["P"])


def test_without_an_earlier_application_there_is_nothing(app: Flask) -> None:
    made = make_application()
    assert queries.source_of(made.application) is None
    with pytest.raises(NotFound):
        carry_over.carry_over(made.actor("editor"), made.case_id, ["P"])
    sealed = make_application(Status.SUBMITTED)
    with pytest.raises(WrongState):
        carry_over.carry_over(sealed.actor("editor"), sealed.case_id, ["P"])


def test_a_draft_offers_nothing_and_the_same_unit_comes_first(made: Made) -> None:
    office = made.actor("coordinator")
    other = organisations.add_unit(office, made.organisation.id, "Filia")
    first = queries.source_of(made.application)
    assert first is not None
    # `made` itself is an earlier draft by now: it was never handed over.
    newest = again(made, unit=other.id)
    found = queries.source_of(newest.application)
    assert found is not None and found.application.id == first.application.id


def test_confirming_what_is_not_there_or_was_changed(made: Made) -> None:
    carry(made, ["P"])
    editor = made.actor("editor")
    with pytest.raises(Conflict) as stale:
        carry_over.confirm(editor, made.case_id, "P.1", version=7)
    assert stale.value.details["current"] == 1
    with pytest.raises(NotFound):
        carry_over.confirm(editor, made.case_id, "X.1", version=0)
    carry_over.confirm(editor, made.case_id, "P.1", version=1)
    with pytest.raises(NotFound):
        carry_over.confirm(editor, made.case_id, "P.1", version=2)


def publish_next(**words: str) -> None:
    source = (RUBRICS / SMALL[0] / "1.0.yaml").read_text("utf-8").replace('version: "1.0"', 'version: "1.1"', 1)
    for old, new in words.items():
        assert old.replace("_", " ") in source
        source = source.replace(old.replace("_", " "), new, 1)
    rubrics.publish(None, source.encode(), "wolontariat/1.1")


def test_another_version_brings_only_what_it_still_asks(app: Flask) -> None:
    first = make_application(Status.REJECTED)
    publish_next(**{"Brak_porozumień.": "Nie ma porozumień."})
    made = again(first, "1.1")
    source = queries.source_of(made.application)
    assert source is not None
    offer = queries.offers(made.application, source)[0]
    assert ([one.id for one in offer.staying], offer.free[0].id) == (["P.1"], "P.2")
    carry(made)
    assert "P.1" not in living(made) and "P.2" in living(made)


def test_an_answer_that_today_s_rules_refuse_stays_behind(app: Flask) -> None:
    first = make_application(Status.SUPPLEMENT)
    data = AnswerData(None, not_applicable=True, reason="Nie mamy nowych osób.")
    answers.save(first.actor("manager"), first.case_id, "P.2", data)
    applications.resubmit(first.actor("manager"), first.case_id)
    applications.reject(first.actor("coordinator"), first.case_id, "Wniosek spoza programu.")
    publish_next(**{"-_id:_P.2\n________weight:_1\n": "- id: P.2\n        weight: 1\n        critical: true\n"})
    made = again(first, "1.1")
    carry(made)
    assert "P.1" in living(made) and "P.2" not in living(made)


def test_the_database_keeps_source_and_day_together(made: Made) -> None:
    carry(made, ["P"])
    with pytest.raises(Conflict, match="collision") as refused, transaction():
        living_one = self_assessment.answers_of(made.application)["P.1"]
        living_one.carried_on = None
        db.session.flush()
    assert "carried_with_its_day" in str(refused.value.__cause__)
