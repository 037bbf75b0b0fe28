"""The body of an upload, taken from the server in large pieces: gunicorn copies what it holds at each read."""

import io
from typing import BinaryIO, cast

from flask import Request

PIECE = 2**20


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
