"""Shapes of the auditors' sheets and of their consensus."""

from typing import Any

from marshmallow import fields

from certify.api.etags import etag_of
from certify.api.fields import Answer, Body, Flag, Inner, Number, Words
from certify.api.schemas.shared import Named, moment
from certify.models.audit import Assignment, Consensus, Score
from certify.workflows.texts import NOTE

_CRITERION = {"example": "O1.1"}
_POINTS = {"example": 2}


class SheetScoreBody(Body):
    """A rating: points, or not applicable."""

    points = Number(-1000, 1000, required=True, allow_none=True, metadata=_POINTS)
    not_applicable = Flag(load_default=False, metadata={"example": False})
    reason = Words(
        NOTE, load_default="", metadata={"example": "", "description": "Needed below “met” and at every change."}
    )


class SheetScoreAction(SheetScoreBody):
    """A rating of a criterion; `If-Match` names the version of the rating."""

    criterion = Words(40, required=True, metadata=_CRITERION)


class SheetScoreAnswer(Answer):
    """One's rating of one criterion; `version` 0: none yet."""

    id = fields.String(required=True, metadata=_CRITERION)
    version = fields.Integer(required=True, metadata={"example": 1})
    etag = fields.String(required=True, metadata={"example": '"O1.1-1"'})
    points = fields.Integer(required=True, allow_none=True, metadata=_POINTS)
    not_applicable = fields.Boolean(required=True, metadata={"example": False})
    reason = fields.String(required=True, metadata={"example": ""})
    submission = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"example": 1, "description": "Number of the submission that was rated."},
    )
    scored_at = moment(allow_none=True)


class SheetAnswer(Answer):
    """The ratings of one auditor."""

    assignment_id = fields.Integer(required=True, metadata={"example": 31})
    auditor = Inner(Named, required=True)
    own = fields.Boolean(required=True, metadata={"example": True})
    handed_in_at = moment(allow_none=True)
    scores = fields.List(Inner(SheetScoreAnswer), required=True)


class ConsensusBody(Body):
    """What the auditors agreed on, and why."""

    points = Number(-1000, 1000, required=True, allow_none=True, metadata=_POINTS)
    not_applicable = Flag(load_default=False, metadata={"example": False})
    note = Words(NOTE, required=True, metadata={"example": "Rozstrzyga protokół z wizyty."})


class ConsensusAction(ConsensusBody):
    """What the auditors agreed on for a criterion; `If-Match` names the version of what is agreed."""

    criterion = Words(40, required=True, metadata=_CRITERION)


class ConsensusAnswer(Answer):
    """A criterion on which the sheets diverge; `version` 0: not settled yet."""

    id = fields.String(required=True, metadata=_CRITERION)
    version = fields.Integer(required=True, metadata={"example": 1})
    etag = fields.String(required=True, metadata={"example": '"O1.1-1"'})
    points = fields.Integer(required=True, allow_none=True, metadata=_POINTS)
    not_applicable = fields.Boolean(required=True, metadata={"example": False})
    note = fields.String(required=True, metadata={"example": "Rozstrzyga protokół z wizyty."})
    settled_at = moment(allow_none=True)
    settled_by = fields.String(metadata={"example": "Adam Audytor", "description": "Absent until it is settled."})


def shown(criterion: str, score: Score | None) -> dict[str, Any]:
    """A rating, empty when there is none yet."""
    version = score.number if score else 0
    return {
        "id": criterion,
        "version": version,
        "etag": etag_of(criterion, version),
        "points": score.points if score else None,
        "not_applicable": score is not None and score.not_applicable,
        "reason": score.reason if score else "",
        "submission": score.submission_number if score else None,
        "scored_at": score.scored_at if score else None,
    }


def sheet(one: Assignment, scores: list[dict[str, Any]], *, own: bool) -> dict[str, Any]:
    """The sheet of one auditor."""
    return {
        "assignment_id": one.id,
        "auditor": {"id": one.auditor.id, "name": one.auditor.name},
        "own": own,
        "handed_in_at": one.handed_in_at,
        "scores": scores,
    }


def settled(criterion: str, row: Consensus | None) -> dict[str, Any]:
    """What is agreed on a criterion, empty when nothing is yet."""
    version = row.version if row else 0
    found = {
        "id": criterion,
        "version": version,
        "etag": etag_of(criterion, version),
        "points": row.points if row else None,
        "not_applicable": row is not None and row.not_applicable,
        "note": row.note if row else "",
        "settled_at": row.settled_at if row else None,
    }
    return found | ({"settled_by": row.settled_by.name} if row else {})
