"""Where two blind sheets differ so far that the auditors must talk, and what stands when they have agreed."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor

Points = int | None  # None: not applicable


def diverges(points: Sequence[Points], *, gap: int, met: int, critical: bool) -> bool:
    """True when the auditors' points for one criterion need a consensus.

    A gap of `gap` points or more, one "not applicable" against points, or, for a critical criterion, any pair of
    ratings on both sides of the level that counts as met.
    """
    rated = [one for one in points if one is not None]
    if len(rated) != len(points):
        return bool(rated)
    if max(rated) - min(rated) >= gap:
        return True
    return critical and min(rated) < met <= max(rated)


def joint(points: Sequence[Points]) -> Points:
    """The common rating where nothing diverges: the mean rounded half down, so that doubt never lifts a rating."""
    rated = [one for one in points if one is not None]
    if not rated:
        return None
    mean = Fraction(sum(rated), len(rated))
    return floor(mean) if mean - floor(mean) <= Fraction(1, 2) else floor(mean) + 1


def agreed(
    sheets: Sequence[Mapping[str, Points]],
    consensus: Mapping[str, Points],
) -> dict[str, Points]:
    """The rating that enters the result: the consensus where there is one, else the joint rating of the sheets."""
    criteria = sheets[0].keys() if sheets else ()
    return {
        criterion: consensus[criterion] if criterion in consensus else joint([sheet[criterion] for sheet in sheets])
        for criterion in criteria
    }
