"""The workbook: out and back is the identity, faults are named by cell, and nothing in it can act."""

import io
import os
import resource
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from certify import children, exchange_xlsx_read, filecheck
from certify.children import Limits
from certify.domain.errors import Invalid
from certify.exchange import Content, Copy
from certify.exchange_xlsx import META, Part, Question, Words, escaped, parts_of, to_xlsx, unescaped
from certify.exchange_xlsx_read import from_xlsx
from certify.rubrics import read_file
from tests import files
from tests.exchange_copies import copies
from tests.factories import RUBRICS
from tests.test_exchange_json import COPY

EXAMPLES = 300 if os.environ.get("TEST_SCALE") == "full" else 30
WORDS = Words(
    "Jak wypełnić", ("Wpisz poziom.", "=Zapisz"), ("Nr", "Pytanie", "Poziomy", "Poziom", "Powód", "Opis", "Dowody"),
    "nie dotyczy", "Wybierz z listy.",
)  # fmt: skip
Edit = Callable[[Any], None]


def parts_for(copy: Copy) -> list[Part]:
    """Sheets that ask what the copy answers."""
    found: dict[str, list[Question]] = {}
    for one in copy.replies:
        indicators = tuple((each, f"Pytanie {each}") for each in one.content.narratives)
        question = Question(one.criterion, "Tytuł", "0 – nic\n1 – coś", (0, 1, 2, 3, 4, 5), indicators, True)
        found.setdefault(one.criterion.split(".")[0], []).append(question)
    return [Part(name, f"Obszar {name}", tuple(questions)) for name, questions in found.items()]


def kept(folder: Path, raw: bytes) -> Path:
    path = folder / "samoocena.xlsx"
    path.write_bytes(raw)
    return path


def written(copy: Copy = COPY) -> bytes:
    return to_xlsx(copy, parts_for(copy), WORDS)


def edited(folder: Path, edit: Edit, copy: Copy = COPY) -> Path:
    """The workbook as a spreadsheet program would save it after somebody changed it."""
    book = load_workbook(io.BytesIO(written(copy)))
    edit(book)
    stream = io.BytesIO()
    book.save(stream)
    return kept(folder, stream.getvalue())


def refusal(path: Path) -> tuple[str, str]:
    with pytest.raises(Invalid) as refused:
        from_xlsx(path)
    (one,) = refused.value.errors
    return one.field, one.code


def setting(cell: str, value: object, sheet: str = "O1") -> Edit:
    def edit(book: Any) -> None:
        book[sheet][cell] = value

    return edit


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(copies())
def test_out_and_back_is_the_identity(tmp_path: Path, copy: Copy) -> None:
    assert from_xlsx(kept(tmp_path, written(copy))) == replace(copy, replies=tuple(titled(copy)))


def titled(copy: Copy) -> list[Any]:
    """A copy without a title shows the question's own."""
    return [one if one.title else replace(one, title="Tytuł") for one in copy.replies]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+48 600 100 200", "-5", "@SUMA(A1)", "\tx", "#N/A", "_x000D_", "x005F_", "_x1234x005F_", "_x0041_x0042_",
     "2026-01-01", "007", " x ", "\n\nx\n", "ą" * 10_000, "🙂" * 10_000, "_x0000_" * 1_400],
)  # fmt: skip
def test_texts_that_programs_misread(tmp_path: Path, text: str) -> None:
    content = Content(2, narratives={"O1.1.a": text})
    copy = replace(COPY, replies=(replace(COPY.replies[0], content=content),))
    assert from_xlsx(kept(tmp_path, written(copy))).replies[0].content == content
    assert unescaped(escaped(text)) == text


def test_no_text_becomes_a_formula(tmp_path: Path) -> None:
    texts = Content(2, narratives={f"O1.1.{n}": text for n, text in enumerate(("=1+1", "+1", "-1", "@a", "\ta"))})
    copy = replace(COPY, replies=(replace(COPY.replies[0], content=texts),))
    sheet = load_workbook(kept(tmp_path, written(copy)))["O1"]
    cells = [sheet.cell(row, 6) for row in range(4, 9)]
    assert [(cell.data_type, cell.quotePrefix) for cell in cells] == [("s", True)] * 5
    raw = zipfile.ZipFile(io.BytesIO(written(copy)))
    assert all(b"<f>" not in raw.read(name) for name in raw.namelist() if name.startswith("xl/worksheets"))


def test_it_passes_the_check_of_uploads(tmp_path: Path) -> None:
    assert filecheck.check(kept(tmp_path, written()), "samoocena.xlsx").extension == "xlsx"


def test_how_it_is_laid_out(tmp_path: Path) -> None:
    rubric = read_file(RUBRICS / "osl" / "1.0.yaml")
    parts = parts_of(rubric, "OPS", "pl")
    book = load_workbook(kept(tmp_path, to_xlsx(COPY, parts, WORDS)))
    assert book.sheetnames == ["Jak wypełnić", *(f"O{n}" for n in range(1, 8)), META]
    assert book[META].sheet_state == "hidden"
    sheet = book["O1"]
    assert sheet.freeze_panes == "C3"
    assert [sheet["A3"].value, sheet["D3"].value, sheet["A4"].value] == ["O1.1", 2, "O1.1.a"]
    assert (sheet["D3"].protection.locked, sheet["A3"].protection.locked) == (False, True)
    offered = {one.formula1 for one in sheet.data_validations.dataValidation}
    assert offered <= {'"0,1,2,3"', '"0,1,2,3,nie dotyczy"'} and offered


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, (3, False)), ("3", (3, False)), (3.0, (3, False)), ("Nie dotyczy", (None, True)), (None, (None, False))],
)
def test_what_people_write_as_a_level(tmp_path: Path, value: object, expected: tuple[int | None, bool]) -> None:
    reply = from_xlsx(edited(tmp_path, setting("D3", value))).replies[0]
    assert ((reply.content.points, reply.content.not_applicable), reply.faults) == (expected, ())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2026, "2026"),
        (2.5, "2.5"),
        (datetime(2026, 3, 5), "2026-03-05"),
        (datetime(2026, 3, 5, 8, 30), "2026-03-05 08:30"),
    ],
)
def test_numbers_and_dates_in_place_of_texts(tmp_path: Path, value: object, text: str) -> None:
    assert from_xlsx(edited(tmp_path, setting("F4", value))).replies[0].content.narratives == {"O1.1.a": text}


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        ("F4", "=HYPERLINK(A1)", "formula"),
        ("E3", "=1+1", "formula"),
        ("B3", "=1+1", "formula"),
        ("D3", "dużo", "bad_points"),
        ("D3", "-1", "bad_points"),
        ("D3", 1.5, "bad_points"),
        ("D3", True, "bad_cell"),
        ("F4", "#N/A", "bad_cell"),
        ("F3", "Opis nie w tym wierszu.", "wrong_cell"),
        ("D4", 2, "wrong_cell"),
        ("E4", "Powód nie w tym wierszu.", "wrong_cell"),
    ],
)
def test_faults_are_named_by_cell(tmp_path: Path, cell: str, value: object, code: str) -> None:
    (reply,) = from_xlsx(edited(tmp_path, setting(cell, value))).replies
    assert [(one.place, one.code) for one in reply.faults] == [(f"O1!{cell}", code)]


def test_rows_may_move_and_go(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        book["O1"].insert_rows(3, 4)
        book["O1"]["C4"] = "Moja notatka."

    assert from_xlsx(edited(tmp_path, edit)).replies[0].content == COPY.replies[0].content
    gone = edited(tmp_path, lambda book: book["O1"].delete_rows(4))
    assert from_xlsx(gone).replies[0].content.narratives == {}
    assert from_xlsx(edited(tmp_path, lambda book: book.remove(book["O1"]))).replies == ()


def test_strange_and_double_rows(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        for column, row in (("X.9", 6), ("O1.1", 7), ("O1.1.a", 8)):
            book["O1"][f"A{row}"] = column
            book["O1"][f"F{row}"] = "Tekst."
        book["O1"]["D9"] = 2

    found = from_xlsx(edited(tmp_path, edit)).replies
    assert [one.criterion for one in found] == ["O1.1", "X.9", "O1!A9"]
    assert [(one.place, one.code) for one in found[0].faults] == [
        ("O1!A7", "criterion_twice"), ("O1!A8", "criterion_twice"),
    ]  # fmt: skip
    assert found[1].place("") == "O1!A6"
    assert refusal(edited(tmp_path, setting("A9", "=1+1"))) == ("O1!A9", "formula")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda book: book.remove(book[META]), ("file", "file_not_ours")),
        (setting("B1", "inny", META), ("file", "file_not_ours")),
        (setting("B2", "9", META), (META, "format_version_unknown")),
        (setting("B3", None, META), (f"{META}: scheme", "missing_field")),
        (setting("B7", "wczoraj", META), (META, "wrong_type")),
        (setting("C9", "-1", META), (f"{META}!9", "wrong_type")),
        (setting("B3", "=1+1", META), (f"{META}!3", "formula")),
    ],
)
def test_a_workbook_that_is_not_ours(tmp_path: Path, edit: Edit, expected: tuple[str, str]) -> None:
    assert refusal(edited(tmp_path, edit)) == expected


def test_any_other_workbook_and_damage(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Workbook().save(stream)
    assert refusal(kept(tmp_path, stream.getvalue())) == ("file", "file_not_ours")
    assert refusal(kept(tmp_path, written()[:-50])) == ("file", "file_damaged")
    assert refusal(kept(tmp_path, b"PK\x03\x04")) == ("file", "file_damaged")
    assert refusal(kept(tmp_path, b"zwykly tekst")) == ("file", "file_type_mismatch")


def repacked(raw: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            new.writestr(one, change(old.read(one)) if one == name else old.read(one))
    return stream.getvalue()


def test_a_workbook_put_together_wrongly_is_damaged(tmp_path: Path) -> None:
    broken = repacked(written(), "xl/workbook.xml", lambda content: content.replace(b'sheetId="2"', b'sheetId="x"'))
    assert refusal(kept(tmp_path, broken)) == ("file", "file_damaged")


def test_a_workbook_of_endless_styles_is_refused_before_they_are_read(tmp_path: Path) -> None:
    formats = b"".join(b'<xf numFmtId="%d"/>' % (at * 7919 % 10**9) for at in range(200_000))
    raw = repacked(written(), "xl/styles.xml", lambda content: content.replace(b"</cellXfs>", formats + b"</cellXfs>"))
    before = resource.getrusage(resource.RUSAGE_SELF)
    assert refusal(kept(tmp_path, raw)) == ("file", "file_too_complex")
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1
    assert after.ru_maxrss - before.ru_maxrss < 100 * 1024


def test_reading_a_workbook_has_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_xlsx_read, "LIMITS", Limits(seconds=10, answer=0))
    assert refusal(kept(tmp_path, written())) == ("file", "file_too_complex")
    monkeypatch.setattr(children, "CHILD", tmp_path / "nothing.py")
    assert refusal(kept(tmp_path, written())) == ("file", "file_damaged")


def test_claimed_sizes_and_far_rows_cost_nothing(tmp_path: Path) -> None:
    def far(content: bytes) -> bytes:
        row = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
        return content.replace(b"</sheetData>", row + b"</sheetData>")

    raw = repacked(written(), "xl/worksheets/sheet2.xml", far)
    assert from_xlsx(kept(tmp_path, raw)).replies[0].content == COPY.replies[0].content


def test_comments_of_colleagues_do_no_harm(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        book["O1"]["F4"].comment = Comment("Sprawdź datę.", "Ewa")

    assert from_xlsx(edited(tmp_path, edit)).replies == COPY.replies


def test_rows_are_as_high_as_their_texts_and_pages_are_a4() -> None:
    texts = {"O1.1.a": "Zdanie o pracy. " * 60, "O1.1.b": "Krótko.", "O1.1.c": "słowo\n" * 400}
    reply = replace(COPY.replies[0], content=replace(COPY.replies[0].content, narratives=texts))
    book = load_workbook(io.BytesIO(written(replace(COPY, replies=(reply,)))))
    heights = [book["O1"].row_dimensions[row].height for row in range(3, 7)]
    # The two levels need two lines; 960 characters at 63 a line need 16; an empty row has room for four lines.
    assert heights == [30, 16 * 15, 60, 409]
    assert [(one.page_setup.paperSize, one.page_setup.orientation) for one in book.worksheets[:2]] == [
        (9, "portrait"),
        (9, "landscape"),
    ]


def test_what_a_person_types_stays_a_text() -> None:
    """Excel makes a date of "5-10" in a cell of no kind; in a cell of text it leaves it alone."""
    book = load_workbook(io.BytesIO(written()))
    cells = [
        cell for name in book.sheetnames[1:] if name != META for row in book[name].iter_rows(min_row=3) for cell in row
    ]
    assert {cell.number_format for cell in cells if cell.column_letter in "EF"} == {"@"}
    assert {cell.number_format for cell in cells if cell.column_letter not in "EF"} == {"General"}


@pytest.mark.parametrize("content", [files.ods(), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000), files.docx()])
def test_another_kind_of_workbook_is_said_to_be_one(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        from_xlsx(kept(tmp_path, content))
    assert (refused.value.errors[0].code, refused.value.details["feature"]) == ("file_type_mismatch", "workbook")
