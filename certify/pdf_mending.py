"""Mends a PDF that viewers open although it is not built as it should be; once, in a child, and the copy is the record.

Bytes before and behind the document are cut off, which leaves the document itself (and a signature) as it was. Only a
wrong table of contents makes a new copy necessary; a signed file is never written anew, for that breaks its signature.
"""

import io
import mmap
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pikepdf

from certify import filecheck, filecheck_pdf, filecheck_zip
from certify.children import Costly, Crashed, Limits, opened
from certify.domain import errors

# The check of such a file says one of these; everything else that it says is true of the mended copy as well.
MENDABLE = frozenset({"file_damaged", "file_type_mismatch"})
LIMITS = Limits(seconds=10, mebibytes=512, answer=64)
_REACH = 1024
# A byte order mark, blank lines, or the head of the answer with which a server once sent the file.
_BEFORE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:HTTP/1\.\d [^\r\n<>]{0,80}\r?\n)?(?:[A-Za-z-]{2,40}: ?[^\r\n<>]{0,300}\r?\n|\s)*"
)
# The end of a DOS text, a page's note on how long it took, padding.
_BEHIND = re.compile(rb"(?:[\s\x00\x1a]|<!--[^<>]{0,300}-->)*")
_END = b"%%EOF"
# In this file only streams of pages are unpacked, each to find out whether it is whole.
_MAX_PAGES = 2_000


@contextmanager
def mended(path: Path) -> Iterator[BinaryIO]:
    """The mended copy of the PDF at `path`, as a stream, to be checked as any upload is.

    Raises Invalid with file_damaged or file_type_mismatch when there is nothing to mend or no way to, encrypted_file,
    file_too_complex; Unavailable("busy") as `children.call` does.
    """
    try:
        with opened("certify.pdf_mending:copy_of", str(path), limits=LIMITS) as (_, stream):
            yield stream
    except Crashed as fault:
        raise errors.Invalid({"file": "file_damaged"}) from fault
    except Costly as fault:
        raise errors.Invalid({"file": "file_too_complex"}) from fault


def copy_of(path: str) -> bytes:
    """The bytes of the mended copy; runs in the child."""
    with Path(path).open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        document = _cut_out(data)
        return document if len(document) < len(data) and _is_good(document) else _written_anew(document)


def _cut_out(data: mmap.mmap) -> bytes:
    """The document without what stands before and behind it. Raises Invalid when that is more than a trifle."""
    start = data.find(b"%PDF-", 0, _REACH)
    end = data.rfind(_END)
    if start < 0 or not _BEFORE.fullmatch(data[:start]):
        raise errors.Invalid({"file": "file_type_mismatch"})
    if end < 0 or not _BEHIND.fullmatch(data[end + len(_END) :]):
        raise errors.Invalid({"file": filecheck_pdf.ending_fault(data)})
    if filecheck_zip.is_zip(data):
        raise errors.Invalid({"file": "file_type_mismatch"})
    return data[start : end + len(_END)] + b"\n"


def _is_good(document: bytes) -> bool:
    """Whether nothing more has to be mended; what else the check says of the document it will say of the copy."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(document)
        file.flush()
        try:
            filecheck.check(Path(file.name), "copy.pdf")
        except errors.Invalid as fault:
            return fault.errors[0].code not in MENDABLE
    return True


def _written_anew(document: bytes) -> bytes:
    """The document with a right table of contents, when nothing is lost by that."""
    out = io.BytesIO()
    with tempfile.NamedTemporaryFile() as file:
        file.write(document)
        file.flush()
        with Path(file.name).open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
            filecheck_pdf.refuse_unbounded_filters(data)
        try:
            with pikepdf.open(file.name, attempt_recovery=True, suppress_warnings=True) as pdf:
                _refuse_loss(pdf)
                # The same file sent twice is known again.
                pdf.save(out, deterministic_id=True)
        except pikepdf.PasswordError as fault:
            raise errors.Invalid({"file": "encrypted_file"}) from fault
        except pikepdf.PdfError as fault:
            raise errors.Invalid({"file": "file_damaged"}) from fault
    return out.getvalue()


def _refuse_loss(pdf: pikepdf.Pdf) -> None:
    """Raise Invalid when pages were promised that are not there, or what they draw is not whole; or it is signed."""
    damaged = errors.Invalid({"file": "file_damaged"})
    # Asked for the pages, the library corrects the number.
    promised = pdf.Root.Pages.get("/Count")
    if len(pdf.objects) > filecheck_pdf.MAX_OBJECTS or not 0 < len(pdf.pages) <= _MAX_PAGES:
        raise damaged
    if promised != len(pdf.pages):
        raise damaged
    if any(isinstance(one, pikepdf.Dictionary) and "/ByteRange" in one for one in pdf.objects):
        raise damaged
    for page in pdf.pages:
        for stream in _drawings(page):
            if not isinstance(stream, pikepdf.Stream):
                raise damaged
            stream.read_bytes()


def _drawings(page: pikepdf.Page) -> Iterator[object]:
    contents = page.obj.get("/Contents")
    if isinstance(contents, pikepdf.Array):
        yield from contents
    elif contents is not None:
        yield contents
