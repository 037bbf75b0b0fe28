"""Draws uploaded pictures anew, in a child process, so that only what is seen is kept: no place, camera or thumbnail.

The clean copy is the record; the digest of what was sent is kept beside it by the caller.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from certify import children
from certify.children import Costly, Crashed, Limits
from certify.domain import errors
from certify.filecheck import Kind

FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}
# Enough for 52 million pixels and a turned copy; the encoder of WebP takes its own picture beside ours.
LIMITS = {
    "PNG": Limits(seconds=30, mebibytes=704),
    "JPEG": Limits(seconds=30, mebibytes=704),
    "WEBP": Limits(seconds=60, mebibytes=1088),
}


def is_picture(kind: Kind) -> bool:
    """Whether files of this kind are drawn anew."""
    return kind.extension in FORMATS


@contextmanager
def drawn_anew(path: Path, kind: Kind) -> Iterator[BinaryIO]:
    """The clean copy of the checked picture at `path`, as a stream.

    Raises Invalid: "image_damaged" when the picture could not be decoded to its end, "file_too_complex" when that costs
    too much; Unavailable("busy") when the machine has too much to do.
    """
    name = FORMATS[kind.extension]
    try:
        with children.opened("certify.picture_child:draw", str(path), name, limits=LIMITS[name]) as (_, drawn):
            yield drawn
    except Crashed as fault:
        raise errors.Invalid({"file": "image_damaged"}) from fault
    except Costly as fault:
        raise errors.Invalid({"file": "file_too_complex"}) from fault
