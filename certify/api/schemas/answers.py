"""Shapes of the centre's answers."""

from typing import Any

from marshmallow import fields

from certify.api.etags import etag_of
from certify.api.fields import Answer as AnswerShape
from certify.api.fields import Body, Flag, Number, Table, Words
from certify.api.schemas.shared import moment
from certify.domain.rubric import Criterion
from certify.models.application import Answer
from certify.workflows.texts import LONG, NOTE

_TEXTS = {"O1.1.a": "Godziny otwarcia są na drzwiach, na stronie i w ulotce."}


class CriterionAnswerBody(Body):
    """An answer, whole or half done; it takes the place of what stood there."""

    points = Number(-1000, 1000, required=True, allow_none=True, metadata={"example": 2})
    not_applicable = Flag(load_default=False, metadata={"example": False})
    reason = Words(NOTE, load_default="", metadata={"example": "", "description": "Why it does not apply."})
    narratives = Table(
        keys=Words(40),
        values=Words(LONG),
        load_default=dict,
        metadata={"example": _TEXTS, "description": "By indicator."},
    )


class CriterionAnswer(AnswerShape):
    """What the centre answers to one criterion; `version` 0: nothing yet."""

    id = fields.String(required=True, metadata={"example": "O1.1"})
    version = fields.Integer(required=True, metadata={"example": 4})
    etag = fields.String(required=True, metadata={"example": '"O1.1-4"'})
    points = fields.Integer(required=True, allow_none=True, metadata={"example": 2})
    not_applicable = fields.Boolean(required=True, metadata={"example": False})
    reason = fields.String(required=True, metadata={"example": ""})
    narratives = fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata={"example": _TEXTS})
    saved_at = moment(allow_none=True)
    to_confirm = fields.Boolean(
        required=True, metadata={"example": False, "description": "Carried over from an earlier case, not confirmed."}
    )


def shown(criterion: Criterion, answer: Answer | None) -> dict[str, Any]:
    """The answer to a criterion, empty when there is none yet."""
    version = answer.version if answer else 0
    return {
        "id": criterion.id,
        "version": version,
        "etag": etag_of(criterion.id, version),
        "points": answer.points if answer else None,
        "not_applicable": answer is not None and answer.not_applicable,
        "reason": answer.reason if answer else "",
        "narratives": dict(answer.narratives) if answer else {},
        "saved_at": answer.saved_at if answer else None,
        "to_confirm": answer is not None and answer.carried_from_id is not None,
    }
