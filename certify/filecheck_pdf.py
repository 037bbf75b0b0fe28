"""Looks into a PDF: whole from first byte to last, open to everybody, with nothing in it that runs or hides a file."""

import mmap
import re
from collections.abc import Iterator
from pathlib import Path

import pikepdf

from certify import filecheck_pdf_actions, filecheck_zip
from certify.domain import errors
from certify.filecheck_acting import active

_MIB = 1024 * 1024
_WINDOW = _MIB
_OVERLAP = 1024
_SPACE = b" \t\r\n\x0c\x00"
_TAIL = 4096
# What may follow the last %%EOF of a file that was cut in the middle of a later revision.
_CONTINUED = re.compile(rb"[\s\x00]*(%|xref|startxref|\d+\s+\d+\s+obj)")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


def _however_written(name: str) -> str:
    """A pattern for the name with any of its letters written as #xx."""
    return "".join(f"(?:{letter}|#(?i:{ord(letter):02x}))" for letter in name)


_PACKED_OBJECTS = re.compile(f"/(?:{_however_written('ObjStm')}|{_however_written('XRef')})\\b".encode())
_OTHER_FILTER = re.compile(rb"/(LZW|LZWDecode|RL|RunLengthDecode)\b|/Filter\b[^/\[]*\d\s+R\b")
# Far above a tagged report of hundreds of pages; looking at each takes about ten microseconds.
MAX_OBJECTS = 150_000

# Structure streams are unpacked in memory on opening; without limits 25 MiB could become 25 GiB.
pikepdf.settings.set_qpdf_limits(
    flate_max_memory=16 * _MIB,
    run_length_max_memory=16 * _MIB,
    png_max_memory=16 * _MIB,
    tiff_max_memory=16 * _MIB,
)


def check(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid with file_type_mismatch, file_damaged, encrypted_file or active_content; return for a good PDF."""
    if b"/AdditionalStreams" in data[-_TAIL:]:
        # LibreOffice's word for the text document that it puts into its hybrid files.
        raise active("hybrid")
    if data[:5] != b"%PDF-" or filecheck_zip.is_zip(data):
        raise errors.Invalid({"file": "file_type_mismatch"})
    if not data[-_TAIL:].rstrip(_SPACE).endswith(b"%%EOF"):
        raise errors.Invalid({"file": ending_fault(data)})
    refuse_unbounded_filters(data)
    try:
        # Recovery would accept a broken table of contents by guessing, and viewers guess differently: a file that needs
        # it is mended once (`pdf_mending.py`), and that copy is the record. A file that only restricts what its readers
        # may do opens with the empty password.
        with pikepdf.open(path, attempt_recovery=False, suppress_warnings=True) as pdf:
            if len(pdf.objects) > MAX_OBJECTS:
                raise errors.Invalid({"file": "file_damaged"})
            filecheck_pdf_actions.refuse_active(pdf)
            if len(pdf.pages) == 0:
                raise errors.Invalid({"file": "file_damaged"})
    except pikepdf.PasswordError as fault:
        raise errors.Invalid({"file": "encrypted_file"}) from fault
    except pikepdf.PdfError as fault:
        # Locked for the owners of certain keys, not for a password.
        code = "encrypted_file" if "encryption filter" in str(fault) else "file_damaged"
        raise errors.Invalid({"file": code}) from fault


def ending_fault(data: mmap.mmap | bytes) -> str:
    """A file with something else behind its end is two files in one; a file without an end was cut."""
    end = data.rfind(b"%%EOF")
    if end < 0 or _CONTINUED.match(data[end + 5 : end + 5 + 64]):
        return "file_damaged"
    return "file_type_mismatch"


def refuse_unbounded_filters(data: mmap.mmap) -> None:
    """Raise Invalid for packed objects whose unpacking has no limit.

    The library's limits cover Flate only; no known program packs structure streams in any other way.
    """
    start = seen = 0
    # From one "stream" (or "endstream") to the next stand the dictionaries, or else packed bytes that match nothing.
    while (end := data.find(b"stream", start)) >= 0:
        seen += 1
        if seen > 2 * MAX_OBJECTS or _is_oddly_packed(data, start, end):
            raise errors.Invalid({"file": "file_damaged"})
        start = end + len(b"stream")


def _is_oddly_packed(data: mmap.mmap, start: int, end: int) -> bool:
    """True when the names in this part speak of packed objects and of another filter, whatever is escaped in them."""
    if not _PACKED_OBJECTS.search(data, start, end):
        return False
    return any(_OTHER_FILTER.search(_ESCAPED.sub(_unescaped, window)) for window in _windows(data, start, end))


def _windows(data: mmap.mmap, start: int, end: int) -> Iterator[bytes]:
    # In windows: a copy of the whole part may have 25 MiB.
    for place in range(start, end, _WINDOW):
        yield data[place : min(end, place + _WINDOW + _OVERLAP)]


def _unescaped(code: re.Match[bytes]) -> bytes:
    return bytes([int(code[1], 16)])
