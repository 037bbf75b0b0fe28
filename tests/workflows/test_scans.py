"""What becomes of a file by the scanner's word: real clamd for what it finds, stand-ins for what it fails at."""

import hashlib
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pikepdf
import pytest
from flask import Flask, current_app
from sqlalchemy import func, select, update

from certify import storage
from certify.db import db, transaction
from certify.domain.errors import Invalid, Locked, NotAccepted, NotFound, Unavailable, WrongState
from certify.models.event import Event
from certify.models.evidence import Evidence, EvidenceRevision
from certify.queries import evidence as evidence_queries
from certify.queries import scans as queries
from certify.queries import self_assessment
from certify.timing import fixed, now
from certify.workflows import applications, evidence, library, scans, supplements
from certify.workflows.intake import root
from certify.workflows.scans import Checked
from tests import clamd, files
from tests.factories import Made, make_audit, make_walk

GOOD = "Protokół ze spotkania.\n".encode()
BAD = b"Protokol: " + clamd.EICAR
CLEAN = clamd.says(b"stream: OK\0")
FOUND = clamd.says(b"stream: Worm.Test FOUND\0")


@pytest.fixture
def made(app: Flask) -> Made:
    """An application that has just begun."""
    walk, people, organisation = make_walk()
    walk.take("create")
    return Made(walk.case_id, walk.cast, organisation, people)


@contextmanager
def scanner(talk: clamd.Talk) -> Iterator[None]:
    """A stand-in is set up for the block."""
    with clamd.stand_in(talk) as address:
        current_app.config["CLAMD"] = address
        yield
    current_app.config["CLAMD"] = ""


@contextmanager
def dead() -> Iterator[None]:
    """A scanner is set up, and nobody listens there."""
    with clamd.closed_port() as address:
        current_app.config["CLAMD"] = address
        yield
    current_app.config["CLAMD"] = ""


def upload(made: Made, content: bytes = GOOD, name: str = "protokół.txt", part: str = "editor") -> Evidence:
    return library.upload(made.actor(part), made.organisation.id, io.BytesIO(content), name)


def attach(made: Made, content: bytes = GOOD, criterion: str = "P.1") -> EvidenceRevision:
    return evidence.attach(made.actor("editor"), made.case_id, criterion, io.BytesIO(content), "a.txt").evidence.current


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def kept(content: bytes) -> tuple[bool, bool]:
    """Whether the bytes stand in the store, and in the quarantine."""
    return storage.path_of(root(), sha(content)).exists(), storage.quarantined(root(), sha(content)).exists()


def events(*kinds: str) -> list[tuple[str, int | None, int | None, dict[str, object]]]:
    rows = select(Event).where(Event.kind.in_(kinds)).order_by(Event.id)
    return [(one.kind, one.application_id, one.actor_id, one.data) for one in db.session.scalars(rows)]


def state(file: EvidenceRevision) -> tuple[str, str, bool]:
    db.session.refresh(file)
    return file.scan, file.scan_detail, file.scanned_at is not None


def test_without_a_scanner_files_are_not_asked_about(made: Made) -> None:
    assert state(upload(made).current) == ("none", "", False)
    assert scans.check_waiting() == Checked()
    assert scans.check_all() == Checked(stopped=True)


def test_a_clean_file_is_open_to_its_readers(made: Made) -> None:
    with scanner(CLEAN):
        file = attach(made)
    assert state(file) == ("clean", "", True)
    assert evidence_queries.revision(made.actor("manager"), file.id).id == file.id


EICAR_FILES = {
    "raw.txt": (BAD, "malware_found"),
    "in.docx": (files.archive(files.docx_parts() | {"word/document2.xml": b"<a>" + clamd.EICAR + b"</a>"}), None),
    # Refused for what they are before anybody is asked.
    "zip.odt": (
        files.archive(files.odt_parts() | {"Pictures/a.bin": files.archive({"a.txt": clamd.EICAR})}),
        "archive_too_large",
    ),
    "zip.zip": (files.archive({"a.txt": clamd.EICAR}), "file_type_not_allowed"),
}


@pytest.mark.xdist_group("clamd")
@pytest.mark.parametrize("name", EICAR_FILES)
def test_the_test_virus_comes_in_nowhere(made: Made, real_clamd: str, name: str) -> None:
    current_app.config["CLAMD"] = real_clamd
    content, code = EICAR_FILES[name]
    code = code or "malware_found"
    with pytest.raises((Invalid, NotAccepted)) as refusal:
        upload(made, content, name)
    error = refusal.value
    assert (error.errors[0].code if isinstance(error, Invalid) else error.code) == code
    assert db.session.scalar(select(func.count()).select_from(EvidenceRevision)) == 0
    assert kept(content) == (False, code == "malware_found")
    told = {"sha256": sha(content), "signature": clamd.SIGNATURE}
    expected = [("malware_refused", None, made.people["editor"].id, told)] if code == "malware_found" else []
    assert events("malware_refused", "evidence_closed") == expected


def test_an_attached_pdf_is_refused_before_it_is_scanned(made: Made) -> None:
    content = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.attachments["a.txt"] = clamd.EICAR
        document.save(content)
    with pytest.raises(Invalid) as refusal:
        upload(made, content.getvalue(), "a.pdf")
    assert (refusal.value.errors[0].code, refusal.value.details["feature"]) == ("active_content", "embedded_file")


def test_nothing_infected_is_attached_or_becomes_a_newer_file(made: Made) -> None:
    piece = upload(made)
    with scanner(FOUND):
        with pytest.raises(Invalid) as refusal:
            attach(made, b"Inny plik")
        assert refusal.value.errors[0].code == "malware_found"
        with pytest.raises(Invalid):
            library.revise(made.actor("editor"), piece.id, io.BytesIO(b"Nowszy"), "b.txt")
    assert self_assessment.links_of(made.application) == {}
    assert len(piece.revisions) == 1
    assert len(events("malware_refused")) == 2


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (clamd.hangs, "timeout"),
        (clamd.says(b"stream: OK"), "broken_off"),
        (clamd.says(b"INSTREAM size limit exceeded. ERROR\0"), "size_limit"),
        (clamd.says(b"OK\0"), "garbled"),
        (clamd.hangs_up, "broken_off"),
    ],
)
def test_without_an_answer_a_file_waits(made: Made, talk: clamd.Talk, reason: str) -> None:
    current_app.config["CLAMD_SECONDS"] = 0.3
    with scanner(talk):
        file = attach(made)
    assert state(file) == ("pending", reason, False)


def test_only_who_added_it_opens_a_file_that_waits(made: Made) -> None:
    with dead():
        file = attach(made)
    assert state(file) == ("pending", "unreachable", False)
    assert evidence_queries.revision(made.actor("editor"), file.id).id == file.id
    with pytest.raises(Locked) as closed:
        evidence_queries.revision(made.actor("manager"), file.id)
    assert closed.value.code == "scan_pending"
    with pytest.raises(NotFound):
        evidence_queries.revision(made.actor("stranger"), file.id)


def gaps(made: Made, criterion: str = "P.1") -> list[str]:
    return [one.code for one in self_assessment.readiness_of(made.application).gaps if one.criterion == criterion]


def test_an_application_waits_for_its_files_and_goes_on_by_itself(app: Flask) -> None:
    walk, people, organisation = make_walk()
    walk.take("create")
    walk.take("fill")
    made = Made(walk.case_id, walk.cast, organisation, people)
    assert self_assessment.readiness_of(made.application).ready
    with dead():
        file = attach(made)
        assert gaps(made) == ["scan_pending"]
        with pytest.raises(WrongState) as refusal:
            applications.submit(made.actor("manager"), made.case_id)
        assert refusal.value.code == "not_ready"
        assert scans.check_waiting() == Checked(unanswered={sha(GOOD): "unreachable"}, stopped=True)
        assert gaps(made) == ["scan_pending"]
    with scanner(CLEAN):
        assert scans.check_waiting() == Checked(clean=1)
        assert scans.check_waiting() == Checked()
    assert state(file) == ("clean", "", True)
    found = {"evidence": [file.evidence_id], "sha256": sha(GOOD)}
    assert events("evidence_cleared") == [("evidence_cleared", made.case_id, None, found)]
    assert applications.submit(made.actor("manager"), made.case_id).number == 1


def test_malware_that_is_known_later_closes_every_copy(made: Made) -> None:
    first = attach(made, BAD)
    with transaction():
        other = Evidence(organisation_id=made.organisation.id, title="Kopia", created_at=now())
        copy = EvidenceRevision(
            number=1, sha256=first.sha256, size=first.size, media_type="text/plain", filename="k.txt",
            uploaded_at=now(), uploaded_by_id=made.people["manager"].id, scan="clean", scanned_at=now(),
        )  # fmt: skip
        other.revisions = [copy]
        db.session.add(other)
    with scanner(FOUND):
        assert scans.check_all() == Checked(infected={sha(BAD): "Worm.Test"})
        # Closed is closed: nobody asks again.
        assert scans.check_all() == Checked()
    assert [state(one) for one in (first, copy)] == [("infected", "Worm.Test", True)] * 2
    assert kept(BAD) == (False, True)
    for part in ("editor", "manager"):
        with pytest.raises(Locked) as closed:
            evidence_queries.revision(made.actor(part), first.id)
        assert closed.value.code == "malware_found"
    told = {"evidence": [first.evidence_id, other.id], "sha256": sha(BAD), "signature": "Worm.Test"}
    assert events("evidence_closed") == [("evidence_closed", made.case_id, None, told)]
    with pytest.raises(Invalid) as refusal:
        evidence.link(made.actor("editor"), made.case_id, "P.2", other.id)
    assert refusal.value.errors[0].code == "malware_found"


def test_a_piece_that_no_application_uses_is_closed_too(made: Made) -> None:
    piece = upload(made)
    with scanner(FOUND):
        scans.check_all()
    told = {"evidence": [piece.id], "sha256": sha(GOOD), "signature": "Worm.Test"}
    assert events("evidence_closed") == [("evidence_closed", None, None, told)]


def test_an_infected_piece_proves_nothing(app: Flask) -> None:
    walk, people, organisation = make_walk()
    walk.take("create")
    walk.take("fill")
    made = Made(walk.case_id, walk.cast, organisation, people)
    files_of_it = {one.evidence.current.sha256 for one in self_assessment.links_of(made.application)["P.1"]}
    with scanner(FOUND):
        assert set(scans.check_all().infected) >= files_of_it
    assert gaps(made) == ["evidence_missing", "malware_found"]


def test_the_same_bytes_sent_again_close_what_is_here(made: Made) -> None:
    first = attach(made, BAD)
    with scanner(FOUND), pytest.raises(Invalid):
        upload(made, BAD, "again.txt", "manager")
    assert state(first) == ("infected", "Worm.Test", True)
    assert kept(BAD) == (False, True)
    assert [one[:2] for one in events("evidence_closed", "malware_refused")] == [
        ("evidence_closed", made.case_id),
        ("malware_refused", None),
    ]


def test_new_signatures_that_find_nothing_leave_no_trace(made: Made) -> None:
    piece = upload(made)
    before = db.session.scalar(select(func.count()).select_from(Event))
    with scanner(CLEAN):
        assert scans.check_all() == Checked(clean=1)
        assert state(piece.current) == ("clean", "", True)
    with scanner(clamd.says(b"nonsense\0")):
        assert scans.check_all() == Checked(unanswered={sha(GOOD): "garbled"})
    # An old verdict stands until there is a newer one.
    assert state(piece.current) == ("clean", "", True)
    assert db.session.scalar(select(func.count()).select_from(Event)) == before


def test_lost_bytes_are_no_verdict(made: Made) -> None:
    with dead():
        file = upload(made).current
    storage.path_of(root(), file.sha256).unlink()
    with scanner(CLEAN):
        assert scans.check_waiting() == Checked(unanswered={file.sha256: "blob_missing"})
    assert state(file) == ("pending", "blob_missing", False)


def test_too_long_a_wait_is_said_loudly(made: Made, caplog: pytest.LogCaptureFixture) -> None:
    with dead():
        file = upload(made).current
        assert queries.overdue() is None
        with fixed(file.uploaded_at + timedelta(minutes=15)), caplog.at_level(logging.ERROR):
            late = queries.overdue()
            assert late is not None
            assert (late.files, late.since, late.reason) == (1, file.uploaded_at, "unreachable")
            scans.check_waiting()
    assert "1 files wait for the malware scanner, the first since" in caplog.text


def test_a_mistake_of_the_scanner_is_taken_back(made: Made) -> None:
    file = attach(made)
    with scanner(FOUND):
        scans.check_all()
        for _ in range(2):
            with pytest.raises(Invalid) as refusal:
                scans.release(file.sha256)
            assert refusal.value.errors[0].code == "malware_found"
    with dead():
        with pytest.raises(Invalid) as refusal:
            scans.release(file.sha256)
        assert refusal.value.errors[0].code == "scan_pending"
    with scanner(CLEAN):
        scans.release(file.sha256)
        with pytest.raises(NotFound):
            scans.release(file.sha256)
    assert state(file) == ("clean", "", True)
    assert kept(GOOD) == (True, False)
    with storage.open_verified(root(), file.sha256) as stream:
        assert stream.read() == GOOD
    assert [one[:2] for one in events("evidence_released")] == [("evidence_released", made.case_id)]


def test_what_is_in_no_quarantine_is_not_released(made: Made) -> None:
    file = upload(made).current
    with transaction():
        db.session.execute(update(EvidenceRevision).values(scan="infected"))
    with pytest.raises(Unavailable):
        scans.release(file.sha256)


def test_a_file_that_waits_is_not_offered_to_the_auditors(app: Flask) -> None:
    made = make_audit()
    with dead():
        attach(made)
    with pytest.raises(Invalid) as refusal:
        supplements.offer(made.actor("manager"), made.case_id, ["P.1"], "Dodaliśmy protokół.")
    assert refusal.value.errors[0].code == "change_incomplete"
