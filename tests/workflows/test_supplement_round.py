"""A supplement round: the coordinator asks about criteria, only these are open, and only they go over."""

import io

import pytest
from flask import Flask
from sqlalchemy import select

from certify.db import db
from certify.domain.errors import Forbidden, Invalid, NotFound, WrongState
from certify.domain.lifecycle import Action, Status
from certify.domain.supplement import changed, laid_over, part_of, same
from certify.models.application import Submission
from certify.models.event import Event
from certify.models.supplement import SupplementRequest
from certify.queries import cases, self_assessment, supplements
from certify.workflows import answers, applications, evidence
from certify.workflows.answers import AnswerData
from certify.workflows.step import digest
from certify.workflows.supplement_requests import MAX_REQUESTS, RequestData
from tests.factories import Made, make_application

ASKED, OTHER = "P.1", "P.2"
REQUEST = RequestData("unclear", " Kto podpisuje porozumienie? ", (ASKED,))


def returned(*requests: RequestData) -> Made:
    made = make_application(Status.SUBMITTED)
    applications.return_for_supplement(made.cast.coordinator, made.case_id, "Proszę o dwie rzeczy.", requests)
    return made


def save(made: Made, criterion: str, text: str) -> None:
    data = AnswerData(points=3, narratives={f"{criterion}.a": text})
    answers.save(made.cast.manager, made.case_id, criterion, data)


def test_requests_are_kept_with_the_submission_they_are_about(app: Flask) -> None:
    made = returned(REQUEST, RequestData("missing", "Brak uchwały.", ("S.3", OTHER)))
    rows = db.session.scalars(select(SupplementRequest).order_by(SupplementRequest.id)).all()
    assert [(one.kind, one.text, one.criteria, one.submission.number) for one in rows] == [
        ("unclear", "Kto podpisuje porozumienie?", [ASKED], 1),
        # In the standard's order, however they were ticked.
        ("missing", "Brak uchwały.", [OTHER, "S.3"], 1),
    ]
    event = db.session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (event.kind, event.data, event.to_status) == (Action.RETURN, {"requests": 2}, Status.SUPPLEMENT)
    assert supplements.open_criteria(made.application) == {ASKED, OTHER, "S.3"}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (RequestData(), {"kind": "not_a_choice", "text": "required", "criteria": "criteria_missing"}),
        (RequestData("other", "Tekst.", (ASKED,)), {"kind": "not_a_choice"}),
        (RequestData("missing", "a\x00b", (ASKED,)), {"text": "bad_text"}),
        (RequestData("missing", "x" * 4001, (ASKED,)), {"text": "too_long"}),
        (RequestData("missing", "Tekst.", (ASKED, "Z.9")), {"criteria": "criterion_not_found"}),
    ],
)
def test_a_bad_request_returns_nothing(app: Flask, request_: RequestData, expected: dict[str, str]) -> None:
    made = make_application(Status.SUBMITTED)
    with pytest.raises(Invalid) as refused:
        applications.return_for_supplement(made.cast.coordinator, made.case_id, "Uwaga.", [REQUEST, request_])
    assert {one.field: one.code for one in refused.value.errors} == {
        f"request-1-{part}": code for part, code in expected.items()
    }
    assert made.application.status == Status.SUBMITTED
    assert db.session.scalars(select(SupplementRequest)).all() == []


def test_more_requests_than_a_page_shows_are_refused(app: Flask) -> None:
    made = make_application(Status.SUBMITTED)
    with pytest.raises(Invalid) as refused:
        applications.return_for_supplement(
            made.cast.coordinator, made.case_id, "Uwaga.", [REQUEST] * (MAX_REQUESTS + 1)
        )
    assert [(one.field, one.code) for one in refused.value.errors] == [("requests", "too_many")]
    assert len(returned(*[REQUEST] * MAX_REQUESTS).application.submissions) == 1


def test_only_what_was_asked_about_is_open(app: Flask) -> None:
    made = returned(REQUEST)
    manager, case_id = made.cast.manager, made.case_id
    link = made.application.evidence_links[1]
    assert link.criterion == OTHER
    refusals = [
        lambda: save(made, OTHER, "Inny tekst."),
        lambda: evidence.attach(manager, case_id, OTHER, io.BytesIO(b"Nowy plik.\n"), "nowy.txt"),
        lambda: evidence.link(manager, case_id, OTHER, link.evidence_id),
        lambda: evidence.detach(manager, case_id, link.id),
    ]
    for attempt in refusals:
        with pytest.raises(WrongState) as refused:
            attempt()
        assert (refused.value.code, refused.value.allowed) == ("criterion_not_open", ("resubmit", "withdraw"))
    with pytest.raises(NotFound) as unknown:
        save(made, "Z.9", "Tekst.")
    assert unknown.value.code == "criterion_not_found"
    with pytest.raises(Forbidden):
        answers.save(made.cast.coordinator, case_id, ASKED, AnswerData(points=3))
    save(made, ASKED, "Podpisuje dyrektor.")
    assert evidence.attach(manager, case_id, ASKED, io.BytesIO(b"Nowy plik.\n"), "nowy.txt").criterion == ASKED


def test_a_note_alone_opens_everything(app: Flask) -> None:
    made = returned()
    assert supplements.open_criteria(made.application) is None
    save(made, OTHER, "Inny tekst.")
    applications.resubmit(made.cast.manager, made.case_id)
    sealed = db.session.scalars(select(Submission).order_by(Submission.number.desc())).first()
    assert sealed is not None and sealed.content["answers"][OTHER]["narratives"] == {f"{OTHER}.a": "Inny tekst."}


def test_the_next_submission_changes_only_what_was_asked_about(app: Flask) -> None:
    made = returned(REQUEST)
    before = db.session.scalars(select(Submission)).one()
    save(made, ASKED, "Podpisuje dyrektor.")
    sealed = applications.resubmit(made.cast.manager, made.case_id)
    criteria = sorted(before.content["answers"])
    assert changed(before.content, sealed.content, criteria) == (ASKED,)
    assert sealed.sha256 == digest(sealed.content) != before.sha256
    assert supplements.open_criteria(made.application) is None
    assert [one.submission.number for one in supplements.requests_of(made.application)] == [1]


def test_what_is_closed_never_stands_in_the_way(app: Flask) -> None:
    """The closed part goes over as it was sealed, so that a gap in the living copy of it asks for nothing."""
    made = returned(REQUEST)
    answer = self_assessment.answers_of(made.application)[OTHER]
    answer.narratives, answer.points = {}, None
    db.session.commit()
    assert cases.facts(made.application).ready
    sealed = applications.resubmit(made.cast.manager, made.case_id)
    assert sealed.content["answers"][OTHER]["points"] == 3


def test_what_is_open_must_be_ready(app: Flask) -> None:
    made = returned(REQUEST)
    answers.save(made.cast.manager, made.case_id, ASKED, AnswerData(points=3))
    with pytest.raises(WrongState) as refused:
        applications.resubmit(made.cast.manager, made.case_id)
    assert refused.value.code == "not_ready"


ANSWER = {"points": 3, "not_applicable": False, "reason": "", "narratives": {"a": "Tekst.", "b": ""}}
PIECE = {"revision": 1, "sha256": "0" * 64, "title": "Uchwała", "filename": "u.txt", "size": 9, "pages": ""}


def test_parts_of_a_content() -> None:
    content = {"rubric": "x", "answers": {"A": ANSWER}, "evidence": {"A": [PIECE]}}
    assert part_of(content, "A") == {"answer": ANSWER, "evidence": [PIECE]}
    assert part_of(content, "B") == {"answer": None, "evidence": []}
    assert same(part_of(content, "A"), {"answer": ANSWER | {"narratives": {"a": "Tekst."}}, "evidence": [PIECE]})
    assert not same(part_of(content, "A"), {"answer": ANSWER, "evidence": [PIECE | {"pages": "2"}]})
    unused = ANSWER | {"reason": "Nie dotyczy."}
    assert same(part_of(content, "A"), {"answer": unused, "evidence": [PIECE]})
    na = {"points": None, "not_applicable": True, "reason": "Nie dotyczy.", "narratives": {}}
    over = laid_over(content, {"A": part_of(content, "B"), "B": {"answer": na, "evidence": []}})
    assert over == {"rubric": "x", "answers": {"B": na}, "evidence": {}}
    assert changed(content, over, "ABC") == ("A", "B")
    assert content["answers"] == {"A": ANSWER}
