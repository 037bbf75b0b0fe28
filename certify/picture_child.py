"""Draws a picture anew without anything that is not seen. For children with limits only, see `children.py`.

Decoders of pictures have had holes, so this is neither the web process nor allowed what that may do.
"""

import io

from PIL import Image, ImageCms, ImageFile, ImageOps
from PIL.JpegImagePlugin import get_sampling

QUALITY = 92
# The check counted the pixels before; Pillow's own bound is larger and only warns at first.
MAX_PIXELS = 52_000_000
_READ_AS = {"PNG": ["PNG"], "JPEG": ["JPEG", "MPO"], "WEBP": ["WEBP"]}


def draw(path: str, kind: str) -> bytes:
    """The clean picture; `kind` is PNG, JPEG or WEBP."""
    picture, options = clean(path, kind)
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def clean(path: str, kind: str) -> tuple[Image.Image, dict[str, object]]:
    """The picture as it is seen, upright and in plain sRGB, with no word of where it was taken; and how to write it."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    picture: Image.Image = Image.open(_ended(path) if kind == "JPEG" else path, formats=_READ_AS[kind])
    picture.load()
    options = _options(picture, kind)
    ImageOps.exif_transpose(picture, in_place=True)
    picture = _plain_colours(picture, kind)
    kept: dict[str | tuple[int, int], object] = (
        {"transparency": picture.info["transparency"]} if "transparency" in picture.info else {}
    )
    # Writers take the profile, the comment and XMP from here when they are not told otherwise.
    picture.info = kept
    return picture, options


def _ended(path: str) -> io.BytesIO:
    """The bytes with a mark of the end behind them: some JPEGs lack their own, and more than one does no harm."""
    with open(path, "rb") as handle:  # noqa: PTH123 - this program imports as little as it can
        content = io.BytesIO(handle.read())
    content.seek(0, io.SEEK_END)
    content.write(b"\xff\xd9")
    content.seek(0)
    return content


def _options(picture: Image.Image, kind: str) -> dict[str, object]:
    """As good as it came: the same quantisation for JPEG, no loss for PNG and for WebP without loss."""
    if kind == "PNG":
        return {"compress_level": 6}
    if kind == "WEBP":
        # Without loss the quality is only the effort to pack well.
        lossless = _is_lossless(str(getattr(picture, "filename", "")))
        return {"lossless": True, "quality": 20, "method": 0} if lossless else {"quality": QUALITY, "method": 2}
    tables = getattr(picture, "quantization", None)
    if picture.mode in {"L", "RGB"} and tables:
        return {"qtables": tables, "subsampling": get_sampling(picture)}
    return {"quality": QUALITY}


def _is_lossless(path: str) -> bool:
    with open(path, "rb") as handle:  # noqa: PTH123 - this program imports as little as it can
        return b"VP8L" in handle.read(64)


def _plain_colours(picture: Image.Image, kind: str) -> Image.Image:
    """Without its profile a picture is read as sRGB, so it is made sRGB first; a broken profile is only dropped."""
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in {"RGB", "CMYK"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            changed = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            picture = changed or picture
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return picture.convert("RGB") if picture.mode == "CMYK" and kind == "JPEG" else picture
