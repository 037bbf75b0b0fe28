"""JSON read strictly (R40): nothing in it is silently something else, and nothing in it breaks what comes after."""

import json
import re
from collections.abc import Iterator
from typing import Any

from certify.domain.errors import FieldError, Invalid, Malformed

MAX_DEPTH = 32
INTEGERS = range(-(2**63), 2**63)
_DIGITS = 19
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def parse(raw: bytes) -> Any:
    """The document in `raw`.

    Raises `Malformed("malformed_json")` for what is not JSON in UTF-8 or nested deeper than 32, and `Invalid` with
    duplicate_key, bad_number (fractions, more than 64 bits) or bad_text (NUL, half a surrogate pair).
    """
    try:
        document = json.loads(
            raw.decode("utf-8"),
            parse_float=_no_fraction,
            parse_constant=_no_constant,
            parse_int=_whole_number,
            object_pairs_hook=_without_repeats,
        )
    except (ValueError, RecursionError):
        raise Malformed("malformed_json") from None
    faults = [FieldError(path, "bad_text") for path, text in _texts(document) if _NO_TEXT.search(text)]
    if faults:
        raise refused(faults[:50])
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


def _texts(document: object) -> Iterator[tuple[str, str]]:
    """Every key and text with its path; without recursion, so that no depth is too deep to be refused."""
    waiting: list[tuple[str, object, int]] = [("", document, 1)]
    while waiting:
        path, value, depth = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise Malformed("malformed_json")
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            for key, inner in pairs:
                inside = f"{path}.{_shown(str(key))}".lstrip(".")
                if isinstance(key, str):
                    yield inside, key
                waiting.append((inside, inner, depth + 1))


def _shown(key: str) -> str:
    """A key as an answer may repeat it."""
    return _NO_TEXT.sub("?", key[:80])
