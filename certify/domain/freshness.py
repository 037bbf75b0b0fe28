"""How old a piece of evidence may be, and which months a library covers."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

# The level "met" asks for evidence within 24 months; the files of standards say it in words only.
FRESH_MONTHS = 24


@dataclass(frozen=True)
class Period:
    """What a piece says of its time: the period that it covers, until when it holds, the day it was added."""

    added: date
    first: date | None = None
    last: date | None = None
    valid_until: date | None = None

    def is_stale(self, today: date, months: int = FRESH_MONTHS) -> bool:
        """True when it proves nothing of the last months any more: by its own end, else by the day it was added."""
        if self.valid_until is not None and self.valid_until < today:
            return True
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


def months_covered(periods: Iterable[Period], today: date, months: int = FRESH_MONTHS) -> list[tuple[date, int]]:
    """The last months, the oldest first, each with the number of pieces that cover it."""
    known = list(periods)
    firsts = [months_before(today.replace(day=1), back) for back in range(months - 1, -1, -1)]
    return [(month, sum(one.covers(month) for one in known)) for month in firsts]
