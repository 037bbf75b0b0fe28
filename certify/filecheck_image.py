"""Looks into PNG, JPEG and WebP files: size from the header first, then every byte of the picture, then decoded.

What stands behind the end of a picture is left alone here: the picture is drawn anew (`pictures.py`) and loses it.
"""

import hashlib
import io
import mmap
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageFile

from certify.domain import errors

# The sensors that are sold as 50 megapixels write up to 8192 × 6144.
MAX_PIXELS = 52_000_000
_JPEG_END = b"\xff\xd9"
# Packed bytes of a picture as good as any: no mark is among them.
_MORE = bytes((number * number * 7 + number * 3 + 1) % 251 for number in range(4_096))
_ROWS = 256
_PNG = b"\x89PNG\r\n\x1a\n"
_CHUNK = 256 * 1024
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


def check_png(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid with file_type_mismatch, image_too_many_pixels or image_damaged; return for a good PNG."""
    if data[:8] != _PNG:
        raise errors.Invalid({"file": "file_type_mismatch"})
    if data[8:16] != b"\x00\x00\x00\rIHDR" or len(data) < 33:
        raise errors.Invalid({"file": "image_damaged"})
    _limit_pixels(int.from_bytes(data[16:20]), int.from_bytes(data[20:24]))
    if _inflated(data, _png_chunks(data)) != _png_size(data):
        raise errors.Invalid({"file": "image_damaged"})
    _be_strict()
    with Image.open(path, formats=["PNG"]) as image:
        _refuse_moving(image)
        image.verify()


def check_jpeg(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid with file_type_mismatch, image_too_many_pixels or image_damaged; return for a good JPEG."""
    if data[:3] != b"\xff\xd8\xff":
        raise errors.Invalid({"file": "file_type_mismatch"})
    ended = _jpeg_end(data, 0)
    _be_strict()
    if not ended:
        _refuse_cut(data)
        return
    with Image.open(path, formats=["JPEG", "MPO"]) as image:
        _decode_small(image)


def _decode_small(image: Image.Image) -> None:
    """Decoded at an eighth: every byte of the scan is still read, in a sixty-fourth of the memory."""
    image.draft(None, (max(1, image.width // 8), max(1, image.height // 8)))
    image.load()


def _refuse_cut(data: mmap.mmap) -> None:
    """A JPEG that only lacks the mark of its end is whole; one that lacks more ends in grey.

    More packed bytes put behind a whole picture draw nothing; behind one that was cut they are taken for what is
    missing.
    """
    content = data[:].rstrip(b"\xff")
    if _drawn(content) != _drawn(content + _MORE):
        raise errors.Invalid({"file": "image_damaged"})


def _drawn(content: bytes) -> bytes:
    """A digest of what these bytes draw when the mark of the end is put behind them."""
    digest = hashlib.sha256()
    with Image.open(io.BytesIO(content + _JPEG_END), formats=["JPEG"]) as image:
        if image.info.get("progressive"):
            # The last passes only sharpen; at an eighth nothing would be seen of them.
            image.load()
        else:
            _decode_small(image)
        for top in range(0, image.height, _ROWS):
            digest.update(image.crop((0, top, image.width, min(top + _ROWS, image.height))).tobytes())
    return digest.digest()


def check_webp(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid with file_type_mismatch, image_too_many_pixels or image_damaged; return for a good WebP.

    Its pixels are decoded when it is drawn anew, in a process of its own: this decoder has no small copy to offer.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise errors.Invalid({"file": "file_type_mismatch"})
    for width, height in _webp_sizes(data):
        _limit_pixels(width, height)
    with Image.open(path, formats=["WEBP"]) as image:
        _refuse_moving(image)
        _limit_pixels(*image.size)


def _refuse_moving(image: Image.Image) -> None:
    """One picture is what an auditor looks at; drawn anew, a film would lose all but its first."""
    if getattr(image, "is_animated", False):
        raise errors.Invalid({"file": "file_type_mismatch"})


def _webp_sizes(data: mmap.mmap) -> Iterator[tuple[int, int]]:
    """The sizes that the canvas and the picture claim, before anything is decoded; each chunk must fit the file."""
    end = 8 + _number(data, 4, 4)
    position, pictures = 12, 0
    for _ in range(_MAX_PIECES):
        if position + 8 > end or end > len(data):
            break
        kind, body = data[position : position + 4], position + 8
        if kind == b"VP8X":
            yield _number(data, body + 4, 3) + 1, _number(data, body + 7, 3) + 1
        elif kind == b"VP8L":
            bits = _number(data, body + 1, 4)
            yield 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        elif kind == b"VP8 ":
            yield _number(data, body + 6, 2) & 0x3FFF, _number(data, body + 8, 2) & 0x3FFF
        pictures += kind in {b"VP8L", b"VP8 ", b"ANMF"}
        size = _number(data, position + 4, 4)
        position = body + size + size % 2
    if not pictures or position != end:
        raise errors.Invalid({"file": "image_damaged"})


def _number(data: mmap.mmap, start: int, count: int) -> int:
    return int.from_bytes(data[start : start + count], "little")


def _be_strict() -> None:
    """Let half a picture be an error. WeasyPrint, once loaded, tells Pillow for the whole process to accept it."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False


def _limit_pixels(width: int, height: int, scans: int = 1) -> None:
    if width == 0 or height == 0:
        raise errors.Invalid({"file": "image_damaged"})
    if width * height > MAX_PIXELS or width * height * scans > _MAX_SCANNED:
        raise errors.Invalid({"file": "image_too_many_pixels"}, limit=MAX_PIXELS)


def _png_chunks(data: mmap.mmap) -> list[tuple[int, int]]:
    """Where the picture's own chunks (IDAT) start and end."""
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
            return picture
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


def _jpeg_end(data: mmap.mmap, start: int) -> bool:
    """Whether the JPEG that begins at `start` has its mark of the end, or at least all up to it.

    Its size and the work of decoding it are checked on the way.
    """
    size: tuple[int, int] | None = None
    scans = 0
    for marker, position in _segments(data, start + 2):
        if marker == 0xD9 and scans:
            return True
        if marker in _FRAMES and size is None:
            size = int.from_bytes(data[position + 7 : position + 9]), int.from_bytes(data[position + 5 : position + 7])
        elif marker in _FRAMES or (marker == 0xDA and size is None):
            raise errors.Invalid({"file": "image_damaged"})
        scans += marker == 0xDA
        if size is not None:
            _limit_pixels(*size, scans)
    if not scans:
        raise errors.Invalid({"file": "image_damaged"})
    return False


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
