"""Texts as they are compared: without case, without marks on letters, without what nobody sees."""

import unicodedata

# More marks on one letter than any script needs; sorting a longer run takes the square of its length.
_MARKS = 8
# Letters that Unicode takes for letters of their own, not for a base letter with a mark.
_OWN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "ŋ": "n", "þ": "th", "æ": "ae", "œ": "oe"}
)


def seen(text: str) -> str:
    """The text without invisible signs and with at most a few marks on one letter, so that normal forms are quick."""
    if text.isascii():
        return text
    kept, run = [], 0
    for one in text:
        category = unicodedata.category(one)
        run = run + 1 if category[0] == "M" else run if category == "Cf" else 0
        if category != "Cf" and run <= _MARKS:
            kept.append(one)
    return "".join(kept)


def fold(text: str) -> str:
    """The text in small letters with plain Latin base letters where it has any: „ŻÓŁĆ”, "zolc" and "ｚｏｌｃ" are one.

    Spaces, marks and letters of other scripts stay.
    """
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", seen(text)).casefold().translate(_OWN)
    return "".join(one for one in parts if not unicodedata.combining(one))
