"""Evidence in the browser: a file comes in, a bad one is refused where it was chosen, and only some may open it."""

import io
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from certify.domain.lifecycle import Status
from certify.queries import evidence, self_assessment
from certify.workflows import evidence as verbs
from tests.busy import busy
from tests.factories import Made, make_application, make_walk
from tests.pages import CheckingClient

Login = Callable[..., CheckingClient]
TEXT = "Uchwała Rady Gminy w sprawie strategii.\n".encode()


@pytest.fixture
def made(client: CheckingClient, login: Login) -> Made:
    """An application that has just begun, with its editor signed in."""
    walk, people, organisation = make_walk()
    walk.take("create")
    login(client, people["editor"])
    return Made(walk.case_id, walk.cast, organisation, people)


def fetch(client: CheckingClient, revision: int) -> TestResponse:
    """The file, read to its end and closed as a server does."""
    with client.get(f"/evidence/{revision}") as answer:
        answer.get_data()
        return answer


def add(made: Made, criterion: str = "P.1", last: str = "") -> str:
    return f"/cases/{made.case_id}/evidence/{criterion}{last}"


def form(content: bytes = TEXT, name: str = "uchwała nr 5.txt", **more: str) -> dict[str, object]:
    return {
        "version": "0",
        "P-1-points": "3",
        "narrative-P.1.a": "Tekst obok pliku.",
        "file": (io.BytesIO(content), name),
        "title": "Uchwała",
        "kind": "document",
        "pages": "3-5",
        **more,
    }


def large(size: int) -> dict[str, object]:
    """The same form with a file of `size` bytes, as bytes: the client would leave its own temporary file open."""
    texts = {"version": "0", "P-1-points": "3", "narrative-P.1.a": "Tekst obok pliku."}
    parts = [f'--xx\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n' for key, text in texts.items()]
    parts.append('--xx\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n')
    body = "".join(parts).encode() + b"a" * size + b"\r\n--xx--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=xx"}


def links(made: Made, criterion: str = "P.1") -> list[str]:
    return [link.evidence.title for link in self_assessment.links_of(made.application).get(criterion, [])]


def text_of(made: Made) -> str:
    return self_assessment.answers_of(made.application)["P.1"].narratives["P.1.a"]


def test_a_file_is_added_and_the_answer_is_saved_with_it(client: CheckingClient, made: Made) -> None:
    sent = client.post(add(made), data=form(personal_data="y"))
    assert sent.status_code == 303
    assert sent.location.endswith("/self-assessment/P#P.1")
    assert links(made) == ["Uchwała"]
    assert text_of(made) == "Tekst obok pliku."
    page = client.get(sent.location).text
    assert "3-5" in page
    piece = evidence.pieces([made.organisation.id])[0]
    assert (piece.personal_data, piece.kind, piece.current.filename) == (True, "document", "uchwała nr 5.txt")


@pytest.mark.parametrize(
    ("content", "name", "status", "target"),
    [
        (b"MZ\x90", "program.exe", 415, "P-1-file"),
        (b"", "pusty.txt", 422, "P-1-file"),
        (b"%PDF-1.7 broken", "raport.pdf", 422, "P-1-file"),
        (TEXT, "a/b.txt", 422, "P-1-file"),
        (b"\x89PNG\r\n\x1a\n", "zdjęcie.png", 422, "P-1-file"),
    ],
)
def test_a_bad_file_leaves_the_answer_saved(
    client: CheckingClient, made: Made, content: bytes, name: str, status: int, target: str
) -> None:
    page = client.post(add(made), data=form(content, name))
    assert page.status_code == status
    assert f'href="#{target}"' in page.text
    assert 'class="error-summary"' in page.text
    assert "Tekst obok pliku." in page.text
    assert 'value="3-5"' in page.text
    assert links(made) == []
    assert text_of(made) == "Tekst obok pliku."


def test_no_file_and_bad_words_about_it(client: CheckingClient, made: Made) -> None:
    data = form()
    del data["file"]
    assert client.post(add(made), data=data).status_code == 422
    page = client.post(add(made), data=form(title="ż" * 300, version="1"))
    assert page.status_code == 422
    assert 'href="#P-1-title"' in page.text
    assert client.post(add(made), data=form(kind="nothing", version="1")).status_code == 422
    assert client.post(add(made), data=form(pages="1\x00", version="1")).status_code == 422
    assert links(made) == []


def test_a_stale_answer_keeps_the_text_and_takes_no_file(client: CheckingClient, made: Made) -> None:
    client.post(f"/cases/{made.case_id}/answers/P.1", data={"version": "0", "narrative-P.1.a": "Tekst koleżanki."})
    page = client.post(add(made), data=form())
    assert page.status_code == 409
    assert "koleżanki." in page.text
    assert ">\nTekst obok pliku.</textarea>" in page.text
    assert links(made) == []


def test_an_unchanged_answer_is_not_written_again(client: CheckingClient, made: Made) -> None:
    client.post(add(made), data=form())
    data = form(version="0", title="Drugi")
    assert client.post(add(made), data=data).status_code == 303
    assert self_assessment.answers_of(made.application)["P.1"].version == 1
    assert links(made) == ["Uchwała", "Drugi"]


def test_a_file_over_25_mib_is_refused_while_streaming(client: CheckingClient, made: Made) -> None:
    page = client.post(add(made), **large(25 * 2**20 + 1))
    assert page.status_code == 413
    assert 'href="#P-1-file"' in page.text
    assert text_of(made) == "Tekst obok pliku."
    assert links(made) == []


def test_a_request_over_the_limit_is_refused_unread_with_a_way_back(client: CheckingClient, made: Made) -> None:
    client.post(f"/cases/{made.case_id}/answers/P.2", data={"version": "0", "P-2-points": "4"})
    page = client.post(add(made), **large(28 * 2**20))
    assert page.status_code == 413
    assert 'href="#P-1-file"' in page.text
    assert 'id="P-2-points-4" value="4" checked' in page.text


def test_a_foreign_too_large_request_is_not_found(client: CheckingClient, login: Login, made: Made) -> None:
    login(client, made.people["stranger"])
    assert client.post(add(made), **large(28 * 2**20)).status_code == 404


def test_from_the_library_and_off_again(client: CheckingClient, made: Made) -> None:
    client.post(add(made), data=form())
    piece = evidence.pieces([made.organisation.id])[0]
    data = {"version": "0", "P-2-points": "4", "evidence_id": str(piece.id)}
    assert client.post(add(made, "P.2", "/link"), data=data).status_code == 303
    assert links(made, "P.2") == ["Uchwała"]
    again = client.post(add(made, "P.2", "/link"), data=data)
    assert again.status_code == 409
    assert 'href="#P-2-evidence_id"' in again.text
    none = client.post(add(made, "P.2", "/link"), data={**data, "evidence_id": ""})
    assert none.status_code == 422
    used = client.get("/evidence").text
    assert f"{area(made)}#P.2" in used
    link = self_assessment.links_of(made.application)["P.2"][0]
    off = {"version": "1", "P-2-points": "5", "link_id": str(link.id)}
    assert client.post(add(made, "P.2", "/detach"), data=off).status_code == 303
    assert links(made, "P.2") == []
    assert self_assessment.answers_of(made.application)["P.2"].points == 5
    assert client.post(add(made, "P.2", "/detach"), data={**off, "version": "2"}).status_code == 404


def area(made: Made) -> str:
    return f"/cases/{made.case_id}/self-assessment/P"


def test_an_empty_library_says_how_it_fills(client: CheckingClient, made: Made) -> None:
    assert client.get("/evidence").status_code == 200


def test_foreign_evidence_is_not_offered(client: CheckingClient, login: Login, made: Made) -> None:
    client.post(add(made), data=form())
    piece = evidence.pieces([made.organisation.id])[0]
    login(client, made.people["stranger"])
    assert "Uchwała" not in client.get("/evidence").text
    data = {"version": "0", "evidence_id": str(piece.id)}
    assert client.post(add(made, "P.2", "/link"), data=data).status_code == 404


def test_in_a_closed_case_nothing_is_added(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.REJECTED)
    login(client, made.people["editor"])
    assert client.post(add(made), data=form(version="1")).status_code == 409


READING = {
    Status.DRAFT: {"manager", "editor"},
    Status.SUBMITTED: {"manager", "editor", "coordinator"},
    Status.TEAMING: {"manager", "editor", "coordinator"},
    Status.AUDIT: {"manager", "editor", "coordinator", "lead", "auditor"},
    Status.DECISION: {"manager", "editor", "coordinator", "lead", "auditor", "decider", "panel"},
}


@pytest.mark.parametrize("status", READING)
def test_who_opens_a_file(client: CheckingClient, login: Login, status: Status) -> None:
    made = make_application(status)
    revision = evidence.pieces([made.organisation.id])[0].current.id
    for part, user in made.people.items():
        login(client, user)
        expected = 200 if part in READING[status] else 404
        assert fetch(client, revision).status_code == expected, part


def test_later_files_of_the_living_copy_stay_with_the_centre(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.SUPPLEMENT)
    added = verbs.attach(made.actor("manager"), made.case_id, "P.1", io.BytesIO(TEXT), "nowy.txt")
    revision = added.evidence.current.id
    login(client, made.people["coordinator"])
    assert fetch(client, revision).status_code == 404
    login(client, made.people["editor"])
    assert fetch(client, revision).status_code == 200


def test_the_download_is_an_attachment_under_its_own_name(client: CheckingClient, made: Made) -> None:
    client.post(add(made), data=form())
    revision = evidence.pieces([made.organisation.id])[0].current.id
    answer = fetch(client, revision)
    assert answer.get_data() == TEXT
    assert "filename*=UTF-8''uchwa%C5%82a%20nr%205.txt" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert client.get("/evidence/999999").status_code == 404


def test_a_form_for_the_library_that_is_too_large_is_refused_and_not_a_fault(
    client: CheckingClient, login: Login
) -> None:
    made = make_application(Status.DRAFT)
    login(client, made.people["manager"])
    for path in ("link", "detach"):
        page = client.post(f"/cases/{made.case_id}/evidence/P.1/{path}", data={"narrative-P.1.a": "a" * (2**20 + 1)})
        assert (page.status_code, "internal" in page.text) == (413, False)


def test_a_busy_moment_keeps_the_text_and_says_when_to_come_again(
    app: Flask, client: CheckingClient, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    with busy(app, monkeypatch):
        page = client.post(f"/cases/{made.case_id}/evidence/P.1", data=form(**{"narrative-P.1.a": "Nasz tekst."}))
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "Nasz tekst." in page.text
    assert self_assessment.links_of(made.application) == {}
