"""Which signs of a certificate's texts its fonts can't print; a machine's own fonts differ and are not counted on."""

import functools
import unicodedata
from collections.abc import Iterable

from fontTools.ttLib import TTFont

from certify.pdf import FACES, FONTS, CertificateFace


@functools.cache
def _letters() -> frozenset[int]:
    """What at least one font of the certificate holds: the others give way to it."""
    found: set[int] = set()
    for _, name, _, _ in FACES:
        with TTFont(FONTS / name) as font:
            found.update(font.getBestCmap())
    return frozenset(found)


def unprintable(texts: Iterable[str]) -> str:
    """The signs that would be boxes on paper, each once, in the order in which they stand."""
    signs = dict.fromkeys("".join(unicodedata.normalize("NFC", text) for text in texts))
    return "".join(one for one in signs if ord(one) not in _letters() and not one.isspace())


def unprintable_on(face: CertificateFace) -> str:
    """The same of everything that a certificate says."""
    said = [text for text in vars(face).values() if isinstance(text, str)]
    return unprintable([*said, *(text for pair in face.signatories for text in pair)])


def named(signs: str) -> str:
    """The signs with their numbers, for those who see a box on the screen too: 🌻 (U+1F33B)."""
    return ", ".join(f"{one} (U+{ord(one):04X})" for one in signs)
