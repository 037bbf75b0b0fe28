"""The sweeper on a real store: what goes, what stays, what is missed, and an upload that meets it half-way."""

import hashlib
import io
import os
import time
from pathlib import Path

import pytest
from flask import Flask, current_app
from sqlalchemy import update

from certify import storage, storage_sweep
from certify.db import db, transaction
from certify.domain.errors import Invalid, Unavailable
from certify.domain.lifecycle import Status
from certify.models.certificate import Certificate
from certify.models.evidence import EvidenceRevision
from certify.queries import stored
from certify.timing import now
from certify.workflows import library
from certify.workflows.intake import root
from certify.workflows.step import record
from certify.workflows.sweep import KEEP, Swept, sweep
from tests import clamd
from tests.factories import Made, make_application, make_walk

ORPHAN = b"nobody names these bytes"
HOUR = 3600


@pytest.fixture
def made(app: Flask) -> Made:
    """An application that has just begun."""
    walk, people, organisation = make_walk()
    walk.take("create")
    return Made(walk.case_id, walk.cast, organisation, people)


def put(content: bytes, hours: float) -> Path:
    """Bytes that came into the store so many hours ago."""
    path = storage.path_of(root(), storage.put(io.BytesIO(content), root=root(), limit=10_000).sha256)
    return aged(path, hours)


def aged(path: Path, hours: float) -> Path:
    moment = time.time() - hours * HOUR
    os.utime(path, (moment, moment))
    return path


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_only_old_bytes_without_a_row_go(made: Made) -> None:
    piece = library.upload(made.actor("editor"), made.organisation.id, io.BytesIO(b"Uchwala"), "a.txt")
    named = aged(storage.path_of(root(), piece.current.sha256), 25)
    old, young = put(ORPHAN, 24.1), put(b"on its way", 23.9)
    half = root() / storage.INCOMING / "half"
    half.write_bytes(b"123")
    aged(half, 25)
    writing = root() / storage.INCOMING / "writing"
    writing.write_bytes(b"1")
    # Another part of the service may keep its own things beside the tree.
    foreign = root() / "uploads"
    foreign.mkdir()
    (foreign / "part").write_bytes(b"x")
    aged(foreign / "part", 100)
    expected = Swept(removed=[sha(ORPHAN)], freed=len(ORPHAN) + 3, temporary=1)
    assert sweep(dry_run=True) == expected
    assert old.exists() and half.exists()
    assert sweep() == expected
    assert [path.exists() for path in (old, half, named, young, writing, foreign / "part")] == [
        False, False, True, True, True, True,
    ]  # fmt: skip
    assert sweep() == Swept()


def test_removed_evidence_leaves_its_bytes_to_the_sweeper(made: Made) -> None:
    piece = library.upload(made.actor("editor"), made.organisation.id, io.BytesIO(b"Uchwala"), "a.txt")
    path = aged(storage.path_of(root(), piece.current.sha256), 30)
    library.remove(made.actor("editor"), piece.id, version=1)
    assert path.exists()
    assert sweep().removed == [path.name]
    assert not path.exists()


def test_certificates_stay_and_missing_bytes_are_an_alarm(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    make_application(Status.CERTIFIED)
    printed = db.session.query(Certificate).one().pdf_sha256
    assert printed is not None
    for path in root().glob("??/??/*"):
        aged(path, 1000)
    assert sweep() == Swept()
    storage.path_of(root(), printed).unlink()
    assert sweep().missing == [printed]
    assert f"a row names bytes that are not there: {printed}" in caplog.text


def test_every_column_of_a_digest_keeps_its_bytes(made: Made) -> None:
    piece = library.upload(made.actor("editor"), made.organisation.id, io.BytesIO(b"Uchwala"), "a.txt")
    original = sha(b"as it was sent")
    with transaction():
        db.session.execute(update(EvidenceRevision).values(original_sha256=original, original_size=1))
    assert stored.named() >= {piece.current.sha256, original}
    assert stored.owed() == {piece.current.sha256}


def test_a_move_into_the_quarantine_that_was_cut_short_is_finished(made: Made) -> None:
    piece = library.upload(made.actor("editor"), made.organisation.id, io.BytesIO(b"Uchwala"), "a.txt")
    with transaction():
        db.session.execute(update(EvidenceRevision).values(scan="infected"))
    assert sweep(dry_run=True) == Swept()
    assert storage.path_of(root(), piece.current.sha256).exists()
    assert sweep() == Swept()
    assert not storage.path_of(root(), piece.current.sha256).exists()
    assert storage.quarantined(root(), piece.current.sha256).exists()
    assert sweep() == Swept()


def test_refused_malware_goes_after_a_month_and_closed_evidence_stays(made: Made) -> None:
    piece = library.upload(made.actor("editor"), made.organisation.id, io.BytesIO(b"harmful"), "a.txt")
    with transaction():
        piece.current.scan = "infected"
        record("evidence_closed", None, evidence=[piece.id], sha256=piece.current.sha256)
    storage.lock_away(root(), piece.current.sha256)
    closed = aged(storage.quarantined(root(), piece.current.sha256), 24 * 400)
    old, young = (refused(f"malware {days}".encode(), days) for days in (31, 29))
    assert sweep(dry_run=True).removed == [old.name]
    assert sweep().removed == [old.name]
    assert (closed.exists(), old.exists(), young.exists()) == (True, False, True)


def refused(content: bytes, days: float) -> Path:
    """Malware that was refused so many days ago."""
    with storage.receive(io.BytesIO(content), root(), 10_000) as incoming:
        assert incoming.lock_away()
    return aged(storage.quarantined(root(), sha(content)), days * 24)


def test_the_quarantine_has_a_quota(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "QUARANTINE_ROOM", 25)
    sent = [bytes([number]) * 10 for number in range(3)]
    kept = []
    for content in (*sent, sent[0]):
        with storage.receive(io.BytesIO(content), root(), 10_000) as incoming:
            kept.append(incoming.lock_away())
    # What is there already takes no more room.
    assert kept == [True, True, False, True]
    assert len(list((root() / storage.QUARANTINE).iterdir())) == 2
    assert list((root() / storage.INCOMING).iterdir()) == []


def test_malware_for_which_there_is_no_room_is_refused_and_not_kept(
    made: Made, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(storage, "QUARANTINE_ROOM", 5)
    with clamd.stand_in(clamd.says(b"stream: Worm.Test FOUND\0")) as address:
        current_app.config["CLAMD"] = address
        with pytest.raises(Invalid) as refusal:
            library.upload(made.actor("editor"), made.organisation.id, io.BytesIO(b"malware"), "a.txt")
    assert refusal.value.errors[0].code == "malware_found"
    assert "quarantine is full" in caplog.text
    assert not (root() / storage.QUARANTINE).exists()


def test_an_upload_that_needs_the_bytes_in_that_moment_keeps_them(app: Flask) -> None:
    path = put(ORPHAN, 30)
    before = now() - KEEP
    (found,) = storage_sweep.orphans(root(), set(), before)
    # The same file comes in between the look and the removal.
    storage.put(io.BytesIO(ORPHAN), root=root(), limit=1000)
    assert storage_sweep.remove(root(), found, before) is False
    assert path.read_bytes() == ORPHAN
    aged(path, 30)
    assert storage_sweep.remove(root(), found, before) is True
    assert storage_sweep.remove(root(), found, before) is False


def test_a_store_that_is_not_mounted_is_no_empty_store(app: Flask) -> None:
    current_app.config["STORAGE"] = str(root() / "elsewhere")
    with pytest.raises(Unavailable):
        sweep()


def test_a_sweep_that_may_not_write_says_so(app: Flask) -> None:
    put(ORPHAN, 30)
    (found,) = storage_sweep.orphans(root(), set(), now() - KEEP)
    incoming = root() / storage.INCOMING
    incoming.rmdir()
    incoming.write_bytes(b"a file where the folder should be")
    with pytest.raises(Unavailable):
        storage_sweep.remove(root(), found, now() - KEEP)
