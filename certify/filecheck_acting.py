"""Finds what acts in the text of office files: fields that fetch, formulas that reach out, clicks that run programs.

A part is first searched as bytes, which costs next to nothing; only one that speaks of such things is read element by
element. A field may be spread over many runs, so its words are put together before they are judged.
"""

import re
from collections.abc import Mapping
from xml.parsers import expat

from certify.domain import errors

# Of one file: a text of a thousand pages has fewer.
MAX_ELEMENTS = 300_000
# The first word of a field decides what it does. These fetch a picture, a text or data, on opening or on printing.
_FIELDS = {
    "DDE": "dde",
    "DDEAUTO": "dde",
    **dict.fromkeys(("INCLUDEPICTURE", "INCLUDETEXT", "INCLUDE", "IMPORT", "LINK", "DATABASE"), "linked_field"),
}
_FIELD_TEXT = re.compile(rb"[iI]nstrText(?:\s[^<>]*)?>([^<]*)")
_FIELD_ATTRIBUTE = re.compile(rb"\binstr\s*=\s*(\"[^\"<]*|'[^'<]*)")
# Written with a character code, in a comment or in CDATA, a word can be none of these to the eye of a search.
_FIELD_HINT = re.compile(rb"DDE|INCLUDE|IMPORT|DATABASE|(?<!HYPER)LINK|&")
_ASIDE = re.compile(rb"<!\[CDATA|<!--|(?<!^)<\?")
_FORMULAS = frozenset(
    {"f", "formula", "formula1", "formula2", "definedName", "calculatedColumnFormula", "totalsRowFormula"}
)
_FORMULA_TEXT = re.compile(
    rb"<(?:[^\s<>/!?:]+:)?(?:f|formula[12]?|definedName|calculatedColumnFormula|totalsRowFormula)(?:\s[^<>]*)?>([^<]+)"
)
# Functions of Excel, LibreOffice and Google's sheets that ask another program or another machine.
FUNCTIONS = (
    "WEBSERVICE",
    "RTD",
    "CALL",
    "REGISTER",
    "REGISTER.ID",
    "EXEC",
    "DDE",
    "IMAGE",
    "IMPORTXML",
    "IMPORTDATA",
    "IMPORTHTML",
    "IMPORTFEED",
    "IMPORTRANGE",
)
_CALLED = re.compile(r"(?<![A-Z0-9_])(?:" + "|".join(map(re.escape, FUNCTIONS)) + r")\s*\(")
_FORMULA_HINT = re.compile("|".join(map(re.escape, FUNCTIONS)).encode() + rb"|\||&#")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_DDE_LINK = re.compile(r"[\w.]\s*\|")
_ACTION = re.compile(rb"\baction\s*=")
_PROGRAMS = ("ppaction://program", "ppaction://macro", "ppaction://ole")
_LINKS = {"ddeLink": "dde", "oleLink": "ole"}


def active(feature: str) -> errors.Invalid:
    """The refusal of a file that acts, with the word for what it holds."""
    return errors.Invalid({"file": "active_content"}, feature=feature)


def refuse_formula(formula: str) -> None:
    """Raise Invalid when a formula asks another program (DDE) or another machine; its words are in any case."""
    bare = _QUOTED.sub("", formula.upper())
    if _CALLED.search(bare):
        raise active("formula")
    if _DDE_LINK.search(bare):
        raise active("dde")


def refuse_acting(content: bytes | bytearray, spent: list[int]) -> None:
    """Raise Invalid when this XML part of an OOXML package acts; `spent` counts the elements of the whole file."""
    if _is_wide(content) or _has_field(content) or _has_formula(content) or _has_link(content):
        _Acting(spent).read(content)


def _is_wide(content: bytes | bytearray) -> bool:
    # In UTF-16 nothing would be found.
    return b"\0" in content[:4]


def _has_field(content: bytes | bytearray) -> bool:
    # `instrText`, `delInstrText` of a change that is recorded, or the attribute `instr`.
    if b"nstr" not in content:
        return False
    if _ASIDE.search(content):
        return True
    words = b"".join(_FIELD_TEXT.findall(content)) + b"\n" + b"\n".join(_FIELD_ATTRIBUTE.findall(content))
    return bool(_FIELD_HINT.search(words.upper()))


def _has_formula(content: bytes | bytearray) -> bool:
    formulas = b"\n".join(_FORMULA_TEXT.findall(content))
    return bool(formulas and (_FORMULA_HINT.search(formulas.upper()) or _ASIDE.search(content)))


def _has_link(content: bytes | bytearray) -> bool:
    return b"ddeLink" in content or b"oleLink" in content or bool(_ACTION.search(content))


class _Acting:
    """Reads a part element by element: collects the words of each field and each formula and judges them."""

    def __init__(self, spent: list[int]) -> None:
        self._spent = spent
        # One list of words for each field that is open; the first is for words that stand in none.
        self._fields: list[list[str]] = [[]]
        self._words: list[str] = []
        self._open = ""
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def read(self, content: bytes | bytearray) -> None:
        self._parser.Parse(bytes(content), True)
        while self._fields:
            _judge_field("".join(self._fields.pop()))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._spent[0] += 1
        if self._spent[0] > MAX_ELEMENTS:
            raise errors.Invalid({"file": "archive_too_large"})
        local = name.rpartition(" ")[2]
        if local in _FORMULAS or local in {"instrText", "delInstrText"}:
            self._open, self._words = local, [] if local in _FORMULAS else self._fields[-1]
            self._parser.CharacterDataHandler = self._words.append
        elif attributes or local in _LINKS:
            self._look(local, {key.rpartition(" ")[2]: value for key, value in attributes.items()})

    def _look(self, local: str, attributes: Mapping[str, str]) -> None:
        if local == "fldSimple":
            _judge_field(attributes.get("instr", ""))
        elif local == "fldChar":
            self._turn(attributes.get("fldCharType", ""))
        elif local in _LINKS:
            raise active(_LINKS[local])
        elif attributes.get("action", "").strip().lower().startswith(_PROGRAMS):
            raise active("program")

    def _turn(self, kind: str) -> None:
        """A field begins, gets to its shown result, or ends."""
        if kind == "begin":
            self._fields.append([])
        else:
            _judge_field("".join(self._fields[-1]))
            self._fields[-1].clear()
            if kind == "end" and len(self._fields) > 1:
                self._fields.pop()

    def _end(self, name: str) -> None:
        if name.rpartition(" ")[2] == self._open:
            self._parser.CharacterDataHandler = None
            if self._open in _FORMULAS:
                refuse_formula("".join(self._words))
            self._open = ""


def _judge_field(words: str) -> None:
    first = re.match(r"[\s\"]*(\w+)", words)
    feature = _FIELDS.get(first[1].upper()) if first else None
    if feature:
        raise active(feature)
