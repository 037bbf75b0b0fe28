"""Shapes that several nouns use: the head of every object, words in two languages, percentages."""

from collections.abc import Mapping
from fractions import Fraction

from marshmallow import fields

from certify.api.etags import etag_of
from certify.api.fields import Answer, Moment
from certify.domain.rubric import Text
from certify.domain.scoring import percent
from certify.models.application import Application


class Versioned(Answer):
    """What every object begins with."""

    id = fields.Integer(required=True, metadata={"example": 17})
    version = fields.Integer(required=True, metadata={"example": 3, "description": "Counts the changes."})
    etag = fields.String(required=True, metadata={"example": '"17-3"', "description": "For `If-Match`."})


class PartOfCase(Answer):
    """What every part of a case begins with; `version` and `etag` are those of the case, which changes with it."""

    id = fields.Integer(required=True, metadata={"example": 31})
    version = fields.Integer(required=True, metadata={"example": 3, "description": "Of the case."})
    etag = fields.String(required=True, metadata={"example": '"17-3"', "description": "Of the case, for `If-Match`."})


class Words(Answer):
    """The same words in both languages."""

    pl = fields.String(required=True, metadata={"example": "Dostępność informacji"})
    en = fields.String(required=True, metadata={"example": "Access to information"})


class Share(Answer):
    """A percentage: for display with one decimal, and exact."""

    percent = fields.String(required=True, metadata={"example": "66.7"})
    num = fields.Integer(required=True, metadata={"example": 200})
    den = fields.Integer(required=True, metadata={"example": 3})


class Named(Answer):
    """Another object, by its id and name."""

    id = fields.Integer(required=True, metadata={"example": 5})
    name = fields.String(required=True, metadata={"example": "Ośrodek Pomocy Społecznej w Żarach"})


def part_of_case(row_id: int, application: Application) -> dict[str, object]:
    """The head of a part of a case."""
    return {"id": row_id, "version": application.version, "etag": etag_of(application.id, application.version)}


def thing(row_id: int, version: int) -> dict[str, object]:
    """The head of what has a version of its own."""
    return {"id": row_id, "version": version, "etag": etag_of(row_id, version)}


def words(text: Text) -> dict[str, str]:
    """Both languages; where a standard has no English its Polish stands twice."""
    return {"pl": text.pl, "en": text.get("en")}


def share(value: Fraction | None) -> dict[str, object] | None:
    """An exact percentage from 0 to 100, or null where an answer that counts is missing."""
    return None if value is None else {"percent": percent(value), "num": value.numerator, "den": value.denominator}


def shares(values: Mapping[str, Fraction | None]) -> dict[str, object]:
    """The same of every area."""
    return {key: share(value) for key, value in values.items()}


def moment(example: str = "2026-11-22T09:15:00Z", **more: object) -> Moment:
    """A moment in an answer."""
    return Moment(metadata={"example": example}, **{"required": True, **more})  # type: ignore[arg-type]
