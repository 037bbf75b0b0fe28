"""The check of a file: what it says of genuine files that were printed anew, and what a small hostile file costs it."""

import io
import resource
from pathlib import Path

import pikepdf
import pytest
from flask import Flask
from fontTools.ttLib import TTFont

from certify import children, pdf, pdf_text, storage
from certify.children import Limits
from certify.domain.lifecycle import Status
from certify.models.certificate import Certificate
from certify.queries import certificates
from certify.workflows import verification
from certify.workflows.evidence import root
from certify.workflows.verification import READING, verify
from tests import files
from tests.factories import make_application
from tests.heavy_files import HEAVY_PDFS
from tests.statements import counted

PRINTED = Path(__file__).parent.parent / "data/printed-anew"


@pytest.fixture
def issued(app: Flask) -> tuple[Certificate, bytes]:
    certificate = certificates.of_application(make_application(at=Status.CERTIFIED).case_id)
    assert certificate is not None
    assert certificate.pdf_sha256 is not None
    with storage.open_verified(root(), certificate.pdf_sha256) as stream:
        return certificate, stream.read()


def said_of(content: bytes) -> tuple[str, str | None, str]:
    found = verify(io.BytesIO(content))
    return found.answer, found.certificate and found.certificate.number, found.fault


def on_a_sheet(content: bytes) -> bytes:
    """Two pages on one sheet, each a form of its own: what stamps and scanning programs make of a page."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as inner, pikepdf.new() as sheet:
        sheet.add_blank_page(page_size=(842, 1191))
        for lower in (0, 595):
            sheet.pages[0].add_overlay(inner.pages[0], pikepdf.Rectangle(0, lower, 842, lower + 595))
        sheet.save(out)
    return out.getvalue()


def test_a_genuine_certificate_put_on_a_sheet_shows_its_number(issued: tuple[Certificate, bytes]) -> None:
    certificate, content = issued
    assert said_of(content) == ("genuine", certificate.number, "")
    assert said_of(on_a_sheet(content)) == ("altered", certificate.number, "")


@pytest.mark.parametrize("name", sorted(one.stem for one in PRINTED.glob("*.pdf")))
def test_the_number_of_a_certificate_printed_anew_is_read(name: str) -> None:
    content = (PRINTED / f"{name}.pdf").read_bytes()
    read = children.call("certify.pdf_text:found_in", limits=READING, content=content)
    assert read["readable"] is True
    assert "nr OSL/2026/0001" in read["text"].replace("\u00a0", " ")


@pytest.mark.parametrize("name", [face[1] for face in pdf.FACES[:2]])
def test_the_letters_of_our_fonts_stand_where_the_reader_of_places_looks(name: str) -> None:
    with TTFont(pdf.FONTS / name) as font:
        letters = font.getBestCmap()
        for place, letter in pdf_text.PLACES.items():
            if letter != " ":
                assert font.getGlyphID(letters[ord(letter)]) == place


@pytest.mark.parametrize("name", sorted(HEAVY_PDFS))
def test_a_small_hostile_file_costs_this_process_nothing(app: Flask, name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF)
    found = verify(io.BytesIO(HEAVY_PDFS[name]))
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert found.answer in {"unknown", "unreadable"}
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1
    assert after.ru_maxrss - before.ru_maxrss < 100 * 1024


def test_a_file_that_costs_more_than_reading_may_is_no_damaged_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "READING", Limits(seconds=2, answer=0))
    assert said_of(HEAVY_PDFS["pages"]) == ("unreadable", None, "file_too_complex")


def test_a_file_over_which_the_reader_falls_is_damaged(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "CHILD", Path("nothing.py"))
    assert said_of(HEAVY_PDFS["pages"]) == ("unreadable", None, "file_damaged")


def test_what_is_too_large_or_no_pdf(app: Flask) -> None:
    assert said_of(bytes(verification.MAX_PDF + 1)) == ("unreadable", None, "file_too_large")
    assert said_of(b"%PDF-1.7\n%%EOF") == ("unreadable", None, "file_damaged")
    assert verify(io.BytesIO(b"no PDF")).answer == "unreadable"


def test_the_check_asks_for_the_numbers_that_stand_in_the_text(issued: tuple[Certificate, bytes]) -> None:
    certificate, content = issued
    with counted() as asked:
        assert said_of(content + b"\n") == ("altered", certificate.number, "")
    # By digest, by number: however many certificates there are.
    assert len([one for one in asked if "FROM certificate " in one.replace("\n", " ")]) <= 3


def test_an_entry_of_before_the_register_bears_no_number_of_ours(app: Flask) -> None:
    assert certificates.named_in("a word and a fraction 3/4, OSL/1999/0001 too") is None


def test_a_long_file_is_read_in_part(tmp_path: Path) -> None:
    (tmp_path / "long.pdf").write_bytes(files.pdf(pdf_text.PAGES + 1))
    assert list(pdf_text.pages_of(tmp_path / "long.pdf")) == [""] * pdf_text.PAGES
