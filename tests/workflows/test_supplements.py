"""The living copy goes on after a submission; chosen changes reach the audit only as supplements that it accepts."""

import io

import pytest
from flask import Flask
from sqlalchemy import select

from certify.db import db
from certify.domain.errors import Conflict, Forbidden, Invalid, NotFound, WrongState
from certify.domain.lifecycle import LIVING, Action, Status
from certify.models.event import Event
from certify.models.supplement import SupplementItem
from certify.queries import cases, history, scoring
from certify.queries import evidence as evidence_queries
from certify.queries import supplements as queries
from certify.workflows import answers, audits, evidence, supplements
from certify.workflows.answers import AnswerData
from certify.workflows.step import digest
from tests.factories import Made, make_application, make_audit

FIRST, SECOND = "P.1", "P.2"
NOTE = "Rada przyjęła strategię po złożeniu."


def write(made: Made, criterion: str, text: str, points: int = 5) -> None:
    data = AnswerData(points=points, narratives={f"{criterion}.a": text})
    answers.save(made.cast.manager, made.case_id, criterion, data)


def offered(*criteria: str) -> Made:
    """An audit in which the centre offers new texts of the criteria."""
    made = make_audit()
    for criterion in criteria:
        write(made, criterion, f"Nowy opis {criterion}.")
    supplements.offer(made.cast.manager, made.case_id, criteria, NOTE)
    return made


def item(made: Made, criterion: str) -> SupplementItem:
    return db.session.scalars(select(SupplementItem).where(SupplementItem.criterion == criterion)).one()


def accept(made: Made, criterion: str, *, accepted: bool = True, reason: str = "") -> SupplementItem:
    lead = made.cast.auditors[0]
    return supplements.answer(lead, made.case_id, item(made, criterion).id, accepted=accepted, reason=reason)


def read(made: Made, criterion: str) -> str:
    return str(queries.as_read(made.application).content["answers"][criterion]["narratives"][f"{criterion}.a"])


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.CONDITIONAL}))
def test_the_centre_goes_on_until_the_case_is_closed(app: Flask, status: Status) -> None:
    made = make_application(status)
    if status in LIVING:
        write(made, FIRST, "Piszemy dalej.")
        assert evidence.attach(made.cast.manager, made.case_id, SECOND, io.BytesIO(b"Nowe.\n"), "nowe.txt").id
        return
    with pytest.raises(WrongState) as refused:
        write(made, FIRST, "Za późno.")
    assert refused.value.code == "not_editable"


def test_what_the_centre_writes_later_reaches_nobody_else(app: Flask) -> None:
    made = make_audit()
    before = (queries.as_read(made.application).content, scoring.self_rating(made.application))
    office, case = made.cast.coordinator, cases.facts(made.application)
    known = len(history.entries(office, made.application, case))
    write(made, FIRST, "Tylko dla nas.", points=1)
    link = evidence.attach(made.cast.manager, made.case_id, FIRST, io.BytesIO(b"Tylko dla nas.\n"), "nasze.txt")
    assert (queries.as_read(made.application).content, scoring.self_rating(made.application)) == before
    assert len(history.entries(office, made.application, case)) == known
    assert len(history.entries(made.cast.manager, made.application, case)) > known
    revision = link.evidence.current.id
    for part in ("coordinator", "lead"):
        with pytest.raises(NotFound):
            evidence_queries.revision(made.actor(part), revision)
    write(made, FIRST, "Teraz dla wszystkich.")
    supplements.offer(made.cast.manager, made.case_id, [FIRST], NOTE)
    assert evidence_queries.revision(made.actor("lead"), revision).id == revision


def test_a_supplement_is_sealed_as_it_is_offered(app: Flask) -> None:
    made = make_audit()
    write(made, SECOND, "Nowy opis.")
    write(made, FIRST, "Inny opis.")
    found = supplements.offer(made.cast.manager, made.case_id, [SECOND, FIRST], f"  {NOTE}\n")
    assert (found.number, found.submission.number, found.note) == (1, 1, NOTE)
    assert found.sha256 == digest(found.content)
    assert [one.criterion for one in found.items] == [FIRST, SECOND] == list(found.content)
    assert found.content[SECOND]["answer"]["narratives"] == {"P.2.a": "Nowy opis."}
    event = db.session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (event.kind, event.to_status, event.data) == (
        Action.OFFER_SUPPLEMENT,
        Status.AUDIT,
        {"supplement": 1, "sha256": found.sha256, "criteria": [FIRST, SECOND]},
    )
    write(made, SECOND, "Jeszcze inny.")
    db.session.refresh(found)
    assert found.content[SECOND]["answer"]["narratives"] == {"P.2.a": "Nowy opis."}


def test_only_what_is_accepted_is_read_and_the_seal_stays(app: Flask) -> None:
    made = offered(FIRST, SECOND)
    seal = queries.as_read(made.application).submission
    sealed = (seal.sha256, digest(seal.content))
    assert read(made, FIRST) == f"Opis do wskaźnika {FIRST}.a."
    accept(made, FIRST)
    declined = accept(made, SECOND, accepted=False, reason=" Bez znaczenia dla oceny. ")
    assert (declined.accepted, declined.reason, declined.decided_by_id) == (
        False,
        "Bez znaczenia dla oceny.",
        made.people["lead"].id,
    )
    assert read(made, FIRST) == f"Nowy opis {FIRST}."
    assert read(made, SECOND) == f"Opis do wskaźnika {SECOND}.a."
    reading = queries.as_read(made.application)
    assert (reading.submission.sha256, digest(reading.submission.content)) == sealed
    assert list(reading.accepted) == [FIRST]
    event = db.session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (event.kind, event.data) == (
        Action.ANSWER_SUPPLEMENT,
        {"supplement": 1, "criterion": SECOND, "accepted": False},
    )


def test_a_later_supplement_lies_over_an_earlier_one(app: Flask) -> None:
    made = offered(FIRST)
    accept(made, FIRST)
    write(made, FIRST, "Trzecia wersja.")
    second = supplements.offer(made.cast.manager, made.case_id, [FIRST], NOTE)
    assert second.number == 2
    assert read(made, FIRST) == f"Nowy opis {FIRST}."
    supplements.answer(made.cast.auditors[0], made.case_id, second.items[0].id, accepted=True, reason="")
    assert read(made, FIRST) == "Trzecia wersja."


def bare(made: Made) -> None:
    """A changed answer that claims "met" and says nothing."""
    answers.save(made.cast.manager, made.case_id, FIRST, AnswerData(points=5))


def emptied(made: Made) -> None:
    """An answer that was taken back."""
    answers.save(made.cast.manager, made.case_id, FIRST, AnswerData())


def twice(made: Made) -> None:
    write(made, FIRST, "Raz.")
    supplements.offer(made.cast.manager, made.case_id, [FIRST], NOTE)
    write(made, FIRST, "Drugi raz.")


@pytest.mark.parametrize(
    ("prepare", "criteria", "code"),
    [
        (None, [], "criteria_missing"),
        (None, ["Z.9"], "criterion_not_found"),
        (None, [FIRST], "nothing_changed"),
        (bare, [FIRST], "change_incomplete"),
        (emptied, [FIRST], "change_incomplete"),
        (twice, [FIRST], "offered_already"),
    ],
)
def test_what_can_not_be_offered(app: Flask, prepare: object, criteria: list[str], code: str) -> None:
    made = make_audit()
    if callable(prepare):
        prepare(made)
    count = len(queries.supplements_of(made.application))
    with pytest.raises(Invalid) as refused:
        supplements.offer(made.cast.manager, made.case_id, criteria, NOTE)
    assert [(one.field, one.code) for one in refused.value.errors] == [("criteria", code)]
    assert len(queries.supplements_of(made.application)) == count


@pytest.mark.parametrize("note", ["", " \n", "x" * 4001, "a\0b"])
def test_an_offer_needs_a_reason(app: Flask, note: str) -> None:
    made = make_audit()
    write(made, FIRST, "Nowy opis.")
    with pytest.raises(Invalid):
        supplements.offer(made.cast.manager, made.case_id, [FIRST], note)


def test_who_offers_and_when(app: Flask) -> None:
    made = make_audit()
    write(made, FIRST, "Nowy opis.")
    with pytest.raises(Forbidden):
        supplements.offer(made.actor("editor"), made.case_id, [FIRST], NOTE)
    with pytest.raises(NotFound):
        supplements.offer(made.actor("stranger"), made.case_id, [FIRST], NOTE)
    with pytest.raises(Conflict) as stale:
        supplements.offer(made.cast.manager, made.case_id, [FIRST], NOTE, version=1)
    assert stale.value.code == "stale_version"
    # In the walk the lead auditor's sheet is in.
    late = make_application(Status.AUDIT)
    write(late, FIRST, "Nowy opis.")
    with pytest.raises(WrongState) as refused:
        supplements.offer(late.cast.manager, late.case_id, [FIRST], NOTE)
    assert refused.value.code == "supplement_too_late"
    decided = make_application(Status.DECISION)
    with pytest.raises(WrongState) as closed:
        supplements.offer(decided.cast.manager, decided.case_id, [FIRST], NOTE)
    assert closed.value.code == "illegal_transition"


def test_who_answers_and_how_often(app: Flask) -> None:
    made = offered(FIRST, SECOND)
    lead, second = made.cast.auditors
    number = item(made, FIRST).id
    with pytest.raises(Forbidden):
        supplements.answer(second, made.case_id, number, accepted=True, reason="")
    with pytest.raises(Invalid) as silent:
        supplements.answer(lead, made.case_id, number, accepted=False, reason=" ")
    assert silent.value.errors[0].code == "required"
    with pytest.raises(NotFound):
        supplements.answer(lead, made.case_id, 999, accepted=True, reason="")
    accept(made, FIRST)
    with pytest.raises(Conflict) as again:
        supplements.answer(lead, made.case_id, number, accepted=False, reason="Jednak nie.")
    assert again.value.code == "item_answered"
    accept(made, SECOND)
    with pytest.raises(WrongState) as nothing:
        supplements.answer(lead, made.case_id, number, accepted=True, reason="")
    assert nothing.value.code == "nothing_offered"


def test_an_item_of_another_case_is_not_found(app: Flask) -> None:
    made, other = offered(FIRST), offered_beside()
    with pytest.raises(NotFound):
        supplements.answer(made.cast.auditors[0], made.case_id, other, accepted=True, reason="")


def offered_beside() -> int:
    made = make_audit()
    write(made, SECOND, "Cudza zmiana.")
    return supplements.offer(made.cast.manager, made.case_id, [SECOND], NOTE).items[0].id


def test_nobody_hands_in_a_sheet_while_a_change_waits(app: Flask) -> None:
    made = offered(FIRST)
    lead = made.cast.auditors[0]
    for criterion in cases.rubric_of(made.application).criteria_for(made.application.centre_type):
        audits.score(lead, made.case_id, criterion.id, points=3)
    with pytest.raises(WrongState) as refused:
        audits.hand_in(lead, made.case_id)
    assert (refused.value.code, "answer_supplement" in refused.value.allowed) == ("supplement_open", True)
    accept(made, FIRST)
    audits.hand_in(lead, made.case_id)
    write(made, SECOND, "Po czasie.")
    with pytest.raises(WrongState) as late:
        supplements.offer(made.cast.manager, made.case_id, [SECOND], NOTE)
    assert late.value.code == "supplement_too_late"
