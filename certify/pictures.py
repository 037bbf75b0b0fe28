"""Draws uploaded pictures anew, in a child process, so that only what is seen is kept: no place, camera or thumbnail.

The clean copy is the record; the digest of what was sent is kept beside it by the caller.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from certify.domain import errors
from certify.filecheck import Kind

CHILD = Path(__file__).with_name("picture_child.py")
FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}


def is_picture(kind: Kind) -> bool:
    """Whether files of this kind are drawn anew."""
    return kind.extension in FORMATS


@contextmanager
def drawn_anew(path: Path, kind: Kind) -> Iterator[BinaryIO]:
    """The clean copy of the checked picture at `path`, as a stream; keep what was read only when the block was left.

    Raises Invalid("image_damaged") at the end of the block when the picture could not be decoded to its end.
    """
    command = [sys.executable, "-I", str(CHILD), str(path), FORMATS[kind.extension]]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
    ) as child:
        try:
            yield cast(BinaryIO, child.stdout)
        except BaseException:
            # Nobody reads any more, and the child would wait for that.
            child.kill()
            raise
    if child.returncode != 0:
        raise errors.Invalid({"file": "image_damaged"})
