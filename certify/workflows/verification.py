"""The check of a file against the register (R28): what the page, the API and the command say of it. Changes nothing."""

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from certify import children
from certify.children import Costly, Crashed, Limits
from certify.models.certificate import Certificate
from certify.queries import certificates

MAX_PDF = 10 * 1024 * 1024
READING = Limits(seconds=2, mebibytes=256, answer=8, wall=20, public=True)


@dataclass(frozen=True)
class Verification:
    """The answer about a file: genuine, altered, unknown or unreadable, the file's SHA-256 and the entry, if any.

    `fault` is the code that says why a file is unreadable: "file_damaged", "file_too_large" or "file_too_complex".
    """

    answer: str
    sha256: str
    certificate: Certificate | None = None
    fault: str = ""


def verify(stream: BinaryIO) -> Verification:
    """Compare a whole file with the register; a signature or a title inside is never believed.

    `genuine` needs the digest alone. `altered` means that the file bears a number of ours, but is not the file that we
    issued: changed, or only printed or saved anew. A file of more than `MAX_PDF` bytes is not read and counts as
    unreadable. Raises `Unavailable("busy")` when too many files are read at this moment.
    """
    content = stream.read(MAX_PDF + 1)
    sha256 = hashlib.sha256(content).hexdigest()
    found = certificates.with_digest(sha256)
    if found is not None:
        return Verification("genuine", sha256, found)
    if len(content) > MAX_PDF:
        return Verification("unreadable", sha256, fault="file_too_large")
    try:
        read = children.call("certify.pdf_text:found_in", limits=READING, content=content)
    except Costly:
        return Verification("unreadable", sha256, fault="file_too_complex")
    except Crashed:
        return Verification("unreadable", sha256, fault="file_damaged")
    named = certificates.named_in(read["text"])
    if named is not None:
        return Verification("altered", sha256, named)
    if not read["readable"]:
        return Verification("unreadable", sha256, fault="file_damaged")
    return Verification("unknown", sha256)
