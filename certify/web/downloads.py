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
# A page of ours may frame it; nothing else about it is freer than a download.
FRAMED = {**HEADERS, "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'self'"}
# What a browser draws without running anything of it.
SHOWN = frozenset({"application/pdf", "image/png", "image/jpeg", "image/webp"})


def evidence_response(
    stored: Path | BinaryIO, *, filename: str, media_type: str, size: int, inline: bool = False
) -> Response:
    """Serve a stored file (path or open stream, which is closed with the response) as an attachment.

    `inline`: let the browser show it, for kinds in SHOWN only.

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
    shown = inline and media_type in SHOWN
    response.headers.update(FRAMED if shown else HEADERS)
    response.headers["Content-Disposition"] = content_disposition(filename, inline=shown)
    return response


def content_disposition(filename: str, *, inline: bool = False) -> str:
    """RFC 6266 with the RFC 5987 form of the name, which keeps Polish letters; the plain form is for old programs."""
    extension = filename.rpartition(".")[2]
    plain = f"file.{extension}" if extension.isascii() and extension.isalnum() else "file"
    how = "inline" if inline else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
