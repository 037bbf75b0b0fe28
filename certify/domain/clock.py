"""Deadlines in calendar or working days; public holidays come from outside, for the law changes them."""

from collections.abc import Collection
from datetime import date, timedelta

SATURDAY = 5


def is_working(day: date, holidays: Collection[date]) -> bool:
    """True on a day on which an office works."""
    return day.weekday() < SATURDAY and day not in holidays


def deadline(start: date, days: int, calendar: str, holidays: Collection[date]) -> date:
    """The last day of a term of `days` days that runs from the day after `start`.

    `calendar` is "working" or "calendar"; a calendar term that ends on a free day ends on the next working day.
    """
    day = start
    left = days
    while left > 0:
        day += timedelta(days=1)
        if calendar == "calendar" or is_working(day, holidays):
            left -= 1
    while not is_working(day, holidays):
        day += timedelta(days=1)
    return day
