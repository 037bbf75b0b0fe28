"""JSON read strictly (R40): nothing in it is silently something else, and nothing in it breaks what comes after."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from certify.domain.errors import MOST_FAULTS, FieldError, Invalid, Malformed
from certify.domain.json_measure import refuse_heavy

INTEGERS = range(-(2**63), 2**63)
_DIGITS = 19
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def parse(raw: bytes) -> Any:
    """The document in `raw`.

    Raises `Malformed("malformed_json")` for what is not JSON in UTF-8 or nested deeper than 32, and `Invalid` with
    too_many (more than 20,000 values), duplicate_key, bad_number (fractions, more than 64 bits) or bad_text (NUL, half
    a surrogate pair).
    """
    try:
        text = raw.decode("utf-8")
        refuse_heavy(text)
        document = json.loads(
            text,
            parse_float=_no_fraction,
            parse_constant=_no_constant,
            parse_int=_whole_number,
            object_pairs_hook=_without_repeats,
        )
    except ValueError:
        raise Malformed("malformed_json") from None
    # Neither sign can stand in JSON but as an escape.
    faults = list(islice(_bad_texts(document), MOST_FAULTS)) if "\\u" in text else []
    if faults:
        raise refused(faults)
    return document


def refused(faults: list[FieldError]) -> Invalid:
    """The refusal of a document: the code of its first fault, and all of them field by field."""
    return Invalid(faults, code=faults[0].code)


def _no_constant(text: str) -> None:
    # NaN and Infinity are Python's own; no other reader takes them.
    raise Malformed("malformed_json")


def _no_fraction(text: str) -> None:
    raise refused([FieldError("", "bad_number")])


def _whole_number(text: str) -> int:
    if len(text.lstrip("-")) > _DIGITS or int(text) not in INTEGERS:
        raise refused([FieldError("", "bad_number")])
    return int(text)


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise refused([FieldError(_shown(key), "duplicate_key")])
        found[key] = value
    return found


# A key and the place of what holds it: the path of a text is only put together where it is a fault.
_Place = tuple["_Place", str] | None


def _bad_texts(document: object) -> Iterator[FieldError]:
    """A fault for each key and text that no database can keep."""
    waiting: list[tuple[_Place, object]] = [(None, document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str) and _NO_TEXT.search(value):
            yield FieldError(_path(place), "bad_text")
        elif isinstance(value, dict | list):
            for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
                inside = place, str(key)
                if isinstance(key, str) and _NO_TEXT.search(key):
                    yield FieldError(_path(inside), "bad_text")
                waiting.append((inside, inner))


def _path(place: _Place) -> str:
    steps = []
    while place is not None:
        place, key = place
        steps.append(_shown(key))
    return ".".join(reversed(steps))


def _shown(key: str) -> str:
    """A key as an answer may repeat it."""
    return _NO_TEXT.sub("?", key[:80])
