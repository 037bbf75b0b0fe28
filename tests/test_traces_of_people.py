"""The question on people: what looks like PESEL numbers or a list of attendance is found, other things are left."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from certify import pdf
from certify.filecheck import KINDS
from certify.traces_of_people import found_in
from tests import files

# Born on 2 July 1944; the number of every textbook.
PESEL = "44051401359"


def docx(*paragraphs: str) -> bytes:
    """A Word document; each paragraph is put into elements of three letters, as Word does when it feels like it."""
    parts = files.docx_parts()
    runs = "".join(
        "<w:p>" + "".join(f"<w:r><w:t>{text[at : at + 3]}</w:t></w:r>" for at in range(0, len(text), 3)) + "</w:p>"
        for text in paragraphs
    )
    body = str(parts["word/document.xml"])
    return files.archive(parts | {"word/document.xml": body.replace("<w:body>", f"<w:body>{runs}")})


def xlsx(*cells: str) -> bytes:
    """A workbook of these cells."""
    parts = files.xlsx_parts()
    rows = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in cells)
    return files.archive(parts | {"xl/sheet1.xml": str(parts["xl/sheet1.xml"]).replace("</row>", f"{rows}</row>")})


def printed(text: str) -> bytes:
    """A PDF as our own engine makes it."""
    style = f"{pdf.font_rules()} p {{ font-family: 'Certify Sans' }}"
    return pdf.print_with_weasyprint(f"<!DOCTYPE html><html lang='pl'><style>{style}</style><p>{text}</p>")


CASES: dict[str, tuple[str, Callable[[], bytes], tuple[str, ...]]] = {
    "number in a text": ("txt", lambda: f"Uczestniczka, PESEL {PESEL}, obecna.".encode(), ("pesel",)),
    "in windows letters": ("txt", lambda: f"Żaneta, {PESEL}".encode("cp1250"), ("pesel",)),
    "across two pieces": ("txt", lambda: b"a " * (2**19 - 3) + PESEL.encode() + b"\n", ("pesel",)),
    "wrong check digit": ("txt", lambda: b"44051401358", ()),
    "no such day": ("txt", lambda: b"44953401359", ()),
    "part of a longer number": ("txt", lambda: f"1{PESEL}".encode(), ()),
    "bank account": ("txt", lambda: b"PL61109010140000071219812874", ()),
    "list in a table": ("csv", lambda: "Lista obecności;5.03.2026\n".encode(), ("attendance",)),
    "both": ("csv", lambda: f"LISTA OBECNOŚCI\nJan;{PESEL}\n".encode(), ("attendance", "pesel")),
    "word, letters apart": ("docx", lambda: docx("Lista obecności", f"nr {PESEL}"), ("attendance", "pesel")),
    "excel": ("xlsx", lambda: xlsx("Jan", PESEL, "7"), ("pesel",)),
    "pdf": ("pdf", lambda: printed(f"Jan Kowalski, {PESEL}"), ("pesel",)),
    "pdf list": ("pdf", lambda: printed("Lista obecności na warsztatach"), ("attendance",)),
    "plain pdf": ("pdf", files.pdf, ()),
    "picture": ("png", files.png, ()),
    "presentation": ("pptx", files.pptx, ()),
    "open document": ("odt", lambda: files.archive(files.odt_parts(f"<text:p>{PESEL}</text:p>")), ("pesel",)),
    "nothing that can be read": ("docx", lambda: b"PK\x03\x04", ()),
}


@pytest.mark.parametrize("case", CASES)
def test_traces(case: str, tmp_path: Path) -> None:
    extension, make, expected = CASES[case]
    path = tmp_path / "received"
    path.write_bytes(make())
    assert found_in(path, KINDS[extension]) == expected


def test_a_crowded_page_is_not_read(tmp_path: Path) -> None:
    """A drawing of a million strokes would take the web process minutes and gigabytes to part into its strokes."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed(PESEL))) as document:
        page = document.pages[0]
        page.contents_coalesce()
        page.Contents = document.make_stream(page.Contents.read_bytes() + b"0 0 m 1 1 l S\n" * 30_000)
        document.save(out)
    path = tmp_path / "received"
    path.write_bytes(out.getvalue())
    assert found_in(path, KINDS["pdf"]) == ()
