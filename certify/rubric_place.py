"""Typed reading of one place of a rubric file: each read gives a value of the right type or notes a fault there.

A read that fails notes its fault and gives a harmless stand-in, so that one pass finds every fault of the file.
"""

import re
import unicodedata
from collections.abc import Callable, Collection
from datetime import date
from fractions import Fraction
from typing import TypeVar

from certify.domain.rubric import Text
from certify.rubric_yaml import Fault, Node, joined, visible

MAX_TEXT = 2000
_Read = TypeVar("_Read")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,8}")
_PERCENT = re.compile(r"(0|[1-9][0-9]{0,2})(\.[0-9]{1,4})?")
_KIND_NAMES = {"text": "text", "list": "a list", "mapping": "a mapping (key: value)"}


class Place:
    """A node of the file, or the lack of one (`node` None) where the fault has already been noted."""

    def __init__(self, node: Node | None, faults: list[Fault], key: Node | None = None) -> None:
        self.node = node
        self.key = key
        self._faults = faults

    def __bool__(self) -> bool:
        return self.node is not None

    def fault(self, code: str, message: str, *, at_key: bool = False) -> None:
        """Note a fault here; nothing is noted about a place that is missing anyhow."""
        if self.node is not None:
            at = self.key if at_key and self.key else self.node
            self._faults.append(Fault(at.line, at.column, self.node.path, code, message))

    def _is(self, kind: str) -> bool:
        if self.node is not None and self.node.kind != kind:
            found = _KIND_NAMES[self.node.kind]
            self.fault("wrong_type", f"Here must stand {_KIND_NAMES[kind]}, not {found}.")
        return self.node is not None and self.node.kind == kind

    def fields(self, required: Collection[str], optional: Collection[str] = ()) -> dict[str, "Place"]:
        """The places under a mapping's keys; every key that was asked for is in the answer, missing ones empty."""
        found = {name: Place(None, self._faults) for name in (*required, *optional)}
        if not self._is("mapping") or self.node is None:
            return found
        for name, entry in self.node.entries.items():
            place = Place(entry.value, self._faults, entry.key)
            if name in found:
                found[name] = place
            else:
                place.fault("unknown_key", f"The key “{visible(name)}” is not known here.", at_key=True)
        for name in required:
            if name not in self.node.entries:
                message = f"The key “{name}” is missing."
                self._faults.append(
                    Fault(self.node.line, self.node.column, joined(self.node.path, name), "missing_key", message)
                )
        return found

    def pairs(self) -> list[tuple[str, "Place"]]:
        """The keys of a mapping whose keys are names from the file itself, each with the place of its value."""
        if not self._is("mapping") or self.node is None:
            return []
        return [(name, Place(entry.value, self._faults, entry.key)) for name, entry in self.node.entries.items()]

    def has(self, name: str) -> bool:
        """Whether this is a mapping with that key."""
        return self.node is not None and name in self.node.entries

    def items(self, least: int = 0) -> list["Place"]:
        """The places of a list of at least `least` entries."""
        if not self._is("list") or self.node is None:
            return []
        if len(self.node.items) < least:
            self.fault("too_few", f"At least {least} needed, {len(self.node.items)} found.")
        return [Place(item, self._faults) for item in self.node.items]

    def string(self, limit: int = MAX_TEXT) -> str:
        """A line or paragraph of text, not empty, without control characters."""
        if not self._is("text") or self.node is None:
            return ""
        text = self.node.text.strip()
        if not text:
            self.fault("empty_text", "Here must stand some text.")
        elif len(text) > limit:
            self.fault("too_long", f"The text has {len(text)} characters; {limit} is the most.")
        elif any(unicodedata.category(character) in ("Cc", "Cs", "Cn") and character != "\n" for character in text):
            self.fault("control_character", "The text contains a control character.")
        else:
            return text
        return ""

    def _plain(self, code: str, what: str) -> str | None:
        """The text of an unquoted scalar: a quoted "3" is text on purpose and no number."""
        if not self._is("text") or self.node is None:
            return None
        if not self.node.plain:
            self.fault("wrong_type", f"Here must stand {what}, without quotes.")
            return None
        if not self.node.text:
            self.fault(code, f"Here must stand {what}.")
            return None
        return self.node.text

    def integer(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, written as such: not 010, 1e3, 1.0 or 1_000."""
        what = f"a whole number from {low} to {high}"
        text = self._plain("bad_number", what)
        if text is None:
            return low
        if not _INTEGER.fullmatch(text) or not low <= int(text) <= high:
            self.fault("bad_number", f"“{visible(text)}” is not {what}.")
            return low
        return int(text)

    def percent(self) -> Fraction:
        """A percentage from 0 to 100 with at most four decimals, exact."""
        what = "a percentage from 0 to 100"
        text = self._plain("bad_number", what)
        if text is None:
            return Fraction(0)
        if not _PERCENT.fullmatch(text) or Fraction(text) > 100:
            self.fault("bad_number", f"“{visible(text)}” is not {what}.")
            return Fraction(0)
        return Fraction(text)

    def boolean(self) -> bool:
        """Only `true` or `false`: YAML's yes, no, on and off are words."""
        text = self._plain("bad_boolean", "true or false")
        if text is not None and text not in ("true", "false"):
            self.fault("bad_boolean", f"“{visible(text)}” is neither true nor false.")
        return text == "true"

    def day(self) -> date | None:
        """A day as YYYY-MM-DD."""
        text = self.string()
        try:
            # fromisoformat alone would also take 20260301 and 2026-W09-7.
            if text and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                raise ValueError(text)
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.fault("bad_date", f"“{visible(text)}” is not a day such as 2026-03-01.")
            return None

    def matching(self, pattern: str, code: str, what: str) -> str:
        """A text of a fixed form."""
        text = self.string()
        if text and not re.fullmatch(pattern, text):
            self.fault(code, f"“{visible(text)}” is not {what}.")
        return text

    def identifier(self) -> str:
        """A short name that may stand in an address: letters, digits, dot, dash, underscore."""
        what = "an id (a letter, then at most 39 letters, digits, dots, dashes or underscores)"
        return self.matching(r"[A-Za-z][A-Za-z0-9._-]{0,39}", "bad_id", what)

    def one_of(self, choices: Collection[str], code: str = "unknown_value") -> str:
        """One of the words in `choices`."""
        text = self.string()
        if text and text not in choices:
            known = ", ".join(sorted(choices)) or "none"
            self.fault(code, f"“{visible(text)}” is not known here; known: {visible(known)}.")
        return text

    def text(self) -> Text:
        """A text in both languages."""
        both = self.fields(("pl", "en"))
        return Text(both["pl"].string(), both["en"].string())


def optional(place: Place, read: Callable[[], _Read], default: _Read) -> _Read:
    """`read()` where the key is there, else `default`."""
    return read() if place else default


def unique(places: Collection[tuple[Place, str]]) -> None:
    """Note a fault at every id that stood before."""
    seen: dict[str, int] = {}
    for place, name in places:
        if name in seen:
            message = f"“{visible(name)}” is here for the second time; the first is in line {seen[name]}."
            place.fault("duplicate_id", message)
        elif name and place.node is not None:
            seen[name] = place.node.line


def alike(places: Collection[tuple[Place, str]]) -> None:
    """Note a fault at every id that differs from an earlier one only in small and capital letters."""
    seen: dict[str, str] = {}
    for place, name in places:
        before = seen.setdefault(name.casefold(), name)
        if before != name:
            place.fault(
                "id_alike", f"“{visible(name)}” differs from “{visible(before)}” only in small and capital letters."
            )
