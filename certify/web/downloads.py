"""Answers with stored bytes so that a browser saves them and never runs, guesses or keeps them."""

import io
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from flask import Response, request, send_file
from werkzeug.wsgi import wrap_file

from certify import storage
from certify.domain import errors
from certify.models.certificate import Certificate
from certify.workflows.evidence import root

CERTIFICATE_SECONDS = 86_400
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


def certificate_response(certificate: Certificate, *, save: bool) -> Response:
    """The very bytes that were issued, for everybody; an entry from before this register has no file: `NotFound`."""
    if certificate.pdf_sha256 is None:
        raise errors.NotFound("certificate_file_missing")
    # One page of some hundred kilobytes: read at once, so that no answer leaves the file open.
    with storage.open_verified(root(), certificate.pdf_sha256) as stream:
        content = io.BytesIO(stream.read())
    response = send_file(
        content,
        mimetype="application/pdf",
        as_attachment=save,
        download_name=f"{certificate.path_number}.pdf",
        etag=certificate.pdf_sha256,
        max_age=CERTIFICATE_SECONDS,
    )
    response.cache_control.public = True
    return response


def content_disposition(filename: str, *, inline: bool = False) -> str:
    """RFC 6266 with the RFC 5987 form of the name, which keeps Polish letters; the plain form is for old programs."""
    extension = filename.rpartition(".")[2]
    plain = f"file.{extension}" if extension.isascii() and extension.isalnum() else "file"
    how = "inline" if inline else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
