"""Shapes of a case: what everybody who sees it may know, and what only its centre sees."""

from typing import Any

from marshmallow import fields

from certify.api.etags import etag_of
from certify.api.fields import MAX_ID, Answer, Body, Choice, Inner, Number, QueryNumber, Words
from certify.api.paging import PageQuery
from certify.api.schemas.shared import Named, Share, Versioned, moment, share, shares
from certify.domain.lifecycle import Party, Status
from certify.domain.policy import Actor, Case, move_of
from certify.domain.readiness import Progress
from certify.models.application import Application
from certify.queries import self_assessment


class ApplicationQuery(PageQuery):
    """Which cases."""

    status = Choice([one.value for one in Status], load_default=None, metadata={"description": "Only in this status."})
    organisation_id = QueryNumber(1, MAX_ID, load_default=None, metadata={"description": "Only of this organisation."})


class ApplicationBody(Body):
    """A new application."""

    scheme = Words(40, required=True, metadata={"example": "osl"})
    version = Words(20, load_default=None, metadata={"example": "1.0", "description": "The newest, unless told."})
    organisation_id = Number(1, required=True, metadata={"example": 5})
    unit_id = Number(1, load_default=None, metadata={"example": 9, "description": "The main unit, unless told."})


class ApplicationShort(Versioned):
    """One line of the list."""

    number = fields.String(required=True, metadata={"example": "W/2026/0007"})
    scheme = fields.String(required=True, metadata={"example": "osl"})
    rubric_version = fields.String(required=True, metadata={"example": "1.0"})
    centre_type = fields.String(required=True, metadata={"example": "OPS"})
    organisation = Inner(Named, required=True)
    unit = Inner(Named, required=True)
    status = fields.String(required=True, metadata={"example": "draft", "enum": [one.value for one in Status]})
    status_since = moment()
    due_on = fields.Date(required=True, allow_none=True, metadata={"example": "2026-12-07"})
    created_at = moment()
    submitted_at = moment(allow_none=True)


class ProgressAnswer(Answer):
    """How far a part of the self-assessment is, in numbers of criteria."""

    total = fields.Integer(required=True, metadata={"example": 33})
    answered = fields.Integer(required=True, metadata={"example": 12})
    evidenced = fields.Integer(required=True, metadata={"example": 10})
    ready = fields.Integer(required=True, metadata={"example": 9})
    confirmed = fields.Integer(required=True, metadata={"example": 0})


class Rating(Answer):
    """What a set of points comes to."""

    outcome = fields.String(required=True, allow_none=True, metadata={"example": None})
    total = Inner(Share, required=True, allow_none=True)
    areas = fields.Dict(
        keys=fields.String(), values=Inner(Share, allow_none=True), required=True, metadata={"example": {"O1": None}}
    )


class ApplicationAnswer(ApplicationShort):
    """A case. `progress` and `self_rating` are of the centre's own copy and there for its people only."""

    whose_move = fields.String(required=True, metadata={"example": "centre", "enum": [one.value for one in Party]})
    supplement_rounds = fields.Integer(required=True, metadata={"example": 0})
    progress = Inner(ProgressAnswer)
    self_rating = Inner(Rating, metadata={"description": "The centre's own rating; it never enters a result."})


class EventAnswer(Answer):
    """One step of the history; a run of small steps of one person and day is one entry."""

    kind = fields.String(required=True, metadata={"example": "submit"})
    at = moment()
    actor = fields.String(required=True, metadata={"example": "Maria Zarządca"})
    about = fields.String(metadata={"example": "", "description": "The person whom the step concerns."})
    note = fields.String(metadata={"example": "", "description": "What was written when acting."})
    counts = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata={"example": {"submit": 1}}
    )


def short(row: Application) -> dict[str, Any]:
    """One line of the list."""
    return {
        "id": row.id,
        "version": row.version,
        "etag": etag_of(row.id, row.version),
        "number": row.number,
        "scheme": row.scheme,
        "rubric_version": row.rubric_version.version,
        "centre_type": row.centre_type,
        "organisation": {"id": row.organisation.id, "name": row.organisation.name},
        "unit": {"id": row.unit.id, "name": row.unit.name},
        "status": row.status,
        "status_since": row.status_since,
        "due_on": row.due_on,
        "created_at": row.created_at,
        "submitted_at": row.submitted_at,
    }


def whole(actor: Actor, row: Application, case: Case) -> dict[str, Any]:
    """One case, as far as the actor may know it: what is hidden is absent."""
    found = {**short(row), "whose_move": move_of(case).value, "supplement_rounds": row.supplement_rounds}
    if row.organisation_id in actor.centres:
        rating = self_assessment.self_rating(row)
        found["progress"] = progress(self_assessment.readiness_of(row).whole)
        found["self_rating"] = {
            "outcome": rating.outcome.id if rating.outcome else None,
            "total": share(rating.total),
            "areas": shares(rating.areas),
        }
    return found


def progress(whole: Progress) -> dict[str, int]:
    """How far a part of the self-assessment is."""
    return {
        "total": whole.total,
        "answered": whole.answered,
        "evidenced": whole.evidenced,
        "ready": whole.ready,
        "confirmed": whole.confirmed,
    }
