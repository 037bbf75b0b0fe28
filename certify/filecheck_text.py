"""Looks into plain text and CSV: an alphabet that people here use, never a page, a script or a binary."""

import codecs
import mmap
import re
from collections.abc import Iterator
from pathlib import Path

from certify import filecheck_zip
from certify.domain import errors
from certify.filecheck_acting import FUNCTIONS, active, refuse_formula

_CHUNK = 1024 * 1024
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_START = 1024
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
# What old DOS programs put behind a text.
_OLD_END = "\x1a"
# The beginnings by which browsers take a file for a page (WHATWG, MIME Sniffing, section 7.1), and those of scripts.
# A person who begins with `<anna@…> napisała:`, or writes of a tag further on, writes a text.
_MARKUP = re.compile(
    r"\s*(<(!doctype|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|svg|xml|math|img|object|embed"
    r"|meta|link|form|frameset)[\s/>]|<!--|<[?%]|#!|\{\\rtf)|.*%pdf-",
    re.DOTALL,
)
# A cell is a formula when it begins so; the signs stand in front of phone numbers and names too.
_FORMULA_START = re.compile(r"(?:^|[;,\t\"])\s*[=+\-@]", re.MULTILINE)
# `program|'topic'!item`, which no table with bars between its cells holds.
_PROGRAM = re.compile(r"(?<=\w)\s?\|\s?(?:'[^'|\n]{0,200}'|[\w.]{0,200})\s?!\s?[\w'$]")
_REACH = 1_000
_MAX_HITS = 1_000


def encodings(start: bytes) -> tuple[str, ...]:
    """The alphabets to try, by the first bytes: UTF-16 as Notepad and Excel write it, UTF-8, or that of old Windows."""
    return ("utf-16",) if start.startswith(_BOMS) else ("utf-8-sig", "cp1250")


def check_text(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid with file_type_mismatch; return for plain text."""
    _check(data, formulas=False)


def check_csv(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid with file_type_mismatch, or active_content for a formula that reaches out of the table."""
    _check(data, formulas=True)


def _check(data: mmap.mmap, *, formulas: bool) -> None:
    if filecheck_zip.is_zip(data):
        raise errors.Invalid({"file": "file_type_mismatch"})
    for encoding in encodings(data[:4]):
        try:
            _judge(data, encoding, formulas=formulas)
        except ValueError:
            continue
        return
    raise errors.Invalid({"file": "file_type_mismatch"})


def _judge(data: mmap.mmap, encoding: str, *, formulas: bool) -> None:
    """Raise ValueError, of which UnicodeDecodeError is one, for what is no plain text in this alphabet."""
    before = ""
    for number, text in enumerate(_pieces(data, encoding)):
        if number == 0 and _MARKUP.match(text[:_START].lower()):
            raise errors.Invalid({"file": "file_type_mismatch"})
        if _CONTROL.search(text):
            raise ValueError
        if formulas:
            _refuse_formulas(before + text)
            before = text[-_REACH:]


def _pieces(data: mmap.mmap, encoding: str) -> Iterator[str]:
    # In pieces: the decoded text of 25 MiB would take several times as much memory.
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(data), _CHUNK):
        last = start + _CHUNK >= len(data)
        text = decoder.decode(data[start : start + _CHUNK], last)
        yield text.rstrip(_OLD_END) if last else text


def _refuse_formulas(text: str) -> None:
    raised = text.upper()
    for count, at in enumerate(_places(raised)):
        line = max(raised.rfind("\n", 0, at) + 1, at - _REACH)
        start = _FORMULA_START.search(raised, line, at)
        if start is not None:
            refuse_formula(raised[start.end() : at + _REACH].replace('"', ""))
        if count > _MAX_HITS:
            # No table of a centre speaks of nothing else, and each place costs a look back.
            raise active("formula")


def _places(raised: str) -> Iterator[int]:
    """Where something like a call of a function that reaches out, or a link to another program, stands."""
    for word in FUNCTIONS:
        at = raised.find(word)
        while at >= 0:
            if raised[at + len(word) : at + len(word) + 5].lstrip().startswith("("):
                yield at
            at = raised.find(word, at + 1)
    if "|" in raised:
        for found in _PROGRAM.finditer(raised):
            yield found.start()
