"""Two texts beside each other: what only one of them has, by lines, and by words inside the lines that were changed.

How long a comparison takes depends on how often words come back, up to the third power of their number; so each page
has a budget, counted in steps and not in time, so that the same texts always look the same.
"""

import re
from collections.abc import Sequence
from difflib import Match, SequenceMatcher
from itertools import accumulate

# A text in parts: ("same" | "gone" | "new", text). One part of the kind "whole" is a text that was not compared.
Parts = list[tuple[str, str]]
Block = tuple[int, int, int]
A_PAGE = 1_000_000
A_PAIR = 400_000
# So many words and spaces in a row must be alike between two changes: three words.
_ALIKE = 5


class _Spent(Exception):
    """The texts take more steps than they may."""


class Budget:
    """The steps that all comparisons of one page may take together; one pair of texts never takes more than a part."""

    def __init__(self, steps: int = A_PAGE, pair: int = A_PAIR) -> None:
        self.steps, self.pair = steps, pair
        self._here = 0

    def begin(self) -> None:
        """The next pair of texts."""
        self._here = min(self.pair, self.steps)

    def spend(self, steps: int) -> None:
        """Take steps away before they are made; raises `_Spent` when there are not so many."""
        if steps > self._here:
            # Of what is left of the page's budget no other pair would get far either.
            self.steps = 0 if self._here == self.steps else self.steps
            raise _Spent
        self._here -= steps
        self.steps -= steps


class _Matcher(SequenceMatcher[str]):
    """difflib's, which says what its next search will cost before it begins."""

    # The places of each word in the right text; difflib documents it, its types leave it out.
    b2j: dict[str, list[int]]

    def __init__(self, left: Sequence[str], right: Sequence[str], budget: Budget) -> None:
        budget.spend(len(left) + len(right))
        super().__init__(None, left, right)
        # difflib looks at every place of the right text where a word of the left one stands.
        self._before = [0, *accumulate(1 + len(self.b2j.get(one, ())) for one in left)]
        self._budget = budget

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        """As difflib asks for each of its searches."""
        self._budget.spend(self._before[-1 if ahi is None else ahi] - self._before[alo])
        return super().find_longest_match(alo, ahi, blo, bhi)


def differences(theirs: str, mine: str, budget: Budget) -> tuple[Parts, Parts]:
    """Both texts in parts: what only they have is "gone", what only I have is "new".

    Where that would take too many steps both are one part of the kind "whole".
    """
    budget.begin()
    try:
        return _compared(theirs, mine, budget)
    except _Spent:
        return [("whole", theirs)], [("whole", mine)]


def _compared(theirs: str, mine: str, budget: Budget) -> tuple[Parts, Parts]:
    budget.spend(1)
    old: Parts = []
    new: Parts = []
    left, right = (re.findall(r"[^\n]*\n|[^\n]+", text) for text in (theirs, mine))
    i = j = 0
    # difflib's last block is empty and stands at the end of both.
    for at, beside, length in _Matcher(left, right, budget).get_matching_blocks():
        same = "".join(left[at : at + length])
        # Empty lines stand between all paragraphs: they hold nothing together.
        if same.strip() or not length:
            _by_words(old, new, "".join(left[i:at]), "".join(right[j:beside]), budget)
            _join(old, "same", same)
            _join(new, "same", same)
            i, j = at + length, beside + length
    return old, new


def _by_words(old: Parts, new: Parts, theirs: str, mine: str, budget: Budget) -> None:
    left, right = (re.findall(r"\s+|\S+", text) for text in (theirs, mine))
    i = j = 0
    for at, beside, length in [*_alike(left, right, budget), (len(left), len(right), 0)]:
        inside = at > 0 and beside > 0 and at + length < len(left) and beside + length < len(right)
        # A lone word between two changes is chance: marked around it, a sentence falls into shreds that nobody reads.
        if length and inside and length < _ALIKE:
            continue
        _join(old, "gone", "".join(left[i:at]))
        _join(new, "new", "".join(right[j:beside]))
        same = "".join(left[at : at + length])
        _join(old, "same", same)
        _join(new, "same", same)
        i, j = at + length, beside + length


def _alike(left: list[str], right: list[str], budget: Budget) -> list[Block]:
    """Runs of words and white space that both have; only words are looked for, white space goes with its neighbours."""
    mine, others = ([at for at, one in enumerate(text) if not one.isspace()] for text in (left, right))
    matcher = _Matcher([left[at] for at in mine], [right[at] for at in others], budget)
    words = {mine[i + n]: others[j + n] for i, j, length in matcher.get_matching_blocks() for n in range(length)}
    pairs = dict(words)
    taken = set(words.values())
    for at, beside in words.items():
        for i, j in ((at - 1, beside - 1), (at + 1, beside + 1)):
            free = i not in pairs and j not in taken
            if free and left[i : i + 1] == right[j : j + 1] != []:
                pairs[i] = j
                taken.add(j)
    return _runs(sorted(pairs.items()))


def _runs(pairs: list[tuple[int, int]]) -> list[Block]:
    found: list[Block] = []
    for at, beside in pairs:
        if found and (at, beside) == (found[-1][0] + found[-1][2], found[-1][1] + found[-1][2]):
            found[-1] = (found[-1][0], found[-1][1], found[-1][2] + 1)
        else:
            found.append((at, beside, 1))
    return found


def _join(parts: Parts, kind: str, text: str) -> None:
    """Put the text at the end, into the last part when that is of the same kind."""
    if not text:
        return
    if parts and parts[-1][0] == kind:
        parts[-1] = (kind, parts[-1][1] + text)
    else:
        parts.append((kind, text))
