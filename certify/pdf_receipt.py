"""Prints the receipt of a submission: what was handed over, by whom, when, and the digests that prove it.

Nothing of it is stored: the same seal gives the same receipt whenever somebody asks.
"""

from dataclasses import dataclass

from certify import pdf
from certify.pdf import Engine

PORTRAIT = {
    "orientation": "Portrait",
    "margin-top": "16mm",
    "margin-right": "16mm",
    "margin-bottom": "18mm",
    "margin-left": "16mm",
}


@dataclass(frozen=True)
class ReceiptFile:
    """A piece of evidence as it was sealed."""

    title: str
    filename: str
    pages: str
    size: str
    sha256: str


@dataclass(frozen=True)
class ReceiptLine:
    """One criterion: its level in words, how many characters its texts have, its evidence."""

    criterion: str
    title: str
    level: str
    letters: int
    files: tuple[ReceiptFile, ...]


@dataclass(frozen=True)
class ReceiptFace:
    """Everything that is printed, in Polish. `areas`: title and lines. `demo` marks the paper as an example."""

    number: str
    submission: int
    holder: str
    unit: str | None
    standard: str
    sealed_at: str
    sealed_by: str
    sha256: str
    areas: tuple[tuple[str, tuple[ReceiptLine, ...]], ...]
    demo: bool = False


def render_receipt(face: ReceiptFace, *, engine: Engine) -> bytes:
    """The receipt as PDF bytes, on as many pages as it needs. Raises Unavailable as `pdf.render_certificate` does."""
    page = pdf.environment().get_template("receipt.html")
    html = page.render(
        face=face,
        fonts=pdf.font_rules() if engine == "weasyprint" else "",
        zoom=pdf.WKHTMLTOPDF_SHRINKS if engine == "pdfkit" else None,
    )
    return pdf.print_html(html, engine=engine, page=PORTRAIT)
