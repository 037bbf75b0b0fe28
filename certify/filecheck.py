"""Decides whether an uploaded file is what its name says, whole, and free of anything that acts when it is opened.

Extension, leading bytes and structure must agree (the type that a browser sends is never asked). Pictures still carry
their EXIF data and whatever stands behind their end: `pictures.py` takes both out, after this check.
"""

import mmap
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from certify import filecheck_image, filecheck_office, filecheck_pdf, filecheck_text
from certify.domain import errors

NAME_LENGTH = 150
_EXTENSION_LENGTH = 20
# Control, format (all bidi marks are among them), surrogate, unassigned, line and paragraph separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
# What a browser or a mail program makes of a name that is there already: `umowa.pdf (1)`.
_COUNTED = re.compile(r"(?P<stem>.+)(?P<ending>\.[A-Za-z]{3,4})(?P<count> ?\(\d{1,3}\))")


@dataclass(frozen=True)
class Kind:
    """A kind of file that we take: `extension` in its usual spelling, `media_type` as it is served."""

    extension: str
    media_type: str


_JPG = Kind("jpg", "image/jpeg")
KINDS = {
    "pdf": Kind("pdf", "application/pdf"),
    "png": Kind("png", "image/png"),
    "jpg": _JPG,
    "jpeg": _JPG,
    "jfif": _JPG,
    "jpe": _JPG,
    "webp": Kind("webp", "image/webp"),
    "docx": Kind("docx", filecheck_office.DOCX),
    "xlsx": Kind("xlsx", filecheck_office.XLSX),
    "pptx": Kind("pptx", filecheck_office.PPTX),
    "odt": Kind("odt", filecheck_office.ODT),
    "ods": Kind("ods", filecheck_office.ODS),
    "odp": Kind("odp", filecheck_office.ODP),
    "txt": Kind("txt", "text/plain"),
    "csv": Kind("csv", "text/csv"),
}
# For the accept attribute of a file field and for help texts.
EXTENSIONS = tuple(KINDS)
# Endings that are kept as the usual one.
_RARE = frozenset({"jfif", "jpe"})
# What people send instead, with a sentence of its own each: how to make one of ours of it.
OFTEN = {
    **dict.fromkeys(("heic", "heif"), "heic"),
    **dict.fromkeys(("doc", "xls", "ppt", "rtf"), "old_office"),
    **dict.fromkeys(("docm", "xlsm", "pptm", "dotm", "xltm", "ppsm"), "macro_office"),
    **dict.fromkeys(("gif", "bmp", "tif", "tiff", "svg"), "other_picture"),
    **dict.fromkeys(("zip", "rar", "7z"), "archive"),
}
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def clean_name(raw: str) -> str:
    """The name to show and to offer on download: NFC, at most 150 characters with its extension, nothing invisible.

    Polish and all other letters stay. Raises Invalid({"file": "bad_filename"}) for NUL, "/" or "\\" (a path, also a
    browser's own) and for a name with nothing before the extension or nothing at all.
    """
    if any(sign in raw for sign in "\x00/\\"):
        raise errors.Invalid({"file": "bad_filename"})
    visible = "".join(
        sign for sign in unicodedata.normalize("NFC", raw) if unicodedata.category(sign) not in _INVISIBLE
    )
    # Taking a sign out can bring a letter and its accent together.
    name = " ".join(unicodedata.normalize("NFC", visible).split())
    name = _COUNTED.sub(r"\g<stem>\g<count>\g<ending>", name) if _COUNTED.fullmatch(name) else name
    name = name.rstrip(". ") if name.strip(". ") else name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > _EXTENSION_LENGTH:
        stem, dot, extension = name, "", ""
    stem = stem[: NAME_LENGTH - len(dot) - len(extension)].strip()
    if not dot:
        stem = stem.rstrip(". ") or stem
    if not stem.strip(". "):
        raise errors.Invalid({"file": "bad_filename"})
    return f"{stem}{dot}{extension}"


def kind_of(filename: str) -> Kind:
    """The kind that the name claims, before any byte is looked at.

    Raises NotAccepted("file_type_not_allowed"); `feature` in its details names what people often send instead.
    """
    ending = filename.rpartition(".")[2].lower() if "." in filename else ""
    kind = KINDS.get(ending)
    if kind is None:
        raise errors.NotAccepted("file_type_not_allowed", feature=OFTEN.get(ending) if ending else "no_ending")
    return kind


def named(filename: str, kind: Kind) -> str:
    """The cleaned name with the ending of its true kind, where it had another one's."""
    stem, _, ending = filename.rpartition(".")
    right = KINDS.get(ending.lower()) == kind and ending.lower() not in _RARE
    return filename if right else f"{stem}.{kind.extension}"


def check(path: Path, filename: str) -> Kind:
    """Read the file at `path` and say what it is; `filename` is the user's name for it and only its extension counts.

    A picture under another picture's ending is taken for what it is. Raises NotAccepted("file_type_not_allowed");
    Invalid on the field "file" with file_empty, file_type_mismatch, file_damaged, encrypted_file, active_content
    (details: feature), archive_too_large, archive_unsafe, image_too_many_pixels or image_damaged;
    Unavailable("storage_unavailable") when the path itself cannot be read. Nothing that a file contains raises
    anything else.
    """
    kind = kind_of(filename)
    try:
        handle = path.open("rb")
    except OSError as fault:
        raise errors.Unavailable("storage_unavailable") from fault
    with handle:
        if path.stat().st_size == 0:
            raise errors.Invalid({"file": "file_empty"})
        with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if kind.media_type.startswith("image/"):
                kind = _picture(kind, data[:16])
            _inspect(kind, path, data)
    return kind


def _picture(kind: Kind, start: bytes) -> Kind:
    """What kind of picture begins so; messengers and "save as" mix the endings up."""
    if start[4:8] == b"ftyp" and start[8:12] in _HEIC:
        raise errors.Invalid({"file": "file_type_mismatch"}, feature="heic")
    if start.startswith(b"\x89PNG"):
        return KINDS["png"]
    if start.startswith(b"\xff\xd8\xff"):
        return _JPG
    return KINDS["webp"] if start[:4] == b"RIFF" and start[8:12] == b"WEBP" else kind


def _inspect(kind: Kind, path: Path, data: mmap.mmap) -> None:
    try:
        _CHECKS[kind.extension](path, data)
    except errors.CertifyError:
        raise
    except Exception as fault:
        # Parsers of other people's formats raise whatever they like (struct.error, RecursionError, zlib.error,
        # MemoryError at a forged length): to the user it is one thing, a file that cannot be read.
        code = "image_damaged" if kind.media_type.startswith("image/") else "file_damaged"
        raise errors.Invalid({"file": code}) from fault


_CHECKS: dict[str, Callable[[Path, mmap.mmap], None]] = {
    "pdf": filecheck_pdf.check,
    "png": filecheck_image.check_png,
    "jpg": filecheck_image.check_jpeg,
    "webp": filecheck_image.check_webp,
    "docx": filecheck_office.check_docx,
    "xlsx": filecheck_office.check_xlsx,
    "pptx": filecheck_office.check_pptx,
    "odt": filecheck_office.check_odt,
    "ods": filecheck_office.check_ods,
    "odp": filecheck_office.check_odp,
    "txt": filecheck_text.check_text,
    "csv": filecheck_text.check_csv,
}
