"""Terms of the process as dates, with Polish public holidays."""

from datetime import date, timedelta

import holidays

from certify.domain.clock import deadline
from certify.domain.lifecycle import MOVES, Status
from certify.domain.rubric import Rubric

# Learns a year when it is asked for a day of it.
_FREE = holidays.country_holidays("PL")


def term(rubric: Rubric, name: str, start: date) -> date | None:
    """The last day of the rubric's term `name` from `start`; None when the rubric sets no such term."""
    days = rubric.process.days.get(name)
    if days is None:
        return None
    return deadline(start, days, rubric.process.calendar, _FREE)


def due_on(rubric: Rubric, status: Status, start: date) -> date | None:
    """The day by which a case that entered `status` on `start` should have left it."""
    name = MOVES[status][1]
    return term(rubric, name, start) if name else None


def years_after(start: date, years: int) -> date:
    """The last valid day of a term of whole years: the day before the anniversary (29 February counts as 1 March)."""
    try:
        anniversary = start.replace(year=start.year + years)
    except ValueError:
        anniversary = date(start.year + years, 3, 1)
    return anniversary - timedelta(days=1)
