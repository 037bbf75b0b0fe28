"""Shapes of the centre's common desk: whose area, what is signed off, comments, versions of an answer."""

from typing import Any

from marshmallow import fields

from certify.api.fields import Answer, Body, Day, Inner, Number, Table, Words
from certify.api.schemas.applications import ProgressAnswer, progress
from certify.api.schemas.shared import Named, moment
from certify.domain.readiness import Progress
from certify.domain.rubric import Area
from certify.models.account import User
from certify.models.desk import AnswerRevision, AreaDelegation, AreaSignOff, CriterionComment
from certify.workflows.texts import NOTE

_DIGEST = {"example": "5f" * 32, "description": "Fingerprint of what the area holds now; send it to sign it off."}


class PersonAnswer(Named):
    """A person of the centre."""


class DelegationBody(Body):
    """To whom the area is given; null: to nobody in particular."""

    user_id = Number(1, required=True, allow_none=True, metadata={"example": 7})
    due_on = Day(load_default=None, allow_none=True, metadata={"example": None})


class SignOffBody(Body):
    """Which areas are as they should be, each with the fingerprint of what you read."""

    seen = Table(keys=Words(40), values=Words(64), required=True, metadata={"example": {"O1": "5f" * 32}})


class AreaAnswer(Answer):
    """One area of the self-assessment as the centre's people share it."""

    id = fields.String(required=True, metadata={"example": "O1"})
    digest = fields.String(required=True, metadata=_DIGEST)
    progress = Inner(ProgressAnswer, required=True)
    given_to = Inner(PersonAnswer, metadata={"description": "Absent when it is nobody's in particular."})
    due_on = fields.Date(metadata={"example": "2026-12-07"})
    signed_off_at = moment(required=False)
    signed_off_by = fields.String(metadata={"example": "Maria Zarządca"})


class CommentBody(Body):
    """What you say to the others of the centre."""

    text = Words(NOTE, required=True, metadata={"example": "Czy mamy nowszy statut?"})


class CommentAnswer(Answer):
    """A comment; only people of the centre see it."""

    id = fields.Integer(required=True, metadata={"example": 15})
    criterion = fields.String(required=True, metadata={"example": "O1.1"})
    text = fields.String(required=True, metadata={"example": "Czy mamy nowszy statut?"})
    written_by = fields.String(required=True, metadata={"example": "Ewa Redaktorka"})
    written_at = moment()
    resolved_at = moment(allow_none=True)


class ResolutionBody(Body):
    """Nothing but an empty object: the comment is dealt with."""


class RestoreBody(Body):
    """Which version comes back."""

    number = Number(1, required=True, metadata={"example": 2})


class RevisionAnswer(Answer):
    """An answer as it was saved once."""

    number = fields.Integer(required=True, metadata={"example": 2})
    points = fields.Integer(required=True, allow_none=True, metadata={"example": 2})
    not_applicable = fields.Boolean(required=True, metadata={"example": False})
    reason = fields.String(required=True, metadata={"example": ""})
    narratives = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"example": {"O1.1.a": "Codziennie."}}
    )
    saved_at = moment()
    saved_by = fields.String(required=True, metadata={"example": "Ewa Redaktorka"})
    restored = fields.Integer(metadata={"example": 1, "description": "Which version it brought back, if it did."})


def person(user: User) -> dict[str, Any]:
    """A person by id and name."""
    return {"id": user.id, "name": user.name}


def area(
    one: Area, digest: str, found: Progress, given: AreaDelegation | None, signed: AreaSignOff | None
) -> dict[str, Any]:
    """An area; what is not there is absent."""
    shown: dict[str, Any] = {"id": one.id, "digest": digest, "progress": progress(found)}
    if given is not None:
        shown["given_to"] = person(given.user)
        if given.due_on is not None:
            shown["due_on"] = given.due_on
    if signed is not None:
        shown |= {"signed_off_at": signed.signed_at, "signed_off_by": signed.signed_by.name}
    return shown


def comment(one: CriterionComment) -> dict[str, Any]:
    """A comment."""
    return {
        "id": one.id,
        "criterion": one.criterion,
        "text": one.text,
        "written_by": one.written_by.name,
        "written_at": one.written_at,
        "resolved_at": one.resolved_at,
    }


def revision(one: AnswerRevision) -> dict[str, Any]:
    """A version of an answer."""
    found = {
        "number": one.number,
        "points": one.points,
        "not_applicable": one.not_applicable,
        "reason": one.reason,
        "narratives": dict(one.narratives),
        "saved_at": one.saved_at,
        "saved_by": one.saved_by.name,
    }
    return found if one.restored is None else {**found, "restored": one.restored}
