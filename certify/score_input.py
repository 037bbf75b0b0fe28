"""The JSON document that `rubric score` takes: read strictly, so that nothing in it is silently something else."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate
from marshmallow.exceptions import SCHEMA

from certify.domain.errors import FieldError, Invalid

MAX_BYTES = 1024 * 1024
MAX_DIGITS = 18  # of a whole number; longer ones fit no 64-bit column


@dataclass(frozen=True)
class ScoreInput:
    """Whose answers, the points by criterion (None: unanswered) and the reasons of what does not apply."""

    centre_type: str
    points: Mapping[str, int | None]
    not_applicable: Mapping[str, str]


class _Points(fields.Field[int]):
    """A whole number. marshmallow's own Integer takes true for 1, and "2" and 1.9 unless told otherwise."""

    default_error_messages = {"bad_number": "bad_number"}

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("bad_number")
        return value


class _Words(fields.String):
    """Text that any database can keep: no NUL, no lone surrogate, not too long."""

    default_error_messages = {"invalid": "wrong_type", "null": "wrong_type", "required": "missing_field"}

    def __init__(self, limit: int, *, required: bool = False) -> None:
        super().__init__(required=required, validate=[validate.Length(max=limit, error="too_long"), _storable])


def _storable(text: str) -> None:
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise ValidationError("bad_text")


_TYPE_CODES: dict[str, str | list[Any] | dict[Any, Any]] = {
    "invalid": "wrong_type",
    "null": "wrong_type",
    "required": "missing_field",
}


class _ScoreSchema(Schema):
    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "unknown_field", "type": "wrong_type"}

    # Nesting needs no limit of its own: only these shapes pass, and the parser stops by itself when it runs too deep.
    centre_type = _Words(40, required=True)
    points = fields.Dict(keys=_Words(40), values=_Points(allow_none=True), required=True, error_messages=_TYPE_CODES)
    not_applicable = fields.Dict(keys=_Words(40), values=_Words(2000), load_default=dict, error_messages=_TYPE_CODES)


def read_score_input(raw: bytes) -> ScoreInput:
    """The document in `raw`; Invalid with FieldErrors whose field is like "points.O1.1" ("" for the whole document)."""
    if len(raw) > MAX_BYTES:
        raise _refused("", "file_too_large")
    try:
        document = json.loads(
            raw.decode("utf-8"),
            parse_float=_no_number,
            parse_constant=_no_number,
            parse_int=_whole_number,
            object_pairs_hook=_without_repeats,
        )
    except UnicodeDecodeError:
        raise _refused("", "not_utf8") from None
    except (ValueError, RecursionError):
        raise _refused("", "malformed_json") from None
    try:
        loaded = _ScoreSchema().load(document)
    except ValidationError as error:
        found = list(_field_errors(error.messages_dict))
        raise Invalid(found, code=found[0].code) from None
    return ScoreInput(**loaded)


def _refused(field: str, code: str) -> Invalid:
    return Invalid([FieldError(field, code)], code=code)


def _no_number(text: str) -> None:
    """Points are whole numbers: 1.9, 2.0, 1e3, NaN and Infinity are refused before anything can round them."""
    raise _refused("", "bad_number")


def _whole_number(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _refused("", "bad_number")
    return int(text)


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _refused("", "duplicate_key")
    return found


def _field_errors(messages: Mapping[str, object]) -> Iterator[FieldError]:
    """marshmallow's tree of messages, which are our codes, as a flat list."""
    for name, codes in messages.items():
        if isinstance(codes, dict):
            for key, sides in codes.items():
                yield from (FieldError(f"{name}.{key}", code) for found in sides.values() for code in found)
        elif isinstance(codes, list):
            yield from (FieldError("" if name == SCHEMA else name, code) for code in codes)
