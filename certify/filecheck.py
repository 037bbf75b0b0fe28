"""Decides whether an uploaded file is what its name says, whole, and free of anything that acts when it is opened.

Extension, leading bytes and structure must agree (the type that a browser sends is never asked). Pictures still carry
their EXIF data and whatever stands behind their end: `pictures.py` takes both out, after this check.
"""

import codecs
import mmap
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from certify import filecheck_image, filecheck_office, filecheck_pdf, filecheck_zip
from certify.domain import errors

NAME_LENGTH = 150
_EXTENSION_LENGTH = 20
_CHUNK = 1024 * 1024
# Control, format (all bidi marks are among them), surrogate, unassigned, line and paragraph separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_MARKUP = re.compile(rb"\s*(<[a-z!?/]|#!|\{\\rtf)|.*(%pdf-|<script|<html)", re.DOTALL)


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
    "webp": Kind("webp", "image/webp"),
    "docx": Kind("docx", filecheck_office.DOCX),
    "xlsx": Kind("xlsx", filecheck_office.XLSX),
    "pptx": Kind("pptx", filecheck_office.PPTX),
    "odt": Kind("odt", filecheck_office.ODT),
    "ods": Kind("ods", filecheck_office.ODS),
    "txt": Kind("txt", "text/plain"),
    "csv": Kind("csv", "text/csv"),
}
# For the accept attribute of a file field and for help texts.
EXTENSIONS = tuple(KINDS)


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
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > _EXTENSION_LENGTH:
        stem, dot, extension = name, "", ""
    stem = stem[: NAME_LENGTH - len(dot) - len(extension)].strip()
    if not stem.strip(". "):
        raise errors.Invalid({"file": "bad_filename"})
    return f"{stem}{dot}{extension}"


def kind_of(filename: str) -> Kind:
    """The kind that the name claims, before any byte is looked at; raises NotAccepted("file_type_not_allowed")."""
    kind = KINDS.get(filename.rpartition(".")[2].lower()) if "." in filename else None
    if kind is None:
        raise errors.NotAccepted("file_type_not_allowed")
    return kind


def check(path: Path, filename: str) -> Kind:
    """Read the file at `path` and say what it is; `filename` is the user's name for it and only its extension counts.

    Raises NotAccepted("file_type_not_allowed"); Invalid on the field "file" with file_empty, file_type_mismatch,
    file_damaged, encrypted_file, active_content (details: feature), archive_too_large, archive_unsafe,
    image_too_many_pixels or image_damaged; Unavailable("storage_unavailable") when the path itself cannot be read.
    Nothing that a file contains raises anything else.
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
            _inspect(kind, path, data)
    return kind


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


def _check_text(path: Path, data: mmap.mmap) -> None:
    """Plain text in UTF-8 or, as old Polish Windows programs write it, cp1250; never a page, a script or a binary."""
    if _MARKUP.match(data[:1024].removeprefix(codecs.BOM_UTF8).lower()) or filecheck_zip.is_zip(data):
        raise errors.Invalid({"file": "file_type_mismatch"})
    if not (_is_plain(data, "utf-8-sig") or _is_plain(data, "cp1250")):
        raise errors.Invalid({"file": "file_type_mismatch"})


def _is_plain(data: mmap.mmap, encoding: str) -> bool:
    # In pieces: the decoded text of 25 MiB would take several times as much memory.
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(data), _CHUNK):
            text = decoder.decode(data[start : start + _CHUNK], start + _CHUNK >= len(data))
            if _CONTROL.search(text):
                return False
    except UnicodeDecodeError:
        return False
    return True


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
    "txt": _check_text,
    "csv": _check_text,
}
