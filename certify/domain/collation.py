"""Polish alphabetical order as a key that compares sign by sign, the same in SQLite, PostgreSQL and Python."""

import re
import unicodedata

from certify.domain.folding import fold, seen

# Each Polish letter follows its base letter and comes before the next one: "{" stands right behind "z" in ASCII.
_LETTERS = str.maketrans(
    {"ą": "a{", "ć": "c{", "ę": "e{", "ł": "l{", "ń": "n{", "ó": "o{", "ś": "s{", "ź": "z{", "ż": "z|"}
)
MAX_KEY = 400


_GAPS = re.compile(r"[\s\u2010-\u2015\u2212-]+")


def sort_key(name: str) -> str:
    """A key of at most 400 signs that orders names as a Polish reader expects, whatever their case.

    Letters of other languages stand with their base letter (Ö with O), a hyphen is a space, other marks count for
    nothing. Letters of other scripts follow behind Latin ones.
    """
    letters = unicodedata.normalize("NFC", seen(name)).casefold().translate(_LETTERS)
    key = _GAPS.sub(" ", fold(letters))
    return "".join(one for one in key if one.isalnum() or one in " {|").strip()[:MAX_KEY]
