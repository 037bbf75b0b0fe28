"""Prints a certificate: the facts of its face go in, the bytes of a one-page PDF come out of one of two engines.

Both engines read the same template, `templates/pdf/certificate.html`. WeasyPrint (the default) makes a tagged PDF/UA-1
file; pdfkit drives wkhtmltopdf for places that need it. Neither may fetch anything: what the page needs travels inside
it as `data:` addresses. What comes back is opened and read again before anybody gets it.
"""

import base64
import datetime as dt
import functools
import importlib
import io
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

import jinja2
import pdfkit
import pikepdf
import segno
from babel.dates import format_date
from markupsafe import Markup, escape

from certify.domain.errors import Unavailable

Engine = Literal["weasyprint", "pdfkit"]

ENGINES: tuple[Engine, ...] = ("weasyprint", "pdfkit")
TEMPLATES = Path(__file__).parent.parent / "templates" / "pdf"
FONTS = Path(__file__).parent / "static" / "fonts" / "pdf"
FACES = (
    ("Certify Sans", "certify-sans-400.ttf", 400, "normal"),
    ("Certify Sans", "certify-sans-700.ttf", 700, "normal"),
    ("Brygada 1918", "brygada-1918-400.ttf", 400, "normal"),
    ("Brygada 1918", "brygada-1918-400-italic.ttf", 400, "italic"),
    ("Brygada 1918", "brygada-1918-500.ttf", 500, "normal"),
)
INK = "#14323a"
RENDER_SECONDS = 20.0
WKHTMLTOPDF_SHRINKS = 1.302  # measured: a box of 200 mm comes out 153.6 mm wide, whatever --zoom or --dpi say
FONT_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{fonts}</dir>
  <cachedir>{home}</cachedir>
</fontconfig>
"""
# How wkhtmltopdf lays out a certificate; WeasyPrint reads it from the style.
CERTIFICATE_PAGE: Mapping[str, str] = {
    "orientation": "Landscape",
    "margin-top": "0",
    "margin-right": "0",
    "margin-bottom": "0",
    "margin-left": "0",
}
SIZES = ("roomy", "snug", "dense", "tiny")
MENDS: Mapping[Engine, str] = {
    "weasyprint": "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
    "pdfkit": "apt-get install wkhtmltopdf",
}


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
    may hang; WeasyPrint runs in this process. Raises Unavailable: `pdf_engine_missing` (engine, mend) when the machine
    lacks it, `render_failed` (engine, reason) when it gave no such page. Rules: R25, R26.
    """
    renderer = _renderer(engine, timeout, CERTIFICATE_PAGE)
    for size in SIZES[_first_size(face) :]:
        content = renderer(_page(face, size, engine))
        if _is_one_page_with(content, face.number, engine):
            return content
    raise Unavailable("render_failed", engine=engine, reason="does not fit on one page")


def missing(engine: Engine) -> Unavailable | None:
    """The fault that `render_certificate` would raise because the engine is not on this machine, or None."""
    try:
        _renderer(engine, RENDER_SECONDS, CERTIFICATE_PAGE)
    except Unavailable as fault:
        return fault
    return None


def print_html(html: str, *, engine: Engine, page: Mapping[str, str], timeout: float = RENDER_SECONDS) -> bytes:
    """Any other document as PDF bytes, under the rules of certificates; `page` are wkhtmltopdf's options for it."""
    return _renderer(engine, timeout, page)(html)


def _renderer(engine: Engine, timeout: float, page: Mapping[str, str]) -> Callable[[str], bytes]:
    if engine == "pdfkit":
        program = shutil.which("wkhtmltopdf")
        if program is None:
            raise Unavailable("pdf_engine_missing", engine="wkhtmltopdf", mend=MENDS["pdfkit"])
        return lambda html: print_with_wkhtmltopdf(html, program=program, timeout=timeout, page=page)
    _weasyprint()
    return print_with_weasyprint


@functools.cache
def _weasyprint() -> ModuleType:
    """Loaded when the first page is printed: it costs a second and 30 MiB, and it needs Pango, which may be missing."""
    try:
        return importlib.import_module("weasyprint")
    except (ImportError, OSError) as fault:
        raise Unavailable("pdf_engine_missing", engine="WeasyPrint", mend=MENDS["weasyprint"]) from fault


def print_with_weasyprint(html: str) -> bytes:
    """Tagged PDF/UA-1 bytes of `html`, with only `data:` addresses followed. Raises Unavailable("render_failed")."""
    library = _weasyprint()
    fetcher = library.URLFetcher(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)
    try:
        document = library.HTML(string=html, url_fetcher=fetcher)
        content = document.write_pdf(pdf_variant="pdf/ua-1")
    except (Exception, library.urls.FatalURLFetchingError) as fault:
        # The engine promises no type of error, and its refusal to fetch is a BaseException that would end a worker.
        raise Unavailable("render_failed", engine="weasyprint", reason=str(fault)) from fault
    return bytes(content)


def print_with_wkhtmltopdf(
    html: str, *, program: str, timeout: float = RENDER_SECONDS, page: Mapping[str, str] = CERTIFICATE_PAGE
) -> bytes:
    """Runs wkhtmltopdf on `html` and returns its bytes. Raises Unavailable("render_failed") on any exit but 0.

    pdfkit only writes the command line. A file object, because pdfkit obeys `<meta name="pdfkit-…">` in strings; all
    options are texts, because a number 0 would make the next flag its value; our own process, because pdfkit never
    stops a hanging one and takes some exits other than 0 for success.
    """
    options = {
        **page,
        "page-size": "A4",
        "encoding": "utf-8",
        "disable-local-file-access": "",
        "disable-javascript": "",
        "disable-plugins": "",
        "proxy": "http://127.0.0.1:1",
    }
    settings = pdfkit.configuration(wkhtmltopdf=program)
    command = pdfkit.PDFKit(io.StringIO(html), "file", options=options, configuration=settings).command()
    with tempfile.TemporaryDirectory(prefix="certify-pdf-") as home:
        code, content = _run(command, html.encode(), home, timeout)
    if code != 0:
        raise Unavailable("render_failed", engine="pdfkit", reason=f"exit {code}")
    return content


def _run(command: list[str], stdin: bytes, home: str, timeout: float) -> tuple[int, bytes]:
    """Exit code and standard output. The fonts come by fontconfig: Qt paints fonts of `@font-face` as bare outlines,
    so the text could neither be searched nor read aloud."""
    settings = Path(home, "fonts.conf")
    settings.write_text(FONT_CONFIGURATION.format(fonts=escape(str(FONTS)), home=escape(home)))
    environment = {
        "FONTCONFIG_FILE": str(settings),
        "PATH": os.defpath,
        "HOME": home,
        "XDG_RUNTIME_DIR": home,
        "LANG": "C.UTF-8",
        "QT_QPA_PLATFORM": "offscreen",  # Debian's build looks for an X server otherwise
    }
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=home,
        env=environment,
        start_new_session=True,
    )
    with process:
        try:
            content, _ = process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired as fault:
            os.killpg(process.pid, signal.SIGKILL)  # the whole group: a wrapper script's child hangs too
            raise Unavailable("render_failed", engine="pdfkit", reason=f"no answer in {timeout:g} s") from fault
    return process.returncode, content


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


def _is_one_page_with(content: bytes, number: str, engine: Engine) -> bool:
    """False when the file has more pages than one; raises when it is no readable PDF or does not show the number."""
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            if len(pdf.pages) > 1:
                return False
            text = "".join(printed_text(pdf.pages[0]))
    except pikepdf.PdfError as fault:
        raise Unavailable("render_failed", engine=engine, reason="not a readable PDF") from fault
    if "".join(number.split()) not in "".join(text.split()):
        raise Unavailable("render_failed", engine=engine, reason="the number is not on the page")
    return True


def printed_text(page: pikepdf.Page) -> Iterator[str]:
    """The text that a page shows, piece by piece in the order of painting; for fonts with two-byte codes only,
    which is what both engines embed. A search for a known text, not an extraction of running prose."""
    fonts = {name: _letters(font) for name, font in page.resources.get("/Font", {}).items()}
    letters: Mapping[bytes, str] = {}
    for instruction in pikepdf.parse_content_stream(page, "Tf Tj TJ"):
        operator, operands = str(instruction.operator), instruction.operands
        if operator == "Tf":
            letters = fonts.get(str(operands[0]), {})
            continue
        pieces = operands[0] if operator == "TJ" else operands
        for piece in pieces:
            if isinstance(piece, pikepdf.String):
                codes = bytes(piece)
                yield "".join(letters.get(codes[at : at + 2], "") for at in range(0, len(codes), 2))


def _letters(font: pikepdf.Object) -> dict[bytes, str]:
    """Code → text, from the font's ToUnicode map (ISO 32000-1, 9.10.3)."""
    if "/ToUnicode" not in font:
        return {}
    source = font.ToUnicode.read_bytes().decode("latin-1")
    letters: dict[bytes, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", source, re.DOTALL):
        for code, text in re.findall(r"<(\w{4})>\s*<(\w+)>", block):
            letters[bytes.fromhex(code)] = _utf16(text)
    for block in re.findall(r"beginbfrange(.*?)endbfrange", source, re.DOTALL):
        letters |= _letters_in_ranges(block)
    return letters


def _letters_in_ranges(block: str) -> dict[bytes, str]:
    """A range of codes stands for as many letters in a row, or for a list of texts."""
    letters: dict[bytes, str] = {}
    for first, last, text, texts in re.findall(r"<(\w{4})>\s*<(\w{4})>\s*(?:<(\w{4})>|\[(.*?)\])", block, re.DOTALL):
        start = int(first, 16)
        if text:
            listed = [chr(int(text, 16) + step) for step in range(int(last, 16) - start + 1)]
        else:
            listed = [_utf16(each) for each in re.findall(r"<(\w+)>", texts)]
        letters |= {(start + step).to_bytes(2, "big"): letter for step, letter in enumerate(listed)}
    return letters


def _utf16(digits: str) -> str:
    return bytes.fromhex(digits).decode("utf-16-be", "replace")
