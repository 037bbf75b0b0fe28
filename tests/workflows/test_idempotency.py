"""A request repeated under its key: one effect, one answer, kept together or not at all (R32)."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from certify import timing
from certify.db import db, transaction
from certify.domain.errors import Conflict, Invalid
from certify.models.event import Event
from certify.models.idempotency import IdempotencyKey
from certify.workflows.idempotency import Kept, Request, after_the_other, once
from certify.workflows.step import record
from tests.factories import make_user

ANSWER = Kept(201, '{"id": 1}', '"1-1"', "/api/v1/things/1")


@pytest.fixture
def asked(app: Flask) -> Request:
    return Request(make_user().id, "klucz", "a" * 64)


def effect(request: Request) -> Kept:
    """A verb, and the answer that is made of what it left."""
    with transaction():
        record("thing_done", request.user_id)
    return ANSWER


def effects() -> int:
    return db.session.scalar(select(func.count(Event.id)).where(Event.kind == "thing_done")) or 0


def test_the_second_time_gives_the_first_answer(asked: Request) -> None:
    assert once(asked, lambda: effect(asked)) == (ANSWER, False)
    assert once(asked, lambda: effect(asked)) == (ANSWER, True)
    assert effects() == 1


def test_a_key_stands_for_one_request(asked: Request) -> None:
    once(asked, lambda: effect(asked))
    with pytest.raises(Invalid) as caught:
        once(Request(asked.user_id, asked.key, "b" * 64), lambda: effect(asked))
    assert caught.value.code == "idempotency_key_reused"
    other = Request(make_user().id, asked.key, "b" * 64)
    assert once(other, lambda: effect(other)) == (ANSWER, False)
    assert effects() == 2


def test_what_fails_leaves_nothing(asked: Request) -> None:
    def refused() -> Kept:
        raise Conflict("already_issued")

    def broken_after_the_effect() -> Kept:
        effect(asked)
        raise RuntimeError("killed between the effect and the answer")

    for failing, kind in ((refused, Conflict), (broken_after_the_effect, RuntimeError)):
        with pytest.raises(kind):
            once(asked, failing)
        assert effects() == 0
        assert db.session.scalar(select(func.count(IdempotencyKey.id))) == 0
    assert once(asked, lambda: effect(asked)) == (ANSWER, False)


def test_while_the_same_request_is_running_another_waits_for_its_answer(app: Flask, asked: Request) -> None:
    db.session.rollback()
    answers: list[tuple[Kept | None, bool]] = []
    start = threading.Barrier(4)

    def run() -> None:
        with app.app_context():
            start.wait()
            answers.append(after_the_other(asked, lambda: effect(asked)))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(repeated for _, repeated in answers) == [False, True, True, True]
    assert {kept for kept, _ in answers} == {ANSWER} and effects() == 1
    assert after_the_other(asked, lambda: effect(asked)) == (ANSWER, True)


def test_what_is_given_back_to_be_corrected_is_not_kept(asked: Request) -> None:
    assert after_the_other(asked, lambda: None) == (None, False)
    assert db.session.scalar(select(func.count(IdempotencyKey.id))) == 0
    assert after_the_other(asked, lambda: effect(asked)) == (ANSWER, False)


def test_several_units_are_one(asked: Request) -> None:
    def twice() -> Kept:
        effect(asked)
        return effect(asked)

    once(asked, twice)
    assert effects() == 2


def test_an_answer_without_an_effect_is_kept_too(asked: Request) -> None:
    assert once(asked, lambda: ANSWER) == (ANSWER, False)
    assert once(asked, lambda: effect(asked)) == (ANSWER, True)


def test_answers_are_forgotten_after_two_days(asked: Request) -> None:
    once(asked, lambda: effect(asked))
    with timing.fixed(timing.now() + timedelta(hours=47)):
        once(Request(asked.user_id, "another", "b" * 64), lambda: effect(asked))
        assert once(asked, lambda: effect(asked)) == (ANSWER, True)
    with timing.fixed(timing.now() + timedelta(hours=49)):
        once(Request(asked.user_id, "third", "b" * 64), lambda: effect(asked))
        assert once(asked, lambda: effect(asked)) == (ANSWER, False)


def test_the_same_request_while_it_runs(asked: Request) -> None:
    def again() -> Kept:
        with pytest.raises(Conflict) as caught:
            once(asked, lambda: effect(asked))
        assert caught.value.code == "idempotency_in_progress"
        return effect(asked)

    assert once(asked, again) == (ANSWER, False)
    assert effects() == 1


def test_another_process_was_faster(app: Flask, asked: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have looked and found nothing; the one whose unit begins later finds the other's answer then."""
    first_done, results = threading.Event(), []

    def slow() -> Kept:
        # Before its unit begins (say, it prints), the other one is finished.
        run(lambda: once_elsewhere(app, asked, first_done))
        assert first_done.is_set()
        return effect(asked)

    results.append(once(asked, slow))
    assert results == [(ANSWER, True)]
    assert effects() == 1


def run(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)


def once_elsewhere(app: Flask, asked: Request, done: threading.Event) -> None:
    """What another process does: the same, past this process's own list of running requests."""
    with app.app_context():
        with transaction():
            record("thing_done", asked.user_id)
            db.session.add(
                IdempotencyKey(
                    user_id=asked.user_id, key=asked.key, request_sha256=asked.sha256, answer_code=ANSWER.answer_code,
                    etag=ANSWER.etag, location=ANSWER.location, body=ANSWER.body, created_at=timing.now(),
                )
            )  # fmt: skip
        db.session.remove()
    done.set()
