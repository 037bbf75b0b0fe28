"""Certificate numbers in running text: "nr OSL/2026/0001", a printed address, a title, with a quote or a full stop.

No pattern of any standard is needed: whatever may be a number becomes a key, and the register is asked for the keys.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from certify.domain.folding import fold

# Of a longer text only the end is looked at.
MAX_TEXT = 20_000
MAX_KEY = 80
# A number has at most so many parts between its marks; a text is searched around so many years, the last ones first.
_PARTS = 8
_YEARS = 12
_MOST = 400
# Read from paper or told by telephone, these are taken for one another.
_LOOK_ALIKE = str.maketrans("oil", "011")
_MARKS = str.maketrans({**dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"), **dict.fromkeys("⁄∕", "/")})
_PART = re.compile(r"[^\W_]+")
_YEAR = re.compile(r"(?:19|20|21)\d\d")


@dataclass(frozen=True)
class Keys:
    """Two keys of each possible number, the likeliest first.

    `parts` tells numbers apart by their parts, leading zeros left out: OSL/2026/1 and osl-2026-0001 have one key.
    `bare` knows nothing of parts but keeps the zeros: OSL20260001 and "O S L 2026 0001" have one key.
    """

    parts: tuple[str, ...]
    bare: tuple[str, ...]


@dataclass(frozen=True)
class _Part:
    text: str
    before: str
    after: str


def parts_key(number: str) -> str:
    """The key of a whole number by its parts."""
    return _by_parts(_parts_of(number))


def bare_key(number: str) -> str:
    """The key of a whole number without its marks."""
    return _bare(_parts_of(number))


def keys_in(text: str) -> Keys:
    """The keys of everything in the text that may be a certificate number, the last thing first.

    The whole text comes before its pieces. A piece holds a year, which every number has, and is not cut out of a longer
    row of digits: there is no OSL/2026/0001 in OSL/2026/0001/7.
    """
    parts = _parts_of(text[-MAX_TEXT:])
    found: list[Sequence[_Part]] = [parts] if len(parts) <= MAX_KEY else []
    found += islice(_pieces(parts), _MOST)
    return Keys(_distinct(map(_by_parts, found)), _distinct(map(_bare, found)))


def _parts_of(text: str) -> list[_Part]:
    plain = fold(text).translate(_MARKS).translate(_LOOK_ALIKE)
    found = list(_PART.finditer(plain))
    edges = [0, *(one.end() for one in found)], [*(one.start() for one in found), len(plain)]
    between = [plain[left:right] for left, right in zip(*edges, strict=True)]
    return [_Part(one[0], between[at], between[at + 1]) for at, one in enumerate(found)]


def _pieces(parts: Sequence[_Part]) -> Iterator[Sequence[_Part]]:
    """Rows of parts around a year, the last end first, of one end the longest first."""
    years = [at for at, part in enumerate(parts) if _YEAR.search(part.text)][-_YEARS:]
    if not years:
        return
    for end in range(min(len(parts), years[-1] + _PARTS), years[0], -1):
        for start in range(max(0, end - _PARTS), end):
            if any(start <= year < end for year in years) and _stands_alone(parts, start, end):
                yield parts[start:end]


def _stands_alone(parts: Sequence[_Part], start: int, end: int) -> bool:
    """Whether no row of digits goes on before or behind, held by the mark that holds the piece itself."""
    marks = {part.after for part in parts[start : end - 1]} & set("/-_.")
    before = start > 0 and parts[start].before in marks and parts[start - 1].text.isdigit()
    behind = end < len(parts) and parts[end - 1].after in marks and parts[end].text.isdigit()
    return not (before or behind)


def _by_parts(parts: Sequence[_Part]) -> str:
    return "/".join(one.text.lstrip("0") or "0" if one.text.isdigit() else one.text for one in parts)


def _bare(parts: Sequence[_Part]) -> str:
    return "".join(one.text for one in parts)


def _distinct(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for key in keys if key and len(key) <= MAX_KEY))
