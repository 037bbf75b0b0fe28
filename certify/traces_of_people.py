"""Looks for people in a checked file: PESEL numbers and lists of attendance. A hint to ask the person, never a refusal.

Text is read whole, office files part by part, a PDF as far as its fonts tell their letters; pictures are not read.
"""

import codecs
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from stdnum.exceptions import ValidationError
from stdnum.pl import pesel

from certify.filecheck import Kind
from certify.filecheck_text import encodings
from certify.pdf_text import pages_of

PESEL = "pesel"
ATTENDANCE = "attendance"
_CHUNK = 1024 * 1024
# So much of one piece is looked at again with the next, for what stands across both.
_OVERLAP = 64
# A part of a document in these bounds takes little memory and time.
_MAX_PART = 4 * 1024 * 1024
# Processor time after which nothing more is looked at.
_SECONDS = 5.0
_ELEVEN = re.compile(r"(?<!\d)\d{11}(?!\d)")
_ATTENDANCE = re.compile(r"list[aąeęy]\s+obecno[śs]ci", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def found_in(path: Path, kind: Kind) -> tuple[str, ...]:
    """What the file looks like: "pesel", "attendance", both or nothing; what can't be read looks like nothing."""
    reader = _READERS.get(kind.extension)
    if reader is None:
        return ()
    seen: set[str] = set()
    until = time.process_time() + _SECONDS
    try:
        for text in reader(path):
            seen |= set(_seen(text))
            if len(seen) == 2 or time.process_time() > until:
                break
    except Exception:  # noqa: BLE001 - the file was accepted; a hint that can't be given must not refuse it
        return tuple(sorted(seen))
    return tuple(sorted(seen))


def _seen(text: str) -> Iterator[str]:
    if _ATTENDANCE.search(text):
        yield ATTENDANCE
    if any(_is_pesel(number) for number in _ELEVEN.findall(text)):
        yield PESEL


def _is_pesel(number: str) -> bool:
    try:
        pesel.validate(number)
    except ValidationError:
        return False
    return True


def _plain(path: Path) -> Iterator[str]:
    with path.open("rb") as handle:
        start = handle.read(4)
    for encoding in encodings(start):
        try:
            yield from _decoded(path, encoding)
        except UnicodeDecodeError:
            continue
        return


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    before = ""
    with path.open("rb") as handle:
        while piece := handle.read(_CHUNK):
            text = before + decoder.decode(piece)
            yield text
            before = text[-_OVERLAP:]
        decoder.decode(b"", True)


def _office(path: Path) -> Iterator[str]:
    """Twice: Word parts one word into several elements, so tags vanish; cells stand side by side, so tags part them."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.filename.endswith(".xml") and info.file_size <= _MAX_PART:
                text = archive.read(info).decode("utf-8", "replace")
                yield _TAG.sub("", text)
                yield _TAG.sub(" ", text)


_READERS: dict[str, Callable[[Path], Iterator[str]]] = {
    "txt": _plain,
    "csv": _plain,
    "docx": _office,
    "xlsx": _office,
    "pptx": _office,
    "odt": _office,
    "ods": _office,
    "odp": _office,
    "pdf": pages_of,
}
