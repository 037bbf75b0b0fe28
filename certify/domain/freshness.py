"""How old a piece of evidence may be, and which months a library covers."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from certify.domain.rubric import Rubric

# So many months the calendar shows when the standard lets evidence be of any age.
CALENDAR_MONTHS = 24


@dataclass(frozen=True)
class AgeRule:
    """How many months old evidence may be: by kind, and `usual` for all others; None: it does not grow old."""

    usual: int | None = None
    by_kind: Mapping[str, int | None] = field(default_factory=dict)

    def months(self, kind: str) -> int | None:
        """How old evidence of this kind may be; "" is the kind of what nobody has described."""
        return self.by_kind.get(kind, self.usual)

    def shown(self, kind: str = "") -> int:
        """How many months the calendar shows."""
        return self.months(kind) or CALENDAR_MONTHS


def age_rule(standards: Iterable[Rubric]) -> AgeRule:
    """The rule of one standard, or of several in which the first that knows a kind has the word."""
    known = list(standards)
    by_kind: dict[str, int | None] = {}
    for rubric in known:
        for kind in rubric.evidence_kinds:
            by_kind.setdefault(kind.id, kind.months or rubric.process.evidence_months)
    return AgeRule(known[0].process.evidence_months if known else None, by_kind)


@dataclass(frozen=True)
class Period:
    """What a piece says of its time: the period that it covers, until when it holds, the day it was added."""

    added: date
    first: date | None = None
    last: date | None = None
    valid_until: date | None = None

    def has_ended(self, today: date) -> bool:
        """True when it does not hold any more, by its own word."""
        return self.valid_until is not None and self.valid_until < today

    def is_old(self, today: date, months: int | None) -> bool:
        """True when it proves nothing of the last months any more: by its own end, else by the day it was added."""
        if months is None:
            return False
        if self.last is None and self.valid_until is not None:
            return False
        return (self.last or self.added) < months_before(today, months)

    def covers(self, month: date) -> bool:
        """True when the month (its first day) lies in the period; without one, the month in which it was added."""
        first = self.first or self.last or self.added
        last = self.last or (self.added if self.first else first)
        return (first.year, first.month) <= (month.year, month.month) <= (last.year, last.month)


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier; the last of the month where there is no such day."""
    total = day.year * 12 + day.month - 1 - months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_covered(periods: Iterable[Period], today: date, months: int) -> list[tuple[date, int]]:
    """The last months, the oldest first, each with the number of pieces that cover it."""
    known = list(periods)
    firsts = [months_before(today.replace(day=1), back) for back in range(months - 1, -1, -1)]
    return [(month, sum(one.covers(month) for one in known)) for month in firsts]
