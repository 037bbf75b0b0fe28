"""Shapes of the public register: a certificate with today's status, and the answer of the check."""

from datetime import date
from typing import Any

from marshmallow import fields

from certify.api.fields import Answer, Body, Choice, Inner, Words
from certify.api.operation import PREFIX
from certify.api.paging import PageQuery
from certify.api.schemas.shared import moment
from certify.domain.validity import Validity
from certify.domain.voivodeships import VOIVODESHIPS
from certify.models.certificate import Certificate
from certify.queries.certificates import MAX_TEXT, validity
from certify.workflows.certificates import verify_url

_DIGEST = "9f2c" + "0" * 60
_EVENTS = ["issued", "suspended", "reinstated", "revoked", "superseded", "resigned"]


class CertificateQuery(PageQuery):
    """Which certificates."""

    voivodeship = Choice(list(VOIVODESHIPS), load_default=None, metadata={"description": "TERC code of two digits."})
    scheme = Words(40, load_default=None, metadata={"description": "Only of this scheme, for example osl."})
    words = Words(
        200,
        load_default=None,
        metadata={"description": "All must stand in the holder, unit, address, area, type or number."},
    )


class HolderAnswer(Answer):
    """Who holds it, as it was when it was issued."""

    name = fields.String(required=True, metadata={"example": "Ośrodek Pomocy Społecznej w Żarach"})
    unit = fields.String(required=True, metadata={"example": ""})
    address = fields.String(required=True, metadata={"example": "Rynek 1, 68-200 Żary"})
    voivodeship = fields.String(required=True, metadata={"example": "08"})


class StandardAnswer(Answer):
    """By which standard."""

    scheme = fields.String(required=True, metadata={"example": "osl"})
    version = fields.String(required=True, metadata={"example": "1.0"})
    title = fields.String(required=True, metadata={"example": "Organizowanie społeczności lokalnej"})


class HappenedAnswer(Answer):
    """A dated change."""

    kind = fields.String(required=True, metadata={"example": "issued", "enum": _EVENTS})
    on = fields.Date(required=True, metadata={"example": "2026-11-22"})
    reason = fields.String(required=True, metadata={"example": ""})


class CertificateAnswer(Answer):
    """One entry of the register. An entry from before it has a `source` and only what that says."""

    id = fields.String(required=True, metadata={"example": "OSL-2026-0012", "description": "The number in addresses."})
    number = fields.String(required=True, metadata={"example": "OSL/2026/0012"})
    status = fields.String(
        required=True,
        metadata={"example": "valid", "enum": [one.value for one in Validity], "description": "Computed for today."},
    )
    holder = Inner(HolderAnswer, required=True)
    standard = Inner(StandardAnswer, required=True)
    title = fields.String(required=True, metadata={"example": "Certyfikat Jakości OSL"})
    grade = fields.String(required=True, metadata={"example": ""})
    scope = fields.String(required=True, metadata={"example": "Organizowanie społeczności lokalnej w gminie Żary"})
    issuer = fields.String(required=True, metadata={"example": "Stowarzyszenie CAL"})
    decision_number = fields.String(required=True, metadata={"example": "D/2026/0012"})
    decision_date = fields.Date(required=True, allow_none=True, metadata={"example": "2026-11-20"})
    valid_from = fields.Date(required=True, allow_none=True, metadata={"example": "2026-11-22"})
    valid_until = fields.Date(required=True, allow_none=True, metadata={"example": "2029-11-21"})
    awarded = fields.String(required=True, metadata={"example": ""})
    source = fields.String(required=True, metadata={"example": ""})
    issued_at = moment(required=False)
    pdf_sha256 = fields.String(required=True, allow_none=True, metadata={"example": _DIGEST})
    pdf = fields.String(metadata={"example": "/api/v1/certificates/OSL-2026-0012/pdf"})
    page = fields.String(required=True, metadata={"example": "https://certify.example/certificates/OSL-2026-0012"})
    events = fields.List(Inner(HappenedAnswer), required=True)


class RegisterAnswer(Answer):
    """The whole register."""

    on = fields.Date(required=True, metadata={"example": "2026-11-22", "description": "The day of the statuses."})
    count = fields.Integer(required=True, metadata={"example": 1})
    items = fields.List(Inner(CertificateAnswer), required=True)


class CheckpointAnswer(Answer):
    """The newest row of the service's history: its place, and the hash over it and over the hash of the row before."""

    position = fields.Integer(required=True, metadata={"example": 4711})
    head = fields.String(required=True, metadata={"example": _DIGEST})
    at = moment()


class NumberBody(Body):
    """The number as it stands on the paper; small slips in writing it do no harm."""

    number = Words(MAX_TEXT, required=True, metadata={"example": "OSL/2026/0012"})


class VerificationAnswer(Answer):
    """What the register says of a file or a number.

    `genuine`: the very file that was issued. `altered`: it bears a number of ours and is
    another file, changed or only printed or saved anew: believe the entry, ask the holder for the file. `registered`:
    the number stands in the register; nobody has compared a file. `unknown` and `unreadable` come as refusals.
    """

    answer = fields.String(required=True, metadata={"example": "genuine", "enum": ["genuine", "altered", "registered"]})
    checked_at = moment()
    sha256 = fields.String(metadata={"example": _DIGEST, "description": "Of the file that was sent."})
    certificate = Inner(CertificateAnswer, required=True)


def shown(row: Certificate, day: date | None = None) -> dict[str, Any]:
    """One entry with its status on a day, today unless told."""
    found = {
        "id": row.path_number,
        "number": row.number,
        "status": validity(row, day).value,
        "holder": {
            "name": row.holder_name,
            "unit": row.unit_name,
            "address": row.holder_address,
            "voivodeship": row.voivodeship,
        },
        "standard": {"scheme": row.scheme, "version": row.standard_version, "title": row.standard_title},
        "title": row.title,
        "grade": row.grade,
        "scope": row.scope,
        "issuer": row.issuer_name,
        "decision_number": row.decision_number,
        "decision_date": row.decision_date,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "awarded": row.awarded,
        "source": row.source,
        "pdf_sha256": row.pdf_sha256,
        "page": verify_url(row.path_number),
        "events": [{"kind": one.kind, "on": one.on, "reason": one.reason} for one in row.events],
    }
    # The moment of an older entry is that of its taking over, which says nothing about the certificate.
    if not row.source:
        found["issued_at"] = row.issued_at
    if row.pdf_sha256 is not None:
        found["pdf"] = f"{PREFIX}/certificates/{row.path_number}/pdf"
    return found
