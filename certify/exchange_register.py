"""The register as a table for office programs: CSV that Excel opens with Polish letters, and XLSX.

Pure: heads and rows go in, bytes come out. No text can become a formula.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Row = Sequence[str | date | None]
# With these a spreadsheet takes a text for a formula; the apostrophe before them stays invisible in it.
_ACTS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(heads: Sequence[str], rows: Iterable[Row]) -> bytes:
    """UTF-8 with a mark at the beginning and semicolons, as Excel on a Polish system expects it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _harmless(value: str | date | None) -> str:
    if isinstance(value, date):
        return value.isoformat()
    text = value or ""
    return f"'{text}" if text.startswith(_ACTS) else text


def as_xlsx(title: str, heads: Sequence[str], widths: Sequence[int], rows: Iterable[Row]) -> bytes:
    """One sheet with days as days; written row by row, so that a long register does not stand in memory as cells."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    bold = []
    for head in heads:
        cell = WriteOnlyCell(sheet, head)
        cell.font = Font(bold=True)
        bold.append(cell)
    sheet.append(bold)
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _cell(sheet: Any, value: str | date | None) -> object:
    if not isinstance(value, str) or not value:
        return value or None
    cell = WriteOnlyCell(sheet, value)
    # Set by hand: openpyxl would make a formula of "=1+1" and an error of "#N/A".
    cell.data_type = "s"
    return cell
