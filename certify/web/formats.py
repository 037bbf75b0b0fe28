"""How dates, numbers and texts are written on the pages: Polish and English rules (filters for the templates)."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from babel.dates import format_date
from flask import Flask
from flask_babel import gettext
from markupsafe import Markup, escape

from certify import timing
from certify.domain.scoring import percent as exact_percent
from certify.i18n import language

NBSP = "\u00a0"
DASH = "–"
# Polish typesetting leaves no word of one letter at the end of a line.
_LONELY = re.compile(r"(?<![^\s(„\u00a0])([AaIiOoUuWwZz]) (?=\S)")
_UNITS = ("B", "kB", "MB", "GB")
_STYLES = {"long": "d MMMM y", "medium": "d MMM y", "short": "d.MM.y"}


def date_text(value: date | datetime | None, style: str = "long") -> str:
    """A day: `5 marca 2026` (long), `5 mar 2026` (medium), `5.03.2026` (short); a moment counts in Polish time."""
    if value is None:
        return DASH
    day = value.astimezone(timing.WARSAW).date() if isinstance(value, datetime) else value
    return format_date(day, _STYLES[style], locale=language()).replace(" ", NBSP)


def moment(value: datetime | None) -> str:
    """A moment: `dzisiaj 14:45`, `wczoraj 9:05`, `5 marca 2026, 14:45`."""
    if value is None:
        return DASH
    local = value.astimezone(timing.WARSAW)
    hour = f"{local.hour}:{local.minute:02}"
    if local.date() == timing.today():
        return gettext("today %(hour)s", hour=hour)
    if local.date() == timing.today() - timedelta(days=1):
        return gettext("yesterday %(hour)s", hour=hour)
    return f"{date_text(local)}, {hour}"


def number(value: int | str | Decimal) -> str:
    """A number: decimal comma in Polish; thousands are parted by a no-break space from five digits on."""
    whole, _, part = str(value).partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    comma, gap, least = (",", NBSP, 5) if language() == "pl" else (".", ",", 4)
    if len(digits) >= least:
        digits = f"{int(digits):,}".replace(",", gap)
    return sign.replace("-", "−") + digits + (comma + part if part else "")


def percent(value: str | Fraction | None) -> str:
    """A share out of a hundred with one decimal: `66,7%`; exact fractions are rounded here, for show only."""
    if value is None:
        return DASH
    return number(exact_percent(value) if isinstance(value, Fraction) else value) + "%"


def size(value: int | None) -> str:
    """A count of bytes: `812 B`, `2,4 MB`."""
    if value is None:
        return DASH
    amount, unit = float(value), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    text = f"{amount:.0f}" if unit == 0 or amount >= 100 else f"{amount:.1f}".removesuffix(".0")
    return f"{number(text)}{NBSP}{_UNITS[unit]}"


def nbsp(value: object) -> Markup:
    """Tie words of one letter to the next word, and numbers to what they count."""
    # Escaped inside; the pattern only swaps spaces.
    return Markup(_LONELY.sub(rf"\1{NBSP}", str(escape(value))))  # noqa: S704


def init_app(app: Flask) -> None:
    """Register the filters."""
    app.add_template_filter(date_text, "date")
    for filter_ in (moment, percent, number, nbsp, size):
        app.add_template_filter(filter_)
