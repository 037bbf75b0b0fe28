"""How much an assessment and a library may hold, also when fifty people upload at the same moment."""

import io
import threading
import time

import pytest
from flask import Flask

from certify.db import db
from certify.domain.errors import CertifyError, Conflict
from certify.queries import evidence as queries
from certify.workflows import evidence
from tests.factories import Made, make_application, make_walk


@pytest.fixture
def made(app: Flask) -> Made:
    """An application without evidence."""
    walk, people, organisation = make_walk()
    walk.take("create")
    return Made(walk.case_id, walk.cast, organisation, people)


def attach(made: Made, content: bytes = b"abcd", criterion: str = "P.1") -> int:
    return evidence.attach(made.cast.manager, made.case_id, criterion, io.BytesIO(content), "a.txt").evidence_id


def test_a_piece_counts_once_however_often_it_is_used(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MAX_FILES", 1)
    piece = attach(made)
    evidence.link(made.cast.manager, made.case_id, "P.2", piece)
    assert queries.volume_of(made.case_id) == (1, 4)
    with pytest.raises(Conflict) as refused:
        attach(made)
    assert (refused.value.code, refused.value.details["limit"]) == ("quota_exceeded", 1)


@pytest.mark.parametrize(("limit", "feature"), [("MAX_BYTES", "bytes"), ("MAX_LIBRARY_BYTES", "library")])
def test_bytes_are_counted(made: Made, monkeypatch: pytest.MonkeyPatch, limit: str, feature: str) -> None:
    monkeypatch.setattr(evidence, limit, 10)
    attach(made, b"a" * 6)
    with pytest.raises(Conflict) as refused:
        attach(made, b"b" * 5)
    assert (refused.value.code, refused.value.details["feature"]) == ("quota_exceeded", feature)
    attach(made, b"c" * 4)
    assert queries.volume_of(made.case_id) == (2, 10)
    assert queries.volume_of_library(made.organisation.id) == 10


def test_fifty_at_once_never_exceed_the_quota(app: Flask, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MAX_FILES", 10)
    start = threading.Barrier(50)
    codes: list[str] = []

    def run(number: int) -> None:
        with app.app_context():
            start.wait()
            # A machine looks into two files at once, so most are told to come again; a person presses the button then.
            for _ in range(2000):
                try:
                    attach(made, f"plik {number}".encode())
                    codes.append("")
                except CertifyError as refused:
                    codes.append(refused.code)
                    if refused.code == "busy":
                        time.sleep(0.05)
                        continue
                finally:
                    db.session.remove()
                return

    threads = [threading.Thread(target=run, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert codes.count("") == 10
    assert codes.count("quota_exceeded") == 40
    assert queries.volume_of(made.case_id)[0] == 10


def test_what_hangs_on_another_application_is_counted_there(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_application()
    attach(made)
    assert queries.volume_of(made.case_id) == (1, 4)
    assert queries.volume_of(other.case_id)[0] == 1
    assert queries.volume_of(0) == (0, 0)
