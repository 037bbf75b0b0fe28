"""What free text must obey before it is kept; forms, the command line and the demo pass through the same gate."""

import unicodedata

from certify.domain.errors import FieldError, Invalid

SHORT = 200
NOTE = 4_000
LONG = 10_000


def fault_of(value: str, *, limit: int, required: bool) -> str | None:
    """The code of what is wrong with the text, or None."""
    if any(unicodedata.category(one) in {"Cs", "Cc"} and one not in "\n\t\r" for one in value):
        return "bad_text"
    if len(value) > limit:
        return "too_long"
    return "required" if required and not value.strip() else None


def clean(field: str, value: str, *, limit: int = NOTE, required: bool = True) -> str:
    """The text trimmed and in one form of Unicode (NFC); raises `Invalid` with bad_text, too_long or required."""
    fault = fault_of(value, limit=limit, required=required)
    if fault:
        raise Invalid([FieldError(field, fault)], limit=limit)
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
