"""Looks into a PDF: whole from first byte to last, not encrypted, with nothing in it that runs or hides a file."""

import mmap
import re
from pathlib import Path

import pikepdf

from certify import filecheck_zip
from certify.domain import errors

_MIB = 1024 * 1024
_WINDOW = _MIB
_OVERLAP = 1024
_SPACE = b" \t\r\n\x0c\x00"
_TAIL = 4096
# What may follow the last %%EOF of a file that was cut in the middle of a later revision.
_CONTINUED = re.compile(rb"[\s\x00]*(%|xref|startxref|\d+\s+\d+\s+obj)")
_FEATURES = {
    "/JavaScript": "javascript",
    "/JS": "javascript",
    "/Launch": "launch",
    "/EmbeddedFile": "embedded_file",
    "/EmbeddedFiles": "embedded_file",
    "/EF": "embedded_file",
    "/RichMedia": "rich_media",
    "/XFA": "xfa",
    "/SubmitForm": "submit_form",
    "/ImportData": "import_data",
}
_HINT = re.compile(b"|".join(re.escape(name.encode()) + rb"(?![A-Za-z0-9])" for name in _FEATURES))
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


def _however_written(name: str) -> str:
    """A pattern for the name with any of its letters written as #xx."""
    return "".join(f"(?:{letter}|#(?i:{ord(letter):02x}))" for letter in name)


_PACKED_OBJECTS = re.compile(f"/(?:{_however_written('ObjStm')}|{_however_written('XRef')})\\b".encode())
_OTHER_FILTER = re.compile(rb"/(LZW|LZWDecode|RL|RunLengthDecode)\b|/Filter\b[^/\[]*\d\s+R\b")
# Far above a tagged report of hundreds of pages; looking at each takes about ten microseconds.
_MAX_OBJECTS = 150_000

# Structure streams are unpacked in memory on opening; without limits 25 MiB could become 25 GiB.
pikepdf.settings.set_qpdf_limits(
    flate_max_memory=16 * _MIB,
    run_length_max_memory=16 * _MIB,
    png_max_memory=16 * _MIB,
    tiff_max_memory=16 * _MIB,
)


def check(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid with file_type_mismatch, file_damaged, encrypted_file or active_content; return for a good PDF."""
    if data[:5] != b"%PDF-" or filecheck_zip.is_zip(data):
        raise errors.Invalid({"file": "file_type_mismatch"})
    if not data[-_TAIL:].rstrip(_SPACE).endswith(b"%%EOF"):
        raise errors.Invalid({"file": _ending_fault(data)})
    _refuse_unbounded_filters(data)
    try:
        # Recovery would accept a broken table of contents by guessing, and viewers guess differently.
        with pikepdf.open(path, attempt_recovery=False, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise errors.Invalid({"file": "encrypted_file"})
            _refuse_active(pdf)
            if len(pdf.pages) == 0:
                raise errors.Invalid({"file": "file_damaged"})
    except pikepdf.PasswordError as fault:
        raise errors.Invalid({"file": "encrypted_file"}) from fault


def _ending_fault(data: mmap.mmap) -> str:
    """A file with something else behind its end is two files in one; a file without an end was cut."""
    end = data.rfind(b"%%EOF")
    if end < 0 or _CONTINUED.match(data[end + 5 : end + 5 + 64]):
        return "file_damaged"
    return "file_type_mismatch"


def _refuse_unbounded_filters(data: mmap.mmap) -> None:
    # The library's limits cover Flate only; no known program packs structure streams in any other way.
    start = seen = 0
    # From one "stream" (or "endstream") to the next stand the dictionaries, or else packed bytes that match nothing.
    while (end := data.find(b"stream", start)) >= 0:
        seen += 1
        if seen > 2 * _MAX_OBJECTS or _is_oddly_packed(data, start, end):
            raise errors.Invalid({"file": "file_damaged"})
        start = end + len(b"stream")


def _is_oddly_packed(data: mmap.mmap, start: int, end: int) -> bool:
    """True when the names in this part speak of packed objects and of another filter, whatever is escaped in them."""
    if not _PACKED_OBJECTS.search(data, start, end):
        return False
    # In windows: a copy of the whole part may have 25 MiB.
    for place in range(start, end, _WINDOW):
        window = data[place : min(end, place + _WINDOW + _OVERLAP)]
        if _OTHER_FILTER.search(_ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), window)):
            return True
    return False


def _refuse_active(pdf: pikepdf.Pdf) -> None:
    if len(pdf.objects) > _MAX_OBJECTS:
        raise errors.Invalid({"file": "file_damaged"})
    for thing in pdf.objects:
        if not isinstance(thing, pikepdf.Object):
            continue
        own = thing.stream_dict if isinstance(thing, pikepdf.Stream) else thing
        # Written out by the C++ side, with #-escapes of names resolved: a quick way past the harmless objects.
        if _HINT.search(own.unparse(resolved=True)):
            _refuse_names(own)


def _refuse_names(thing: pikepdf.Object) -> None:
    """Walk one object without following references; the same words inside a text string mean nothing."""
    pending: list[object] = [thing]
    while pending:
        item = pending.pop()
        if isinstance(item, pikepdf.Name):
            _refuse_name(str(item))
        elif isinstance(item, pikepdf.Dictionary):
            for key, value in item.items():
                _refuse_name(key)
                pending.extend(_own(value))
        elif isinstance(item, pikepdf.Array):
            for value in item:
                pending.extend(_own(value))


def _own(value: object) -> list[object]:
    # Each indirect object stands in pdf.objects itself; following references could go round in circles.
    return [value] if isinstance(value, pikepdf.Object) and not value.is_indirect else []


def _refuse_name(name: str) -> None:
    feature = _FEATURES.get(name)
    if feature is not None:
        raise errors.Invalid({"file": "active_content"}, feature=feature)
