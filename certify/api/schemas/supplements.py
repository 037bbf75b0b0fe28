"""Shapes of what was handed over: the sealed content, the coordinator's requests, changes offered during the audit."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from certify.api.etags import etag_of
from certify.api.examples import example_of
from certify.api.fields import Answer, Body, Flag, Inner, Number, Rows, Words
from certify.api.operation import PREFIX
from certify.api.schemas.shared import PartOfCase, Versioned, moment, part_of_case
from certify.domain.supplement import KINDS, changed
from certify.models.application import Application, Submission
from certify.models.evidence import EvidenceRevision
from certify.models.supplement import Supplement, SupplementItem, SupplementRequest
from certify.queries import evidence
from certify.queries.supplements import Reading
from certify.workflows.texts import NOTE

Files = Mapping[int, EvidenceRevision]

_CRITERION = {"example": "O1.1"}
_SEAL = {"example": "5f" * 32, "description": "SHA-256 of the content."}


class SealedAnswer(Answer):
    """What the centre answered to a criterion."""

    points = fields.Integer(required=True, allow_none=True, metadata={"example": 2})
    not_applicable = fields.Boolean(required=True, metadata={"example": False})
    reason = fields.String(required=True, metadata={"example": ""})
    narratives = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"example": {"O1.1.a": "Codziennie."}}
    )


class SealedPiece(Answer):
    """A piece of evidence as it was handed over."""

    revision = fields.Integer(required=True, metadata={"example": 71, "description": "The `id` of the file."})
    href = fields.String(
        required=True,
        metadata={
            "example": f"{PREFIX}/evidence/31/content?number=1",
            "description": "Where the file is read by those who read the audit's file.",
        },
    )
    sha256 = fields.String(required=True, metadata={"example": "0a" * 32})
    title = fields.String(required=True, metadata={"example": "Statut ośrodka"})
    filename = fields.String(required=True, metadata={"example": "statut.pdf"})
    size = fields.Integer(required=True, metadata={"example": 48213})
    pages = fields.String(required=True, metadata={"example": "2-3"})


class SubmissionAnswer(Versioned):
    """The newest submission with the changes that were accepted laid over it; `version` is its number."""

    sha256 = fields.String(required=True, metadata=_SEAL)
    sealed_at = moment()
    answers = fields.Dict(
        keys=fields.String(),
        values=Inner(SealedAnswer),
        required=True,
        metadata={"example": {"O1.1": example_of(SealedAnswer)}},
    )
    evidence = fields.Dict(
        keys=fields.String(),
        values=fields.List(Inner(SealedPiece)),
        required=True,
        metadata={"example": {"O1.1": []}},
    )
    accepted = fields.List(
        fields.String(metadata=_CRITERION),
        required=True,
        metadata={"description": "Criteria on which a change that was offered later is read."},
    )


class RequestAnswer(PartOfCase):
    """What the coordinator asked for, and what the next submission changed."""

    kind = fields.String(required=True, metadata={"example": "missing", "enum": list(KINDS)})
    text = fields.String(required=True, metadata={"example": "Prosimy o aktualny statut."})
    criteria = fields.List(fields.String(metadata=_CRITERION), required=True)
    asked_at = moment()
    submission = fields.Integer(required=True, metadata={"example": 1, "description": "Number of what was returned."})
    answered_in = fields.Integer(
        metadata={"example": 2, "description": "Number of the submission that answers; absent until there is one."}
    )
    changed = fields.List(
        fields.String(metadata=_CRITERION), metadata={"description": "The criteria on which it says something else."}
    )


class OfferBody(Body):
    """Which changes of the living copy are offered, and why they should count."""

    criteria = Rows(Words(40, metadata=_CRITERION), required=True)
    note = Words(NOTE, required=True, metadata={"example": "Rada przyjęła strategię po złożeniu wniosku."})


class ItemAnswerBody(Body):
    """Accept or decline one change."""

    accepted = Flag(required=True, metadata={"example": True})
    reason = Words(NOTE, load_default="", metadata={"example": "", "description": "Needed when you decline."})


class ItemAnswerAction(ItemAnswerBody):
    """Accept or decline one change."""

    item_id = Number(1, required=True, metadata={"example": 44})


class ItemAnswer(Answer):
    """The offered change of one criterion, and the lead auditor's answer."""

    id = fields.Integer(required=True, metadata={"example": 44})
    criterion = fields.String(required=True, metadata=_CRITERION)
    answer = Inner(SealedAnswer, required=True, allow_none=True)
    evidence = fields.List(Inner(SealedPiece), required=True)
    accepted = fields.Boolean(
        required=True, allow_none=True, metadata={"example": None, "description": "null: it waits for its answer."}
    )
    reason = fields.String(required=True, metadata={"example": ""})
    decided_at = moment(allow_none=True)


class SupplementAnswer(PartOfCase):
    """Changes that the centre offered together, sealed as they were then."""

    number = fields.Integer(required=True, metadata={"example": 1})
    submission = fields.Integer(required=True, metadata={"example": 1, "description": "What they change."})
    sha256 = fields.String(required=True, metadata=_SEAL)
    note = fields.String(required=True, metadata={"example": "Rada przyjęła strategię po złożeniu wniosku."})
    offered_at = moment()
    offered_by = fields.String(required=True, metadata={"example": "Maria Zarządca"})
    items = fields.List(Inner(ItemAnswer), required=True)


def _sealed_files(content: Mapping[str, Any]) -> Files:
    """The files that stand in sealed content: criterion → pieces."""
    return evidence.files({one["revision"] for pieces in content.values() for one in pieces})


def _piece(one: Mapping[str, Any], files: Files) -> dict[str, Any]:
    file = files[one["revision"]]
    return {**one, "href": f"{PREFIX}/evidence/{file.evidence_id}/content?number={file.number}"}


def submission(reading: Reading) -> dict[str, Any]:
    """The sealed content as the audit reads it."""
    sealed, found = reading.submission, reading.content["evidence"]
    files = _sealed_files(found)
    return {
        "id": sealed.id,
        "version": sealed.number,
        "etag": etag_of(sealed.id, sealed.number),
        "sha256": sealed.sha256,
        "sealed_at": sealed.sealed_at,
        "answers": reading.content["answers"],
        "evidence": {key: [_piece(one, files) for one in pieces] for key, pieces in found.items()},
        "accepted": list(reading.accepted),
    }


def request(application: Application, one: SupplementRequest, by_number: Mapping[int, Submission]) -> dict[str, Any]:
    """A request, with what the next submission made of it."""
    found = {
        **part_of_case(one.id, application),
        "kind": one.kind,
        "text": one.text,
        "criteria": one.criteria,
        "asked_at": one.asked_at,
        "submission": one.submission.number,
    }
    reply = by_number.get(one.submission.number + 1)
    if reply is None:
        return found
    differing = changed(one.submission.content, reply.content, one.criteria)
    return {**found, "answered_in": reply.number, "changed": list(differing)}


def supplement(application: Application, one: Supplement) -> dict[str, Any]:
    """What was offered together."""
    files = _sealed_files({key: part["evidence"] for key, part in one.content.items()})
    return {
        **part_of_case(one.id, application),
        "number": one.number,
        "submission": one.submission.number,
        "sha256": one.sha256,
        "note": one.note,
        "offered_at": one.offered_at,
        "offered_by": one.offered_by.name,
        "items": [_item(item, files) for item in one.items],
    }


def _item(item: SupplementItem, files: Files) -> dict[str, Any]:
    part = item.supplement.content[item.criterion]
    return {
        "id": item.id,
        "criterion": item.criterion,
        "answer": part["answer"],
        "evidence": [_piece(one, files) for one in part["evidence"]],
        "accepted": item.accepted,
        "reason": item.reason,
        "decided_at": item.decided_at,
    }
