"""The question on people: what looks like PESEL numbers or a list of attendance is found, other things are left."""

import io
import resource
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from flask import Flask

from certify import children, file_look, pdf, pdf_engines
from certify.children import Limits
from certify.domain import errors
from certify.filecheck import KINDS
from certify.traces_of_people import found_in
from tests import files
from tests.heavy_files import HEAVY_PDFS

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
    return pdf_engines.print_with_weasyprint(f"<!DOCTYPE html><html lang='pl'><style>{style}</style><p>{text}</p>")


def helvetica(text: str) -> bytes:
    """A PDF as most programs write it: a font of the fourteen that need no file, one byte a letter."""
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(595, 842))
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
        page.Contents = document.make_stream(f"BT /F 12 Tf 50 700 Td ({text}) Tj ET".encode())
        out = io.BytesIO()
        document.save(out)
    return out.getvalue()


def restricted(content: bytes) -> bytes:
    """The same, open to everybody, but not to be printed or changed."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="a", user=""))
    return out.getvalue()


CASES: dict[str, tuple[str, Callable[[], bytes], tuple[str, ...]]] = {
    "number in a text": ("txt", lambda: f"Uczestniczka, PESEL {PESEL}, obecna.".encode(), ("pesel",)),
    "in windows letters": ("txt", lambda: f"Żaneta, {PESEL}".encode("cp1250"), ("pesel",)),
    "in unicode of notepad": ("csv", lambda: f"Żaneta;{PESEL}".encode("utf-16"), ("pesel",)),
    "slides": ("odp", lambda: files.archive(files.odt_parts(f"<text:p>{PESEL}</text:p>")), ("pesel",)),
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
    "pdf that restricts its readers": ("pdf", lambda: restricted(printed(f"Jan, {PESEL}")), ("pesel",)),
    "pdf list": ("pdf", lambda: printed("Lista obecności na warsztatach"), ("attendance",)),
    "pdf in helvetica": ("pdf", lambda: helvetica(f"Jan Kowalski, {PESEL}"), ("pesel",)),
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


def test_a_page_with_a_million_strokes_costs_no_more_than_the_hint_may(tmp_path: Path) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(helvetica(PESEL))) as document:
        page = document.pages[0]
        page.contents_coalesce()
        page.Contents = document.make_stream(page.Contents.read_bytes() + b"0 0 m 1 1 l S\n" * 1_000_000)
        document.save(out, compress_streams=True)
    path = tmp_path / "received.pdf"
    path.write_bytes(out.getvalue())
    kind, traces = file_look.look(path, "received.pdf")
    assert (kind, set(traces) <= {"pesel"}) == (KINDS["pdf"], True)


@pytest.mark.parametrize("limits", [Limits(seconds=30, mebibytes=768, answer=0)])
def test_a_file_of_which_nothing_can_be_said_is_too_complex(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: Limits
) -> None:
    monkeypatch.setattr(file_look, "LIMITS", limits)
    (tmp_path / "a.txt").write_bytes(files.txt())
    with pytest.raises(errors.Invalid) as refusal:
        file_look.look(tmp_path / "a.txt", "a.txt")
    assert refusal.value.errors == (errors.FieldError("file", "file_too_complex"),)


@pytest.mark.parametrize(("name", "code"), [("a.txt", "file_damaged"), ("a.png", "image_damaged")])
def test_a_file_over_which_the_reader_falls_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str
) -> None:
    monkeypatch.setattr(children, "CHILD", tmp_path / "nothing.py")
    with pytest.raises(errors.Invalid) as refusal:
        file_look.look(tmp_path / name, name)
    assert refusal.value.errors == (errors.FieldError("file", code),)


@pytest.mark.parametrize("name", sorted(HEAVY_PDFS))
def test_a_small_hostile_file_costs_this_process_nothing(app: Flask, tmp_path: Path, name: str) -> None:
    (tmp_path / "a.pdf").write_bytes(HEAVY_PDFS[name])
    before = resource.getrusage(resource.RUSAGE_SELF)
    file_look.look(tmp_path / "a.pdf", "a.pdf")
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1
    assert after.ru_maxrss - before.ru_maxrss < 100 * 1024
