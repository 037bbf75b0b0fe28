"""How long a person stays signed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# So often is it noted that a session is in use: at every request it would be a write for each page that is read.
NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Limits:
    """The longest time without a request, and the longest time altogether."""

    idle: timedelta
    whole: timedelta


def over(limits: Limits, begun: datetime, seen: datetime, now: datetime) -> str | None:
    """`too_old` or `idle` when the session is no longer good, else None."""
    if now >= begun + limits.whole:
        return "too_old"
    return "idle" if now >= seen + limits.idle + NOTED_EVERY else None
