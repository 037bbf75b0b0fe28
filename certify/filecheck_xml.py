"""Reads the XML parts of an office file: well-formed, in a known alphabet, without a DTD; shows elements if asked."""

import re
from collections.abc import Callable, Mapping
from xml.parsers import expat

from certify.domain import errors
from certify.filecheck_acting import active
from certify.filecheck_zip import Budget

# expat looks again at an unfinished token with each piece it is fed, so the pieces are few and large.
_PIECE = 8 * 1024 * 1024
_MAX_ELEMENTS = 300_000
# In all of these the letters of the Latin alphabet are the same bytes, so that names can be searched for; UTF-16 apart.
_ALPHABETS = re.compile(r"(utf-?8|utf-?16(be|le)?|us-ascii|iso-8859-\d+|windows-125\d)", re.IGNORECASE)

# Called with (namespace, local name, attributes by local name) of each element of one part.
Watcher = Callable[[str, str, Mapping[str, str]], None]


class Reader:
    """Checks one part as its pieces are fed, and shows its elements to a watcher if there is one.

    With `keep` the whole part stands in `content` at the end.
    """

    def __init__(self, watcher: Watcher | None, budget: Budget, *, keep: bool = False) -> None:
        self.content = bytearray()
        self._keep = keep
        self._watcher = watcher
        self._budget = budget
        self._waiting: list[bytes] = []
        self._size = self._elements = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.XmlDeclHandler = self._declared
        if watcher is not None:
            self._parser.StartElementHandler = self._element

    def feed(self, piece: bytes) -> None:
        """Take one more piece."""
        if self._keep:
            self.content += piece
        self._waiting.append(piece)
        self._size += len(piece)
        self._budget.spend(len(piece))
        if self._size >= _PIECE:
            self._parse(final=False)

    def close(self) -> None:
        """Come to the end; raises what expat raises for a part that is not well-formed."""
        self._parse(final=True)

    def _parse(self, *, final: bool) -> None:
        piece = b"".join(self._waiting)
        self._waiting, self._size = [], 0
        self._parser.Parse(piece, final)

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and not _ALPHABETS.fullmatch(encoding):
            raise errors.Invalid({"file": "file_damaged"})

    def _doctype(self, name: str, system: str | None, _public: str | None, has_subset: int) -> None:
        # Drawing programs name the standard that their pictures follow; nothing is defined by that, nothing fetched.
        plain = not has_subset and (system or "").startswith("http://www.w3.org/")
        if not (name.rpartition(":")[2] == "svg" and plain):
            raise active("dtd")

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._watcher is None or self._elements > _MAX_ELEMENTS:
            raise errors.Invalid({"file": "archive_too_large"})
        space, _, local = name.rpartition(" ")
        self._watcher(space, local, {key.rpartition(" ")[2]: value for key, value in attributes.items()})
