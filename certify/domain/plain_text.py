"""What typed and pasted text becomes before it is counted and kept: one kind of line end, no invisible controls."""

import re

# Word's line and page break (a soft return in PowerPoint is the first of them), NEL, and Unicode's own two.
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Rests of fields and of old code pages, which nobody sees and nobody could find. NUL stays: no database keeps it, and a
# text with it is no text.
_CONTROL = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f]")


def plain(text: str) -> str:
    """The text with each line end as one newline and without control characters, except tabs and NUL."""
    return _CONTROL.sub("", _LINE_END.sub("\n", text))
