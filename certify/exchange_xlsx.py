"""Writes the self-assessment as a workbook: a sheet of help, a sheet per area, and a hidden one for the way back.

Pure: the copy, the questions and the words go in, bytes come out. No text of a person can become a formula (F10).
"""

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from certify.domain.rubric import Criterion, Rubric
from certify.exchange import FORMAT, FORMAT_VERSION, Copy, Reply

META = "certify"
# Column → width in characters.
WIDTHS = {"A": 9, "B": 42, "C": 46, "D": 14, "E": 28, "F": 70, "G": 26}
SHEET_NAME = 31
# Heights in points. A program that opens the file need not fit rows to their text (LibreOffice does not), so that each
# row brings its height; 409 is the most that the format allows, and an empty field has room for some sentences.
LINE, TALLEST, ROOM = 15, 409, 4
A4 = 9
# Reasons and descriptions. Without it Excel makes dates of "5-10" and "1/2", and cuts zeros off, before we see it.
TEXT_COLUMNS, TEXT = (5, 6), "@"
_FORMULA = ("=", "+", "-", "@", "\t")
_LINE = Side(style="thin", color="C9CFCB")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD = PatternFill("solid", fgColor="14323A")
_FIXED = PatternFill("solid", fgColor="F1EEE6")
_WRITTEN = PatternFill("solid", fgColor="FFFFFF")
_TOP = Alignment(vertical="top", wrap_text=True)


@dataclass(frozen=True)
class Words:
    """The words of the workbook in one language. `heads`: of the seven columns; `help`: lines of the first sheet."""

    help_title: str
    help: tuple[str, ...]
    heads: tuple[str, ...]
    not_applicable: str
    wrong_level: str


@dataclass(frozen=True)
class Question:
    """One criterion as its sheet shows it. `indicators`: pairs of id and text; `may_be_excused`: "not applicable"."""

    id: str
    title: str
    levels: str
    points: tuple[int, ...]
    indicators: tuple[tuple[str, str], ...]
    may_be_excused: bool


@dataclass(frozen=True)
class Part:
    """One area: a sheet."""

    id: str
    title: str
    questions: tuple[Question, ...]


def parts_of(rubric: Rubric, centre_type: str, lang: str) -> tuple[Part, ...]:
    """The questions of a standard for one type of centre, in one language."""
    asked = set(rubric.criteria_for(centre_type))

    def question(one: Criterion) -> Question:
        levels = zip(rubric.scale.levels, one.descriptors, strict=True)
        critical = one.critical_to(centre_type) and rubric.scale.na_never_for_critical
        return Question(
            one.id,
            one.title.get(lang),
            "\n".join(f"{level.points} – {text.get(lang)}" for level, text in levels),
            rubric.scale.points,
            tuple((each.id, each.text.get(lang)) for each in one.indicators),
            rubric.scale.na_allowed and not critical,
        )

    found = (
        Part(area.id, area.title.get(lang), tuple(question(one) for one in area.criteria if one in asked))
        for area in rubric.areas
    )
    return tuple(part for part in found if part.questions)


def escaped(text: str) -> str:
    """The text as workbooks write it: `_x000D_` would be read as a line end, so its x is written as a code itself."""
    return re.sub(r"x(?=005F_)|(?<=_)x(?=[0-9A-Fa-f]{4})", "_x0078_", text)


def unescaped(text: str) -> str:
    """What `escaped` wrote, and what Excel writes for characters that its format can't hold."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def to_xlsx(copy: Copy, parts: Sequence[Part], words: Words) -> bytes:
    """The workbook's bytes."""
    book = Workbook()
    book.properties.creator = "Certify"
    book.properties.title = copy.application
    front: Worksheet = book.active  # type: ignore[assignment]
    _write_help(front, copy, words)
    replies = {one.criterion: one for one in copy.replies}
    for part in parts:
        _Sheet(book.create_sheet(part.id[:SHEET_NAME]), words).write(part, replies)
    _write_meta(book.create_sheet(META), copy, parts)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _put(sheet: Worksheet, row: int, column: int, value: str | int | None) -> Any:
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = escaped(value) or None
        # Set by hand: openpyxl would make a formula of "=1+1" and an error of "#N/A".
        cell.data_type = "s" if value else "n"
        if value.startswith(_FORMULA):
            cell.quotePrefix = True  # type: ignore[union-attr]
    else:
        cell.value = value
    return cell


def _write_help(sheet: Worksheet, copy: Copy, words: Words) -> None:
    sheet.title = words.help_title[:SHEET_NAME]
    sheet.sheet_view.showGridLines = False
    sheet.column_dimensions["A"].width = 100
    _printed(sheet, "portrait")
    _put(sheet, 1, 1, words.help_title).font = Font(name="Calibri", size=18, bold=True, color="14323A")
    _put(sheet, 2, 1, copy.application).font = Font(name="Calibri", size=12, color="6B4A1E")
    for row, line in enumerate(words.help, 4):
        cell = _put(sheet, row, 1, line)
        sheet.row_dimensions[row].height = _lines(line, 80) * (LINE + 2)
        cell.alignment = _TOP
        cell.font = Font(name="Calibri", size=12)


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a column so many characters wide; rather one too many than one cut off."""
    return sum(math.ceil(max(len(line), 1) / (0.9 * width)) for line in text.split("\n"))


def _printed(sheet: Worksheet, orientation: str) -> None:
    """On A4, as wide as the page."""
    sheet.page_setup.paperSize, sheet.page_setup.orientation = A4, orientation  # type: ignore[assignment]
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]


def _write_meta(sheet: Worksheet, copy: Copy, parts: Sequence[Part]) -> None:
    """What the way back needs; people have no business here."""
    sheet.sheet_state = "hidden"
    head = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "scheme": copy.scheme,
        "rubric_version": copy.rubric_version,
        "structure": copy.structure,
        "application": copy.application,
        "exported_at": copy.exported_at.isoformat(),
    }
    replies = {one.criterion: one for one in copy.replies}
    rows: list[list[str]] = [[key, value] for key, value in head.items()]
    for part in parts:
        rows.append(["sheet", part.id])
        for one in part.questions:
            reply = replies.get(one.id, Reply(one.id))
            rows.append(["answer", one.id, str(reply.version), reply.digest, *(each for each, _ in one.indicators)])
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            _put(sheet, number, column, value)


class _Sheet:
    """One area: the head, a row for each criterion, under it one for each of its indicators."""

    def __init__(self, sheet: Worksheet, words: Words) -> None:
        self.sheet = sheet
        self.words = words
        self.row = 1

    def write(self, part: Part, replies: dict[str, Reply]) -> None:
        for letter, width in WIDTHS.items():
            self.sheet.column_dimensions[letter].width = width
        self._line([f"{part.id}. {part.title}"])
        self.sheet.cell(1, 1).font = Font(name="Calibri", size=14, bold=True, color="14323A")
        self._line(self.words.heads)
        for column in range(1, 8):
            cell = self.sheet.cell(2, column)
            cell.fill, cell.font, cell.alignment = _HEAD, Font(name="Calibri", bold=True, color="FFFFFF"), _TOP
        self.sheet.freeze_panes = "C3"
        for one in part.questions:
            self._question(one, replies.get(one.id, Reply(one.id)))
        self._lock()

    def _line(self, values: Sequence[str | int | None]) -> None:
        for column, value in enumerate(values, 1):
            _put(self.sheet, self.row, column, value)
        self.row += 1

    def _question(self, one: Question, reply: Reply) -> None:
        content = reply.content
        level = self.words.not_applicable if content.not_applicable else content.points
        offered = [*map(str, one.points), *([self.words.not_applicable] if one.may_be_excused else [])]
        self._choice(offered)
        # The title of the copy, which may stand in another language than the questions, goes out and comes back.
        values = [one.id, reply.title or one.title, one.levels, level, content.reason, None, "\n".join(reply.evidence)]
        self._line(values)
        written = {4, 5} if one.may_be_excused or content.reason else {4}
        self._style(written, bold=True)
        self._fit(1)
        for indicator, text in one.indicators:
            self._line([indicator, text, None, None, None, content.narratives.get(indicator, "")])
            self._style({6}, bold=False)
            self._fit(ROOM)

    def _choice(self, offered: Sequence[str]) -> None:
        listed = DataValidation(type="list", formula1=f'"{",".join(offered)}"', allow_blank=True)
        listed.error = self.words.wrong_level
        listed.showErrorMessage = True
        self.sheet.add_data_validation(listed)
        listed.add(f"D{self.row}")

    def _style(self, written: set[int], *, bold: bool) -> None:
        for column in range(1, 8):
            cell = self.sheet.cell(self.row - 1, column)
            cell.alignment, cell.border = _TOP, _BORDER
            cell.fill = _WRITTEN if column in written else _FIXED
            if column in TEXT_COLUMNS:
                cell.number_format = TEXT
            cell.font = Font(name="Calibri", bold=bold and column < 3)
            cell.protection = Protection(locked=column not in written)

    def _fit(self, least: int) -> None:
        """Make the row written last as high as its longest text needs."""
        row = self.row - 1
        texts = ((str(self.sheet[f"{letter}{row}"].value or ""), width) for letter, width in WIDTHS.items())
        needed = max(_lines(text, width) for text, width in texts)
        self.sheet.row_dimensions[row].height = min(max(needed, least) * LINE, TALLEST)

    def _lock(self) -> None:
        """Keeps fingers off the questions; there is no password, and columns and rows may be resized."""
        self.sheet.protection.sheet = True
        self.sheet.protection.formatColumns = False
        self.sheet.protection.formatRows = False
        _printed(self.sheet, "landscape")
        self.sheet.print_title_rows = "2:2"
