"""The status of a certificate, computed from its dates and events whenever somebody looks; never stored."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum


class Validity(StrEnum):
    """What the register says today."""

    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    RESIGNED = "resigned"
    HISTORICAL = "historical"


_FINAL = {
    "revoked": Validity.REVOKED,
    "superseded": Validity.SUPERSEDED,
    "resigned": Validity.RESIGNED,
}


def months_before(day: date, months: int) -> date:
    """The same day of the month, `months` earlier; the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, 28)


def validity_on(
    day: date,
    valid_from: date | None,
    valid_until: date | None,
    expiring_months: int,
    events: Sequence[tuple[str, date]],
) -> Validity:
    """The status on a day, from the events (kind, day) in their order.

    Revoked, superseded and resigned are final; a suspension lasts until it is reinstated or the term ends. An entry
    without dates tells of a certificate from before this register.
    """
    happened = [kind for kind, on in events if on <= day]
    final = next((_FINAL[kind] for kind in happened if kind in _FINAL), None)
    if final is not None:
        return final
    if valid_from is None or valid_until is None:
        return Validity.HISTORICAL
    if day > valid_until:
        return Validity.EXPIRED
    paused = [kind for kind in happened if kind in {"suspended", "reinstated"}]
    if paused and paused[-1] == "suspended":
        return Validity.SUSPENDED
    return Validity.EXPIRING if day >= months_before(valid_until, expiring_months) else Validity.VALID
