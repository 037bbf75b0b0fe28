"""Reads what a PDF says, with pdfium, whatever program wrote it. For children with limits only, see `children.py`.

The pages are counted, the letters too: so much as a certificate or a list of people can have, not a whole book.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pypdfium2

PAGES = 50
LETTERS = 500_000
# Processor time after which no further page is begun; the limit of the child ends a single page that never ends.
SECONDS = 1.0
# In the fonts of our certificates the letters of ASCII stand in their order, the space first: what has gone through
# PostScript often keeps these places instead of letters.
_FIRST_PLACE = 1
PLACES = {_FIRST_PLACE + at: " " if at in {0, 0x5F} else chr(0x20 + at) for at in range(0x60)}


def found_in(content: bytes) -> dict[str, object]:
    """`readable`: whether every page that was looked at could be read; `text`: the title and the pages, by line.

    A damaged part is passed over: what the others say still tells what the file was made from.
    """
    try:
        with closing(pypdfium2.PdfDocument(content)) as document:
            parts: list[str | None] = [_title_of(document), *_pages_of(document)]
    except pypdfium2.PdfiumError:
        return {"readable": False, "text": ""}
    said = [part for part in parts if part is not None]
    text = "\n".join(said)
    # The first part is the title, so one alone is a document without pages.
    return {"readable": len(said) == len(parts) > 1, "text": f"{text}\n{_by_place(text)}"}


def pages_of(path: Path) -> Iterator[str]:
    """What the pages of a file say, one after the other; a page that can't be read says nothing."""
    with closing(pypdfium2.PdfDocument(path)) as document:
        for text in _pages_of(document):
            yield text or ""


def _pages_of(document: pypdfium2.PdfDocument) -> Iterator[str | None]:
    left, until = LETTERS, time.process_time() + SECONDS
    for number in range(min(len(document), PAGES)):
        if left <= 0 or time.process_time() > until:
            return
        text = _said_on(document, number, left)
        left -= len(text or "")
        yield text


def _title_of(document: pypdfium2.PdfDocument) -> str:
    return document.get_metadata_value("Title")[:LETTERS]


def _said_on(document: pypdfium2.PdfDocument, number: int, most: int) -> str | None:
    try:
        shown = document[number].get_textpage()
        return shown.get_text_range(0, min(shown.count_chars(), most), errors="replace")
    except pypdfium2.PdfiumError:
        return None


def _by_place(text: str) -> str:
    """The text read as places in our font; nothing when it has none of the signs that only places look like."""
    if not any(ord(sign) < 0x20 and sign not in "\r\n\t\f" for sign in text):
        return ""
    return text.translate(PLACES)
