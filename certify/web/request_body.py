"""The body before anybody reads it: an upload comes in large pieces, a form of endless fields is refused.

gunicorn copies what it holds at each read; and Werkzeug counts the parts of a form with files, but not these fields.
"""

import io
from typing import BinaryIO, cast

from flask import Request, current_app
from werkzeug.exceptions import RequestEntityTooLarge

from certify.domain.errors import TooLarge

PIECE = 2**20
# The largest form without a file: the choice between two whole self-assessments.
FORM = 8 * 2**20


class _Announced(io.RawIOBase):
    """The request's stream up to the announced length: behind it stands the next request, or nothing ever comes."""

    def __init__(self, stream: BinaryIO, length: int) -> None:
        self.stream = stream
        self.left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        piece = self.stream.read(min(len(buffer), self.left))
        buffer[: len(piece)] = piece
        self.left -= len(piece)
        return len(piece)


def read_in_pieces(request: Request) -> None:
    """Put a buffer before the body; call it before anybody reads. A body without a length stays as it is."""
    length = request.content_length
    if length is not None and length > PIECE:
        stream = cast(BinaryIO, request.environ["wsgi.input"])
        request.environ["wsgi.input"] = io.BufferedReader(_Announced(stream, length), PIECE)


def refuse_many_fields(request: Request) -> None:
    """Count the fields before they are taken apart; raises `TooLarge` above the limit for forms with files."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return
    most = current_app.config["MAX_FORM_PARTS"]
    request.max_content_length = min(request.max_content_length or FORM, FORM)
    try:
        fits = request.get_data().count(b"&") < most
    except RequestEntityTooLarge:
        fits = False
    if not fits:
        raise TooLarge("too_large", limit=most)
