"""Reads the archive of an office file without believing it: each byte belongs to one entry, each size is counted."""

import mmap
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, cast

from certify.domain import errors

MAX_ENTRIES = 2_000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 100
_RATIO_FROM = 1024 * 1024
_MAX_DIRECTORY = 1024 * 1024
_CHUNK = 256 * 1024
_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCATOR = struct.Struct("<4sLQL")
_LARGE = struct.Struct("<4sQ2H2L4Q")
# What programs write about themselves. A second archive, a page or a PDF needs signs that are not among these.
_COMMENT = re.compile(rb"(?:(?!PK|%PDF)[^\x00-\x08\x0b\x0c\x0e-\x1f<>]){0,1000}")
_ENCRYPTED = 0x1
_DESCRIPTOR = 0x8
_MAX_DESCRIPTOR = 24
# An archive ends with this record and a comment of at most 64 KiB.
_END_REACH = _END.size + 65_535
ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\xfd7zXZ\x00",
    b"\x1f\x8b\x08",
    b"BZh",
)


@dataclass(frozen=True)
class Entry:
    """One packed part: its name, where its packed bytes stand, and the sizes and checksum that it claims."""

    name: str
    method: int
    start: int
    packed: int
    size: int
    checksum: int


@dataclass(frozen=True)
class _Directory:
    """The list of entries: where it starts, its size in bytes, how many entries it has."""

    start: int
    size: int
    count: int


class Budget:
    """Counts unpacked bytes over a whole archive, so that many middling parts cannot add up to a bomb."""

    def __init__(self, limit: int = MAX_UNPACKED) -> None:
        self.left = limit

    def spend(self, count: int) -> None:
        """Raise Invalid archive_too_large when the archive has used all that it may."""
        self.left -= count
        if self.left < 0:
            raise errors.Invalid({"file": "archive_too_large"})


def is_zip(data: mmap.mmap) -> bool:
    """Whether an unzip program would find an archive here, whatever stands before or behind it."""
    at = len(data)
    while (at := data.rfind(b"PK\x05\x06", max(0, len(data) - _END_REACH), at)) >= 0:
        size = int.from_bytes(data[at + 12 : at + 16], "little")
        start = int.from_bytes(data[at + 16 : at + 20], "little")
        # The four bytes alone turn up by chance in packed pictures; with a directory where they say, they do not.
        if b"PK\x01\x02" in {data[max(0, at - size) : max(0, at - size) + 4], data[start : start + 4]}:
            return True
        if data[at - 20 : at - 16] == b"PK\x06\x07":
            return True
    return False


def entries(data: mmap.mmap, most: int = MAX_ENTRIES) -> tuple[Entry, ...]:
    """The parts in the order of the file, at most so many.

    Raises Invalid: archive_too_large (number of entries), archive_unsafe (names, overlaps, hidden bytes, odd methods),
    encrypted_file, file_damaged.
    """
    directory = _directory(data, most)
    with zipfile.ZipFile(cast(IO[bytes], data)) as archive:
        found = sorted(archive.infolist(), key=lambda info: info.header_offset)
    if len(found) != directory.count:
        raise errors.Invalid({"file": "archive_unsafe"})
    if any(info.flag_bits & _ENCRYPTED for info in found):
        raise errors.Invalid({"file": "encrypted_file"})
    _refuse_names(found)
    return _tiled(data, found, directory.start)


def unpack(data: mmap.mmap, entry: Entry, budget: Budget) -> Iterator[bytes]:
    """The part's bytes in pieces; counted as they come, then compared with the size and checksum that were claimed.

    Raises Invalid: archive_too_large, archive_unsafe (forged sizes), file_damaged (checksum).
    """
    total = checksum = 0
    for piece in _inflate(data, entry):
        total += len(piece)
        checksum = zlib.crc32(piece, checksum)
        budget.spend(len(piece))
        if total > _RATIO_FROM and total > MAX_RATIO * max(1, entry.packed):
            raise errors.Invalid({"file": "archive_too_large"})
        # More than was claimed is a forgery; read on to the limits all the same, for a bomb is told as a bomb.
        if total <= entry.size:
            yield piece
    if total != entry.size:
        raise errors.Invalid({"file": "archive_unsafe"})
    if checksum != entry.checksum:
        raise errors.Invalid({"file": "file_damaged"})


def _directory(data: mmap.mmap, most: int) -> "_Directory":
    """Where the list of entries starts, after the checks that make zipfile's own reading of it safe."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - _END_REACH))
    if end < 0 or end + _END.size > len(data):
        # Without a directory the file was cut.
        raise errors.Invalid({"file": "file_damaged"})
    _, disk, first_disk, here, everywhere, size, start, comment = _END.unpack(data[end : end + _END.size])
    # A directory with something behind it hides that something, unless it is a few words about the archive.
    note = data[end + _END.size :]
    if disk or first_disk or here != everywhere or comment != len(note) or not _COMMENT.fullmatch(note):
        raise errors.Invalid({"file": "archive_unsafe"})
    found = _Directory(start, size, everywhere)
    if data[max(0, end - _LOCATOR.size) : end][:4] == b"PK\x06\x07":
        end, found = _large_directory(data, end - _LOCATOR.size, found)
    if found.count > most or found.size > _MAX_DIRECTORY:
        raise errors.Invalid({"file": "archive_too_large"})
    # Also refuses anything put before the archive.
    if found.start + found.size != end:
        raise errors.Invalid({"file": "archive_unsafe"})
    return found


def _large_directory(data: mmap.mmap, locator: int, small: "_Directory") -> tuple[int, "_Directory"]:
    """The same by the record for large archives (zip64), which some programs write for small ones; and its place.

    Each number of the ordinary record either agrees with it or says that it is told there.
    """
    _, disk, at, disks = _LOCATOR.unpack(data[locator : locator + _LOCATOR.size])
    if disk or disks != 1 or at + _LARGE.size != locator:
        raise errors.Invalid({"file": "archive_unsafe"})
    mark, length, _, _, here_disk, first_disk, here, count, size, start = _LARGE.unpack(data[at : at + _LARGE.size])
    told = ((small.start, start, 0xFFFFFFFF), (small.size, size, 0xFFFFFFFF), (small.count, count, 0xFFFF))
    agrees = all(ordinary in {large, most} for ordinary, large, most in told)
    plain = mark == b"PK\x06\x06" and length == _LARGE.size - 12 and not here_disk and not first_disk
    if not (agrees and plain and here == count):
        raise errors.Invalid({"file": "archive_unsafe"})
    return at, _Directory(start, size, count)


def _refuse_names(found: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for info in found:
        name = info.orig_filename
        steps = name.removesuffix("/").split("/")
        unsafe = any(sign in name for sign in "\\:\x00") or any(step in {"", ".", ".."} for step in steps)
        if unsafe or stat.S_ISLNK(info.external_attr >> 16) or name.casefold() in seen:
            raise errors.Invalid({"file": "archive_unsafe"})
        seen.add(name.casefold())


def _tiled(data: mmap.mmap, found: list[zipfile.ZipInfo], directory: int) -> tuple[Entry, ...]:
    """Each entry begins where the one before ends: no shared bytes (a bomb) and no unlisted ones (a hiding place)."""
    result = []
    end, slack = 0, 0
    for info in found:
        if not end <= info.header_offset <= end + slack:
            raise errors.Invalid({"file": "archive_unsafe"})
        entry = _located(data, info, directory)
        end = entry.start + entry.packed
        slack = _MAX_DESCRIPTOR if info.flag_bits & _DESCRIPTOR else 0
        result.append(entry)
    if not result or not end <= directory <= end + slack:
        raise errors.Invalid({"file": "archive_unsafe"})
    return tuple(result)


def _located(data: mmap.mmap, info: zipfile.ZipInfo, directory: int) -> Entry:
    at = info.header_offset
    if at + _LOCAL.size > directory:
        raise errors.Invalid({"file": "archive_unsafe"})
    mark, _, flags, method, _, _, _, _, _, name_size, extra_size = _LOCAL.unpack(data[at : at + _LOCAL.size])
    name_start = at + _LOCAL.size
    start = name_start + name_size + extra_size
    name = data[name_start : name_start + name_size].decode("utf-8" if flags & 0x800 else "cp437")
    agrees = mark == b"PK\x03\x04" and method == info.compress_type and name == info.orig_filename
    # Stored and deflated are all that office programs write; other methods have other bombs.
    if not agrees or method not in {0, 8} or start + info.compress_size > directory:
        raise errors.Invalid({"file": "archive_unsafe"})
    return Entry(info.filename, method, start, info.compress_size, info.file_size, info.CRC)


def _inflate(data: mmap.mmap, entry: Entry) -> Iterator[bytes]:
    end = entry.start + entry.packed
    if entry.method == 0:
        for start in range(entry.start, end, _CHUNK):
            yield data[start : min(start + _CHUNK, end)]
        return
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    packed = b""
    position = entry.start
    while not unpacker.eof:
        if not packed:
            packed = data[position : min(position + _CHUNK, end)]
            position += len(packed)
        # An empty input still yields what the unpacker holds back; nothing in and nothing out means cut short.
        fresh = bool(packed)
        piece = unpacker.decompress(packed, _CHUNK)
        packed = unpacker.unconsumed_tail
        if piece:
            yield piece
        elif not fresh:
            raise errors.Invalid({"file": "file_damaged"})
    if packed or unpacker.unused_data or position != end:
        raise errors.Invalid({"file": "archive_unsafe"})
