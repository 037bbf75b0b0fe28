"""The two engines that print, for children with limits (`children.py`): HTML goes in, a PDF comes out.

WeasyPrint makes a tagged PDF/UA-1 file; pdfkit drives wkhtmltopdf. Neither may fetch anything, see `pdf.py`.
"""

import functools
import importlib
import io
import os
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pdfkit
import pypdfium2
from markupsafe import escape

from certify import pdf_text
from certify.domain.errors import Unavailable

FONTS = Path(__file__).parent / "static" / "fonts" / "pdf"
RENDER_SECONDS = 20.0
MENDS: Mapping[str, str] = {
    "weasyprint": "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
    "pdfkit": "apt-get install wkhtmltopdf",
}
NO_PAGE: Mapping[str, str] = {}
FONT_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{fonts}</dir>
  <cachedir>{home}</cachedir>
</fontconfig>
"""


def printed(html: bytes, program: str, page: Mapping[str, str], timeout: float) -> bytes:
    """The document as PDF bytes; `program` is the path of wkhtmltopdf, or empty for WeasyPrint."""
    if program:
        return print_with_wkhtmltopdf(html.decode(), program=program, timeout=timeout, page=page)
    return print_with_weasyprint(html.decode())


def certificate(html: bytes, program: str, page: Mapping[str, str], timeout: float, number: str) -> bytes:
    """The same for a certificate, which must be one page and show its number; nothing when it has more pages."""
    content = printed(html, program, page, timeout)
    engine = "pdfkit" if program else "weasyprint"
    try:
        with closing(pypdfium2.PdfDocument(content)) as document:
            pages = len(document)
    except pypdfium2.PdfiumError as fault:
        raise Unavailable("render_failed", engine=engine, reason="not a readable PDF") from fault
    if pages > 1:
        return b""
    if "".join(number.split()) not in "".join(str(pdf_text.found_in(content)["text"]).split()):
        raise Unavailable("render_failed", engine=engine, reason="the number is not on the page")
    return content


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
    html: str, *, program: str, timeout: float = RENDER_SECONDS, page: Mapping[str, str] = NO_PAGE
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
    )
    with process:
        try:
            content, _ = process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired as fault:
            # What a wrapper script started goes when this child of ours ends, with its whole group (`children`).
            process.kill()
            raise Unavailable("render_failed", engine="pdfkit", reason=f"no answer in {timeout:g} s") from fault
    return process.returncode, content
