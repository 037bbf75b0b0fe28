"""The upload check on pictures: whole, of a bearable size, and what each refusal is called."""

import struct
import zlib
from pathlib import Path

import pytest

from tests import files
from tests.test_filecheck import verdict


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG with its length and checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of(width: int, height: int, rows: bytes, *more: bytes, depth: int = 1, interlace: int = 0) -> bytes:
    """A grey PNG with this header whatever its rows hold."""
    head = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, interlace)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + b"".join(more)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def lossless_webp(width: int, height: int) -> bytes:
    """The head of a WebP without loss that claims such a size."""
    body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + b"\x00" * 5
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBPVP8L" + struct.pack("<I", len(body)) + body


def phone_photograph() -> bytes:
    """A JPEG with a second one (a depth map) and Samsung's block behind it."""
    return (
        files.jpg() + b"\x00" * 40 + files.jpg() + b"\x00\x00\x01\x0aImage_UTC_Data1772700000SEFH\x6a\x00\x00\x00SEFT"
    )


def noisy(**options: object) -> bytes:
    """A photograph: something to be seen down to the last row."""
    out = files.io.BytesIO()
    files.Image.effect_noise((320, 240), 60).convert("RGB").save(out, "JPEG", quality=80, **options)
    return out.getvalue()


PICTURES = {
    "huge png": ("png", lambda: png_of(30_000, 30_000, b""), "image_too_many_pixels"),
    "png of 52 million pixels": ("png", lambda: png_of(52_000, 1_000, b"\x00" * 6_501 * 1_000), "png"),
    "png of one row more": ("png", lambda: png_of(52_000, 1_001, b"\x00" * 6_501 * 1_001), "image_too_many_pixels"),
    "png with no width": ("png", lambda: png_of(0, 10, b""), "image_damaged"),
    "png with too few rows": ("png", lambda: png_of(8, 8, b"\x00\x00" * 7), "image_damaged"),
    "png with a bomb inside": ("png", lambda: png_of(8, 8, b"\x00" * 50_000_000), "image_damaged"),
    "png with a text bomb": (
        "png",
        lambda: png_of(8, 8, b"\x00\x00" * 8, chunk(b"zTXt", b"a\x00\x00" + zlib.compress(b"a" * 90_000_000))),
        "image_damaged",
    ),
    "interlaced png": ("png", lambda: png_of(8, 8, b"\x00\x00" * 15, interlace=1), "png"),
    "png of unknown colour": ("png", lambda: files.png()[:25] + b"\x07" + files.png()[26:], "image_damaged"),
    "png cut": ("png", lambda: files.png()[:-20], "image_damaged"),
    "png with one byte changed": ("png", lambda: files.png()[:60] + b"\xff" + files.png()[61:], "image_damaged"),
    "png header only": ("png", lambda: files.png()[:8], "image_damaged"),
    "png of empty chunks": (
        "png",
        lambda: png_of(8, 8, b"\x00\x00" * 8, chunk(b"teSt", b"") * 30_000),
        "image_damaged",
    ),
    "jpg of empty segments": ("jpg", lambda: b"\xff\xd8" + b"\xff\xe0\x00\x02" * 30_000, "image_damaged"),
    "jpg of fill bytes": ("jpg", lambda: b"\xff\xd8" + b"\xff" * 1_000_000, "image_damaged"),
    # What stands behind a picture is lost when it is drawn anew (`test_pictures.py`).
    "png with a zip behind": ("png", lambda: files.png() + files.docx(), "png"),
    "png with a page behind": ("png", lambda: files.png() + b"<script>alert(1)</script>", "png"),
    "moving png": (
        "png",
        lambda: files.image("PNG", save_all=True, append_images=[files.Image.new("RGB", (64, 48))]),
        "file_type_mismatch",
    ),
    "webp without loss": ("webp", lambda: files.image("WEBP", lossless=True), "webp"),
    "webp with exif": (
        "webp",
        lambda: files.image("WEBP", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00"),
        "webp",
    ),
    "moving webp": (
        "webp",
        lambda: files.image("WEBP", save_all=True, append_images=[files.Image.new("RGB", (64, 48))]),
        "file_type_mismatch",
    ),
    "webp cut": ("webp", lambda: files.webp()[:-20], "image_damaged"),
    "webp with bytes behind that its size hides": ("webp", lambda: files.webp() + files.docx(), "webp"),
    "webp of 16,000 × 16,000": ("webp", lambda: lossless_webp(16_000, 16_000), "image_too_many_pixels"),
    "webp without picture": ("webp", lambda: b"RIFF\x0c\x00\x00\x00WEBPEXIF\x00\x00\x00\x00", "image_damaged"),
    "webp of nothing": ("webp", lambda: b"RIFF\x04\x00\x00\x00WEBP", "image_damaged"),
    "sound as webp": ("webp", lambda: b"RIFF\x04\x00\x00\x00WAVE", "file_type_mismatch"),
    "png with little padding": ("png", lambda: files.png() + b"\x00" * 8, "png"),
    "moving gif as png": (
        "png",
        lambda: files.image("GIF", save_all=True, append_images=[files.Image.new("RGB", (64, 48))]),
        "file_type_mismatch",
    ),
    "gif as jpg": ("jpg", lambda: files.image("GIF"), "file_type_mismatch"),
    "grey, palette and clear png": ("png", lambda: files.image("PNG", mode="LA"), "png"),
    "progressive jpg": ("jpg", lambda: files.image("JPEG", (300, 200), progressive=True), "jpg"),
    "jpg without its last two bytes": ("jpg", lambda: noisy()[:-2], "jpg"),
    "jpg without its last byte": ("jpg", lambda: noisy()[:-1], "jpg"),
    "progressive jpg without its last two bytes": ("jpg", lambda: noisy(progressive=True)[:-2], "jpg"),
    "jpg without its last tenth": ("jpg", lambda: noisy()[: len(noisy()) * 9 // 10], "image_damaged"),
    "jpg without its last half": ("jpg", lambda: noisy()[: len(noisy()) // 2], "image_damaged"),
    "plain jpg cut": ("jpg", lambda: files.jpg()[:-30], "image_damaged"),
    "heic named jpg": ("jpg", lambda: b"\x00\x00\x00\x18ftypheic" + bytes(90), "file_type_mismatch:heic"),
    "jpg with exif": (
        "jpg",
        lambda: files.image("JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"),
        "jpg",
    ),
    "cmyk jpg": ("jpg", lambda: files.image("JPEG", mode="CMYK"), "jpg"),
    "photograph of a phone": ("jpg", phone_photograph, "jpg"),
    "jpg cut": ("jpg", lambda: files.jpg()[:-200], "image_damaged"),
    "jpg without picture": ("jpg", lambda: b"\xff\xd8\xff\xe0\x00\x04ab\xff\xd9", "image_damaged"),
    "jpg with a page behind": ("jpg", lambda: files.jpg() + b"<html></html>", "jpg"),
    "jpg with a zip behind": ("jpg", lambda: files.jpg() + files.docx(), "jpg"),
    "jpg with a page in front": ("jpg", lambda: b"<html></html>" + files.jpg(), "file_type_mismatch"),
    "svg as png": ("png", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "file_type_mismatch"),
}


@pytest.mark.parametrize("case", PICTURES)
def test_pictures(case: str, tmp_path: Path) -> None:
    extension, make, expected = PICTURES[case]
    assert verdict(make(), f"a.{extension}", tmp_path) == expected


def test_a_jpg_that_claims_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    content = bytearray(files.jpg())
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", 30_000, 30_000)
    assert verdict(bytes(content), "a.jpg", tmp_path) == "image_too_many_pixels"


def test_a_jpg_of_endless_scans_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    content = files.image("JPEG", (3_000, 2_000), progressive=True)
    last_scan = content.rindex(b"\xff\xda")
    content = content[:-2] + content[last_scan:-2] * 200 + b"\xff\xd9"
    assert verdict(content, "a.jpg", tmp_path) == "image_too_many_pixels"
