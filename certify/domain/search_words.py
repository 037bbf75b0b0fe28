"""What a name is found by: folded words in any order, each from its beginning; types of centres also by their letters.

„MOPS Zurawinow”, „Żurawinów, Miejski Ośrodek Pomocy Społecznej” and „ośrodek ŻURAW” find the same centre.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

from certify.domain.folding import fold

MAX_WORD = 40
# Of what is searched for only so much is looked at; a name is told by far fewer words.
MAX_TEXT = 400
MAX_WANTED = 12
_WORD = re.compile(r"[^\W_]+")
# Who writes the letters finds the words, and who writes the words finds the letters.
TYPES = {
    "ops": "ośrodek pomocy społecznej",
    "mops": "miejski ośrodek pomocy społecznej",
    "gops": "gminny ośrodek pomocy społecznej",
    "mgops": "miejsko gminny ośrodek pomocy społecznej",
    "gmops": "gminno miejski ośrodek pomocy społecznej",
    "mopr": "miejski ośrodek pomocy rodzinie",
    "mcpr": "miejskie centrum pomocy rodzinie",
    "pcpr": "powiatowe centrum pomocy rodzinie",
    "rops": "regionalny ośrodek polityki społecznej",
    "cus": "centrum usług społecznych",
    "dps": "dom pomocy społecznej",
    "sds": "środowiskowy dom samopomocy",
    "oik": "ośrodek interwencji kryzysowej",
    "cis": "centrum integracji społecznej",
    "kis": "klub integracji społecznej",
    "wtz": "warsztat terapii zajęciowej",
    "zaz": "zakład aktywności zawodowej",
}


def _words(text: str) -> list[str]:
    return [one[:MAX_WORD] for one in _WORD.findall(fold(text))]


_SPELT = {letters: tuple(_words(name)) for letters, name in TYPES.items()}


def index_words(texts: Iterable[str], numbers: Iterable[str] = ()) -> frozenset[str]:
    """The words under which a thing with these texts is found; `numbers` are found in any way of writing too."""
    found: set[str] = set()
    for text in texts:
        words = _words(text)
        found.update(words, *_types_in(words))
    for number in numbers:
        parts = _words(number)
        found.update(parts, ("nr", "numer", "".join(parts)[:MAX_WORD]), (one.lstrip("0") or "0" for one in parts))
    return frozenset(found)


def _types_in(words: list[str]) -> Iterable[tuple[str, ...]]:
    """The other way of writing each type of centre that the words name: letters for words, words for letters."""
    # „M-GOPS” is MGOPS.
    letters = {*words, *map("".join, pairwise(words))}
    row = f" {' '.join(words)} "
    for short, spelt in _SPELT.items():
        if short in letters:
            yield (short, *spelt)
            row += f"· {' '.join(spelt)} "
    # A MOPS is an OPS too, however it is written.
    yield tuple(short for short, spelt in _SPELT.items() if f" {' '.join(spelt)} " in row)


def voivodeship_word(code: str) -> str:
    """The word under which everything of a voivodeship stands, to narrow a search by its code."""
    return f"terc{code}"


def wanted(text: str) -> tuple[str, ...]:
    """The different words that are searched for, at most `MAX_WANTED`, the longest first.

    A single letter („w”, „i”) counts only when nothing else is said.
    """
    words = list(dict.fromkeys(_words(text[:MAX_TEXT])))
    longer = [one for one in words if len(one) > 1 or one.isdigit()]
    return tuple(sorted((longer or words)[:MAX_WANTED], key=len, reverse=True))
