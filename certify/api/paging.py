"""Lists in pages: `limit` and an opaque `cursor` in, `{"items", "next"}` out."""

import base64
import binascii
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from marshmallow import Schema, fields

from certify.api.fields import Answer, Query, QueryNumber, Words
from certify.api.strict_json import refused
from certify.domain.errors import FieldError

DEFAULT, MOST = 50, 200


class PageQuery(Query):
    """How much of a list, and from where on."""

    limit = QueryNumber(1, MOST, load_default=DEFAULT, metadata={"description": "How many at most.", "example": 50})
    cursor = Words(
        500, load_default=None, metadata={"description": "`next` of the page before; leave it out for the first page."}
    )


@cache
def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of one page of such items."""
    return Answer.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True,
                allow_none=True,
                metadata={"example": None, "description": "Cursor of the next page; null at the end."},
            ),
        },
        name=f"{item.__name__}Page",
    )


def encoded(last: Sequence[Any] | None) -> str | None:
    """The cursor behind the row with these values."""
    if last is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(list(last)).encode()).decode().rstrip("=")


def decoded(cursor: str | None, *kinds: type) -> list[Any] | None:
    """The values in a cursor, of these types; raises `Invalid` with bad_cursor for anything that we did not make."""
    if cursor is None:
        return None
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError, binascii.Error):
        values = None
    if not isinstance(values, list) or [type(one) for one in values] != list(kinds) or not all(map(_fits, values)):
        raise refused([FieldError("cursor", "bad_cursor")])
    return values


def _fits(value: object) -> bool:
    """Whether a column can be compared with it: no larger than its integers, no sign that is no text."""
    return 0 <= value < 2**31 if isinstance(value, int) else str(value).isprintable()
