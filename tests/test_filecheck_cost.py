"""What the check of a file costs: processor time and memory of a child, for the worst that a megabyte can hold."""

import io
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from certify import children, filecheck
from certify.children import Limits
from certify.domain import errors
from tests import files
from tests.test_filecheck_acting import sheet, with_text
from tests.test_filecheck_office import with_part


def seconds_of(path: str, name: str) -> tuple[str, float, int]:
    """In a child: the verdict, the processor time and the most memory (MiB) of one check."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    try:
        said = filecheck.check(Path(path), name).extension
    except errors.Invalid as refusal:
        said = refusal.errors[0].code
    after = resource.getrusage(resource.RUSAGE_SELF)
    return said, after.ru_utime - before.ru_utime, (after.ru_maxrss - before.ru_maxrss) // 1024


def many_parts() -> bytes:
    """An archive of 100,000 parts in a megabyte and a half that says so in the record for large ones."""
    one = io.BytesIO()
    with zipfile.ZipFile(one, "w") as packed:
        for number in range(100_000):
            packed.writestr(zipfile.ZipInfo(f"{number:x}"), b"")
    return one.getvalue()


def full_of_workbooks() -> bytes:
    """A document of 1,990 workbooks with 200 sheets each."""
    inner = files.archive(files.xlsx_parts() | {f"xl/{number}.xml": "<a/>" for number in range(200)})
    return files.archive(files.docx_parts() | {f"word/embeddings/{number}.xlsx": inner for number in range(1_990)})


def nested_bomb() -> bytes:
    """A document whose workbook has 300 parts of a megabyte, each of which alone would pass."""
    parts = files.xlsx_parts() | {f"xl/{number}.bin": bytes(1_000_000) for number in range(300)}
    return with_part("word/embeddings/a.xlsx", files.archive(parts))


HEAVY: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a million fields": ("docx", lambda: with_text('<w:fldSimple w:instr="REF LINK"/>' * 900_000), "archive_too_large"),
    "a million harmless fields": ("docx", lambda: with_text("<w:instrText>PAGE</w:instrText>" * 700_000), "docx"),
    "one field of endless beginnings": (
        "docx",
        lambda: with_text('<w:fldChar w:fldCharType="separate"/><w:instrText>LINK_</w:instrText>' * 140_000),
        "docx",
    ),
    "a million formulas": ("xlsx", lambda: sheet("<f>A1|</f>" * 1_000_000), "active_content"),
    "a million elements": ("xlsx", lambda: sheet("<c/>" * 7_000_000), "xlsx"),
    "100,000 parts": ("docx", many_parts, "archive_too_large"),
    "nested bomb": ("docx", nested_bomb, "archive_too_large"),
    "workbooks without end": ("docx", full_of_workbooks, "archive_too_large"),
    "calls without end": ("csv", lambda: b"=RTD (" * 170_000, "active_content"),
    "bars without end": ("csv", lambda: b"|" * 1_000_000, "csv"),
    "half calls without end": ("csv", lambda: b"a|'b'!c " * 110_000, "active_content"),
}


@pytest.mark.parametrize("case", HEAVY)
def test_no_file_costs_much(case: str, tmp_path: Path) -> None:
    """Processor time of a child, not the clock; a megabyte that is sent takes at most about a second."""
    extension, make, expected = HEAVY[case]
    path = tmp_path / "received"
    path.write_bytes(make())
    said, seconds, mebibytes = children.call(
        "tests.test_filecheck_cost:seconds_of", str(path), f"a.{extension}", limits=Limits(seconds=20)
    )
    assert said == expected
    assert seconds < 4, "about one on a quiet machine"
    assert mebibytes < 160
