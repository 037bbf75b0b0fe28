"""Shapes of evidence: a piece with its passport, its files, and where it hangs."""

from collections.abc import Sequence
from dataclasses import fields as fields_of
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from certify.api.etags import etag_of
from certify.api.fields import Answer, Body, Day, Flag, Inner, Number, Words
from certify.api.schemas.shared import moment
from certify.domain.freshness import AgeRule
from certify.models.evidence import Evidence, EvidenceLink, EvidenceRevision
from certify.queries.library import period_of
from certify.timing import today
from certify.workflows.evidence import MAX_PAGES
from certify.workflows.library import PassportData
from certify.workflows.texts import NOTE, SHORT

_FOR_ITS_CENTRE = "Only for the people of the centre."
_PAGES = {"example": "s. 3–5"}


def _asked(example: bool | None) -> Flag:
    return Flag(allow_none=True, metadata={"example": example, "description": "null: not answered yet."})


class PassportBody(Body):
    """What a centre says of a piece; what is left out stays."""

    title = Words(SHORT, metadata={"example": "Uchwała w sprawie statutu"})
    kind = Words(40, metadata={"example": "resolution", "description": "A kind of evidence of the standard."})
    author = Words(SHORT, metadata={"example": "Rada Gminy"})
    proves = Words(NOTE, metadata={"example": "Zakres zadań ośrodka od 2025 roku."})
    period_from = Day(allow_none=True, metadata={"example": "2025-01-01"})
    period_to = Day(allow_none=True, metadata={"example": "2025-12-31"})
    valid_until = Day(allow_none=True, metadata={"example": None})
    names_people = _asked(False)
    shows_pesel = _asked(False)
    shows_faces = _asked(False)
    has_consent = _asked(None)


class PieceBody(PassportBody):
    """Where a new file belongs, and its passport: into a library, or to a criterion of an application too."""

    organisation_id = Number(1, metadata={"example": 5})
    application_id = Number(1, metadata={"description": "In the place of the organisation."})
    criterion = Words(20, metadata={"description": "With the application."})
    pages = Words(MAX_PAGES, metadata={"description": "With the application: the pages to read."})

    @validates_schema
    def _one_place(self, data: dict[str, Any], **more: object) -> None:
        hanging = {"application_id", "criterion", "pages"} & data.keys()
        if "organisation_id" in data and not hanging:
            return
        if "organisation_id" in data or not {"application_id", "criterion"} <= data.keys():
            raise ValidationError("place_unclear", "organisation_id")


class LinkBody(Body):
    """A piece of the library for a criterion."""

    evidence_id = Number(1, required=True, metadata={"example": 31})
    criterion = Words(20, required=True, metadata={"example": "O1.1"})
    pages = Words(MAX_PAGES, load_default="", metadata=_PAGES)


class FileAnswer(Answer):
    """One file of a piece. Who added it, what was sent and what it looks like is there for its centre only."""

    id = fields.Integer(required=True, metadata={"example": 44})
    number = fields.Integer(required=True, metadata={"example": 1, "description": "Counts the files of the piece."})
    filename = fields.String(required=True, metadata={"example": "statut.pdf"})
    media_type = fields.String(required=True, metadata={"example": "application/pdf"})
    size = fields.Integer(required=True, metadata={"example": 48213, "description": "In bytes."})
    sha256 = fields.String(required=True, metadata={"example": "9f2c" + "0" * 60})
    scan = fields.String(
        required=True,
        metadata={
            "example": "none",
            "enum": ["none", "pending", "clean", "infected"],
            "description": "What the malware scanner said; none: it was not asked.",
        },
    )
    uploaded_at = moment(required=False)
    uploaded_by = fields.String(metadata={"example": "Ewa Redaktorka"})
    original_sha256 = fields.String(
        allow_none=True,
        metadata={"example": None, "description": "Of a picture drawn anew, or a PDF mended: what was sent."},
    )
    traces = fields.List(
        fields.String(metadata={"example": "pesel"}),
        metadata={"description": "What the text looks like, for a question to the centre."},
    )


class LinkAnswer(Answer):
    """A piece on a criterion of an application."""

    id = fields.Integer(required=True, metadata={"example": 77})
    application_id = fields.Integer(required=True, metadata={"example": 17})
    criterion = fields.String(required=True, metadata={"example": "O1.1"})
    pages = fields.String(required=True, metadata=_PAGES)
    evidence_id = fields.Integer(required=True, metadata={"example": 31})


class PieceAnswer(Answer):
    """A piece of evidence. Its passport is there for its centre only; auditors get the files that were submitted."""

    id = fields.Integer(required=True, metadata={"example": 31})
    version = fields.Integer(metadata={"example": 2, "description": f"Counts the changes. {_FOR_ITS_CENTRE}"})
    etag = fields.String(metadata={"example": '"31-2"', "description": f"For `If-Match`. {_FOR_ITS_CENTRE}"})
    organisation_id = fields.Integer(required=True, metadata={"example": 5})
    title = fields.String(metadata={"example": "Uchwała w sprawie statutu"})
    kind = fields.String(metadata={"example": "resolution"})
    author = fields.String(metadata={"example": "Rada Gminy"})
    proves = fields.String(metadata={"example": "Zakres zadań ośrodka od 2025 roku."})
    period_from = fields.Date(allow_none=True, metadata={"example": "2025-01-01"})
    period_to = fields.Date(allow_none=True, metadata={"example": "2025-12-31"})
    valid_until = fields.Date(allow_none=True, metadata={"example": None})
    names_people = fields.Boolean(allow_none=True, metadata={"example": False})
    shows_pesel = fields.Boolean(allow_none=True, metadata={"example": False})
    shows_faces = fields.Boolean(allow_none=True, metadata={"example": False})
    has_consent = fields.Boolean(allow_none=True, metadata={"example": None})
    stale = fields.Boolean(
        metadata={"example": False, "description": "Older than its standard allows, or not valid any more."}
    )
    files = fields.List(Inner(FileAnswer), required=True, metadata={"description": "The newest last."})
    links = fields.List(Inner(LinkAnswer), metadata={"description": "Where it hangs now; not in lists."})


PASSPORT = tuple(one.name for one in fields_of(PassportData))


def passport(piece: Evidence, changes: dict[str, Any]) -> PassportData:
    """The passport as it stands, with the changes."""
    return PassportData(**{name: changes.get(name, getattr(piece, name)) for name in PASSPORT})


def own(piece: Evidence, ages: AgeRule) -> dict[str, Any]:
    """A piece as its centre sees it."""
    period = period_of(piece)
    return {
        "id": piece.id,
        "version": piece.version,
        "etag": etag_of(piece.id, piece.version),
        "organisation_id": piece.organisation_id,
        **{name: getattr(piece, name) for name in PASSPORT},
        "stale": period.has_ended(today()) or period.is_old(today(), ages.months(piece.kind)),
        "files": [_own_file(one) for one in piece.revisions],
    }


def sealed(piece: Evidence, files: Sequence[EvidenceRevision]) -> dict[str, Any]:
    """A piece as an auditor sees it: the files that a submission names."""
    return {"id": piece.id, "organisation_id": piece.organisation_id, "files": [_file(one) for one in files]}


def _file(file: EvidenceRevision) -> dict[str, Any]:
    return {
        "id": file.id,
        "number": file.number,
        "filename": file.filename,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "scan": file.scan,
    }


def _own_file(file: EvidenceRevision) -> dict[str, Any]:
    return {
        **_file(file),
        "uploaded_at": file.uploaded_at,
        "uploaded_by": file.uploaded_by.name,
        "original_sha256": file.original_sha256,
        "traces": [one for one in file.traces.split(",") if one],
    }


def link(row: EvidenceLink) -> dict[str, Any]:
    """A piece on a criterion."""
    return {
        "id": row.id,
        "application_id": row.application_id,
        "criterion": row.criterion,
        "pages": row.pages,
        "evidence_id": row.evidence_id,
    }
