"""What free text must obey before it is kept; forms, the command line and the demo pass through the same gate."""

import unicodedata

from certify.domain.errors import FieldError, Invalid
from certify.domain.plain_text import one_line, plain

SHORT = 200
NOTE = 4_000
LONG = 10_000


def fault_of(value: str, *, limit: int, required: bool) -> str | None:
    """The code of what is wrong with the text, or None; what is counted is what would be kept."""
    if any(unicodedata.category(one) == "Cs" or one == "\0" for one in value):
        return "bad_text"
    kept = _kept(value)
    if len(kept) > limit:
        return "too_long"
    return "required" if required and not kept else None


def clean(field: str, value: str, *, limit: int = NOTE, required: bool = True) -> str:
    """The text trimmed and in one form of Unicode (NFC); raises `Invalid` with bad_text, too_long or required."""
    fault = fault_of(value, limit=limit, required=required)
    if fault:
        raise Invalid([FieldError(field, fault, limit)], limit=limit)
    return _kept(value)


def clean_line(field: str, value: str, *, limit: int = SHORT, required: bool = True) -> str:
    """The same for what stands on one line: a name, a title, an address."""
    return one_line(clean(field, value, limit=limit, required=required))


def line(value: str) -> str:
    """A name or an address, already judged, as it is kept: on one line, with single spaces."""
    return one_line(value)


def _kept(value: str) -> str:
    return plain(value).strip()
