"""Shapes of the audit team: whom one can appoint, who is appointed, declarations and objections."""

from typing import Any

from marshmallow import fields

from certify.api.fields import Answer, Body, Flag, Inner, Number, Words
from certify.api.schemas.shared import Named, PartOfCase, moment, part_of_case
from certify.domain.policy import Actor, Case, open_of_member
from certify.models.application import Application
from certify.models.audit import Assignment
from certify.workflows.texts import NOTE

_OBJECTION = {"example": "Ta osoba szkoliła nasz zespół w zeszłym roku."}
_OVERRULED = {"example": "Szkolenie było otwarte i trwało jeden dzień."}
_TIE = {"example": "", "description": "What the tie is; needed when there is one. The centre does not read it."}


class AuditorAnswer(Answer):
    """An active auditor."""

    id = fields.Integer(required=True, metadata={"example": 12})
    name = fields.String(required=True, metadata={"example": "Wanda Wiodąca"})
    cases = fields.Integer(required=True, metadata={"example": 2, "description": "Open cases they work on."})


class AppointBody(Body):
    """Whom to appoint."""

    auditor_id = Number(1, required=True, metadata={"example": 12})
    lead = Flag(load_default=False, metadata={"example": True, "description": "As the lead auditor."})


class DeclarationBody(Body):
    """Impartiality, or the tie that stands against it."""

    tie = Flag(required=True, metadata={"example": False})
    note = Words(NOTE, load_default="", metadata=_TIE)


class ObjectionBody(Body):
    """Why the centre objects."""

    reason = Words(NOTE, required=True, metadata=_OBJECTION)


class ReleaseAction(Body):
    """Whose place in the team ends."""

    assignment_id = Number(1, required=True, metadata={"example": 31})


class ObjectAction(ObjectionBody, ReleaseAction):
    """Against whom the centre objects, and why."""


class OverruleAction(ReleaseAction):
    """Why the objection against this auditor is unfounded."""

    note = Words(NOTE, required=True, metadata=_OVERRULED)


class AssignmentAnswer(PartOfCase):
    """An auditor's place in the team. What of it you may not know is absent."""

    auditor = Inner(Named, required=True)
    lead = fields.Boolean(required=True, metadata={"example": True})
    appointed_at = moment()
    declared_at = moment(required=False, allow_none=True)
    tie = fields.Boolean(metadata={"example": False})
    tie_note = fields.String(metadata={"example": ""})
    objected_at = moment(required=False, allow_none=True)
    objection = fields.String(metadata={"example": ""})
    overruled_at = moment(required=False, allow_none=True)
    overrule_note = fields.String(metadata={"example": ""})
    handed_in_at = moment(required=False, allow_none=True)


_PARTS = {
    "declaration": ("declared_at", "tie"),
    "objection": ("objected_at", "objection", "overruled_at", "overrule_note"),
    "tie_note": ("tie_note",),
    "handed_in": ("handed_in_at",),
}


def shown(actor: Actor, application: Application, case: Case, one: Assignment) -> dict[str, Any]:
    """A place in the team, as far as the actor may know it."""
    found = {
        **part_of_case(one.id, application),
        "auditor": {"id": one.auditor.id, "name": one.auditor.name},
        "lead": one.lead,
        "appointed_at": one.appointed_at,
    }
    open_parts = open_of_member(actor, case, one.auditor_id)
    return found | {name: getattr(one, name) for part in sorted(open_parts) for name in _PARTS[part]}
