"""How much one person may leave behind: what is kept for ever must not grow as fast as a program can send."""

from collections.abc import Callable
from datetime import datetime, timedelta

# Saves of answers that one person makes in one application: twice what somebody does who types without a pause, whose
# text is saved every five seconds; and a working day of that. Each save is kept for good, with up to 20,000 letters.
SAVES = ((timedelta(hours=1), 1_500), (timedelta(days=1), 6_000))
# Tokens that work at the same time.
TOKENS = 20


def free_again(newest: Callable[[int], datetime | None], at: datetime) -> datetime | None:
    """When the next save is kept; None when that is now. `newest(n)`: the moment of the person's n-th newest save."""
    ends = []
    for span, most in SAVES:
        moment = newest(most)
        # Who has not so many saves has not more of them either, and each question costs a search.
        if moment is None:
            break
        ends.append(moment + span)
    return max((end for end in ends if end > at), default=None)
