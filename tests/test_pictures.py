"""Pictures drawn anew: what is seen stays, what is not seen goes, and the child can't take the web process along."""

import io
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image, ImageCms

from certify import pictures
from certify.domain import errors
from certify.filecheck import KINDS
from certify.workflows.intake import taken_in
from tests import files

SECRET = b"Nikon Z6 II, Jan Kowalski"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>' + SECRET + b"</a></x:xmpmeta>"


def exif(orientation: int = 1) -> bytes:
    """Camera, author, orientation and a place in Poland."""
    found = Image.Exif()
    found[0x010F] = SECRET.decode()
    found[0x0112] = orientation
    found.get_ifd(0x8825).update({1: "N", 2: (50.0, 6.0, 1.0), 3: "E", 4: (19.0, 20.0, 2.0)})
    return found.tobytes()


def photograph(kind: str = "JPEG", orientation: int = 1, **options: object) -> bytes:
    """A picture with everything that a camera and a program write around it."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return files.image(kind, exif=exif(orientation), icc_profile=profile, xmp=XMP, **options)


def with_text() -> bytes:
    """A PNG with a text chunk, EXIF data and a physical size."""
    content = photograph("PNG", dpi=(300, 300))
    body = b"tEXt" + b"Author\x00" + SECRET
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return content[:33] + chunk + content[33:]


def thumbnail() -> bytes:
    """A JPEG whose EXIF block holds a small JPEG of another scene."""
    inner = files.image("JPEG", (16, 16)) + SECRET
    block = b"Exif\x00\x00" + exif() + inner
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(block) + 2) + block + files.jpg()[2:]


DIRTY: dict[str, tuple[str, Callable[[], bytes]]] = {
    "camera jpg": ("jpg", photograph),
    "jpg with comment": ("jpg", lambda: photograph(comment=SECRET)),
    "jpg with thumbnail": ("jpg", thumbnail),
    "jpg with zip behind": ("jpg", lambda: photograph() + files.archive({"a.txt": SECRET}, stored=("a.txt",))),
    "jpg with page behind": ("jpg", lambda: photograph() + b"<script>" + SECRET + b"</script>"),
    "jpg with second picture": ("jpg", lambda: files.jpg() + bytes(40) + photograph()),
    "progressive jpg": ("jpg", lambda: photograph(progressive=True)),
    "grey jpg": ("jpg", lambda: files.image("JPEG", mode="L", exif=exif())),
    "png with text": ("png", with_text),
    "png with page behind": ("png", lambda: with_text() + SECRET),
    "webp": ("webp", lambda: photograph("WEBP")),
    "webp without loss": ("webp", lambda: photograph("WEBP", lossless=True) + SECRET),
}


@pytest.fixture(scope="module", autouse=True)
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The settings that an upload reads: no scanner, and the place of the budget."""
    app = Flask(__name__)
    app.config.update(CLAMD="", INSTANCE=tmp_path_factory.mktemp("instance"))
    with app.app_context():
        yield app


def drawn(content: bytes, extension: str, folder: Path) -> bytes:
    """What would be kept of this picture."""
    with taken_in(io.BytesIO(content), f"zdjęcie.{extension}", folder) as taken:
        assert taken.drawn
        assert (taken.sent.size, taken.kind) == (len(content), KINDS[extension])
        return taken.record.path.read_bytes()


@pytest.mark.parametrize("case", DIRTY)
def test_only_what_is_seen_is_kept(case: str, tmp_path: Path) -> None:
    extension, make = DIRTY[case]
    content = make()
    assert SECRET in content or b"Exif" in content
    clean = drawn(content, extension, tmp_path)
    for word in (SECRET, b"Exif", b"EXIF", b"GPS", b"xmpmeta", b"ICC", b"iCCP", b"tEXt", b"PK\x03\x04", b"<script"):
        assert word not in clean, word
    with Image.open(io.BytesIO(clean)) as after, Image.open(io.BytesIO(content)) as before:
        assert dict(after.getexif()) == {}
        assert (after.format, after.size) == ({"jpg": "JPEG"}.get(extension, extension.upper()), before.size)
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [], "temporary files are left"


@pytest.mark.parametrize(
    ("extension", "mode"), [("png", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")]
)
def test_a_png_keeps_every_pixel(extension: str, mode: str, tmp_path: Path) -> None:
    content = files.image("PNG", mode=mode)
    with (
        Image.open(io.BytesIO(drawn(content, extension, tmp_path))) as after,
        Image.open(io.BytesIO(content)) as before,
    ):
        assert (after.mode, after.tobytes()) == (before.mode, before.tobytes())


def test_a_clear_colour_stays_clear(tmp_path: Path) -> None:
    content = files.image("PNG", mode="P", transparency=0)
    with Image.open(io.BytesIO(drawn(content, "png", tmp_path))) as after:
        assert after.info == {"transparency": 0}


def test_a_picture_is_turned_upright(tmp_path: Path) -> None:
    """The top of the gradient is dark; turned by the camera's word it becomes the right side."""
    clean = drawn(photograph(orientation=6), "jpg", tmp_path)
    with Image.open(io.BytesIO(clean)) as after:
        assert after.size == (48, 64)
        left, right = after.convert("L").getpixel((2, 30)), after.convert("L").getpixel((45, 30))
    assert left > 200 > 60 > right  # type: ignore[operator]


def test_a_jpg_keeps_its_quality(tmp_path: Path) -> None:
    noise = io.BytesIO()
    Image.effect_noise((400, 300), 60).convert("RGB").save(noise, "JPEG", quality=96, subsampling=0)
    clean = drawn(noise.getvalue(), "jpg", tmp_path)
    assert abs(len(clean) - len(noise.getvalue())) < 0.03 * len(clean)
    with Image.open(io.BytesIO(clean)) as after, Image.open(noise) as before:
        gaps = [abs(a - b) for a, b in zip(after.tobytes(), before.tobytes(), strict=True)]
    assert sum(gaps) / len(gaps) < 1


def test_colours_of_print_and_of_another_profile_become_those_of_screens(tmp_path: Path) -> None:
    with Image.open(io.BytesIO(drawn(files.image("JPEG", mode="CMYK"), "jpg", tmp_path))) as after:
        assert after.mode == "RGB"
    broken = files.image("JPEG", icc_profile=b"no profile at all")
    with Image.open(io.BytesIO(drawn(broken, "jpg", tmp_path))) as after:
        assert "icc_profile" not in after.info


def test_what_the_check_can_t_see_the_child_refuses(tmp_path: Path) -> None:
    """The frame of the WebP is whole, its packed pixels are not."""
    content = bytearray(files.image("WEBP", (300, 200), lossless=True))
    content[60:] = bytes(len(content) - 60)
    with pytest.raises(errors.Invalid) as refusal, taken_in(io.BytesIO(bytes(content)), "a.webp", tmp_path):
        pass
    assert refusal.value.errors == (errors.FieldError("file", "image_damaged"),)


def test_a_full_disk_is_no_fault_of_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(files.image("JPEG", (2000, 2000)))
    with pytest.raises(OSError, match="full"), pictures.drawn_anew(path, KINDS["jpg"]) as stream:
        assert stream.read(10)
        raise OSError("full")


def test_the_largest_pictures_fit_into_the_child(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("RGB", (10_000, 5_200), "#b4542a").save(path, "JPEG", exif=exif(6), quality=60)
    with pictures.drawn_anew(path, KINDS["jpg"]) as stream:
        clean = stream.read()
    with Image.open(io.BytesIO(clean)) as after:
        assert after.size == (5_200, 10_000)


def test_a_picture_that_costs_more_than_it_may_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is set before the picture is opened: with a quarter of its memory a large one fails."""
    path = tmp_path / "a.png"
    Image.new("RGB", (8_000, 5_000), "#b4542a").save(path)
    monkeypatch.setitem(pictures.LIMITS, "PNG", replace(pictures.LIMITS["PNG"], mebibytes=176))
    with pytest.raises(errors.Invalid) as refusal, pictures.drawn_anew(path, KINDS["png"]):
        pass
    assert refusal.value.errors == (errors.FieldError("file", "file_too_complex"),)


def test_eight_good_pictures_at_once_are_taken_or_find_us_busy(bare: Flask, tmp_path: Path) -> None:
    content = io.BytesIO()
    Image.effect_noise((1500, 1000), 60).convert("RGB").save(content, "PNG")
    said: list[str] = []

    def send() -> None:
        with bare.app_context():
            try:
                with taken_in(io.BytesIO(content.getvalue()), "a.png", tmp_path) as taken:
                    said.append(taken.kind.extension)
            except errors.CertifyError as refusal:
                said.append(refusal.code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 8
    assert set(said) <= {"png", "busy"}
    assert "png" in said
