"""How stored bytes are handed to a browser: the headers, whole, and a name that comes back as it was given."""

import io
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from certify import filecheck
from certify.domain import errors
from certify.web import downloads

APP = Flask(__name__)


def test_the_whole_answer(tmp_path: Path) -> None:
    path = tmp_path / "stored"
    path.write_bytes(b"<script>alert(1)</script>")
    with APP.test_request_context():
        response = downloads.evidence_response(
            path, filename="Uchwała „5”; żółć.txt", media_type="text/plain", size=path.stat().st_size
        )
        body = b"".join(response.response)  # type: ignore[arg-type]
        response.close()
    assert body == path.read_bytes()
    assert dict(response.headers) == {
        "Content-Type": "text/plain",
        "Content-Length": "25",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
        "Content-Disposition": 'attachment; filename="file.txt"; '
        "filename*=UTF-8''Uchwa%C5%82a%20%E2%80%9E5%E2%80%9D%3B%20%C5%BC%C3%B3%C5%82%C4%87.txt",
    }


def test_an_open_stream_is_closed_with_the_answer() -> None:
    stream = io.BytesIO(b"abc")
    with APP.test_request_context():
        response = downloads.evidence_response(stream, filename="a.pdf", media_type="application/pdf", size=3)
        assert not stream.closed
        response.close()
    assert stream.closed


def test_missing_bytes_are_the_storage_s_fault(tmp_path: Path) -> None:
    with APP.test_request_context(), pytest.raises(errors.Unavailable) as refusal:
        downloads.evidence_response(tmp_path / "gone", filename="a.pdf", media_type="application/pdf", size=3)
    assert refusal.value.code == "blob_missing"


@given(st.text(max_size=200))
def test_any_clean_name_comes_back_from_the_header(raw: str) -> None:
    try:
        name = filecheck.clean_name(raw)
    except errors.Invalid:
        return
    header = downloads.content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert parse_options_header(header.replace('filename="file', 'plain="file')) == (
        "attachment",
        parse_options_header(header)[1] and {"plain": header.split('"')[1], "filename": name},
    )
