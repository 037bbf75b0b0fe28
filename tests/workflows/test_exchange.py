"""A file comes back: every difference is judged, nothing is overwritten unseen, all that was chosen or nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from certify.db import db
from certify.domain.errors import Conflict, Forbidden, Invalid, NotFound, WrongState
from certify.domain.lifecycle import Status
from certify.exchange import Content, Copy, Reply
from certify.models.event import Event
from certify.queries import self_assessment
from certify.queries.exchange import copy_of
from certify.workflows import answers, exchange
from certify.workflows.answers import AnswerData
from certify.workflows.exchange import Proposal, State, Taken
from tests.factories import Made, make_application

Change = Callable[[Reply], Reply]


@pytest.fixture
def made(app: Flask) -> Made:
    """A half-filled draft: P.1 and P.2 have answers, the criteria of the later areas have none."""
    return make_application()


def exported(made: Made, changes: dict[str, Change] | None = None, **head: str) -> Copy:
    """The living copy as a file, then changed as somebody would change it at home."""
    copy = copy_of(made.application, "pl")
    replies = tuple((changes or {}).get(one.criterion, lambda same: same)(one) for one in copy.replies)
    return replace(copy, replies=replies, **head)  # type: ignore[arg-type]


def say(text: str = "Z domu.", points: int | None = 4) -> Change:
    def change(reply: Reply) -> Reply:
        narratives = {f"{reply.criterion}.a": text}
        return replace(reply, content=Content(points, narratives={**reply.content.narratives, **narratives}))

    return change


def judged(made: Made, copy: Copy) -> dict[str, Proposal]:
    return {one.reply.criterion: one for one in exchange.proposals(made.application, copy)}


def faults(one: Proposal) -> list[tuple[str, str]]:
    return [(fault.place, fault.code) for fault in one.faults]


def text_of(made: Made, criterion: str) -> str:
    db.session.expire_all()
    return self_assessment.answers_of(made.application)[criterion].narratives[f"{criterion}.a"]


def save(made: Made, criterion: str, text: str) -> None:
    answers.save(made.actor("manager"), made.case_id, criterion, AnswerData(3, narratives={f"{criterion}.a": text}))


def test_a_file_as_it_was_taken_changes_nothing(made: Made) -> None:
    found = judged(made, exported(made))
    assert {one.state for one in found.values()} == {State.UNCHANGED}
    assert found["P.1"].seen == 1


def test_what_was_changed_in_the_file_only(made: Made) -> None:
    found = judged(made, exported(made, {"P.1": say()}))
    assert {key for key, one in found.items() if one.state is State.CHANGED} == {"P.1"}
    assert found["P.1"].theirs.narratives["P.1.a"] == "Z domu."


def test_what_was_changed_here_only_stays(made: Made) -> None:
    copy = exported(made)
    save(made, "P.1", "Nowsze.")
    assert judged(made, copy)["P.1"].state is State.UNCHANGED


def test_what_was_changed_on_both_sides_is_a_conflict(made: Made) -> None:
    copy = exported(made, {"P.1": say()})
    save(made, "P.1", "Nowsze.")
    found = judged(made, copy)["P.1"]
    assert (found.state, found.seen) == (State.CONFLICT, 2)
    save(made, "P.1", "Z domu.")
    answers.save(made.actor("manager"), made.case_id, "P.1", AnswerData(4, narratives=found.theirs.narratives))
    assert judged(made, copy)["P.1"].state is State.UNCHANGED


def test_another_application_fills_empty_places_only(made: Made) -> None:
    last = copy_of(made.application, "pl").replies[-1].criterion
    copy = exported(made, {"P.1": say(), last: say()}, application="W/2020/0001")
    found = judged(made, copy)
    assert (found["P.1"].state, found[last].state) == (State.CONFLICT, State.CHANGED)


def test_a_file_of_another_form_is_refused_whole(made: Made) -> None:
    for head, code in (({"scheme": "osl"}, "other_standard"), ({"structure": "0" * 64}, "other_version")):
        with pytest.raises(Invalid) as refused:
            judged(made, exported(made, **head))
        assert [(one.field, one.code) for one in refused.value.errors] == [("file", code)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (say(points=9), [("points", "points_off_scale")]),
        (say("a\0b"), [("P.1.a", "bad_text")]),
        (say("\ud800"), [("P.1.a", "bad_text")]),
        (say("ą" * 10_001), [("P.1.a", "too_long")]),
        (lambda one: replace(one, content=Content(not_applicable=True)), [("points", "not_applicable_critical")]),
        (
            lambda one: replace(one, content=Content(3, narratives={"P.1.x": "?", "P.1.y": ""})),
            [("P.1.x", "indicator_not_found")] * 2,
        ),
    ],
)
def test_a_bad_answer_is_refused_by_its_place(made: Made, change: Change, expected: list[tuple[str, str]]) -> None:
    places = {"points": "points", "not_applicable": "points", "P.1.a": "P.1.a", "P.1.x": "P.1.x"}
    found = judged(made, exported(made, {"P.1": lambda one: replace(change(one), places=places)}))
    assert found["P.1"].state is State.REFUSED
    assert faults(found["P.1"]) == expected
    assert found["P.2"].state is State.UNCHANGED


def test_a_strange_criterion_is_named(made: Made) -> None:
    copy = exported(made)
    copy = replace(copy, replies=(Reply("X.1", places={"": "answers[0]"}), *copy.replies))
    last = exchange.proposals(made.application, copy)[-1]
    assert (last.state, faults(last)) == (State.REFUSED, [("answers[0]", "unknown_criterion")])


def test_everything_that_was_chosen_is_written_at_once(made: Made) -> None:
    editor = made.actor("editor")
    last = copy_of(made.application, "pl").replies[-1].criterion
    chosen = [
        Taken("P.1", AnswerData(4, narratives={"P.1.a": "Z domu."}), 1),
        Taken(last, AnswerData(2, narratives={f"{last}.a": "Też."}), 0),
    ]
    assert exchange.take_over(editor, made.case_id, chosen) == 2
    assert (text_of(made, "P.1"), text_of(made, last)) == ("Z domu.", "Też.")
    event = db.session.scalars(select(Event).where(Event.kind == "answers_imported")).one()
    assert (event.actor_id, event.data) == (editor.user_id, {"criteria": ["P.1", last]})


def test_one_stale_answer_stops_all(made: Made) -> None:
    before = text_of(made, "P.1")
    save(made, "P.2", "Koleżanka była szybsza.")
    chosen = [
        Taken("P.1", AnswerData(4, narratives={"P.1.a": "Z domu."}), 1),
        Taken("P.2", AnswerData(4, narratives={"P.2.a": "Z domu."}), 1),
    ]
    with pytest.raises(Conflict) as refused:
        exchange.take_over(made.actor("editor"), made.case_id, chosen)
    assert (refused.value.code, refused.value.details["criterion"]) == ("stale_version", "P.2")
    assert (text_of(made, "P.1"), text_of(made, "P.2")) == (before, "Koleżanka była szybsza.")
    assert db.session.scalars(select(Event.id).where(Event.kind == "answers_imported")).all() == []


def test_one_bad_answer_stops_all(made: Made) -> None:
    before = text_of(made, "P.1")
    chosen = [Taken("P.1", AnswerData(4, narratives={"P.1.a": "Z domu."}), 1), Taken("P.2", AnswerData(9), 1)]
    with pytest.raises(Invalid):
        exchange.take_over(made.actor("editor"), made.case_id, chosen)
    assert text_of(made, "P.1") == before


def test_who_takes_over_and_when(made: Made) -> None:
    chosen = [Taken("P.1", AnswerData(4), 1)]
    with pytest.raises(Invalid):
        exchange.take_over(made.actor("editor"), made.case_id, [])
    with pytest.raises(NotFound):
        exchange.take_over(made.actor("stranger"), made.case_id, chosen)
    with pytest.raises(Forbidden):
        exchange.take_over(made.actor("coordinator"), made.case_id, chosen)
    sealed = make_application(Status.SUBMITTED)
    with pytest.raises(WrongState):
        exchange.take_over(sealed.actor("editor"), sealed.case_id, chosen)
