"""Which version of a thing a program saw: the ETag of an answer, and `If-Match` before a change (R31)."""

import re

from flask import request

from certify.domain.errors import Conflict, PreconditionMissing

# A packed answer bears a tag of its own: ours ends in ":gzip" then, that of a proxy may end in another way.
_TAG = re.compile(r'"([A-Za-z0-9.]{1,40})-([0-9]{1,9})(?:[:;-](?:gzip|br|zstd|deflate))?"')


def etag_of(thing: object, version: int) -> str:
    """The tag of a version: `thing` is its id, or another name of letters, digits and dots."""
    return f'"{thing}-{version}"'


def tagged(answer: dict[str, object]) -> tuple[dict[str, object], dict[str, str]]:
    """An answer with `id` and `version`, and its tag as a header."""
    return answer, {"ETag": etag_of(answer["id"], int(str(answer["version"])))}


def tagged_as_case(answer: dict[str, object]) -> tuple[dict[str, object], dict[str, str]]:
    """A part of a case changes with it: the answer bears the tag of the case, and so does its header."""
    return answer, {"ETag": str(answer["etag"])}


def seen_version(thing: object) -> int:
    """The version that the program wants to change, for the verb to compare inside its transaction.

    Raises `PreconditionMissing` when the request names none, `Conflict("stale_version")` for the tag of another thing.
    """
    given = request.headers.get("If-Match", "").strip()
    # "*" would mean "whatever there is", which protects nobody's text.
    if given in {"", "*"}:
        raise PreconditionMissing("precondition_required")
    found = _TAG.fullmatch(given.removeprefix("W/"))
    if found is None or found[1] != str(thing):
        raise Conflict("stale_version")
    return int(found[2])
