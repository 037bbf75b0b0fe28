"""Shapes of the auditors' report, of the common rating beneath it, and of the centre's comments on it."""

from typing import Any

from marshmallow import fields

from certify.api.fields import Answer, Body, Choice, Flag, Inner, Number, Words
from certify.api.schemas.shared import PartOfCase, Share, Versioned, moment, part_of_case, thing
from certify.models.application import Application
from certify.models.audit import HearingItem, Report
from certify.workflows.reports import KINDS
from certify.workflows.texts import NOTE

_COMMENT = {"example": "W opisie kryterium podano błędną datę uchwały."}
_REPLY = {"example": "Poprawiono datę."}
_CRITERION = {"example": "O1.1", "description": "null: the report as a whole."}


class ReportAnswer(PartOfCase):
    """A report: the draft that the centre hears, or the final one."""

    number = fields.Integer(required=True, metadata={"example": 1})
    final = fields.Boolean(required=True, metadata={"example": False})
    summary = fields.String(required=True, metadata={"example": "Ośrodek spełnia standard."})
    strengths = fields.String(required=True, metadata={"example": "Stały kontakt z mieszkańcami."})
    recommendations = fields.String(required=True, metadata={"example": "Opisać zastępstwa."})
    sent_at = moment()
    sent_by = fields.String(required=True, metadata={"example": "Wanda Wiodąca"})


class RatingsAnswer(Answer):
    """The auditors' common rating; null points: not applicable."""

    total = Inner(Share, required=True, allow_none=True)
    areas = fields.Dict(
        keys=fields.String(), values=Inner(Share, allow_none=True), required=True, metadata={"example": {"O1": None}}
    )
    points = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(allow_none=True),
        required=True,
        metadata={"example": {"O1.1": 2, "O1.2": None}},
    )


class HearingItemBody(Body):
    """A comment on the draft report."""

    kind = Choice(list(KINDS), required=True, metadata={"example": "slip"})
    text = Words(NOTE, required=True, metadata=_COMMENT)
    criterion = Words(40, load_default=None, allow_none=True, metadata=_CRITERION)


class ReplyBody(Body):
    """The lead auditor's answer to a comment."""

    accepted = Flag(required=True, metadata={"example": True, "description": "The comment is right."})
    answer = Words(NOTE, required=True, metadata=_REPLY)


class ReplyAction(ReplyBody):
    """The lead auditor's answer to a comment."""

    item_id = Number(1, required=True, metadata={"example": 8})


class HearingItemAnswer(Versioned):
    """A comment of the centre, and the lead auditor's answer to it."""

    kind = fields.String(required=True, metadata={"example": "slip", "enum": list(KINDS)})
    criterion = fields.String(required=True, allow_none=True, metadata=_CRITERION)
    text = fields.String(required=True, metadata=_COMMENT)
    written_at = moment()
    accepted = fields.Boolean(
        required=True, allow_none=True, metadata={"example": True, "description": "null: it waits for its answer."}
    )
    answer = fields.String(required=True, metadata=_REPLY)
    answered_at = moment(allow_none=True)


def report(application: Application, one: Report) -> dict[str, Any]:
    """A report."""
    return {
        **part_of_case(one.id, application),
        "number": one.number,
        "final": one.final,
        "summary": one.summary,
        "strengths": one.strengths,
        "recommendations": one.recommendations,
        "sent_at": one.sent_at,
        "sent_by": one.sent_by.name,
    }


def hearing_item(one: HearingItem) -> dict[str, Any]:
    """A comment with its answer, which has a version of its own."""
    return {
        **thing(one.id, one.version),
        "kind": one.kind,
        "criterion": one.criterion,
        "text": one.text,
        "written_at": one.written_at,
        "accepted": one.accepted,
        "answer": one.answer,
        "answered_at": one.answered_at,
    }
