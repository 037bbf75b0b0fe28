"""Looks at what is packed inside a part of an office file: pictures that Word keeps packed, workbooks of charts."""

import mmap
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from certify.domain import errors
from certify.filecheck_zip import ARCHIVES, MAX_RATIO, Budget

GZIP = b"\x1f\x8b\x08"
ZIP = b"PK\x03\x04"
_PIECE = 256 * 1024
_RATIO_FROM = 1024 * 1024
# Windows metafiles, placeable or not; an enhanced one says so further on.
_WMF = (b"\xd7\xcd\xc6\x9a", b"\x01\x00\x09\x00", b"\x02\x00\x09\x00")
_EMF_START, _EMF_MARK = b"\x01\x00\x00\x00", b" EMF"


def refuse_nested() -> errors.Invalid:
    """The refusal of an archive inside a file."""
    return errors.Invalid({"file": "archive_too_large"}, feature="nested_archive")


def is_archive(piece: bytes) -> bool:
    """Whether the first bytes of a part are those of an archive."""
    return piece.startswith(ARCHIVES)


def check_packed_picture(pieces: Iterator[bytes], budget: Budget) -> None:
    """Unpack an EMZ or WMZ, counted on the archive's own budget; raise Invalid when it is anything else."""
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    packed = unpacked = 0
    for piece in pieces:
        packed += len(piece)
        while piece:
            out = unpacker.decompress(piece, _PIECE)
            if unpacked == 0 and not _is_metafile(out):
                raise refuse_nested()
            unpacked += len(out)
            budget.spend(len(out))
            if unpacked > _RATIO_FROM and unpacked > MAX_RATIO * packed:
                raise errors.Invalid({"file": "archive_too_large"})
            piece = unpacker.unconsumed_tail
        if unpacker.unused_data:
            raise errors.Invalid({"file": "archive_unsafe"})
    if not unpacker.eof:
        raise errors.Invalid({"file": "file_damaged"})


def _is_metafile(start: bytes) -> bool:
    return start.startswith(_WMF) or (start.startswith(_EMF_START) and start[40:44] == _EMF_MARK)


@contextmanager
def unpacked(pieces: Iterator[bytes]) -> Iterator[mmap.mmap]:
    """The bytes of a part as a file of their own, on disk: they are counted, but may be many."""
    with tempfile.TemporaryFile() as whole:
        for piece in pieces:
            whole.write(piece)
        whole.flush()
        with mmap.mmap(whole.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data
