"""A file that waits for the scanner, and one that it closed, on every page on which it stands."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import current_app
from sqlalchemy import update

from certify.db import db, transaction
from certify.domain.lifecycle import Status
from certify.models.evidence import EvidenceRevision
from certify.queries import evidence as queries
from certify.timing import now
from certify.workflows import scans
from tests import clamd, files
from tests.factories import Made, make_application, make_walk
from tests.pages import CheckingClient

Login = Callable[..., CheckingClient]
JSON = {"Accept": "application/json"}
WAITS = "czeka na kontrolę antywirusową"
FOUND = "wykryto wirusa"


@pytest.fixture
def made(client: CheckingClient, login: Login) -> Made:
    """An application that has just begun, with its editor signed in."""
    walk, people, organisation = make_walk()
    walk.take("create")
    login(client, people["editor"])
    return Made(walk.case_id, walk.cast, organisation, people)


@contextmanager
def scanner(talk: clamd.Talk | None) -> Iterator[None]:
    """A stand-in is set up for the block; None: nobody listens."""
    with clamd.stand_in(talk) if talk else clamd.closed_port() as address:
        current_app.config["CLAMD"] = address
        yield
    current_app.config["CLAMD"] = ""


def add(client: CheckingClient, made: Made, content: bytes, name: str) -> object:
    form = {"version": "0", "P-1-points": "3", "narrative-P.1.a": "Tekst.", "file": (io.BytesIO(content), name)}
    return client.post(f"/cases/{made.case_id}/evidence/P.1", data=form)


def revision(made: Made) -> EvidenceRevision:
    return queries.pieces([made.organisation.id])[0].current


def status(client: CheckingClient, path: str, **headers: str) -> int:
    with client.get(path, headers=headers) as answer:
        answer.get_data()
        return answer.status_code


def test_an_infected_file_is_refused_where_it_was_chosen(client: CheckingClient, made: Made) -> None:
    with scanner(clamd.says(b"stream: Worm FOUND\0")):
        page = add(client, made, b"Protokol", "a.txt")
        assert page.status_code == 422  # type: ignore[attr-defined]
        assert 'href="#P-1-file"' in page.text  # type: ignore[attr-defined]
        assert "W tym pliku wykryto wirusa" in page.text  # type: ignore[attr-defined]
        sent = client.post("/evidence", data={"file": (io.BytesIO(b"Inny"), "b.txt")}, headers=JSON)
        assert (sent.status_code, sent.json["errors"][0]["code"]) == (422, "malware_found")  # type: ignore[index]
        several = client.post("/evidence", data={"file": [(io.BytesIO(b"Inny"), "b.txt")]})
        assert several.status_code == 422
    assert queries.pieces([made.organisation.id]) == []


def test_a_file_that_waits_on_its_pages(client: CheckingClient, login: Login, made: Made) -> None:
    with scanner(None):
        sent = add(client, made, files.pdf(), "a.pdf")
        page = client.get(sent.location).text  # type: ignore[attr-defined]
        assert "Plik czeka na kontrolę antywirusową: do tego czasu tylko ty możesz go otworzyć." in page
        file = revision(made)
        newer = {"file": (io.BytesIO(files.txt()), "b.txt")}
        said = client.post(f"/evidence/pieces/{file.evidence_id}/revisions", data=newer, follow_redirects=True)
        assert "tylko ty możesz" in said.text
    file = revision(made)
    paths = [f"/evidence/{file.id}", f"/evidence/{file.id}/preview"]
    assert [status(client, path) for path in paths] == [200, 303]
    mine = client.get(f"/evidence/pieces/{file.evidence_id}").text
    assert "Ten plik czeka na kontrolę antywirusową" in mine and 'class="preview' in mine
    login(client, made.people["manager"])
    assert [status(client, path) for path in paths] == [423, 423]
    refused = client.get(paths[0], headers=JSON)
    assert refused.json["code"] == "scan_pending"  # type: ignore[index]
    theirs = client.get(f"/evidence/pieces/{file.evidence_id}").text
    assert WAITS in theirs and 'class="preview' not in theirs and f'href="{paths[0]}"' not in theirs
    library = client.get("/evidence").text
    assert f"1 plik {WAITS}" in library and f'href="{paths[0]}"' not in library
    area = client.get(f"/cases/{made.case_id}/self-assessment/P").text
    assert WAITS in area and "plik czeka jeszcze" in area
    assert "plik czeka jeszcze na kontrolę" in client.get(f"/cases/{made.case_id}/readiness").text
    login(client, made.people["stranger"])
    assert [status(client, path) for path in paths] == [404, 404]


def test_a_file_that_was_closed_later_on_its_pages(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.AUDIT)
    with scanner(clamd.says(b"stream: Worm FOUND\0")):
        scans.check_all()
    file = revision(made)
    login(client, made.people["editor"])
    assert [status(client, f"/evidence/{file.id}{more}", **JSON) for more in ("", "/preview")] == [423, 423]
    assert FOUND in client.get("/evidence").text
    piece = client.get(f"/evidence/pieces/{file.evidence_id}").text
    assert "W tym pliku wykryto wirusa" in piece and ">Pobierz<" not in piece
    for part, path in {
        "lead": f"/cases/{made.case_id}/scoring/P",
        "coordinator": f"/cases/{made.case_id}/submission",
    }.items():
        login(client, made.people[part])
        page = client.get(path)
        assert (page.status_code, FOUND in page.text, f'href="/evidence/{file.id}"' in page.text) == (200, True, False)
        assert status(client, f"/evidence/{file.id}") == 423
    assert "Plik zamknięty: wykryto wirusa" in client.get(f"/cases/{made.case_id}").text


def test_the_office_learns_of_a_silent_scanner(client: CheckingClient, login: Login, made: Made) -> None:
    with scanner(None):
        add(client, made, b"Protokol", "a.txt")
    login(client, made.people["coordinator"])
    assert f"1 plik {WAITS}" not in client.get("/board").text
    with transaction():
        db.session.execute(update(EvidenceRevision).values(uploaded_at=now() - timedelta(minutes=16)))
    for part in ("coordinator", "admin"):
        login(client, made.people[part])
        assert f"1 plik {WAITS}, od: " in client.get("/board").text
