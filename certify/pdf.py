"""Prints a certificate: the facts of its face go in, the bytes of a one-page PDF come out of one of two engines.

Both engines read the same template, `templates/pdf/certificate.html`. WeasyPrint (the default) makes a tagged PDF/UA-1
file; pdfkit drives wkhtmltopdf for places that need it. Neither may fetch anything: what the page needs travels inside
it as `data:` addresses. What comes back is opened and read again before anybody gets it.
"""

import base64
import datetime as dt
import functools
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import jinja2
import segno
from babel.dates import format_date
from markupsafe import Markup

from certify import children
from certify.children import Costly, Crashed, Limits
from certify.domain.errors import Unavailable
from certify.kept_prints import kept
from certify.pdf_engines import FONTS, MENDS, RENDER_SECONDS

Engine = Literal["weasyprint", "pdfkit"]

ENGINES: tuple[Engine, ...] = ("weasyprint", "pdfkit")
TEMPLATES = Path(__file__).parent.parent / "templates" / "pdf"
FACES = (
    ("Certify Sans", "certify-sans-400.ttf", 400, "normal"),
    ("Certify Sans", "certify-sans-700.ttf", 700, "normal"),
    ("Brygada 1918", "brygada-1918-400.ttf", 400, "normal"),
    ("Brygada 1918", "brygada-1918-400-italic.ttf", 400, "italic"),
    ("Brygada 1918", "brygada-1918-500.ttf", 500, "normal"),
)
INK = "#14323a"
# A self-assessment full of texts takes a quarter of a minute, one with all texts at their longest a minute.
PRINTING: Mapping[Engine, Limits] = {
    "weasyprint": Limits(seconds=90, mebibytes=1024, wall=120),
    # WebKit reserves more addresses than it ever fills.
    "pdfkit": Limits(seconds=90, mebibytes=2560, wall=120),
}
WKHTMLTOPDF_SHRINKS = 1.302  # measured: a box of 200 mm comes out 153.6 mm wide, whatever --zoom or --dpi say
# How wkhtmltopdf lays out a certificate; WeasyPrint reads it from the style.
CERTIFICATE_PAGE: Mapping[str, str] = {
    "orientation": "Landscape",
    "margin-top": "0",
    "margin-right": "0",
    "margin-bottom": "0",
    "margin-left": "0",
}
SIZES = ("roomy", "snug", "dense", "tiny")


@dataclass(frozen=True)
class CertificateFace:
    """Every fact that is printed, in Polish. No scores: what the centre reached stays in the case file.

    `area` is the line of gmina, powiat and voivodeship. `signatories` are pairs of role and name, printed under the
    lines for signatures in this order. `supersedes` names the certificate or the issue that this one replaces. `demo`
    prints the mark that makes the paper worthless.
    """

    title: str
    number: str
    holder_name: str
    holder_address: str
    unit_name: str | None
    area: str | None
    scope: str
    standard_title: str
    standard_version: str
    standard_date: dt.date | None
    decision_number: str
    decision_date: dt.date
    valid_from: dt.date
    valid_until: dt.date
    issuer_name: str
    issuer_address: str
    place: str
    issued_on: dt.date
    signatories: tuple[tuple[str, str], ...]
    verify_url: str
    revision: int = 1
    supersedes: str | None = None
    grade: str | None = None
    demo: bool = False


def long_date(day: dt.date) -> str:
    """„5 marca 2026”, held together so that no line ends inside it."""
    return format_date(day, "d MMMM yyyy", locale="pl").replace(" ", "\u00a0")


def years(valid_from: dt.date, valid_until: dt.date) -> str:
    """The range of calendar years, counted from the first: five years from March 2022 are „2022–2026”.

    The scheme's own certificates say it so (MOPS Mława, March 2022: „na lata 2022–2026”): as many years as the
    certificate is valid for, not every year that it touches. A part of a year counts from half a year on.
    """
    after = valid_until + dt.timedelta(days=1)
    months = (after.year - valid_from.year) * 12 + after.month - valid_from.month
    count = max(1, (months + 6) // 12)
    last = min(valid_from.year + count - 1, valid_until.year)
    return f"{valid_from.year}–{last}" if last > valid_from.year else str(valid_from.year)


def hold_short_words(text: str) -> str:
    """Polish setting: a one-letter word („w”, „i”, „z”) and „nr” never end a line, they hold on to the next word."""
    return re.sub(r"(?<!\w)([aiouwz]|nr)\s+(?=\S)", "\\1\u00a0", text, flags=re.IGNORECASE)


def render_certificate(face: CertificateFace, *, engine: Engine, timeout: float = RENDER_SECONDS) -> bytes:
    """The certificate as PDF bytes: one A4 page, landscape, that carries its number as text.

    Long names are set in a smaller size until one page holds them. `timeout` (seconds) binds wkhtmltopdf only, which
    may hang; both engines run in a child with limits. Raises Unavailable: `pdf_engine_missing` (engine, mend) when the
    machine lacks it, `render_failed` (engine, reason) when it gave no such page, `busy`. Rules: R25, R26.
    """
    for size in SIZES[_first_size(face) :]:
        html = _page(face, size, engine)
        content = _asked(
            "certificate", html, engine, dict(CERTIFICATE_PAGE), timeout, face.number, limits=PRINTING[engine]
        )
        # Empty when one page does not hold it.
        if content:
            return bytes(content)
    raise Unavailable("render_failed", engine=engine, reason="does not fit on one page")


def print_html(html: str, *, engine: Engine, page: Mapping[str, str], same_as: str = "", public: bool = False) -> bytes:
    """Any other document as PDF bytes, under the rules of certificates; `page` are wkhtmltopdf's options for it.

    It is printed once and kept by `same_as`, by its own text unless told. `public`: anybody may ask for it.
    """
    limits = replace(PRINTING[engine], public=public)

    def make() -> bytes:
        return bytes(_asked("printed", html, engine, dict(page), RENDER_SECONDS, limits=limits))

    return kept(f"{engine}\n{same_as or html}", make, public=public)


def _asked(work: str, html: str, engine: Engine, *arguments: Any, limits: Limits) -> Any:
    """Let a child print; see `pdf_engines`."""
    program = shutil.which("wkhtmltopdf") if engine == "pdfkit" else ""
    if program is None:
        raise Unavailable("pdf_engine_missing", engine="wkhtmltopdf", mend=MENDS["pdfkit"])
    try:
        return children.call(f"certify.pdf_engines:{work}", program, *arguments, limits=limits, content=html.encode())
    except Costly as fault:
        raise Unavailable("render_failed", engine=engine, reason="takes too much time or memory") from fault
    except Crashed as fault:
        raise Unavailable("render_failed", engine=engine, reason="the engine fell over it") from fault


def _page(face: CertificateFace, size: str, engine: Engine) -> str:
    """The HTML of the certificate, complete in itself but for the fonts of wkhtmltopdf (see `_run`)."""
    return (
        environment()
        .get_template("certificate.html")
        .render(
            face=face,
            size=size,
            name_size=_name_size(face.holder_name),
            years=years(face.valid_from, face.valid_until),
            address=_address(face.verify_url),
            qr=segno.make(face.verify_url, error="m", micro=False).svg_data_uri(border=0, dark=INK, scale=4),
            fonts=font_rules() if engine == "weasyprint" else "",
            zoom=WKHTMLTOPDF_SHRINKS if engine == "pdfkit" else None,
        )
    )


@functools.cache
def environment() -> jinja2.Environment:
    """A Jinja of its own: a worker prints without a Flask request, and nothing of the pages' context leaks in."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    made.filters |= {"day": long_date, "held": hold_short_words}
    return made


@functools.cache
def font_rules() -> Markup:
    """The fonts as `@font-face` rules with `data:` addresses; safe to print unescaped, it is only our own files."""
    rule = (
        "@font-face{{font-family:'{}';font-weight:{};font-style:{};"
        "src:url(data:font/ttf;base64,{}) format('truetype')}}"
    )
    rules = (
        rule.format(family, weight, style, base64.b64encode((FONTS / name).read_bytes()).decode())
        for family, name, weight, style in FACES
    )
    return Markup("\n".join(rules))  # noqa: S704 - names and base64 of our own, no text of anybody


def _name_size(name: str) -> str:
    """The class that sets the holder's name: the longest word may not break, the longest name takes four lines."""
    for limit, size in ((44, "name-1"), (80, "name-2"), (130, "name-3")):
        if len(name) <= limit:
            return size
    return "name-4"


def _address(url: str) -> dict[str, str]:
    """The printed address, its number on its own line where one line does not hold both, and the class of its size.

    A program that turns texts into links takes one line: whole, or at least up to the register.
    """
    start, _, number = url.rpartition("/")
    longest = max(len(start) + 1, len(number))
    size = next((size for limit, size in ((46, "url-1"), (54, "url-2"), (64, "url-3")) if longest <= limit), "url-4")
    return {"lines": url if len(url) <= 46 else f"{start}/\n{number}", "size": size}


def _first_size(face: CertificateFace) -> int:
    """Where to begin in SIZES, so that an ordinary certificate is printed once and a crowded one not four times."""
    texts = (face.holder_name, face.unit_name, face.holder_address, face.area, face.scope, face.supersedes)
    letters = sum(len(text) for text in texts if text)
    return sum(letters > limit for limit in (420, 700, 1100))
