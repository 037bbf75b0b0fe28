"""A centre's people share the work: who may, when, what is kept, and what a sign-off holds fast."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from certify import timing
from certify.db import db, transaction
from certify.domain.errors import CertifyError, Conflict, Forbidden, Invalid, NotFound, WrongState
from certify.domain.history import INTERNAL
from certify.domain.lifecycle import Status
from certify.domain.policy import Role
from certify.models.account import User
from certify.models.application import Application
from certify.models.desk import AnswerRevision, AreaDelegation, CriterionComment
from certify.models.event import Event
from certify.queries import cases, history, self_assessment
from certify.queries import desk as queries
from certify.timing import today
from certify.workflows import answers, applications, desk, evidence
from certify.workflows.answers import AnswerData
from tests.factories import Made, make_application, make_user, make_walk

TEXTS = {"P.1.a": "Piszemy porozumienia."}


@pytest.fixture
def made(app: Flask) -> Made:
    """An application with every answer given, not handed in yet."""
    walk, people, organisation = make_walk()
    for stage in ("create", "fill"):
        walk.take(stage)
    return Made(walk.case_id, walk.cast, organisation, people)


def events(made: Made, kind: str) -> list[dict[str, object]]:
    rows = select(Event.data).where(Event.application_id == made.case_id, Event.kind == kind).order_by(Event.id)
    return list(db.session.scalars(rows))


def confirm_all(made: Made) -> None:
    desk.confirm(made.actor("manager"), made.case_id, queries.digests(made.application))


# Who may not, and why; the verb is called with what would otherwise be right.
CALLS = {
    "delegate": lambda made, who: desk.delegate(made.actor(who), made.case_id, "P", made.people["editor"].id),
    "confirm": lambda made, who: desk.confirm(made.actor(who), made.case_id, queries.digests(made.application)),
    "comment": lambda made, who: desk.comment(made.actor(who), made.case_id, "P.1", "Kto ma skan?"),
    "resolve": lambda made, who: desk.resolve(made.actor(who), made.case_id, 1),
    "restore": lambda made, who: answers.restore(made.actor(who), made.case_id, "P.1", 1),
}
MANAGERS = {"delegate", "confirm"}


def test_who_may_not(made: Made) -> None:
    refusals: dict[str, type[CertifyError]] = {
        "stranger": NotFound, "outsider": NotFound, "coordinator": Forbidden, "admin": Forbidden,
    }  # fmt: skip
    before = db.session.scalar(select(func.count(Event.id)))
    for verb, call in CALLS.items():
        also: dict[str, type[CertifyError]] = {"editor": Forbidden} if verb in MANAGERS else {}
        for who, refusal in (refusals | also).items():
            with pytest.raises(refusal):
                call(made, who)
    assert db.session.scalar(select(func.count(Event.id))) == before


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.AUDIT, Status.WITHDRAWN])
def test_what_is_handed_over_is_read_and_not_changed(app: Flask, status: Status) -> None:
    made = make_application(status)
    for call in CALLS.values():
        with pytest.raises(WrongState) as refused:
            call(made, "manager")
        assert refused.value.code == "not_editable"
        for who in ("lead", "auditor") if status is Status.AUDIT else ():
            with pytest.raises(Forbidden):
                call(made, who)


def test_the_supplement_is_open_again(app: Flask) -> None:
    made = make_application(Status.SUPPLEMENT)
    assert desk.comment(made.actor("editor"), made.case_id, "P.1", " Brakuje załącznika.\r\n ").text == (
        "Brakuje załącznika."
    )


# Areas given to people


def test_an_area_is_given_with_a_date_given_anew_and_taken_back(made: Made) -> None:
    manager, editor = made.actor("manager"), made.people["editor"]
    due = today() + timedelta(days=10)
    desk.delegate(manager, made.case_id, "P", editor.id, due)
    found = queries.delegations(made.application)
    assert {area: (one.user.name, one.due_on) for area, one in found.items()} == {"P": ("Ewa Redaktorka", due)}
    assert [one.area for one in queries.given_to(editor.id, [made.case_id])[made.case_id]] == ["P"]
    desk.delegate(manager, made.case_id, "P", manager.user_id)
    found = queries.delegations(made.application)
    assert [(one.user_id, one.due_on) for one in found.values()] == [(manager.user_id, None)]
    assert queries.given_to(editor.id, [made.case_id]) == {}
    assert desk.delegate(manager, made.case_id, "P", None) is None
    assert desk.delegate(manager, made.case_id, "P", None) is None
    assert db.session.scalar(select(func.count(AreaDelegation.id))) == 0
    people = [{"area": "P", "person": editor.id}, {"area": "P", "person": manager.user_id}]
    assert events(made, "area_delegated") == people
    assert events(made, "area_taken_back") == people[1:]


def test_to_whom_and_until_when(made: Made) -> None:
    manager, editor = made.actor("manager"), made.people["editor"]
    gone = make_user("Dawna Osoba", centre=made.organisation)
    with transaction():
        db.session.get_one(User, gone.id).active = False
    for person in (made.people["stranger"].id, made.people["lead"].id, gone.id, 999):
        with pytest.raises(Invalid) as refused:
            desk.delegate(manager, made.case_id, "P", person)
        assert [(one.field, one.code) for one in refused.value.errors] == [("person", "person_not_in_centre")]
    for day in (today() - timedelta(days=1), today() + timedelta(days=732)):
        with pytest.raises(Invalid) as refused:
            desk.delegate(manager, made.case_id, "P", editor.id, day)
        assert [(one.field, one.code) for one in refused.value.errors] == [("due_on", "date_not_ahead")]
    assert desk.delegate(manager, made.case_id, "P", editor.id, today()) is not None
    with pytest.raises(NotFound):
        desk.delegate(manager, made.case_id, "X", editor.id)


# Comments


def test_comments_are_the_centres_own(made: Made) -> None:
    first = desk.comment(made.actor("editor"), made.case_id, "P.1", "Kto ma skan uchwały?")
    desk.comment(made.actor("manager"), made.case_id, "P.1", "Ja, dołączę jutro.")
    assert queries.open_comments(made.application) == {"P.1": 2}
    desk.resolve(made.actor("manager"), made.case_id, first.id)
    assert queries.open_comments(made.application) == {"P.1": 1}
    shown = [(one.text, one.written_by.name, one.resolved_by and one.resolved_by.name) for one in (
        queries.comments(made.application, "P.1")
    )]  # fmt: skip
    assert shown == [
        ("Kto ma skan uchwały?", "Ewa Redaktorka", "Maria Zarządca"),
        ("Ja, dołączę jutro.", "Maria Zarządca", None),
    ]
    with pytest.raises(Conflict) as refused:
        desk.resolve(made.actor("editor"), made.case_id, first.id)
    assert refused.value.code == "comment_resolved"
    sealed = applications.content_of(made.application)
    assert "skan uchwały" not in str(sealed)


def test_the_history_tells_the_desk_to_the_centre_only(made: Made) -> None:
    desk.comment(made.actor("editor"), made.case_id, "P.1", "Kto ma skan uchwały?")
    desk.delegate(made.actor("manager"), made.case_id, "P", made.people["editor"].id)
    confirm_all(made)

    def kinds(who: str) -> set[str]:
        case = cases.facts(made.application)
        found = history.entries(made.actor(who), made.application, case)
        return {kind for one in found for kind in one.counts} & INTERNAL

    assert kinds("editor") == {"comment_written", "area_delegated", "areas_confirmed"}
    assert kinds("coordinator") == kinds("admin") == set()


def test_what_is_no_comment(made: Made) -> None:
    editor = made.actor("editor")
    for text, code in (("  ", "required"), ("a\0b", "bad_text"), ("ą" * 4001, "too_long")):
        with pytest.raises(Invalid) as refused:
            desk.comment(editor, made.case_id, "P.1", text)
        assert [one.code for one in refused.value.errors] == [code]
    with pytest.raises(NotFound) as missing:
        desk.comment(editor, made.case_id, "X.9", "Tekst.")
    assert missing.value.code == "criterion_not_found"
    other = make_application(Status.DRAFT)
    theirs = desk.comment(other.actor("editor"), other.case_id, "P.1", "Nie wasze.")
    for number in (theirs.id, 999):
        with pytest.raises(NotFound):
            desk.resolve(editor, made.case_id, number)
    with pytest.raises(Conflict, match="collision"), transaction():
        db.session.execute(update(CriterionComment).values(resolved_at=datetime.now(UTC)))


# The versions of an answer


def test_every_save_is_kept_and_can_come_back(made: Made) -> None:
    editor, manager = made.actor("editor"), made.actor("manager")
    answers.save(editor, made.case_id, "P.1", AnswerData(5, narratives=TEXTS))
    reason = AnswerData(4, narratives={"P.1.a": "Inny\r\ntekst."})
    answers.save(manager, made.case_id, "P.1", reason, version=2)
    back = answers.restore(editor, made.case_id, "P.1", 2, version=3)
    assert (back.version, back.points, back.narratives, back.saved_by_id) == (4, 5, TEXTS, editor.user_id)
    kept = [(one.number, one.points, one.saved_by.name, one.restored) for one in (
        queries.revisions(made.application, "P.1")
    )]  # fmt: skip
    assert kept == [
        (1, 3, "Maria Zarządca", None), (2, 5, "Ewa Redaktorka", None), (3, 4, "Maria Zarządca", None),
        (4, 5, "Ewa Redaktorka", 2),
    ]  # fmt: skip
    assert queries.revisions(made.application, "P.1")[2].narratives == {"P.1.a": "Inny\ntekst."}
    assert events(made, "answer_saved")[-1] == {"criterion": "P.1", "version": 4, "restored": 2}


def test_bringing_back_overwrites_nothing_newer(made: Made) -> None:
    editor = made.actor("editor")
    answers.save(editor, made.case_id, "P.1", AnswerData(5, narratives=TEXTS))
    with pytest.raises(Conflict) as refused:
        answers.restore(editor, made.case_id, "P.1", 1, version=1)
    assert (refused.value.code, refused.value.details) == ("stale_version", {"current": 2})
    for criterion, number in (("P.1", 3), ("P.1", 0), ("X.9", 1)):
        with pytest.raises(NotFound):
            answers.restore(editor, made.case_id, criterion, number)
    assert [one.number for one in queries.revisions(made.application, "P.1")] == [1, 2]


def test_a_refused_answer_leaves_no_version(made: Made) -> None:
    with pytest.raises(Invalid):
        answers.save(made.actor("editor"), made.case_id, "P.1", AnswerData(99))
    assert len(queries.revisions(made.application, "P.1")) == 1


def test_the_database_refuses_to_rewrite_a_version(made: Made) -> None:
    for change in (update(AnswerRevision).values(points=1), AnswerRevision.__table__.delete()):  # type: ignore[attr-defined]
        with pytest.raises(Conflict, match="collision") as refused, transaction():
            db.session.execute(change)
        assert "append-only" in str(refused.value.__cause__)
    assert len(queries.revisions(made.application, "P.1")) == 1


# The manager's sign-off


def progress(made: Made) -> tuple[int, int]:
    found = self_assessment.readiness_of(made.application).whole
    return found.confirmed, found.total


def test_a_signed_area_counts_until_it_changes(made: Made) -> None:
    total = progress(made)[1]
    rubric = self_assessment.rubric_of(made.application)
    assert progress(made) == (0, total)
    first, second, *_ = rubric.areas
    one = queries.digests(made.application)[first.id]
    with timing.fixed(datetime(2026, 11, 20, 9, 30, tzinfo=UTC)):
        (signed,) = desk.confirm(made.actor("manager"), made.case_id, {first.id: one})
    assert (signed.area, signed.signed_at) == (first.id, datetime(2026, 11, 20, 9, 30, tzinfo=UTC))
    assert progress(made) == (len(first.criteria), total)
    assert events(made, "areas_confirmed") == [{"areas": [first.id]}]
    criterion = first.criteria[0].id
    before = self_assessment.answers_of(made.application)[criterion]
    kept = AnswerData(before.points, narratives=dict(before.narratives))
    # Saving the same again, as a script does, changes nothing; neither does another area.
    answers.save(made.actor("editor"), made.case_id, criterion, kept)
    answers.save(made.actor("editor"), made.case_id, second.criteria[0].id, AnswerData(1))
    assert progress(made) == (len(first.criteria), total)
    answers.save(made.actor("editor"), made.case_id, criterion, AnswerData(before.points, narratives=TEXTS))
    assert progress(made) == (0, total)
    assert queries.sign_offs(made.application) == {}


def test_evidence_is_part_of_what_was_signed(made: Made) -> None:
    confirm_all(made)
    total = progress(made)[1]
    assert progress(made) == (total, total)
    link = self_assessment.links_of(made.application)["P.1"][0]
    evidence.detach(made.actor("editor"), made.case_id, link.id)
    assert "P" not in queries.sign_offs(made.application)
    # The same file on the same pages is the same content again.
    evidence.link(made.actor("editor"), made.case_id, "P.1", link.evidence_id)
    assert "P" in queries.sign_offs(made.application)


def test_only_what_was_seen_and_is_ready_is_signed(made: Made) -> None:
    manager = made.actor("manager")
    seen = queries.digests(made.application)
    answers.save(made.actor("editor"), made.case_id, "P.1", AnswerData(None))
    with pytest.raises(Conflict) as refused:
        desk.confirm(manager, made.case_id, seen)
    assert (refused.value.code, refused.value.details) == ("area_changed", {"area": "P"})
    with pytest.raises(Conflict) as refused:
        desk.confirm(manager, made.case_id, queries.digests(made.application))
    assert (refused.value.code, refused.value.details) == ("area_not_ready", {"area": "P"})
    with pytest.raises(NotFound):
        desk.confirm(manager, made.case_id, {"X": seen["P"]})
    with pytest.raises(Invalid):
        desk.confirm(manager, made.case_id, {})
    assert queries.sign_offs(made.application) == {}


def test_handing_in_confirms_the_rest(made: Made) -> None:
    manager = made.actor("manager")
    first = next(iter(queries.digests(made.application)))
    with timing.fixed(datetime(2026, 11, 20, 9, 30, tzinfo=UTC)):
        desk.confirm(manager, made.case_id, {first: queries.digests(made.application)[first]})
    applications.submit(manager, made.case_id)
    total = progress(made)[1]
    assert progress(made) == (total, total)
    found = queries.sign_offs(made.application)
    assert set(found) == set(queries.digests(made.application))
    assert found[first].signed_at == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert len(events(made, "areas_confirmed")) == 1


def test_the_people_are_those_who_can_sign_in(made: Made) -> None:
    make_user("Adela Nowa", centre=made.organisation, centre_role=Role.CENTRE_EDITOR)
    names = [one.name for one in queries.people(made.organisation.id)]
    assert names == ["Adela Nowa", "Ewa Redaktorka", "Maria Zarządca"]


def test_the_forecast_is_of_the_living_copy(made: Made) -> None:
    found = self_assessment.forecast_of(made.application)
    assert (found.outcome and found.outcome.id, found.missing) == ("bronze", ())
    assert found.result == self_assessment.self_rating(made.application)
    application = db.session.get_one(Application, made.case_id)
    assert found.way is not None
    for one in found.way.raises or ():
        answers.save(made.actor("editor"), application.id, one.criterion, AnswerData(one.needed))
    better = self_assessment.self_rating(made.application).outcome
    assert better == found.way.outcome
