"""The public register: certificates with the status that they have today, and the check of a file."""

import hashlib
import io
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

import pikepdf
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from certify.db import db
from certify.domain.errors import NotFound
from certify.domain.validity import Validity, validity_on
from certify.models.certificate import Certificate
from certify.pdf import printed_text
from certify.timing import today

MAX_PDF = 10 * 1024 * 1024


def validity(certificate: Certificate, day: date | None = None) -> Validity:
    """The status of a certificate on a day, today unless told."""
    return validity_on(
        day or today(),
        certificate.valid_from,
        certificate.valid_until,
        certificate.expiring_months,
        [(event.kind, event.on) for event in certificate.events],
    )


def path_form(number: str) -> str:
    """A certificate's number as it stands in addresses: OSL/2026/0012 becomes OSL-2026-0012."""
    return number.strip().upper().replace("/", "-").replace(" ", "")


def by_number(number: str) -> Certificate:
    """The certificate with that number, however it is written; raises `NotFound("certificate_not_found")`."""
    found = db.session.scalar(select(Certificate).where(Certificate.path_number == path_form(number)))
    if found is None:
        raise NotFound("certificate_not_found")
    return found


def of_application(application_id: int) -> Certificate | None:
    """The certificate that a case led to."""
    return db.session.scalar(select(Certificate).where(Certificate.application_id == application_id))


def register(voivodeship: str = "", words: str = "") -> list[Certificate]:
    """All entries in Polish alphabetical order of holders; `words` are looked for in holder and unit."""
    rows = select(Certificate).options(selectinload(Certificate.events))
    if voivodeship:
        rows = rows.where(Certificate.voivodeship == voivodeship)
    entries = list(db.session.scalars(rows.order_by(Certificate.holder_sort_key, Certificate.id)))
    wanted = words.casefold().split()
    return [
        one
        for one in entries
        if all(word in f"{one.holder_name} {one.unit_name} {one.number}".casefold() for word in wanted)
    ]


@dataclass(frozen=True)
class Verification:
    """The answer about a file: genuine, altered, unknown or unreadable, the file's SHA-256 and the entry, if any."""

    answer: str
    sha256: str
    certificate: Certificate | None = None


def _numbers() -> dict[str, Certificate]:
    return {one.number: one for one in db.session.scalars(select(Certificate).where(Certificate.source == ""))}


def verify(stream: BinaryIO) -> Verification:
    """Compare a whole file with the register (R28); a signature or a title inside is never believed.

    `altered` means that the file bears a number of ours, but is not the file that we issued.
    """
    content = stream.read(MAX_PDF + 1)
    sha256 = hashlib.sha256(content).hexdigest()
    found = db.session.scalar(select(Certificate).where(Certificate.pdf_sha256 == sha256))
    if found is not None:
        return Verification("genuine", sha256, found)
    if len(content) > MAX_PDF:
        return Verification("unreadable", sha256)
    text = _text_of(content)
    if text is None:
        return Verification("unreadable", sha256)
    for number, certificate in _numbers().items():
        if number in text:
            return Verification("altered", sha256, certificate)
    return Verification("unknown", sha256)


def _text_of(content: bytes) -> str | None:
    """What the pages and the title say, or None when the file can't be read as a PDF."""
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            title = str(document.docinfo.get("/Title", ""))
            return "\n".join([title, *("".join(printed_text(page)) for page in document.pages)])
    except Exception:  # noqa: BLE001 - whatever a hostile file makes the parser raise, the answer is "unreadable"
        return None
