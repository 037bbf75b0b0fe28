"""How much a JSON text holds, counted without building any of it: a megabyte may ask for a gigabyte of memory."""

import re
from itertools import islice

from certify.domain.errors import FieldError, Invalid, Malformed

MAX_ELEMENTS = 20_000
MAX_DEPTH = 32
# Possessive, and complete without its last quote: no text makes it look at a letter twice.
_TEXTS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")


def refuse_heavy(text: str) -> None:
    """Raise what a JSON text is refused with before anybody parses it; whether it is JSON is for the parser to say.

    `Invalid("too_many")` above 20,000 values, `Malformed("malformed_json")` where brackets nest deeper than 32.
    """
    bare = _TEXTS.sub("", text)
    depth = 0
    # More brackets than these are too many values anyhow.
    for found in islice(_BRACKETS.finditer(bare), 2 * MAX_ELEMENTS):
        depth += 1 if found[0] in "[{" else -1
        # The parser stops at the bracket that closes nothing.
        if depth < 0:
            return
        if depth > MAX_DEPTH:
            raise Malformed("malformed_json")
    # Every value but the first stands behind a bracket that opens or behind a comma.
    if sum(bare.count(sign) for sign in ",[{") > MAX_ELEMENTS:
        raise Invalid([FieldError("", "too_many")], code="too_many")
