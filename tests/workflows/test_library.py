"""The library's verbs: what comes in, what is written of it, what leans on it, and that nothing sealed is touched."""

import hashlib
import io
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select

from certify.db import db
from certify.domain.errors import Conflict, Invalid, NotFound, WrongState
from certify.domain.lifecycle import Status
from certify.models.event import Event
from certify.models.evidence import Evidence, EvidenceLink, EvidenceRevision
from certify.queries import library as queries
from certify.queries import self_assessment
from certify.workflows import evidence, library, supplements
from certify.workflows.library import PassportData
from tests import files
from tests.factories import Made, make_application, make_audit, make_walk

TEXT = b"Protokol ze spotkania.\n"


@pytest.fixture
def made(app: Flask) -> Made:
    """An application that has just begun."""
    walk, people, organisation = make_walk()
    walk.take("create")
    return Made(walk.case_id, walk.cast, organisation, people)


def upload(made: Made, content: bytes = TEXT, name: str = "protokół.txt", part: str = "editor") -> Evidence:
    return library.upload(made.actor(part), made.organisation.id, io.BytesIO(content), name)


def last_event() -> Event:
    return db.session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()


def describe(made: Made, piece: Evidence, version: int = 1, **data: object) -> Evidence:
    return library.describe(made.actor("editor"), piece.id, PassportData(**{"title": "Tytuł", **data}), version=version)


def test_a_file_comes_straight_into_the_library(made: Made) -> None:
    piece = upload(made)
    assert (piece.title, piece.kind, piece.version, piece.names_people) == ("protokół.txt", "", 1, None)
    file = piece.current
    assert (file.number, file.sha256, file.size) == (1, hashlib.sha256(TEXT).hexdigest(), len(TEXT))
    assert (file.original_sha256, file.original_size, file.traces) == (None, None, "")
    event = last_event()
    assert (event.kind, event.data) == ("evidence_uploaded", {"evidence": piece.id, "sha256": file.sha256})


def test_of_a_picture_the_digest_of_what_was_sent_is_kept(made: Made) -> None:
    content = files.image("JPEG", comment="Jan Kowalski")
    file = upload(made, content, "zdjęcie.jpg").current
    assert (file.original_sha256, file.original_size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert file.sha256 != file.original_sha256
    with pytest.raises(Conflict) as refused:
        upload(made, content, "to samo zdjęcie.jpg")
    assert refused.value.code == "evidence_in_library"


def test_a_picture_under_another_ending_is_called_what_it_is(made: Made) -> None:
    link = evidence.attach(made.actor("editor"), made.case_id, "P.1", io.BytesIO(files.jpg()), "zdjęcie.png")
    file = link.evidence.current
    assert (link.evidence.title, file.filename, file.media_type) == ("zdjęcie.jpg", "zdjęcie.jpg", "image/jpeg")
    named = evidence.attach(
        made.actor("editor"), made.case_id, "P.2", io.BytesIO(files.webp()), "a.png", evidence.Passport(title="Wnętrze")
    )
    assert (named.evidence.title, named.evidence.current.filename) == ("Wnętrze", "a.webp")


def test_of_a_mended_document_the_digest_of_what_was_sent_is_kept(made: Made) -> None:
    sent = b"\xef\xbb\xbf" + files.pdf()
    file = upload(made, sent, "umowa.pdf").current
    assert file.original_sha256 == hashlib.sha256(sent).hexdigest()
    assert (file.original_size, file.size) == (len(sent), len(files.pdf()))
    with pytest.raises(Conflict) as refused:
        upload(made, sent, "umowa.pdf")
    assert refused.value.code == "evidence_in_library"


def test_what_looks_like_people_is_noted(made: Made) -> None:
    assert upload(made, b"Lista obecnosci: 44051401359", "lista.txt").current.traces == "attendance,pesel"


def test_the_same_file_comes_once_into_one_library(made: Made) -> None:
    piece = upload(made)
    with pytest.raises(Conflict) as refused:
        upload(made, name="kopia.txt")
    assert (refused.value.code, refused.value.details["evidence"]) == ("evidence_in_library", piece.id)
    stranger = made.actor("stranger")
    other = next(iter(stranger.centres))
    assert library.upload(stranger, other, io.BytesIO(TEXT), "ich.txt").organisation_id == other


def test_nobody_reaches_into_another_library(made: Made) -> None:
    piece = upload(made)
    stranger = made.actor("stranger")
    calls = [
        lambda: library.upload(stranger, made.organisation.id, io.BytesIO(b"x"), "a.txt"),
        lambda: library.describe(stranger, piece.id, PassportData("x"), version=1),
        lambda: library.revise(stranger, piece.id, io.BytesIO(b"x"), "a.txt"),
        lambda: library.link_many(stranger, piece.id, made.case_id, {"P.1": ""}),
        lambda: library.remove(stranger, piece.id, version=1),
        lambda: library.remove(stranger, 999_999, version=1),
        lambda: queries.piece(made.actor("coordinator"), piece.id),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call()


def test_a_passport_is_written_and_guarded(made: Made) -> None:
    piece = upload(made)
    describe(
        made,
        piece,
        kind="document",
        author="Rada Gminy",
        proves="Spotkania odbywają się co miesiąc.",
        period_from=date(2025, 1, 1),
        period_to=date(2025, 12, 31),
        valid_until=date(2027, 1, 1),
        names_people=True,
        shows_pesel=False,
        has_consent=True,
    )
    kept = db.session.get_one(Evidence, piece.id)
    assert (kept.title, kept.kind, kept.author) == ("Tytuł", "document", "Rada Gminy")
    assert kept.proves == "Spotkania odbywają się co miesiąc."
    assert (kept.period_from, kept.period_to) == (date(2025, 1, 1), date(2025, 12, 31))
    assert (kept.names_people, kept.shows_pesel, kept.shows_faces, kept.has_consent) == (True, False, None, True)
    assert (kept.personal_data, kept.version, kept.valid_until) == (True, 2, date(2027, 1, 1))
    assert (last_event().kind, last_event().data) == ("evidence_described", {"evidence": piece.id, "version": 2})
    with pytest.raises(Conflict) as refused:
        describe(made, piece, version=1, title="Inny")
    assert (refused.value.code, refused.value.details["current"]) == ("stale_version", 2)
    describe(made, piece, version=2, names_people=False)
    assert db.session.get_one(Evidence, piece.id).personal_data is False


def test_without_answers_the_mark_of_the_upload_stays(made: Made) -> None:
    passport = evidence.Passport(personal_data=True)
    link = evidence.attach(made.actor("editor"), made.case_id, "P.1", io.BytesIO(TEXT), "a.txt", passport)
    describe(made, link.evidence)
    assert db.session.get_one(Evidence, link.evidence_id).personal_data is True


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        ({"title": " "}, {"title": "required"}),
        ({"proves": "a\0b"}, {"proves": "bad_text"}),
        ({"kind": "nothing"}, {"kind": "not_a_choice"}),
        ({"period_from": date(1949, 12, 31)}, {"period_from": "bad_date"}),
        ({"valid_until": date(9999, 12, 31)}, {"valid_until": "bad_date"}),
        ({"period_from": date(2026, 1, 2), "period_to": date(2026, 1, 1)}, {"period_to": "period_backwards"}),
    ],
)
def test_faults_of_a_passport(made: Made, data: dict[str, object], faults: dict[str, str]) -> None:
    piece = upload(made)
    with pytest.raises(Invalid) as refused:
        describe(made, piece, **data)
    assert {one.field: one.code for one in refused.value.errors} == faults
    assert db.session.get_one(Evidence, piece.id).version == 1


def test_a_newer_file_goes_to_the_living_copy_and_not_to_the_sealed_one(app: Flask) -> None:
    made = make_application(Status.SUPPLEMENT)
    piece = made.application.evidence_links[0].evidence
    before = piece.current.id
    sealed = made.application.submissions[-1].content
    newer = library.revise(made.actor("editor"), piece.id, io.BytesIO(b"Nowsza uchwala.\n"), "nowsza.txt")
    assert newer.number == 2
    living = self_assessment.links_of(made.application)
    assert {link.evidence.current.id for links in living.values() for link in links} == {newer.id}
    assert made.application.submissions[-1].content == sealed
    named = {one["revision"] for pieces in sealed["evidence"].values() for one in pieces}
    assert named == {before}
    assert (last_event().kind, last_event().data["number"]) == ("evidence_revised", 2)
    with pytest.raises(Conflict) as refused:
        library.revise(made.actor("editor"), piece.id, io.BytesIO(b"Nowsza uchwala.\n"), "znowu.txt")
    assert refused.value.code == "revision_unchanged"


def test_a_newer_file_obeys_the_quota(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    link = evidence.attach(made.actor("editor"), made.case_id, "P.1", io.BytesIO(b"abcd"), "a.txt")
    monkeypatch.setattr(evidence, "MAX_BYTES", 6)
    monkeypatch.setattr(evidence, "MAX_FILES", 1)
    with pytest.raises(Conflict) as refused:
        library.revise(made.actor("editor"), link.evidence_id, io.BytesIO(b"abcdefg"), "a.txt")
    assert (refused.value.code, refused.value.details["feature"]) == ("quota_exceeded", "bytes")
    assert library.revise(made.actor("editor"), link.evidence_id, io.BytesIO(b"abcdef"), "a.txt").number == 2


def test_many_criteria_at_once(made: Made) -> None:
    piece = upload(made)
    library.link_many(made.actor("editor"), piece.id, made.case_id, {"P.1": " 3-5 ", "S.1": ""})
    found = self_assessment.links_of(made.application)
    assert {key: [one.pages for one in links] for key, links in found.items()} == {"P.1": ["3-5"], "S.1": [""]}
    assert queries.linked_criteria(made.case_id, piece.id) == {"P.1", "S.1"}
    with pytest.raises(Conflict) as refused:
        library.link_many(made.actor("editor"), piece.id, made.case_id, {"P.2": "", "S.1": ""})
    assert refused.value.code == "evidence_already_attached"
    # All or nothing.
    assert queries.linked_criteria(made.case_id, piece.id) == {"P.1", "S.1"}
    with pytest.raises(Invalid):
        library.link_many(made.actor("editor"), piece.id, made.case_id, {})
    with pytest.raises(Invalid) as long:
        library.link_many(made.actor("editor"), piece.id, made.case_id, {"P.2": "s" * 61})
    assert long.value.errors[0].field == "pages-P.2"
    with pytest.raises(NotFound):
        library.link_many(made.actor("editor"), piece.id, made.case_id, {"X.9": ""})


def test_a_piece_goes_only_to_applications_of_its_centre_that_are_open(app: Flask) -> None:
    made = make_application(Status.SUBMITTED)
    piece = upload(made)
    with pytest.raises(WrongState):
        library.link_many(made.actor("editor"), piece.id, made.case_id, {"P.1": ""})
    walk, people, organisation = make_walk()
    walk.take("create")
    other = Made(walk.case_id, walk.cast, organisation, people)
    with pytest.raises(NotFound):
        library.link_many(made.actor("editor"), piece.id, other.case_id, {"P.1": ""})
    assert [one.id for one in queries.open_applications(organisation.id)] == [other.case_id]
    assert queries.open_applications(made.organisation.id) == []


def test_one_person_of_two_centres_mixes_nothing(made: Made) -> None:
    """The rights of both do not make one library of two."""
    piece = upload(made)
    walk, _, organisation = make_walk()
    walk.take("create")
    both = made.actor("editor")
    both = type(both)(
        both.user_id, both.name, both.roles, {**both.centres, organisation.id: both.centres[made.organisation.id]}
    )
    with pytest.raises(NotFound):
        library.link_many(both, piece.id, walk.case_id, {"P.1": ""})


def test_what_nothing_leans_on_is_removed(made: Made) -> None:
    piece = upload(made)
    number = piece.id
    assert library.remove(made.actor("editor"), number, version=1) == 0
    for table in (Evidence, EvidenceRevision, EvidenceLink):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0
    assert (last_event().kind, last_event().data["evidence"]) == ("evidence_removed", number)
    with pytest.raises(NotFound):
        library.remove(made.actor("editor"), number, version=1)


def test_what_criteria_lean_on_is_removed_only_knowingly(made: Made) -> None:
    piece = upload(made)
    number = piece.id
    library.link_many(made.actor("editor"), number, made.case_id, {"P.1": "", "P.2": "7"})
    assert [(one.criterion, one.pages, one.editable) for one in queries.places(piece)] == [
        ("P.1", "", True),
        ("P.2", "7", True),
    ]
    with pytest.raises(Conflict) as refused:
        library.remove(made.actor("editor"), number, version=1)
    assert refused.value.code == "evidence_in_use"
    with pytest.raises(Conflict) as stale:
        library.remove(made.actor("editor"), number, version=7, with_links=True)
    assert stale.value.code == "stale_version"
    assert library.remove(made.actor("editor"), number, version=1, with_links=True) == 2
    assert self_assessment.links_of(made.application) == {}
    kinds = db.session.scalars(select(Event.kind).where(Event.application_id == made.case_id).order_by(Event.id)).all()
    assert kinds[-2:] == ["evidence_detached", "evidence_detached"]


def test_what_a_submission_names_stays(app: Flask) -> None:
    made = make_application(Status.SUPPLEMENT)
    link = made.application.evidence_links[0]
    piece = link.evidence
    assert queries.sealed_in(piece) == [(made.application.number, 1)]
    for one in list(made.application.evidence_links):
        evidence.detach(made.actor("editor"), made.case_id, one.id)
    with pytest.raises(Conflict) as refused:
        library.remove(made.actor("editor"), piece.id, version=1, with_links=True)
    assert refused.value.code == "evidence_sealed"


def test_what_was_offered_during_the_audit_stays_too(app: Flask) -> None:
    made = make_audit()
    manager = made.actor("manager")
    link = evidence.attach(manager, made.case_id, "P.1", io.BytesIO(b"Uchwala.\n"), "uchwala.txt")
    piece = link.evidence
    assert queries.sealed_in(piece) == []
    supplements.offer(manager, made.case_id, ["P.1"], "Rada przyjęła uchwałę.")
    assert queries.sealed_in(piece) == [(made.application.number, 1)]
    with pytest.raises(Conflict) as refused:
        library.remove(manager, piece.id, version=piece.version, with_links=True)
    assert refused.value.code == "evidence_sealed"


def test_the_kinds_come_from_the_standards(made: Made) -> None:
    assert "document" in queries.kinds([made.organisation.id])
    assert [one.id for one in queries.organisations(made.actor("editor"))] == [made.organisation.id]
