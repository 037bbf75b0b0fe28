"""Shapes of standards and of a trial score."""

from typing import Any

from marshmallow import fields

from certify.api.fields import Answer, Body, Inner, Number, Table
from certify.api.fields import Words as WordsIn
from certify.api.schemas.shared import Share, Words, moment, share, shares, words
from certify.domain.rubric import Area, Criterion, Rubric
from certify.domain.scoring import Result
from certify.models.rubric import RubricVersion
from certify.queries.rubrics import parsed

ID, REASON = 40, 2000


class StandardShort(Answer):
    """A published version of a standard."""

    scheme = fields.String(required=True, metadata={"example": "osl"})
    version = fields.String(required=True, metadata={"example": "1.0"})
    title = Inner(Words, required=True)
    content_hash = fields.String(required=True, metadata={"example": "9f86d081884c7d65…"})
    structure_hash = fields.String(required=True, metadata={"example": "2c26b46b68ffc68f…"})
    published_at = moment()
    current = fields.Boolean(
        required=True, metadata={"example": True, "description": "Whether new applications begin with it."}
    )


class Choice(Answer):
    """One entry of a closed list of the standard."""

    id = fields.String(required=True, metadata={"example": "OPS"})
    title = Inner(Words, required=True)


class Level(Answer):
    """One step of the scale."""

    points = fields.Integer(required=True, metadata={"example": 2})
    title = Inner(Words, required=True)
    text = Inner(Words, required=True)


class Indicator(Answer):
    """A question under a criterion."""

    id = fields.String(required=True, metadata={"example": "O1.1.a"})
    text = Inner(Words, required=True)


class StandardCriterion(Answer):
    """What is scored."""

    id = fields.String(required=True, metadata={"example": "O1.1"})
    title = Inner(Words, required=True)
    weight = fields.Integer(required=True, metadata={"example": 3})
    critical = fields.Boolean(required=True, metadata={"example": True})
    critical_for = fields.List(fields.String(metadata={"example": "CUS"}), required=True)
    not_for = fields.List(fields.String(metadata={"example": "NGO"}), required=True)
    status = fields.String(required=True, metadata={"example": "counted"})
    descriptors = fields.List(Inner(Words), required=True)
    indicators = fields.List(Inner(Indicator), required=True)


class StandardArea(Answer):
    """A group of criteria."""

    id = fields.String(required=True, metadata={"example": "O1"})
    title = Inner(Words, required=True)
    weight = fields.Integer(required=True, metadata={"example": 15})
    criteria = fields.List(Inner(StandardCriterion), required=True)


class Scale(Answer):
    """The levels, and the points at which a criterion counts as met."""

    met = fields.Integer(required=True, metadata={"example": 2})
    levels = fields.List(Inner(Level), required=True)


class StandardOutcome(Answer):
    """A possible result: the first whose gates all hold wins."""

    id = fields.String(required=True, metadata={"example": "granted"})
    leads_to = fields.String(required=True, metadata={"example": "granted"})
    title = Inner(Words, required=True)
    gates = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"example": {"total": "65"}}
    )


class Standard(StandardShort):
    """A whole standard."""

    description = Inner(Words, required=True)
    centre_types = fields.List(Inner(Choice), required=True)
    scale = Inner(Scale, required=True)
    areas = fields.List(Inner(StandardArea), required=True)
    outcomes = fields.List(Inner(StandardOutcome), required=True)


class ScoreBody(Body):
    """The answers of a centre, for a trial score."""

    centre_type = WordsIn(ID, required=True, metadata={"example": "OPS"})
    points = Table(
        keys=WordsIn(ID),
        values=Number(-1000, 1000, allow_none=True),
        required=True,
        metadata={
            "example": {"P.1": 3, "P.2": None},
            "description": "Points by criterion; null or absent: unanswered.",
        },
    )
    not_applicable = Table(
        keys=WordsIn(ID),
        values=WordsIn(REASON),
        load_default=dict,
        metadata={"example": {}, "description": "Reasons by criterion that does not apply."},
    )


class ScoreAnswer(Answer):
    """What the points come to, with every step of the calculation."""

    outcome = fields.String(required=True, allow_none=True, metadata={"example": None})
    total = Inner(Share, required=True, allow_none=True)
    areas = fields.Dict(
        keys=fields.String(), values=Inner(Share, allow_none=True), required=True, metadata={"example": {"P": None}}
    )
    failed = fields.List(fields.String(metadata={"example": "granted.total"}), required=True)
    missing = fields.List(fields.String(metadata={"example": "P.2"}), required=True)
    trace = fields.List(
        fields.Dict(keys=fields.String(), metadata={"example": {"step": "total", "id": "total", "percent": None}}),
        required=True,
    )


def short(row: RubricVersion, current: bool) -> dict[str, Any]:
    """One line of the list."""
    return {
        "scheme": row.scheme,
        "version": row.version,
        "title": words(parsed(row).title),
        "content_hash": row.content_hash,
        "structure_hash": row.structure_hash,
        "published_at": row.published_at,
        "current": current,
    }


def whole(row: RubricVersion, current: bool) -> dict[str, Any]:
    """The whole tree."""
    rubric: Rubric = parsed(row)
    return {
        **short(row, current),
        "description": words(rubric.description),
        "centre_types": [{"id": one.id, "title": words(one.title)} for one in rubric.centre_types],
        "scale": {
            "met": rubric.scale.met,
            "levels": [
                {"points": level.points, "title": words(level.title), "text": words(level.text)}
                for level in rubric.scale.levels
            ],
        },
        "areas": [_area(area) for area in rubric.areas],
        "outcomes": [
            {
                "id": one.id,
                "leads_to": one.leads_to,
                "title": words(one.title),
                "gates": {gate.name: str(gate.threshold) for gate in one.gates},
            }
            for one in rubric.outcomes
        ],
    }


def _area(area: Area) -> dict[str, Any]:
    return {
        "id": area.id,
        "title": words(area.title),
        "weight": area.weight,
        "criteria": [_criterion(one) for one in area.criteria],
    }


def _criterion(criterion: Criterion) -> dict[str, Any]:
    return {
        "id": criterion.id,
        "title": words(criterion.title),
        "weight": criterion.weight,
        "critical": criterion.critical,
        "critical_for": list(criterion.critical_for),
        "not_for": list(criterion.unless),
        "status": criterion.status,
        "descriptors": [words(one) for one in criterion.descriptors],
        "indicators": [{"id": one.id, "text": words(one.text)} for one in criterion.indicators],
    }


def result(found: Result) -> dict[str, Any]:
    """A result as the API shows it."""
    return {
        **found.to_json(),
        "total": share(found.total),
        "areas": shares(found.areas),
    }
