"""Shapes of decisions with their conditions and appeals, and of the trace of the result."""

from fractions import Fraction
from typing import Any

from marshmallow import fields

from certify.api.fields import Answer, Body, Inner, Number, Words
from certify.api.schemas.rubrics import ScoreAnswer
from certify.api.schemas.shared import PartOfCase, Versioned, moment, part_of_case, share, shares, thing
from certify.models.application import Application
from certify.models.decision import Appeal, Condition, Decision
from certify.workflows.decisions import CONDITION_KINDS
from certify.workflows.texts import NOTE

_REASONS = {"example": "Raport potwierdza wszystkie kryteria krytyczne."}
_DONE = {"example": "Procedura przyjęta zarządzeniem 7/2026, w załączniku."}


class ConditionReportBody(Body):
    """What the centre did to meet a condition."""

    report = Words(NOTE, required=True, metadata=_DONE)


class ConditionReportAction(ConditionReportBody):
    """What the centre did to meet a condition."""

    condition_id = Number(1, required=True, metadata={"example": 3})


class ConditionAnswer(Versioned):
    """Something to mend by a day."""

    kind = fields.String(required=True, metadata={"example": "criterion", "enum": list(CONDITION_KINDS)})
    subject = fields.String(required=True, metadata={"example": "O1.1"})
    text = fields.String(required=True, metadata={"example": "Uzupełnić procedurę w ciągu pół roku."})
    due_on = fields.Date(required=True, metadata={"example": "2026-12-31"})
    report = fields.String(required=True, metadata=_DONE)
    reported_at = moment(allow_none=True)
    verified_at = moment(allow_none=True)


class AppealAnswer(Answer):
    """The centre's appeal, and the panel's answer."""

    id = fields.Integer(required=True, metadata={"example": 2})
    grounds = fields.String(required=True, metadata={"example": "Zespół nie uwzględnił załącznika 4."})
    filed_at = moment()
    upheld = fields.Boolean(
        required=True, allow_none=True, metadata={"example": None, "description": "null: not answered yet."}
    )
    reasons = fields.String(required=True, metadata={"example": ""})
    decided_at = moment(allow_none=True)


class DecisionShort(PartOfCase):
    """A decision: what was computed, what was decided, and why."""

    number = fields.String(required=True, metadata={"example": "D/2026/0012"})
    leads_to = fields.String(required=True, metadata={"example": "granted"})
    outcome = fields.String(required=True, metadata={"example": "granted"})
    computed_outcome = fields.String(required=True, metadata={"example": "granted"})
    reasons = fields.String(required=True, metadata=_REASONS)
    departure_reasons = fields.String(
        required=True, metadata={"example": "", "description": "Why it departs from the computed outcome."}
    )
    decided_at = moment()
    decided_by = fields.String(required=True, metadata={"example": "Daria Decydująca"})
    conditions = fields.List(Inner(ConditionAnswer), required=True)
    appeal = Inner(AppealAnswer, metadata={"description": "Absent when there was none."})


class DecisionAnswer(DecisionShort):
    """The newest decision."""

    earlier = fields.List(
        Inner(DecisionShort), required=True, metadata={"description": "Decisions before it, the newest first."}
    )


class TraceAnswer(ScoreAnswer):
    """How the result was computed, step by step; of a decided case as it was kept with the decision."""

    decision = fields.String(
        metadata={"example": "D/2026/0012", "description": "With which decision it is kept; absent before one."}
    )


def decision(application: Application, one: Decision, appeal: Appeal | None) -> dict[str, Any]:
    """A decision with its conditions and the appeal against it."""
    found = {
        **part_of_case(one.id, application),
        "number": one.number,
        "leads_to": one.leads_to,
        "outcome": one.outcome,
        "computed_outcome": one.computed_outcome,
        "reasons": one.reasons,
        "departure_reasons": one.departure_reasons,
        "decided_at": one.decided_at,
        "decided_by": one.decided_by.name,
        "conditions": [condition(row) for row in one.conditions],
    }
    return found if appeal is None else {**found, "appeal": _appeal(appeal)}


def condition(row: Condition) -> dict[str, Any]:
    """A condition as it stands."""
    return {
        **thing(row.id, row.version),
        "kind": row.kind,
        "subject": row.subject,
        "text": row.text,
        "due_on": row.due_on,
        "report": row.report,
        "reported_at": row.reported_at,
        "verified_at": row.verified_at,
    }


def _appeal(row: Appeal) -> dict[str, Any]:
    return {
        "id": row.id,
        "grounds": row.grounds,
        "filed_at": row.filed_at,
        "upheld": row.upheld,
        "reasons": row.reasons,
        "decided_at": row.decided_at,
    }


def trace(result: dict[str, Any], number: str | None) -> dict[str, Any]:
    """A result as `Result.to_json()` gives it and as a decision keeps it; the exact numbers stand in its steps."""
    exact: dict[str, Fraction | None] = {
        step["id"]: Fraction(step["exact"]) if step["exact"] else None
        for step in result["trace"]
        if step["step"] in {"area", "total"}
    }
    total = exact.pop("total")
    found = {**result, "total": share(total), "areas": shares(exact)}
    return found if number is None else {**found, "decision": number}
