"""Answers with stored bytes so that a browser saves them and never runs, guesses or keeps them."""

from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from flask import Response, request
from werkzeug.wsgi import wrap_file

from certify.domain import errors

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


def evidence_response(stored: Path | BinaryIO, *, filename: str, media_type: str, size: int) -> Response:
    """Serve a stored file (path or open stream, which is closed with the response) as an attachment.

    `filename` is the cleaned name that the user gave, `media_type` the one that was found on upload, `size` in bytes.
    Raises Unavailable("blob_missing") when the path cannot be opened.
    """
    if isinstance(stored, Path):
        try:
            stored = stored.open("rb")
        except OSError as fault:
            raise errors.Unavailable("blob_missing") from fault
    response = Response(wrap_file(request.environ, stored), content_type=media_type, direct_passthrough=True)
    response.call_on_close(stored.close)
    response.content_length = size
    response.headers.update(HEADERS)
    response.headers["Content-Disposition"] = content_disposition(filename)
    return response


def content_disposition(filename: str) -> str:
    """RFC 6266 with the RFC 5987 form of the name, which keeps Polish letters; the plain form is for old programs."""
    extension = filename.rpartition(".")[2]
    plain = f"file.{extension}" if extension.isascii() and extension.isalnum() else "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
