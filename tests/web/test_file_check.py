"""The check of a file on its page: four answers, own words, its limit together with the API's, and busy moments."""

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from certify.db import db, transaction
from certify.models.certificate import Certificate, CertificateEvent
from certify.timing import now, today
from certify.workflows.evidence import root
from certify.workflows.step import record
from tests.busy import busy
from tests.pages import CheckingClient
from tests.web.conftest import content_of


def check_file(client: CheckingClient, content: bytes) -> TestResponse:
    return client.post("/verify/file", data={"file": (io.BytesIO(content), "certyfikat żółty.pdf")})


def test_four_answers_about_a_file(issued: Certificate, english: CheckingClient) -> None:
    content = content_of(issued)
    foreign = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(foreign)
    answers = [check_file(english, one) for one in (content, content + b" ", foreign.getvalue(), b"text")]
    assert [one.status_code for one in answers] == [200, 200, 404, 422]
    words = ["Genuine file", "Not the issued file", "Unknown file", "Unreadable file"]
    assert [word in one.text for word, one in zip(words, answers, strict=True)] == [True] * 4
    assert [issued.number in one.text for one in answers] == [True, True, False, False]
    assert "certyfikat żółty.pdf" in answers[0].text
    # Saving a genuine file anew would make another file of it, so nobody is told to.
    assert "ask the holder for the very file" in answers[1].text
    assert [one for one in answers if "save it" in one.text.lower() or "split" in one.text.lower()] == []


def test_the_answer_tells_today_s_status_too(issued: Certificate, english: CheckingClient) -> None:
    with transaction():
        db.session.add(
            CertificateEvent(certificate_id=issued.id, kind="revoked", on=today(), reason="Powód.", recorded_at=now())
        )
        record("certificate_revoked", None, certificate=issued.id)
    page = check_file(english, content_of(issued)).text
    assert "Genuine file" in page
    assert "<span>Revoked</span>" in page


def test_a_file_is_needed(english: CheckingClient) -> None:
    page = english.post("/verify/file", data={})
    assert (page.status_code, "Fill in this field." in page.text) == (422, True)


@pytest.mark.parametrize("size", [10 * 2**20 + 1, 11 * 2**20])
def test_a_large_file_is_refused(app: Flask, client: CheckingClient, size: int) -> None:
    # Written by hand: the client would put so much data into a temporary file and leave it open.
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    answer = client.post(
        "/verify/file",
        data=head + b"\0" * size + b"\r\n--b--\r\n",
        content_type="multipart/form-data; boundary=b",
        headers={"Accept": "application/json"},
    )
    assert (answer.status_code, answer.json["code"]) == (413, "file_too_large")  # type: ignore[index]


@pytest.mark.parametrize("address", ["/verify/file", "/api/v1/verify"])
def test_the_check_has_words_of_its_own(english: CheckingClient, address: str) -> None:
    field = "file" if address == "/verify/file" else "pdf"
    # Written by hand, as above.
    head = f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="a.pdf"\r\n\r\n'.encode()
    answer = english.post(
        address,
        data=head + bytes(10 * 2**20 + 1) + b"\r\n--b--\r\n",
        content_type="multipart/form-data; boundary=b",
        headers={"Accept": "application/json", "Accept-Language": "en"},
    )
    assert answer.json is not None
    assert (answer.status_code, answer.json["title"]) == (413, answer.json["detail"])
    assert answer.json["detail"].endswith("Check the number that stands on the certificate.")


def test_page_and_api_count_the_checks_of_an_address_together(make_app: Callable[..., Flask]) -> None:
    client = FlaskClient(make_app(API_RATE_VERIFY="2 per minute"))
    assert client.post("/api/v1/verify", json={"number": "x"}).status_code == 404
    answers = [client.post("/verify/file", data={"file": (io.BytesIO(b"x"), "a.pdf")}) for _ in range(2)]
    assert [one.status_code for one in answers] == [422, 429]
    assert "too_many_requests" in client.post("/verify/file", headers={"Accept": "application/json"}).text
    assert ["Retry-After" in one.headers for one in answers] == [False, True]
    assert client.get("/verify").status_code == 200


def test_a_check_that_finds_no_place_says_so(
    app: Flask, client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with busy(app, monkeypatch):
        for address, field in (("/verify/file", "file"), ("/api/v1/verify", "pdf")):
            answer = client.post(
                address, data={field: (io.BytesIO(b"x"), "a.pdf")}, headers={"Accept": "application/json"}
            )
            assert answer.json is not None
            assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "busy", "5")
        ran = app.test_cli_runner().invoke(args=["certificate", "verify", __file__])
        assert (ran.exit_code, ran.stderr.startswith("Error: ")) == (75, True)


def test_the_file_is_not_kept(app: Flask, client: CheckingClient) -> None:
    check_file(client, b"%PDF-1.7 something else")
    assert [path for path in Path(root()).rglob("*") if path.is_file()] == []
