"""What typed and pasted text becomes before it is counted and kept: one form of letters and lines, nothing hidden."""

import re
import unicodedata

from certify.domain.folding import seen

# Word's line and page break (a soft return in PowerPoint is the first of them), NEL, and Unicode's own two.
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Rests of fields and of old code pages, which nobody sees and nobody could find. NUL stays: no database keeps it, and a
# text with it is no text.
_CONTROL = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f]")


def plain(text: str) -> str:
    """The text with letters in one form (NFC) and each line end as one newline, without signs that nobody sees.

    Those are control characters, except tabs and NUL, soft hyphens, signs of no width and of direction. A text that
    was pasted from elsewhere would be found by nobody who types it.
    """
    return unicodedata.normalize("NFC", seen(_CONTROL.sub("", _LINE_END.sub("\n", text))))


def one_line(text: str) -> str:
    """The same for a name or a title, which has no line ends: with single spaces of the usual kind."""
    return " ".join(plain(text).split())
