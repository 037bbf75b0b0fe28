"""What an operation may answer when it refuses: the shape of the answer and the codes, for the OpenAPI document.

The answers themselves are made in `certify.http_errors`, the sentences stand in `certify.sentences`.
"""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from marshmallow import fields

from certify.api.fields import Answer

Codes = Mapping[int, Sequence[str]]
MEDIA_TYPE = "application/problem+json"


class Fault(Answer):
    """One fault of one field."""

    field = fields.String(required=True, metadata={"description": "Path of the field; empty for the whole body."})
    code = fields.String(required=True)
    sentence = fields.String(required=True)


class Problem(Answer):
    """A refusal (RFC 9457). Programs branch on `code`, which is stable; `detail` is for people, in their language."""

    type = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    title = fields.String(required=True)
    detail = fields.String(required=True)
    sentence = fields.String(required=True, metadata={"description": "The same as `detail`."})
    errors = fields.List(fields.Nested(Fault), required=True)
    request_id = fields.String(required=True)
    allowed = fields.List(
        fields.String(), metadata={"description": "When an action is out of turn: what can be done now."}
    )
    source = fields.String(data_key="from", metadata={"description": "When an action is out of turn: the status."})
    link = fields.String(metadata={"description": "Where the thing is that you asked for, when it is there already."})
    answer = fields.String(
        metadata={"description": "Of a check of a certificate.", "enum": ["unknown", "unreadable"]},
    )
    checked_at = fields.String(metadata={"description": "Of a check of a certificate."})
    sha256 = fields.String(metadata={"description": "Of the file that was checked."})


ALWAYS: Codes = {
    400: ("malformed_request", "host_not_allowed"),
    401: ("token_invalid",),
    429: ("too_many_requests",),
    500: ("internal_error",),
    503: ("busy",),
}
WITH_TOKEN: Codes = {401: ("login_required",), 403: ("scope_missing", "forbidden")}
WITH_OBJECT: Codes = {404: ("not_found",)}
WITH_QUERY: Codes = {422: ("unknown_field", "duplicate_key", "bad_number", "bad_text")}
WITH_BODY: Codes = {
    400: ("malformed_json",),
    413: ("too_large",),
    415: ("unsupported_media_type", "packed_body"),
    422: ("unknown_field", "duplicate_key", "required", "wrong_type", "bad_number", "bad_text", "too_long"),
}
WITH_FILE: Codes = {
    400: ("malformed_json", "bad_length"),
    413: ("file_too_large",),
    415: ("multipart_expected", "packed_body"),
    422: (
        "file_missing",
        "unknown_field",
        "duplicate_key",
        "required",
        "wrong_type",
        "bad_number",
        "bad_text",
        "too_long",
    ),
}
WITH_VERSION: Codes = {412: ("stale_version",), 428: ("precondition_required",)}
ONCE: Codes = {
    400: ("idempotency_key_required",),
    409: ("idempotency_in_progress",),
    422: ("idempotency_key_reused",),
}


def together(*tables: Codes) -> dict[int, tuple[str, ...]]:
    """All codes by status, each once, in the order in which they were named."""
    found: dict[int, dict[str, None]] = {}
    for table in tables:
        for status, codes in table.items():
            found.setdefault(status, {}).update(dict.fromkeys(codes))
    return {status: tuple(codes) for status, codes in sorted(found.items())}


def responses(codes: Codes) -> dict[str, Any]:
    """The refusals of an operation as its description names them: one shape for each status, described once."""
    return {str(status): f"Problem{status}" for status in codes}


def described(statuses: Iterable[int]) -> dict[str, dict[str, Any]]:
    """The shared descriptions that `responses` names. Which codes an operation has stands in its `x-codes`."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        f"Problem{status}": {
            "description": f"{HTTPStatus(status).phrase}. The operation's `x-codes` lists the codes.",
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }
