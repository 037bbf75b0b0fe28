"""When things happen in the demo: working days and office hours, counted back from the last stage of a case."""

import random
from datetime import date, datetime, time, timedelta

import holidays

from certify.demo_region import Plan
from certify.domain.clock import is_working
from certify.timing import WARSAW

# Days since the stage before, at least and at most; a stage that is not named here comes on the next working day.
GAPS: dict[str, tuple[int, int]] = {
    "fill": (6, 13), "submit": (2, 6), "ask": (4, 8), "mend": (5, 9), "resubmit": (1, 3), "accept": (3, 9),
    "reject": (5, 9), "withdraw": (9, 20), "appoint": (1, 3), "declare": (1, 2), "tie": (1, 2), "object": (1, 2),
    "overrule": (2, 4), "agree_team": (1, 3), "sheet": (4, 12), "half_sheet": (2, 5), "visit": (1, 4), "settle": (1, 4),
    "report": (3, 6), "comment": (2, 5), "end_hearing": (1, 3), "reply": (1, 3), "grant": (5, 12),
    "grant_conditionally": (5, 12), "refuse": (5, 12), "condition": (12, 20), "confirm": (4, 8), "issue": (1, 4),
    "appeal": (6, 12), "uphold": (7, 12), "dismiss": (7, 12),
    "mend_one": (1, 3), "improve": (2, 5), "offer": (1, 3), "weigh": (1, 2), "carry": (1, 3),
}  # fmt: skip
OPENS, LAST_START = 8 * 60, 13 * 60
SETTLED_IN = 14  # days between the day on which a standard is published and the first application


def working(day: date) -> date:
    """The day itself, or the last working day before it."""
    free = holidays.country_holidays("PL", years=range(day.year - 1, day.year + 1))
    while not is_working(day, free):
        day -= timedelta(days=1)
    return day


def moment(day: date, chance: random.Random) -> datetime:
    """A time of that day at which an office works, early enough to finish what is begun."""
    minutes = chance.randrange(OPENS, LAST_START)
    return datetime.combine(day, time(minutes // 60, minutes % 60, chance.randrange(60)), WARSAW)


def moments(plan: Plan, begins: date, today: date, chance: random.Random) -> list[datetime]:
    """The moment of each stage of the plan, none of them before `begins`, the last some days before today."""
    gaps = [chance.randint(*GAPS.get(stage.partition(":")[0], (1, 1))) for stage in plan.path[1:]]
    last = today - timedelta(days=plan.days_ago)
    room, needed = (last - begins).days, sum(gaps)
    # A demo built soon after its standard came out tells the same story faster.
    share = min(1.0, max(room, 0) / needed) if needed else 1.0
    days = [last]
    for gap in reversed(gaps):
        days.append(days[-1] - timedelta(days=gap * share))
    at = sorted(moment(working(day), chance) for day in days)
    # Stages of one day keep their order with time between them.
    for place in range(1, len(at)):
        at[place] = max(at[place], at[place - 1] + timedelta(minutes=1))
    return at
