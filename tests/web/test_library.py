"""The library in the browser: several files at once, the passport, previews and their headers, and the way out."""

import hashlib
import io
import re
import resource
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from certify import timing
from certify.domain.lifecycle import Status
from certify.queries import evidence, self_assessment
from certify.workflows import evidence as verbs
from certify.workflows import library
from tests import files
from tests.factories import Made, make_application, make_walk
from tests.pages import CheckingClient

Login = Callable[..., CheckingClient]
JSON = {"Accept": "application/json"}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


@pytest.fixture
def made(client: CheckingClient, login: Login) -> Made:
    """An application that has just begun, with its editor signed in."""
    walk, people, organisation = make_walk()
    walk.take("create")
    login(client, people["editor"])
    return Made(walk.case_id, walk.cast, organisation, people)


def upload(made: Made, content: bytes = b"Protokol.\n", name: str = "protokół.txt") -> int:
    return library.upload(made.actor("editor"), made.organisation.id, io.BytesIO(content), name).id


def several(*named: tuple[str, bytes]) -> dict[str, object]:
    return {"file": [(io.BytesIO(content), name) for name, content in named]}


def titles(made: Made) -> list[str]:
    return sorted(one.title for one in evidence.pieces([made.organisation.id]))


def test_several_files_at_once_each_by_itself(client: CheckingClient, made: Made) -> None:
    page = client.post("/evidence", data=several(("a.txt", b"aa"), ("b.exe", b"MZ"), ("c.pdf", files.pdf())))
    assert page.status_code == 415
    assert "b.exe: Przyjmujemy pliki" in page.text
    assert "Dodano 2 pliki." in page.text
    assert titles(made) == ["a.txt", "c.pdf"]
    again = client.post("/evidence", data=several(("a.txt", b"aa")))
    assert again.status_code == 409
    assert "a.txt: Ten sam plik" in again.text
    assert client.post("/evidence", data=several(("d.txt", b"dd"))).status_code == 303


def test_a_script_gets_an_answer_for_its_file(client: CheckingClient, made: Made) -> None:
    answer = client.post("/evidence", data=several(("a.txt", b"aa")), headers=JSON)
    assert answer.json is not None
    number = evidence.pieces([made.organisation.id])[0].id
    assert answer.json == {"ok": True, "id": number, "name": "a.txt", "url": f"/evidence/pieces/{number}"}
    refused = client.post("/evidence", data=several(("b.exe", b"MZ")), headers=JSON)
    assert (refused.status_code, refused.json and refused.json["code"]) == (415, "file_type_not_allowed")
    assert client.post("/evidence", data={}, headers=JSON).status_code == 422


def test_no_file_is_a_sentence(client: CheckingClient, made: Made) -> None:
    page = client.post("/evidence", data={"organisation": str(made.organisation.id)})
    assert page.status_code == 422
    assert 'href="#file"' in page.text


# Werkzeug forgets the temporary file of a part that never ended.
BROKEN_OFF = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@BROKEN_OFF
@pytest.mark.parametrize("address", ["/evidence", "/cases/{case}/evidence/P.1"])
def test_a_body_that_broke_off_leaves_nothing(client: CheckingClient, made: Made, address: str) -> None:
    body = b'--xx\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nabc'
    kind = "multipart/form-data; boundary=xx"
    answer = client.post(address.format(case=made.case_id), data=body, content_type=kind, headers=JSON)
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "bad_length")
    assert titles(made) == []
    assert self_assessment.answers_of(made.application) == {}


@BROKEN_OFF
def test_a_body_shorter_than_it_says_leaves_nothing(client: CheckingClient, made: Made) -> None:
    body = b'--xx\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nabc\r\n--xx--\r\n'
    kind = "multipart/form-data; boundary=xx"
    answer = client.post(
        "/evidence",
        input_stream=io.BytesIO(body),
        content_type=kind,
        headers=JSON,
        environ_overrides={"CONTENT_LENGTH": str(len(body) + 99)},
    )
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "bad_length")
    assert titles(made) == []


def test_the_library_asks_marks_and_counts_months(client: CheckingClient, made: Made) -> None:
    assert "Zbiór jest pusty" in client.get("/evidence").text or client.get("/evidence").status_code == 200
    piece = upload(made, b"Lista obecnosci: 44051401359", "lista.txt")
    page = client.get("/evidence").text
    assert "czy są w nim dane osób?" in page
    assert "35 miesięcy z ostatnich 36 nie ma dowodu." in page
    assert "wygląda na listę obecności" in client.get(f"/evidence/pieces/{piece}").text.lower()
    form = {
        "version": "1",
        "title": "Lista",
        "names_people": "yes",
        "period_from": "2020-01-01",
        "period_to": "2020-02-01",
    }
    assert client.post(f"/evidence/pieces/{piece}/passport", data=form).status_code == 303
    page = client.get("/evidence").text
    assert "czy są w nim dane osób?" not in page
    assert "zawiera dane osobowe" in page or "dane osobowe" in page
    assert "ponad 36 miesięcy" in page
    assert "1 dowód jest za stary według standardu albo już nieważny" in page
    assert "36 miesięcy z ostatnich 36 nie ma dowodu." in page
    assert "Ten dowód ma ponad 36 miesięcy" in client.get(f"/evidence/pieces/{piece}").text


def test_a_kind_has_its_own_age_and_a_piece_its_own_end(client: CheckingClient, made: Made) -> None:
    piece = upload(made)
    address = f"/evidence/pieces/{piece}"
    long_ago = (timing.today() - timedelta(days=500)).isoformat()
    form = {"version": "1", "title": "Wiata", "period_to": long_ago, "kind": "document"}
    assert client.post(f"{address}/passport", data=form).status_code == 303
    assert "Ten dowód ma ponad" not in client.get(address).text
    assert client.post(f"{address}/passport", data=form | {"version": "2", "kind": "photo"}).status_code == 303
    assert "Ten dowód ma ponad 12 miesięcy" in client.get(address).text
    assert "ponad 12 miesięcy" in client.get("/evidence").text
    ended = form | {"version": "3", "valid_until": long_ago}
    assert client.post(f"{address}/passport", data=ended).status_code == 303
    assert "Ten dowód jest już nieważny" in client.get(address).text
    assert "już nieważny</span>" in client.get("/evidence").text


def test_the_calendar_of_one_kind(client: CheckingClient, made: Made) -> None:
    photo = upload(made, b"1", "wiata.txt")
    upload(made, b"2", "bez-rodzaju.txt")
    day = f"{timing.today():%Y-%m}-01"
    form = {"version": "1", "title": "Wiata", "kind": "photo", "period_from": day, "period_to": day}
    assert client.post(f"/evidence/pieces/{photo}/passport", data=form).status_code == 303

    def calendar(kind: str) -> tuple[list[str], str]:
        """The cells, and the choice that the filter shows."""
        page = client.get("/evidence", query_string={"kind": kind}).text
        cells = re.findall(r"<td(?: class=\"months-none\")?>([0-9–]+)<", page)
        return cells, "".join(re.findall(r'<option value="([^"]*)" selected', page))

    assert calendar("photo") == (["–"] * 11 + ["1"], "photo")
    assert calendar("survey") == (["–"] * 36, "survey")
    assert calendar("-") == (["–"] * 35 + ["1"], "-")
    assert calendar("") == calendar("no-such-kind") == (["–"] * 35 + ["2"], "")
    said = "11 miesięcy z ostatnich 12 nie ma dowodu tego rodzaju."
    assert said in client.get("/evidence", query_string={"kind": "photo"}).text


def test_a_passport_keeps_what_was_typed(client: CheckingClient, made: Made) -> None:
    piece = upload(made)
    address = f"/evidence/pieces/{piece}/passport"
    bad = {"version": "1", "title": "", "proves": "Dowodzi.", "valid_until": "jutro", "names_people": "perhaps"}
    page = client.post(address, data=bad)
    assert page.status_code == 422
    assert 'href="#valid_until"' in page.text
    assert ">\r\nDowodzi.</textarea>" in page.text or "Dowodzi.</textarea>" in page.text
    assert client.post(address, data={"version": "1", "title": "Nowy", "proves": "Ewa"}).status_code == 303
    stale = client.post(address, data={"version": "1", "title": "Inny", "proves": "Maria"})
    assert stale.status_code == 409
    assert (
        "Nowy" in stale.text and 'value="Inny"' in stale.text and 'name="version" type="hidden" value="2"' in stale.text
    )
    assert client.post(address, data={"version": "2", "title": "Inny"}).status_code == 303
    assert titles(made) == ["Inny"]


def test_many_criteria_from_the_page_of_the_piece(client: CheckingClient, made: Made) -> None:
    piece = upload(made)
    page = client.get(f"/evidence/pieces/{piece}").text
    assert 'name="criteria" value="P.1"' in page
    form = {"application": str(made.case_id), "criteria": ["P.1", "S.2"], "pages-P.1": "3-5", "pages-P.2": "9"}
    assert client.post(f"/evidence/pieces/{piece}/links", data=form).status_code == 303
    links = self_assessment.links_of(made.application)
    assert {key: one[0].pages for key, one in links.items()} == {"P.1": "3-5", "S.2": ""}
    page = client.get(f"/evidence/pieces/{piece}").text
    assert f"/cases/{made.case_id}/self-assessment/P#P.1" in page
    none = client.post(f"/evidence/pieces/{piece}/links", data={"application": str(made.case_id)})
    assert none.status_code == 422
    assert 'href="#links"' in none.text
    assert "Dowody w skrócie" not in client.get(f"/cases/{made.case_id}/self-assessment").text
    client.post(f"/cases/{made.case_id}/answers/P.1", data={"version": "0", "P-1-points": "4"})
    shown = client.get(f"/cases/{made.case_id}/self-assessment").text
    assert "Dowody w skrócie" in shown
    assert "1 z 1" in shown


def test_a_newer_file_and_the_old_one(client: CheckingClient, made: Made) -> None:
    piece = upload(made)
    address = f"/evidence/pieces/{piece}/revisions"
    assert client.post(address, data=several(("nowy.txt", b"Nowszy.\n"))).status_code == 303
    page = client.get(f"/evidence/pieces/{piece}").text
    assert "nowy.txt" in page and "protokół.txt" in page
    assert client.post(address, data={"x": "y"}).status_code == 422
    refused = client.post(address, data=several(("nowy.exe", b"MZ")))
    assert (refused.status_code, 'href="#file"' in refused.text) == (415, True)
    assert client.post(address, data=several(("nowy.exe", b"MZ")), headers=JSON).status_code == 415


def test_removal_names_what_leans_on_the_piece(client: CheckingClient, made: Made) -> None:
    piece = upload(made)
    library.link_many(made.actor("editor"), piece, made.case_id, {"P.1": ""})
    page = client.get(f"/evidence/pieces/{piece}").text
    assert f"{made.application.number}, P.1." in page
    refused = client.post(f"/evidence/pieces/{piece}/remove", data={"version": "1"})
    assert (refused.status_code, 'href="#remove"' in refused.text) == (409, True)
    gone = client.post(f"/evidence/pieces/{piece}/remove", data={"version": "1", "with_links": "y"})
    assert gone.location == "/evidence"
    assert client.get(f"/evidence/pieces/{piece}").status_code == 404


def test_a_sealed_piece_stays_and_says_why(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.SUBMITTED)
    login(client, made.people["editor"])
    piece = made.application.evidence_links[0].evidence_id
    assert f"{made.application.number} (1)" in client.get(f"/evidence/pieces/{piece}").text
    assert client.post(f"/evidence/pieces/{piece}/remove", data={"version": "1"}).status_code == 409


@pytest.mark.parametrize("kind", files.SAMPLES)
def test_headers_of_download_and_preview(client: CheckingClient, made: Made, kind: str) -> None:
    content = files.SAMPLES[kind]()
    upload(made, content, f"ż.{kind}")
    file = evidence.pieces([made.organisation.id])[0].current
    shown = kind in {"pdf", "png", "jpg", "webp"}
    for last, inline in (("", False), ("/preview", True)):
        with client.get(f"/evidence/{file.id}{last}") as answer:
            body = answer.get_data()
        if inline and not shown:
            assert (answer.status_code, answer.location) == (303, f"/evidence/{file.id}")
            continue
        assert hashlib.sha256(body).hexdigest() == file.sha256
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        policy = "sandbox; default-src 'none'" + ("; frame-ancestors 'self'" if inline else "")
        assert answer.headers["Content-Security-Policy"] == policy
        how = "inline" if inline else "attachment"
        assert (
            answer.headers["Content-Disposition"] == f"{how}; filename=\"file.{kind}\"; filename*=UTF-8''%C5%BC.{kind}"
        )
        assert answer.headers["Content-Type"].partition(";")[0] == file.media_type


def test_a_picture_from_before_the_cleaning_is_only_downloaded(client: CheckingClient, made: Made) -> None:
    from certify.db import transaction

    upload(made, files.png(), "a.png")
    file = evidence.pieces([made.organisation.id])[0].current
    with transaction():
        file.original_sha256 = file.original_size = None
    assert client.get(f"/evidence/{file.id}/preview").status_code == 303


READING = {
    Status.DRAFT: {"manager", "editor"},
    Status.SUBMITTED: {"manager", "editor", "coordinator"},
    Status.AUDIT: {"manager", "editor", "coordinator", "lead", "auditor"},
}


@pytest.mark.parametrize("status", READING)
def test_the_preview_follows_the_download(client: CheckingClient, login: Login, status: Status) -> None:
    made = make_application(status)
    revision = evidence.pieces([made.organisation.id])[0].current.id
    for part, user in made.people.items():
        login(client, user)
        found = client.get(f"/evidence/{revision}/preview").status_code
        assert found == (303 if part in READING[status] else 404), part


def test_text_is_shown_escaped(client: CheckingClient, made: Made) -> None:
    piece = upload(made, 'Żółć < 5 & > 3 "x"\n'.encode(), "a.txt")
    assert "Żółć &lt; 5 &amp; &gt; 3" in client.get(f"/evidence/pieces/{piece}").text
    old = upload(made, "Zażółć <b>".encode("cp1250"), "b.txt")
    assert "Zażółć &lt;b&gt;" in client.get(f"/evidence/pieces/{old}").text
    cut = upload(made, b"a" * (64 * 1024 - 1) + "ż".encode() * 9, "c.txt")
    assert client.get(f"/evidence/pieces/{cut}").status_code == 200


def test_the_person_of_two_centres_says_where(client: CheckingClient, made: Made, app: Flask) -> None:
    from certify.db import db, transaction
    from certify.models.account import Membership
    from tests.factories import make_organisation

    other = make_organisation("Drugi Ośrodek")
    with transaction():
        db.session.add(Membership(user_id=made.people["editor"].id, organisation_id=other.id, role="centre_editor"))
    assert "Drugi Ośrodek" in client.get("/evidence").text
    data = several(("a.txt", b"aa")) | {"organisation": str(other.id)}
    assert client.post("/evidence", data=data).status_code == 303
    assert [one.title for one in evidence.pieces([other.id])] == ["a.txt"]
    assert client.post("/evidence", data=several(("b.txt", b"bb"))).status_code == 404


def multipart(path: Path, size: int) -> io.BufferedReader:
    """A form with a file of `size` bytes, on disk: the test's own memory must not be counted."""
    with path.open("wb") as out:
        out.write(b'--xx\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n')
        for _ in range(size // 2**20):
            out.write(b"Protokol ze spotkania.\n" * 45_590 + b"a" * 6)
        out.write(b"\r\n--xx--\r\n")
    return path.open("rb")


def test_25_mib_take_little_memory(client: CheckingClient, made: Made, tmp_path: Path) -> None:
    client.post("/evidence", data=several(("first.txt", b"first")))
    path = tmp_path / "body"
    with multipart(path, 25 * 2**20) as body:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        answer = client.post(
            "/evidence",
            input_stream=body,
            content_type="multipart/form-data; boundary=xx",
            headers={**JSON, "Content-Length": str(path.stat().st_size)},
        )
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert answer.status_code == 200
    assert evidence.pieces([made.organisation.id])[0].current.size == 25 * 2**20
    assert grown * 1024 <= 64 * 2**20
    assert not list((verbs.root() / ".incoming").iterdir())
