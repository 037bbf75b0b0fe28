"""Reads a workbook back that `exchange_xlsx` wrote and a person filled in; each fault is named by its cell."""

import datetime as dt
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from certify import children, filecheck
from certify.children import Costly, Crashed, Limits
from certify.domain.errors import CertifyError, Invalid
from certify.exchange import (
    FORMAT,
    FORMAT_VERSION,
    MAX_VERSION,
    Content,
    Copy,
    Fault,
    Reply,
    canonical,
    moment,
    refused,
    unique,
)
from certify.exchange_xlsx import META, SHEET_NAME, unescaped

MAX_ROWS = 5_000
MAX_META = 2_000
MAX_STYLES = 1024 * 1024
LIMITS = Limits(seconds=10, mebibytes=512, answer=16)
_COLUMNS = 7
_META_COLUMNS = 60
NOT_APPLICABLE = frozenset({"nie dotyczy", "not applicable", "n/d", "nd", "n/a", "na"})
_PARTS = {"D": "points", "E": "reason"}
# The first bytes of what a spreadsheet program saves: a packed workbook of today, or an old XLS.
WORKBOOKS = (b"PK", b"\xd0\xcf\x11\xe0")
Rows = Iterator[tuple[int, tuple[Any, ...]]]


def from_xlsx(path: Path) -> Copy:
    """The copy in a workbook; faults of one criterion stand in its `Reply.faults`.

    The file is checked first as any upload is: no macros, no outside parts, no bomb. Raises `Invalid` with the codes of
    that check, and with file_not_ours, format_version_unknown, missing_field, wrong_type, formula, file_damaged,
    file_too_complex. It is read in a child with limits: raises `Unavailable("busy")` too.
    """
    try:
        return _from_tree(children.call("certify.exchange_xlsx_read:tree_of", str(path), limits=LIMITS))
    except Crashed as fault:
        raise refused("file_damaged") from fault
    except Costly as fault:
        raise _too_complex() from fault


def tree_of(path: str) -> dict[str, Any]:
    """The copy as values of JSON: the work of the child."""
    try:
        filecheck.check(Path(path), "file.xlsx")
    except Invalid as refusal:
        if refusal.errors[0].code == "file_type_mismatch":
            # An ODS or an old XLS, most often.
            raise Invalid(refusal.errors, feature="workbook") from refusal
        raise
    _refuse_long_styles(path)
    try:
        with open(path, "rb") as stream:  # noqa: PTH123 - the library's own way
            copy = _Book(load_workbook(stream, read_only=True, keep_links=False)).copy()
    except CertifyError:
        raise
    except MemoryError as fault:
        raise _too_complex() from fault
    except Exception as fault:
        # The library raises whatever it likes on a workbook that is put together wrongly.
        raise refused("file_damaged") from fault
    return asdict(copy) | {"exported_at": copy.exported_at.isoformat()}


def _too_complex() -> Invalid:
    return Invalid({"file": "file_too_complex"}, feature="workbook")


def _refuse_long_styles(path: str) -> None:
    """The library looks at each style of a workbook with all others in mind; ours has a few dozen."""
    with zipfile.ZipFile(path) as packed:
        if any(one.file_size > MAX_STYLES for one in packed.infolist() if "styles" in one.filename.lower()):
            raise _too_complex()


def _from_tree(tree: dict[str, Any]) -> Copy:
    replies = tuple(
        Reply(
            **one
            | {
                "content": Content(**one["content"]),
                "evidence": tuple(one["evidence"]),
                "faults": tuple(Fault(**fault) for fault in one["faults"]),
            }
        )
        for one in tree["replies"]
    )
    return Copy(**tree | {"exported_at": dt.datetime.fromisoformat(tree["exported_at"]), "replies": replies})


@dataclass
class _Known:
    """What the hidden sheet says of one criterion, and what is found of it in the others."""

    criterion: str
    version: int
    digest: str
    indicators: tuple[str, ...]
    title: str = ""
    points: int | None = None
    not_applicable: bool = False
    reason: str = ""
    evidence: tuple[str, ...] = ()
    narratives: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def reply(self) -> Reply:
        content = Content(self.points, self.not_applicable, self.reason.strip(), self.narratives)
        faults = tuple(self.faults)
        return Reply(self.criterion, content, self.version, self.digest, self.title, self.evidence, self.places, faults)


class _Book:
    """Goes through the sheets once."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.head: dict[str, str] = {}
        self.sheets: list[str] = []
        self.known: dict[str, _Known] = {}
        self.owner: dict[str, _Known] = {}
        self.strange: list[Reply] = []

    def copy(self) -> Copy:
        if META not in self.book.sheetnames:
            raise refused("file_not_ours")
        self._read_meta()
        for name in self.sheets:
            if name in self.book.sheetnames:
                self._read_sheet(name)
        found = [one.reply() for one in self.known.values() if one.places]
        return Copy(
            scheme=self._named("scheme"),
            rubric_version=self._named("rubric_version"),
            structure=self._named("structure"),
            application=self._named("application"),
            exported_at=moment(self._named("exported_at"), META),
            replies=unique([*found, *self.strange]),
        )

    def _named(self, name: str) -> str:
        value = self.head.get(name, "")
        if not value or len(value) > 200:
            raise refused("missing_field", f"{META}: {name}")
        return value

    def _rows(self, name: str, last: int, columns: int) -> Rows:
        sheet = self.book[name]
        # The size that a file claims is not believed.
        sheet.reset_dimensions()
        return enumerate(sheet.iter_rows(max_row=last, max_col=columns), 1)

    def _read_meta(self) -> None:
        for number, row in self._rows(META, MAX_META, _META_COLUMNS):
            values = [_plain(cell, f"{META}!{number}") for cell in row]
            key, rest = values[0], [*values[1:], "", "", ""]
            if key == "sheet":
                self.sheets.append(rest[0][:SHEET_NAME])
            elif key == "answer":
                self._note(rest, number)
            elif key:
                self.head[key] = rest[0]
        if self.head.get("format") != FORMAT:
            raise refused("file_not_ours")
        if self.head.get("format_version") != str(FORMAT_VERSION):
            raise refused("format_version_unknown", META)

    def _note(self, values: list[str], number: int) -> None:
        criterion, version, digest, *indicators = values
        if not (version.isascii() and version.isdigit() and len(version) < len(str(MAX_VERSION))) or not criterion:
            raise refused("wrong_type", f"{META}!{number}")
        known = _Known(criterion, int(version), digest, tuple(one for one in indicators if one))
        self.known[criterion] = known
        self.owner |= dict.fromkeys(known.indicators, known)

    def _read_sheet(self, name: str) -> None:
        # The first two rows are the title and the heads.
        for number, row in self._rows(name, MAX_ROWS, _COLUMNS):
            if number > 2:
                self._read_row(_Row(name, number, row))

    def _read_row(self, row: "_Row") -> None:
        name = row.text("A")
        if name in self.known:
            self._read_criterion(self.known[name], row)
        elif name in self.owner:
            self._read_indicator(self.owner[name], name, row)
        elif any(row.text(column) for column in "DEF"):
            self.strange.append(Reply(name[:40] or row.place("A"), places={"": row.place("A")}))
        if row.faults and name not in self.known and name not in self.owner:
            raise refused(row.faults[0].code, row.faults[0].place)

    def _read_criterion(self, known: _Known, row: "_Row") -> None:
        if "" in known.places:
            known.faults.append(Fault(row.place("A"), "criterion_twice"))
            return
        known.places |= {"": row.place("A"), "points": row.place("D"), "not_applicable": row.place("D")}
        known.places["reason"] = row.place("E")
        known.title, known.reason = row.text("B"), row.text("E")
        known.points, known.not_applicable = row.level()
        known.evidence = tuple(one for one in row.text("G").split("\n") if one)
        row.nothing_in("F")
        known.faults += row.faults

    def _read_indicator(self, known: _Known, indicator: str, row: "_Row") -> None:
        if indicator in known.narratives:
            known.faults.append(Fault(row.place("A"), "criterion_twice"))
            return
        known.places[indicator] = row.place("F")
        known.narratives[indicator] = row.text("F")
        row.nothing_in("D")
        row.nothing_in("E")
        known.faults += row.faults


class _Row:
    """One row of an area's sheet; faults are noted by cell as the cells are read."""

    def __init__(self, sheet: str, number: int, cells: tuple[Any, ...]) -> None:
        self.sheet = sheet
        self.number = number
        self.cells: Mapping[str, Any] = dict(zip("ABCDEFG", cells, strict=False))
        self.faults = [
            Fault(self.place(column), "formula" if cell.data_type == "f" else "bad_cell")
            for column, cell in self.cells.items()
            if cell.data_type in {"f", "e", "b"}
        ]

    def place(self, column: str) -> str:
        return f"{self.sheet}!{column}{self.number}"

    def text(self, column: str) -> str:
        cell = self.cells.get(column)
        return "" if cell is None or cell.data_type in {"f", "e", "b"} else _text(cell.value)

    def nothing_in(self, column: str) -> None:
        if self.text(column).strip():
            self.faults.append(Fault(self.place(column), "wrong_cell"))

    def level(self) -> tuple[int | None, bool]:
        """Points, and whether "not applicable" is chosen."""
        text = self.text("D").strip()
        if text.casefold() in NOT_APPLICABLE:
            return None, True
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text), False
        if text:
            self.faults.append(Fault(self.place("D"), "bad_points"))
        return None, False


def _plain(cell: Any, place: str) -> str:
    if cell.data_type == "f":
        raise refused("formula", place)
    return _text(cell.value)


def _text(value: object) -> str:
    """What a cell shows: people type numbers and dates where a text is asked, and programs make them of texts."""
    if value is None:
        return ""
    if isinstance(value, str):
        return canonical(unescaped(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    return str(value)
