"""Uploads in parts: the bytes are the same or the file is refused, it comes in once, and nobody fills the disk."""

import hashlib
import io
import os
import threading
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from flask import Flask
from sqlalchemy import func, select

from certify import storage
from certify.db import db
from certify.domain.errors import CertifyError, Conflict, Garbled, Gone, Invalid, NotFound, TooLarge, Unavailable
from certify.models.event import Event
from certify.models.upload import Upload
from certify.queries import evidence as evidence_queries
from certify.queries import self_assessment
from certify.timing import fixed, now
from certify.workflows import applications, evidence, library, uploads
from certify.workflows.evidence import Passport
from certify.workflows.uploads import Checksum, Place
from tests.busy import busy
from tests.factories import Made, make_walk

TEXT = "Notatka ze spotkania z mieszkańcami, Łęg.\n".encode()
MIB = 2**20


@pytest.fixture
def made(app: Flask) -> Made:
    """An application without evidence."""
    walk, people, organisation = make_walk()
    walk.take("create")
    return Made(walk.case_id, walk.cast, organisation, people)


def begin(made: Made, length: int = len(TEXT), name: str = "notatka.txt", **passport: str) -> str:
    place = Place(application_id=made.case_id, criterion="P.1")
    return uploads.begin(made.actor("editor"), place, name, length, Passport(**passport)).token


def begin_in_library(made: Made, length: int = len(TEXT), name: str = "notatka.txt") -> str:
    return uploads.begin(made.actor("editor"), Place(made.organisation.id), name, length).token


def send(made: Made, token: str, offset: int, part: bytes, checksum: Checksum | None = None) -> int:
    return uploads.append(made.actor("editor"), token, offset, io.BytesIO(part), checksum).received


def refused(act: Callable[[], object]) -> CertifyError:
    with pytest.raises(CertifyError) as found:
        act()
    return found.value


def code_of(error: CertifyError) -> str:
    return error.errors[0].code if isinstance(error, Invalid) else error.code


def partial_files() -> list[str]:
    folder = evidence.root() / storage.PARTIAL
    return sorted(one.name for one in folder.iterdir()) if folder.exists() else []


def content_of(made: Made) -> list[bytes]:
    found = [one.current.sha256 for one in evidence_queries.pieces([made.organisation.id])]
    return [storage.path_of(evidence.root(), sha256).read_bytes() for sha256 in found]


def events() -> list[str]:
    return list(db.session.scalars(select(Event.kind).order_by(Event.id.desc()).limit(2)))


def test_parts_become_evidence_of_the_criterion_with_its_passport(made: Made) -> None:
    token = begin(made, title="Notatka", kind="document", pages="1")
    assert send(made, token, 0, TEXT[:10]) == 10
    assert send(made, token, 10, b"") == 10
    assert partial_files() == [token]
    before = db.session.scalar(select(func.count(Event.id))) or 0
    assert send(made, token, 10, TEXT[10:]) == len(TEXT)
    (link,) = self_assessment.links_of(made.application)["P.1"]
    assert (link.evidence.title, link.evidence.kind, link.pages) == ("Notatka", "document", "1")
    assert link.evidence.current.filename == "notatka.txt"
    assert content_of(made) == [TEXT]
    assert partial_files() == []
    # One event, as of any other upload.
    assert db.session.scalar(select(func.count(Event.id))) == before + 1
    assert events()[0] == "evidence_attached"
    upload = db.session.scalars(select(Upload)).one()
    assert (upload.evidence_id, upload.received) == (link.evidence_id, len(TEXT))


def test_a_finished_upload_takes_nothing_more_and_tells_what_it_became(made: Made) -> None:
    token = begin_in_library(made)
    send(made, token, 0, TEXT)
    # The reply was lost, and the last part comes once more.
    for offset in (0, len(TEXT) - 1, len(TEXT)):
        error = refused(lambda offset=offset: send(made, token, offset, TEXT[offset:]))  # type: ignore[misc]
        assert (error.code, error.details["current"]) == ("offset_mismatch", len(TEXT))
    piece = evidence_queries.pieces([made.organisation.id])[0]
    assert db.session.scalars(select(Upload)).one().evidence_id == piece.id
    assert events()[0] == "evidence_uploaded"
    library.remove(made.actor("editor"), piece.id, version=1)
    assert isinstance(refused(lambda: send(made, token, 0, TEXT)), NotFound)


def test_a_part_begins_where_the_file_ends(made: Made) -> None:
    token = begin(made)
    send(made, token, 0, TEXT[:10])
    for offset in (0, 3, 9, 11, 10_000):
        error = refused(lambda offset=offset: send(made, token, offset, TEXT[offset:]))  # type: ignore[misc]
        assert (error.code, error.details["current"]) == ("offset_mismatch", 10)
    send(made, token, 10, TEXT[10:])
    assert content_of(made) == [TEXT]


def test_more_bytes_than_were_announced_are_not_added(made: Made) -> None:
    token = begin(made, 20)
    send(made, token, 0, TEXT[:10])
    assert isinstance(refused(lambda: send(made, token, 10, TEXT[:11])), TooLarge)
    assert send(made, token, 10, TEXT[10:20]) == 20
    assert content_of(made) == [TEXT[:20]]


def test_a_damaged_part_is_not_added(made: Made) -> None:
    for algorithm in uploads.ALGORITHMS:
        token = begin(made)
        good = Checksum(algorithm, hashlib.new(algorithm, TEXT[:10]).digest())
        # A part that was cut short is damaged, too.
        for bad in (b"x" + TEXT[1:10], TEXT[:9]):
            with pytest.raises(Garbled):
                send(made, token, 0, bad, good)
        assert send(made, token, 0, TEXT[:10], good) == 10


def test_what_a_stopped_program_left_behind_the_end_is_cut_off(made: Made) -> None:
    token = begin(made)
    send(made, token, 0, TEXT[:10])
    with (evidence.root() / storage.PARTIAL / token).open("ab") as left:
        left.write(b"x" * 500)
    send(made, token, 10, TEXT[10:])
    assert content_of(made) == [TEXT]


def test_a_refused_file_is_gone(made: Made) -> None:
    content = b"<html>" + b"a" * 50
    token = begin(made, len(content), "a.pdf")
    assert code_of(refused(lambda: send(made, token, 0, content))) == "file_type_mismatch"
    assert (partial_files(), content_of(made)) == ([], [])
    assert isinstance(refused(lambda: send(made, token, 0, content)), NotFound)


def test_the_same_file_twice_is_said_as_ever(made: Made) -> None:
    send(made, begin_in_library(made), 0, TEXT)
    token = begin_in_library(made)
    assert refused(lambda: send(made, token, 0, TEXT)).code == "evidence_in_library"
    assert partial_files() == []


def test_the_last_byte_can_come_again_when_only_the_time_was_wrong(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    token = begin(made)
    real = evidence.root()
    # The store is away while the whole file is kept: a mount that vanished.
    away: Callable[[], Path] = lambda: real / "nie ma"  # noqa: E731
    monkeypatch.setattr(evidence, "root", away)
    assert isinstance(refused(lambda: send(made, token, 0, TEXT)), Unavailable)
    monkeypatch.undo()
    upload = db.session.scalars(select(Upload)).one()
    assert (upload.received, upload.finished_at) == (len(TEXT) - 1, None)
    assert send(made, token, len(TEXT) - 1, TEXT[-1:]) == len(TEXT)
    assert content_of(made) == [TEXT]


def test_the_last_byte_can_come_again_when_the_machine_was_busy(
    app: Flask, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = begin(made)
    with busy(app, monkeypatch):
        assert refused(lambda: send(made, token, 0, TEXT)).code == "busy"
    assert send(made, token, len(TEXT) - 1, TEXT[-1:]) == len(TEXT)
    assert content_of(made) == [TEXT]


def test_what_can_be_known_is_refused_at_the_beginning(made: Made) -> None:
    for length, name, code in (
        (evidence.MAX_FILE + 1, "a.pdf", "file_too_large"),
        (10**14, "a.pdf", "file_too_large"),
        (0, "a.pdf", "file_empty"),
        (5, "a.exe", "file_type_not_allowed"),
        (5, "a/b.pdf", "bad_filename"),
        (5, "", "bad_filename"),
    ):
        for start in (begin, begin_in_library):
            with pytest.raises(CertifyError) as found:
                start(made, length, name)
            assert code_of(found.value) == code
    assert (partial_files(), db.session.scalars(select(Upload)).all()) == ([], [])


def test_a_bad_passport_is_refused_at_the_beginning(made: Made) -> None:
    assert code_of(refused(lambda: begin(made, title="ż" * 300))) == "too_long"
    assert code_of(refused(lambda: begin(made, kind="nieznany"))) == "not_a_choice"


def test_quotas_hold_at_the_beginning_and_at_the_end(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = begin(made), begin(made)
    monkeypatch.setattr(evidence, "MAX_FILES", 1)
    send(made, first, 0, TEXT)
    assert refused(lambda: send(made, second, 0, TEXT)).code == "quota_exceeded"
    assert refused(lambda: begin(made)).code == "quota_exceeded"
    monkeypatch.setattr(evidence, "MAX_LIBRARY_BYTES", 10)
    assert refused(lambda: begin_in_library(made)).details["feature"] == "library"
    assert partial_files() == []


def test_nobody_has_more_than_so_many_beginnings(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_OPEN", 2)
    first = begin(made)
    begin_in_library(made)
    assert refused(lambda: begin(made)).code == "too_many_uploads"
    uploads.begin(made.cast.manager, Place(made.organisation.id), "a.txt", 3)
    # A finished one is no beginning any more; one that was given up, neither.
    send(made, first, 0, TEXT)
    other = begin(made)
    uploads.end(made.actor("editor"), other)
    begin(made)


def test_an_upload_is_its_owners_alone(made: Made) -> None:
    token = begin(made)
    for part in ("manager", "stranger", "coordinator", "admin"):
        who = made.actor(part)
        for act in (lambda: uploads.append(who, token, 0, io.BytesIO(TEXT)), lambda: uploads.end(who, token)):  # noqa: B023
            assert isinstance(refused(act), NotFound)
    assert isinstance(refused(lambda: send(made, "nieznany", 0, TEXT)), NotFound)
    foreign = Place(application_id=made.case_id, criterion="P.1")
    assert isinstance(refused(lambda: uploads.begin(made.actor("stranger"), foreign, "a.txt", 3)), NotFound)
    theirs = Place(made.organisation.id)
    assert isinstance(refused(lambda: uploads.begin(made.actor("stranger"), theirs, "a.txt", 3)), NotFound)


def test_rights_are_judged_anew_for_each_part(made: Made) -> None:
    token = begin(made)
    send(made, token, 0, TEXT[:5])
    applications.withdraw(made.cast.manager, made.case_id)
    assert refused(lambda: send(made, token, 5, TEXT[5:])).code == "not_editable"
    # Out of the centre: the person's own upload does not exist any more.
    token = begin_in_library(made)
    left = replace(made.actor("editor"), centres={})
    assert isinstance(refused(lambda: uploads.append(left, token, 0, io.BytesIO(TEXT))), NotFound)


def test_after_a_day_an_upload_lapses_and_is_swept(made: Made) -> None:
    first, second = begin(made), begin_in_library(made)
    send(made, first, 0, TEXT[:5])
    with fixed(now() + uploads.LIFETIME + timedelta(minutes=1)):
        assert isinstance(refused(lambda: send(made, first, 5, TEXT[5:])), Gone)
        third = begin(made)
        # Whoever begins anew sweeps up behind the own ones.
        assert partial_files() == [third]
        assert uploads.sweep() == 0
    with fixed(now() + 3 * uploads.LIFETIME):
        assert uploads.sweep() == 1
    assert partial_files() == []
    assert isinstance(refused(lambda: send(made, second, 0, TEXT)), NotFound)


def test_bytes_without_a_row_are_swept_when_they_are_old(made: Made) -> None:
    assert uploads.sweep() == 0
    token = begin(made)
    folder = evidence.root() / storage.PARTIAL
    for name, age in (("osierocone", 25), ("nowe", 1)):
        (folder / name).write_bytes(b"abc")
        old = (now() - timedelta(hours=age)).timestamp()
        os.utime(folder / name, (old, old))
    os.utime(folder / token, (1, 1))
    assert uploads.sweep() == 0
    assert partial_files() == sorted([token, "nowe"])
    # Bytes that are gone without their row: the sender begins anew.
    (folder / token).unlink()
    assert isinstance(refused(lambda: send(made, token, 0, TEXT)), NotFound)


def test_of_two_at_once_one_wins(app: Flask, made: Made) -> None:
    token, actor = begin(made), made.actor("editor")
    start, codes = threading.Barrier(6), []

    def run(part: bytes) -> None:
        with app.app_context():
            start.wait()
            try:
                uploads.append(actor, token, 0, io.BytesIO(part))
                codes.append("")
            except Conflict as error:
                codes.append(error.code)
            finally:
                db.session.remove()

    parts = [TEXT[:10], b"Zupa" * 4] * 3
    threads = [threading.Thread(target=run, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert codes.count("") == 1 and set(codes) <= {"", "offset_mismatch", "upload_busy"}
    received = db.session.scalars(select(Upload)).one().received
    stored = (evidence.root() / storage.PARTIAL / token).read_bytes()
    assert stored in parts and len(stored) == received


def test_who_is_overtaken_at_the_end_is_told_where_the_file_is(made: Made) -> None:
    token = begin(made)

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() == 0:
                send(made, token, 0, TEXT)
            return super().read(size)

    error = refused(lambda: uploads.append(made.actor("editor"), token, 0, Slow(TEXT)))
    assert (error.code, error.details["current"]) == ("offset_mismatch", len(TEXT))
    assert content_of(made) == [TEXT]


def test_who_writes_right_now_is_not_disturbed(made: Made) -> None:
    token = begin(made)
    with storage.partial(evidence.root(), token):
        error = refused(lambda: send(made, token, 0, TEXT))
    assert (error.code, error.details["current"]) == ("upload_busy", 0)


class Endless:
    """So many bytes of a text, made as they are asked for."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int) -> bytes:
        size = min(size, self.left)
        self.left -= size
        return b"a" * size


def test_the_file_is_never_whole_in_memory(made: Made) -> None:
    length = 24 * MIB
    token = begin_in_library(made, length)
    tracemalloc.start()
    try:
        for offset in (0, length // 2):
            body = cast(BinaryIO, Endless(length // 2))
            uploads.append(made.actor("editor"), token, offset, body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(content_of(made)[0]) == length
    assert peak < 12 * MIB
