"""Shapes of what is sent with each action, and of the list of actions."""

from marshmallow import fields

from certify.api.fields import Answer, Body, Choice, Day, Inner, Rows, Words
from certify.domain.lifecycle import Action
from certify.domain.supplement import KINDS
from certify.workflows.decisions import CONDITION_KINDS
from certify.workflows.supplement_requests import MAX_REQUESTS
from certify.workflows.texts import LONG, NOTE

_REASONS = {"example": "Raport potwierdza wszystkie kryteria krytyczne."}


class NothingBody(Body):
    """Nothing but an empty object: the action says it all."""


class NoteBody(Body):
    """What is written down with the step."""

    note = Words(NOTE, required=True, metadata={"example": "Brakuje uchwały rady gminy o utworzeniu ośrodka."})


class RequestBody(Body):
    """What the centre is asked for, and the criteria that this opens."""

    kind = Choice(list(KINDS), required=True, metadata={"example": "missing"})
    text = Words(NOTE, required=True, metadata={"example": "Prosimy o aktualny statut."})
    criteria = Rows(Words(40, metadata={"example": "O1.1"}), required=True)


class ReturnBody(NoteBody):
    """What is missing; with `requests` only their criteria are open until the centre submits again."""

    requests = Rows(Inner(RequestBody), most=MAX_REQUESTS, load_default=list)


class VisitBody(Body):
    """The visit to the centre."""

    held_on = Day(required=True, metadata={"example": "2026-03-05"})
    minutes = Words(NOTE, required=True, metadata={"example": "Rozmowa z kierowniczką i obejście lokalu."})


class ReportBody(Body):
    """The texts of the report."""

    summary = Words(LONG, required=True, metadata={"example": "Ośrodek spełnia standard."})
    strengths = Words(LONG, load_default="", metadata={"example": "Stały kontakt z mieszkańcami."})
    recommendations = Words(LONG, load_default="", metadata={"example": "Opisać zastępstwa."})


class ConditionBody(Body):
    """One condition of a conditional decision."""

    kind = Choice(list(CONDITION_KINDS), required=True, metadata={"example": "criterion"})
    subject = Words(
        40,
        load_default="",
        metadata={"example": "O1.1", "description": "Its id; empty for a condition of another kind."},
    )
    text = Words(NOTE, required=True, metadata={"example": "Uzupełnić procedurę w ciągu pół roku."})


class DecisionBody(Body):
    """A decision: the outcome of the standard, reasons, and more of them for a departure from the computed outcome."""

    outcome = Words(40, required=True, metadata={"example": "granted"})
    reasons = Words(LONG, required=True, metadata=_REASONS)
    departure_reasons = Words(LONG, load_default="", metadata={"example": ""})


class ConditionalDecisionBody(DecisionBody):
    """The same with the conditions."""

    conditions = Rows(Inner(ConditionBody), required=True)


class GroundsBody(Body):
    """Why the centre appeals."""

    grounds = Words(LONG, required=True, metadata={"example": "Zespół nie uwzględnił załącznika 4."})


class ReasonsBody(Body):
    """The reasons of the panel."""

    reasons = Words(LONG, required=True, metadata=_REASONS)


class ActionAnswer(Answer):
    """An action of the present status: whether you may take it now, and if not, why."""

    action = fields.String(required=True, metadata={"example": "submit", "enum": [one.value for one in Action]})
    label = fields.String(required=True, metadata={"example": "Złóż wniosek"})
    allowed = fields.Boolean(required=True, metadata={"example": False})
    reason = fields.String(metadata={"example": "not_ready", "description": "Absent when the action is allowed."})
    sentence = fields.String(metadata={"example": "Wniosek nie jest jeszcze kompletny; …"})
    scopes = fields.List(
        fields.String(metadata={"example": "centre:write"}),
        required=True,
        metadata={"description": "One of them opens the action to a token."},
    )
    href = fields.String(required=True, metadata={"example": "/api/v1/applications/17/actions/submit"})


class ActionList(Answer):
    """Every action of the present status."""

    status = fields.String(required=True, metadata={"example": "draft"})
    etag = fields.String(required=True, metadata={"example": '"17-3"'})
    items = fields.List(Inner(ActionAnswer), required=True)
