"""Looks into PNG and JPEG files: size from the header first, then every byte accounted for, then decoded."""

import mmap
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageFile

from certify import filecheck_zip
from certify.domain import errors

MAX_PIXELS = 50_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_CHUNK = 256 * 1024
_PADDING = b"\x00\r\n \t"
_MAX_PADDING = 64
# Bits a pixel for each colour type of PNG, to be multiplied by the depth.
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7: first column, first row, column step, row step of each pass.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_FILL = re.compile(rb"\xff*")
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
# Each scan of a progressive picture goes over all pixels again: 25 MiB of empty scans would decode for minutes.
_MAX_SCANNED = 1_000_000_000
# Cameras write dozens of segments, PNG programs a chunk for each few kilobytes; millions of empty ones only cost time.
_MAX_PIECES = 20_000
_PHONE_TRAILER = 64 * 1024


def check_png(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid with file_type_mismatch, image_too_many_pixels or image_damaged; return for a good PNG."""
    if data[:8] != _PNG or filecheck_zip.is_zip(data):
        raise errors.Invalid({"file": "file_type_mismatch"})
    if data[8:16] != b"\x00\x00\x00\rIHDR" or len(data) < 33:
        raise errors.Invalid({"file": "image_damaged"})
    _limit_pixels(int.from_bytes(data[16:20]), int.from_bytes(data[20:24]))
    picture, end = _png_chunks(data)
    if len(data) - end > _MAX_PADDING or data[end:].strip(_PADDING):
        raise errors.Invalid({"file": "file_type_mismatch"})
    if _inflated(data, picture) != _png_size(data):
        raise errors.Invalid({"file": "image_damaged"})
    _be_strict()
    with Image.open(path, formats=["PNG"]) as image:
        image.verify()


def check_jpeg(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid with file_type_mismatch, image_too_many_pixels or image_damaged; return for a good JPEG."""
    if data[:3] != b"\xff\xd8\xff" or filecheck_zip.is_zip(data):
        raise errors.Invalid({"file": "file_type_mismatch"})
    end = _jpeg_end(data, 0)
    _refuse_hidden_behind(data, end)
    _be_strict()
    with Image.open(path, formats=["JPEG", "MPO"]) as image:
        # Decoded at an eighth: every byte of the scan is still read, in a sixty-fourth of the memory.
        image.draft(None, (max(1, image.width // 8), max(1, image.height // 8)))
        image.load()


def _be_strict() -> None:
    """Let half a picture be an error. WeasyPrint, once loaded, tells Pillow for the whole process to accept it."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False


def _limit_pixels(width: int, height: int, scans: int = 1) -> None:
    if width == 0 or height == 0:
        raise errors.Invalid({"file": "image_damaged"})
    if width * height > MAX_PIXELS or width * height * scans > _MAX_SCANNED:
        raise errors.Invalid({"file": "image_too_many_pixels"}, limit=MAX_PIXELS)


def _png_chunks(data: mmap.mmap) -> tuple[list[tuple[int, int]], int]:
    """Where the picture's own chunks (IDAT) start and end, and where the file should end."""
    picture = []
    position = 8
    for _ in range(_MAX_PIECES):
        start = position + 8
        end = start + int.from_bytes(data[position : position + 4])
        kind = data[position + 4 : start]
        if end + 4 > len(data) or zlib.crc32(data[position + 4 : end]) != int.from_bytes(data[end : end + 4]):
            break
        if kind == b"IDAT":
            picture.append((start, end))
        position = end + 4
        if kind == b"IEND":
            return picture, position
    raise errors.Invalid({"file": "image_damaged"})


def _png_size(data: mmap.mmap) -> int:
    """How many bytes the unpacked picture must have: each row of each pass and its filter byte."""
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    bits = data[24] * _CHANNELS[data[25]]
    passes = _ADAM7 if data[28] else ((0, 0, 1, 1),)
    total = 0
    for first_column, first_row, column_step, row_step in passes:
        columns = -(-(width - first_column) // column_step)
        rows = -(-(height - first_row) // row_step)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _inflated(data: mmap.mmap, parts: list[tuple[int, int]]) -> int:
    # Counted, not kept: 50 million pixels would take 200 MB in the web process.
    unpacker = zlib.decompressobj()
    limit = _png_size(data)
    total = 0
    for start, end in parts:
        packed = data[start:end]
        while packed and not unpacker.eof and total <= limit:
            total += len(unpacker.decompress(packed, _CHUNK))
            packed = unpacker.unconsumed_tail
    return total + len(unpacker.flush()) if unpacker.eof else -1


def _jpeg_end(data: mmap.mmap, start: int) -> int:
    """Where the JPEG that begins at `start` ends; its size and the work of decoding it are checked on the way."""
    size: tuple[int, int] | None = None
    scans = 0
    for marker, position in _segments(data, start + 2):
        if marker == 0xD9 and scans:
            return position + 2
        if marker in _FRAMES and size is None:
            size = int.from_bytes(data[position + 7 : position + 9]), int.from_bytes(data[position + 5 : position + 7])
        elif marker in _FRAMES or (marker == 0xDA and size is None):
            break
        scans += marker == 0xDA
        if size is not None:
            _limit_pixels(*size, scans)
    raise errors.Invalid({"file": "image_damaged"})


def _segments(data: mmap.mmap, position: int) -> Iterator[tuple[int, int]]:
    """Each marker with its place, until the bytes are no longer a JPEG; packed bytes after a scan are stepped over."""
    for _ in range(_MAX_PIECES):
        # A marker may have any number of fill bytes in front.
        fill = _FILL.match(data, position)
        if fill is None or fill.end() == position or fill.end() == len(data):
            return
        position = fill.end() - 1
        marker = data[position + 1]
        yield marker, position
        if marker in _ALONE:
            position += 2
            continue
        position += 2 + int.from_bytes(data[position + 2 : position + 4])
        if marker == 0xDA:
            found = _MARKER.search(data, position)
            position = found.start() if found else len(data)


def _refuse_hidden_behind(data: mmap.mmap, end: int) -> None:
    """Phones add whole JPEGs (depth, HDR) or a small block of their own behind the picture; nothing else may follow."""
    while True:
        rest = data[end : end + _PHONE_TRAILER]
        begin = end + len(rest) - len(rest.lstrip(_PADDING))
        if data[begin : begin + 3] != b"\xff\xd8\xff":
            break
        end = _jpeg_end(data, begin)
    trailer = data[end : end + _PHONE_TRAILER + 1]
    harmless = len(trailer) <= _MAX_PADDING and not trailer.strip(_PADDING)
    # Samsung's block of time and camera mode, on nearly each of its photographs.
    samsung = len(trailer) <= _PHONE_TRAILER and trailer.endswith(b"SEFT") and b"SEFH" in trailer
    if not (harmless or samsung):
        raise errors.Invalid({"file": "file_type_mismatch"})
