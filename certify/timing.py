"""The one clock of the application, so that the demo and the tests can walk the real verbs on past days."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

WARSAW = ZoneInfo("Europe/Warsaw")
_fixed: ContextVar[datetime | None] = ContextVar("certify_fixed_time", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _fixed.get() or datetime.now(UTC)


def today() -> date:
    """The calendar day in Poland, where every deadline of the process falls."""
    return now().astimezone(WARSAW).date()


@contextmanager
def fixed(moment: datetime) -> Iterator[None]:
    """Let `now()` answer `moment` (aware) inside the block."""
    token = _fixed.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)
