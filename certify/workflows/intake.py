"""Takes a file in: received, checked, scanned, drawn anew when a picture, mended when a PDF needs it.

Nothing is kept until the caller says so.

Pages and the command line come through here, so that both say the same of a file.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from flask import current_app

from certify import file_look, filecheck, pdf_mending, pictures, scan, storage
from certify.domain.errors import CertifyError, Invalid
from certify.filecheck import Kind
from certify.scan import Verdict
from certify.security_log import note
from certify.storage import Incoming

MAX_FILE = 25 * 1024 * 1024
# A picture without loss that somebody packed very well may grow when it is written again.
MAX_DRAWN = 2 * MAX_FILE


def root() -> Path:
    """The folder of the content-addressed store."""
    return Path(current_app.config["STORAGE"])


def verdict_on(stream: BinaryIO, patience: float | None = None) -> Verdict | None:
    """What the malware scanner says of these bytes; None when none is set up."""
    where = current_app.config["CLAMD"]
    if not where:
        return None
    return scan.scan(stream, scan.address_of(where), patience or current_app.config["CLAMD_SECONDS"])


@dataclass(frozen=True)
class Taken:
    """A good file: its kind and cleaned name, the bytes for the record, those that were sent, and whom it may name.

    `verdict`: of the scanner on what was sent; the bytes of a record that was drawn anew are our own.
    """

    kind: Kind
    name: str
    record: Incoming
    sent: Incoming
    traces: tuple[str, ...] = ()
    verdict: Verdict | None = None

    @property
    def drawn(self) -> bool:
        """Whether the record is other bytes than those that were sent."""
        return self.record is not self.sent


def _looked_at(stack: ExitStack, sent: Incoming, name: str, folder: Path) -> tuple[Kind, Incoming, tuple[str, ...]]:
    """The kind of a good file, the bytes for its record, and its traces: a PDF that can be mended is mended, once."""
    try:
        kind, traces = file_look.look(sent.path, name)
    except Invalid as refusal:
        is_pdf = filecheck.kind_of(name) == filecheck.KINDS["pdf"]
        if not is_pdf or refusal.errors[0].code not in pdf_mending.MENDABLE:
            raise
    else:
        return kind, sent, traces
    with pdf_mending.mended(sent.path) as copy:
        record = stack.enter_context(storage.receive(copy, folder, MAX_DRAWN))
    kind, traces = file_look.look(record.path, name)
    return kind, record, traces


@contextmanager
def refusal_noted() -> Iterator[None]:
    """Tell the security log when somebody's file is not taken, whatever speaks against it."""
    try:
        yield
    except CertifyError as error:
        note("upload_refused", why=error.errors[0].code if isinstance(error, Invalid) else error.code)
        raise


@contextmanager
def taken_in(stream: BinaryIO, filename: str, folder: Path) -> Iterator[Taken]:
    """Receive and check one file; call `record.keep()` inside the block to keep it.

    Raises as `filecheck.clean_name`, `storage.receive`, `file_look.look`, `pdf_mending.mended` and
    `pictures.drawn_anew` do.
    """
    name = filecheck.clean_name(filename)
    with ExitStack() as stack:
        sent = stack.enter_context(storage.receive(stream, folder, MAX_FILE))
        kind, record, traces = _looked_at(stack, sent, name, folder)
        name = filecheck.named(name, kind)
        if pictures.is_picture(kind):
            with pictures.drawn_anew(sent.path, kind) as drawn:
                record = stack.enter_context(storage.receive(drawn, folder, MAX_DRAWN))
        with sent.path.open("rb") as content:
            verdict = verdict_on(content)
        yield Taken(kind, name, record, sent, traces, verdict)
