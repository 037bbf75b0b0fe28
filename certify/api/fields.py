"""Fields and schemas whose faults are our codes and which take no value for another one; the parser before them."""

from collections.abc import Iterator, Mapping, Sequence, Sized
from datetime import date, datetime
from itertools import islice
from typing import Any, NoReturn

from flask import Request
from marshmallow import INCLUDE, RAISE, Schema, ValidationError, fields, pre_load, validate
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy

from certify.api import strict_json
from certify.domain.errors import MOST_FAULTS, FieldError, Malformed, NotAccepted
from certify.workflows.texts import fault_of

_CODES: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "required",
    "null": "wrong_type",
    "invalid": "wrong_type",
}
MAX_ID = 999_999_999


class Body(Schema):
    """What a program sends: exactly these fields."""

    class Meta:
        unknown = RAISE
        ordered = True

    error_messages = {"unknown": "unknown_field", "type": "wrong_type"}

    @pre_load
    def _refuse_strange(self, data: Any, **more: Any) -> Any:
        """Names without end are refused before anything is read: each fault that marshmallow adds costs the sum."""
        if isinstance(data, Mapping):
            known = {field.data_key or name for name, field in self.load_fields.items()}
            strange = list(islice((name for name in data if name not in known), MOST_FAULTS + 1))
            if len(strange) > MOST_FAULTS:
                raise ValidationError({name: ["unknown_field"] for name in strange})
        return data


class Query(Body):
    """What may stand behind the question mark of an address."""


class Answer(Schema):
    """What a program gets: only what is declared is let out. A field that may be hidden is not `required`."""

    class Meta:
        ordered = True


class Number(fields.Integer):
    """A whole number from `low` to `high`; never a truth value, a fraction or a text."""

    default_error_messages = {"required": "required", "null": "bad_number", "invalid": "bad_number"}

    def __init__(self, low: int = 0, high: int = MAX_ID, **more: Any) -> None:
        super().__init__(validate=validate.Range(min=low, max=high, error="bad_number"), **more)

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return value


class QueryNumber(Number):
    """The same in an address, where everything is text: plain digits only."""

    def _validated(self, value: Any) -> int:
        if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9):
            raise self.make_error("invalid")
        return int(value)


class Words(fields.String):
    """Text of at most `limit` characters that any database can keep."""

    default_error_messages = {"required": "required", "null": "bad_text", "invalid": "bad_text"}

    def __init__(self, limit: int, **more: Any) -> None:
        self.limit = limit
        super().__init__(validate=[validate.Length(max=limit, error="too_long"), self._storable], **more)

    def _storable(self, text: str) -> None:
        fault = fault_of(text, limit=self.limit, required=False)
        if fault and fault != "too_long":
            raise ValidationError(fault)


class Choice(fields.String):
    """One of a closed list."""

    default_error_messages = {"required": "required", "null": "not_a_choice", "invalid": "not_a_choice"}

    def __init__(self, choices: Sequence[str], **more: Any) -> None:
        super().__init__(validate=validate.OneOf(list(choices), error="not_a_choice"), **more)


class Flag(fields.Boolean):
    """true or false, and nothing that only looks like it."""

    default_error_messages = _CODES

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Day(fields.Date):
    """A day as YYYY-MM-DD."""

    default_error_messages = {"required": "required", "null": "bad_date", "invalid": "bad_date", "format": "bad_date"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> date:
        if not isinstance(value, str) or len(value) != 10 or not value.isascii():
            raise self.make_error("invalid")
        try:
            found = date.fromisoformat(value)
        except ValueError as error:
            raise self.make_error("invalid") from error
        if not 1900 <= found.year <= 2999:
            raise self.make_error("invalid")
        return found


class Moment(fields.DateTime):
    """A moment in an answer: ISO 8601, UTC, ends with Z."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return moment(value)


class Table(fields.Dict):
    """An object whose keys are ids, at most `most` of them."""

    default_error_messages = _CODES

    def __init__(self, most: int = 1_000, **more: Any) -> None:
        self.most = most
        super().__init__(**more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        _refuse_more(value, self.most)
        return super()._deserialize(value, attr, data, **more)


class Rows(fields.List):
    """A list of at most `most` things."""

    default_error_messages = _CODES

    def __init__(self, inner: fields.Field[Any], most: int = 200, **more: Any) -> None:
        self.most = most
        # The document shows the limit by the validator; it is also asked before the first thing is read.
        super().__init__(inner, validate=validate.Length(max=most, error="too_many"), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        _refuse_more(value, self.most)
        return super()._deserialize(value, attr, data, **more)


def _refuse_more(value: object, most: int) -> None:
    """Refuse by its number what would be read one by one."""
    if isinstance(value, Sized) and not isinstance(value, str) and len(value) > most:
        raise ValidationError("too_many")


class Inner(fields.Nested):
    """An object in an object."""

    default_error_messages = _CODES


class Anything(Schema):
    """An object of a shape that the standard decides."""

    class Meta:
        unknown = INCLUDE


def moment(value: datetime | None) -> str | None:
    """A moment as answers show it; `value` is aware and in UTC."""
    return None if value is None else value.isoformat(timespec="seconds").replace("+00:00", "Z")


def refuse_packed(req: Request) -> None:
    """A body that came packed would look like one that is broken."""
    if req.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise NotAccepted("packed_body")


class StrictParser(FlaskParser):
    """Reads bodies by `strict_json`; an unknown or repeated name in the query is a fault too."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
    }

    def load_json(self, req: Request, schema: Schema) -> Any:
        refuse_packed(req)
        charset = req.mimetype_params.get("charset", "utf-8").lower()
        if req.mimetype != "application/json" or charset not in {"utf-8", "utf8"}:
            raise NotAccepted("unsupported_media_type")
        return strict_json.parse(req.get_data(cache=True))

    def load_querystring(self, req: Request, schema: Schema) -> MultiDictProxy:
        repeated = [name for name, values in req.args.lists() if len(values) > 1]
        if repeated:
            raise strict_json.refused([FieldError(name[:80], "duplicate_key") for name in repeated])
        found: MultiDictProxy = super().load_querystring(req, schema)
        return found

    def handle_error(self, error: ValidationError, req: Request, schema: Schema, **more: Any) -> NoReturn:
        faults = [fault for _, found in _located(error) for fault in faults_in(found)]
        raise strict_json.refused(faults) if faults else Malformed("malformed_json")


def _located(error: ValidationError) -> Iterator[tuple[str, object]]:
    """webargs puts the name of the place (json, query) around the messages."""
    yield from error.messages_dict.items()


def faults_in(messages: object, path: str = "") -> Iterator[FieldError]:
    """marshmallow's tree of messages, which are our codes, as a flat list: field "points.O1.1", code "bad_number"."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            # A table names the side of the pair that is wrong; the key says enough.
            side = name in {"key", "value"} and isinstance(inner, list) and path
            step = "" if name == "_schema" or side else str(name)[:80]
            yield from faults_in(inner, f"{path}.{step}".strip("."))
    elif isinstance(messages, list):
        yield from (FieldError(path, str(code)) for code in messages)
