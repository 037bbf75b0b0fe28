"""Looks into office files: has the parts that make the type, and none that runs, calls outside or declares a DTD."""

import codecs
import mmap
import posixpath
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from xml.parsers import expat

from certify import filecheck_zip
from certify.domain import errors
from certify.filecheck_zip import Budget, Entry

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"

_MIB = 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TYPES = "[Content_Types].xml"
_MANIFEST = "META-INF/manifest.xml"
_XML_NAMES = (".xml", ".rels", ".rdf")
_XML_STARTS = (b"<?xml", codecs.BOM_UTF8 + b"<", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Of all parts together: a thousand pages, or a sheet of half a million cells.
_MAX_XML = 32 * _MIB
# expat looks again at an unfinished token with each piece it is fed, so the pieces are few and large.
_XML_PIECE = 8 * _MIB
_MAX_ELEMENTS = 300_000
_TYPE_FEATURES = (
    ("macroenabled", "macros"),
    ("vba", "macros"),
    ("macrosheet", "macros"),
    ("dialogsheet", "macros"),
    ("activex", "activex"),
    ("oleobject", "ole"),
)
_NAME_FEATURES = (
    ("vbaproject", "macros"),
    ("vbadata", "macros"),
    ("/macrosheets/", "macros"),
    ("/activex/", "activex"),
    ("/embeddings/oleobject", "ole"),
)
_RELATION_FEATURES = {
    "vbaProject": "macros",
    "oleObject": "ole",
    "control": "activex",
    "activeXControlBinary": "activex",
}
# Links that a reader follows by hand, or that the program asks about; any other outside part is fetched on opening.
_HARMLESS_OUTSIDE = frozenset({"hyperlink", "externalLinkPath"})
_SCRIPT_SPACE = "urn:oasis:names:tc:opendocument:xmlns:script:1.0"
_ODF_FEATURES = {
    "script": "script",
    "applet": "script",
    "plugin": "ole",
    "object-ole": "ole",
    "floating-frame": "external_part",
    "dde-source": "dde",
}
# Parts that are taken from where their address says on opening: also the ranges of another workbook or of a page.
_ODF_FETCHED = frozenset({"object", "image", "section-source", "cell-range-source", "fill-image"})

# Called with (namespace, local name, attributes by local name) of each element of one part.
Watcher = Callable[[str, str, Mapping[str, str]], None]
# What one file may still unpack, and how much of that as XML.
Budgets = tuple[Budget, Budget]


def check_docx(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid as `filecheck.check` lists it; return for a good Word document."""
    _check_ooxml(data, f"{DOCX}.main+xml")


def check_xlsx(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid as `filecheck.check` lists it; return for a good Excel workbook."""
    _check_ooxml(data, f"{XLSX}.main+xml")


def check_pptx(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid as `filecheck.check` lists it; return for a good PowerPoint presentation."""
    _check_ooxml(data, f"{PPTX}.main+xml")


def check_odt(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid as `filecheck.check` lists it; return for a good OpenDocument text."""
    _check_odf(data, ODT)


def check_ods(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid as `filecheck.check` lists it; return for a good OpenDocument spreadsheet."""
    _check_odf(data, ODS)


def _check_odf(data: mmap.mmap, media_type: str) -> None:
    parts, budget = _parts(data)
    first = next(iter(parts.values()))
    if first.name != "mimetype" or first.method != 0 or not {_MANIFEST, "content.xml"} <= parts.keys():
        raise errors.Invalid({"file": "file_type_mismatch"})
    if b"".join(filecheck_zip.unpack(data, first, budget[0])) != media_type.encode():
        raise errors.Invalid({"file": "file_type_mismatch"})
    _sweep(data, [parts[_MANIFEST]], budget, {_MANIFEST: _watch_manifest})
    for name in parts:
        if name.startswith(("Basic/", "Scripts/", "Dialogs/")):
            raise _active("script")
    watchers = {name: _watch_odf for name in parts if posixpath.basename(name) in {"content.xml", "styles.xml"}}
    _sweep(data, [part for name, part in parts.items() if name not in {"mimetype", _MANIFEST}], budget, watchers)


def _check_ooxml(data: mmap.mmap, main_type: str) -> None:
    parts, budget = _parts(data)
    if _TYPES not in parts or "_rels/.rels" not in parts:
        raise errors.Invalid({"file": "file_type_mismatch"})
    types = _ContentTypes()
    relations = _Relations()
    _sweep(data, [parts[_TYPES]], budget, {_TYPES: types.watch})
    _sweep(data, [parts["_rels/.rels"]], budget, {"_rels/.rels": relations.watch})
    for name in parts:
        _refuse_listed(f"/{name}".lower(), _NAME_FEATURES)
    if relations.main not in parts or types.of(relations.main) != main_type:
        raise errors.Invalid({"file": "file_type_mismatch"})
    watchers: dict[str, Watcher] = {name: relations.watch for name in parts if name.lower().endswith(".rels")}
    watchers |= {name: _watch_link for name in parts if name.lower().startswith("xl/externallinks/external")}
    _sweep(data, [part for name, part in parts.items() if name not in {_TYPES, "_rels/.rels"}], budget, watchers)


def _parts(data: mmap.mmap) -> tuple[dict[str, Entry], Budgets]:
    if data[:8] == _OLE:
        # Word and Excel wrap an encrypted document in the old container; anything else in it is an old format.
        wrapped = data.find("EncryptedPackage".encode("utf-16-le")) >= 0
        raise errors.Invalid({"file": "encrypted_file" if wrapped else "file_type_mismatch"})
    if data[:4] != b"PK\x03\x04" or b"%PDF-" in data[:1024]:
        raise errors.Invalid({"file": "file_type_mismatch"})
    return {entry.name: entry for entry in filecheck_zip.entries(data)}, (Budget(), Budget(_MAX_XML))


def _sweep(data: mmap.mmap, parts: Iterable[Entry], budget: Budgets, watchers: Mapping[str, Watcher]) -> None:
    """Unpack each part once, whatever it is: counted, compared with its claims, and read as XML where it is XML."""
    for part in parts:
        reader: _XmlReader | None = None
        for number, piece in enumerate(filecheck_zip.unpack(data, part, budget[0])):
            if number == 0:
                if piece.startswith(_OLE):
                    raise _active("ole")
                if part.name.lower().endswith(_XML_NAMES) or piece.lstrip().startswith(_XML_STARTS):
                    reader = _XmlReader(watchers.get(part.name), budget[1])
            if reader is not None:
                reader.feed(piece)
        if reader is not None:
            reader.close()


class _XmlReader:
    """Checks that one part is well-formed and has no DTD, and shows its elements to a watcher if there is one."""

    def __init__(self, watcher: Watcher | None, budget: Budget) -> None:
        self._watcher = watcher
        self._budget = budget
        self._waiting: list[bytes] = []
        self._size = self._elements = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = self._doctype
        if watcher is not None:
            self._parser.StartElementHandler = self._element

    def feed(self, piece: bytes) -> None:
        self._waiting.append(piece)
        self._size += len(piece)
        self._budget.spend(len(piece))
        if self._size >= _XML_PIECE:
            self._parse(final=False)

    def close(self) -> None:
        self._parse(final=True)

    def _parse(self, *, final: bool) -> None:
        piece = b"".join(self._waiting)
        self._waiting, self._size = [], 0
        self._parser.Parse(piece, final)

    def _doctype(self, *_: object) -> None:
        raise _active("dtd")

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._watcher is None or self._elements > _MAX_ELEMENTS:
            raise errors.Invalid({"file": "archive_too_large"})
        space, _, local = name.rpartition(" ")
        self._watcher(space, local, {key.rpartition(" ")[2]: value for key, value in attributes.items()})


class _ContentTypes:
    """What [Content_Types].xml says of each part; part names are compared without regard to case, as Office does."""

    def __init__(self) -> None:
        self._parts: dict[str, str] = {}
        self._endings: dict[str, str] = {}

    def watch(self, space: str, local: str, attributes: Mapping[str, str]) -> None:
        kind = attributes.get("ContentType", "")
        _refuse_listed(kind.lower(), _TYPE_FEATURES)
        if local == "Override":
            self._parts[attributes.get("PartName", "").lower()] = kind
        elif local == "Default":
            self._endings[attributes.get("Extension", "").lower()] = kind

    def of(self, name: str) -> str:
        return self._parts.get(f"/{name}".lower()) or self._endings.get(name.rpartition(".")[2].lower(), "")


class _Relations:
    """Refuses relations to parts that act or lie outside; remembers the main part, which the root relations name."""

    def __init__(self) -> None:
        self.main = ""

    def watch(self, space: str, local: str, attributes: Mapping[str, str]) -> None:
        if local != "Relationship":
            return
        kind = posixpath.basename(attributes.get("Type", ""))
        if kind in _RELATION_FEATURES:
            raise _active(_RELATION_FEATURES[kind])
        outside = attributes.get("TargetMode", "").lower() == "external"
        if outside and kind not in _HARMLESS_OUTSIDE:
            raise _active("external_part")
        if kind == "officeDocument" and not self.main and not outside:
            self.main = posixpath.normpath(attributes.get("Target", "")).lstrip("/")


def _watch_link(space: str, local: str, attributes: Mapping[str, str]) -> None:
    if local in {"ddeLink", "oleLink"}:
        raise _active("dde" if local == "ddeLink" else "ole")


def _watch_manifest(space: str, local: str, attributes: Mapping[str, str]) -> None:
    if local == "encryption-data":
        raise errors.Invalid({"file": "encrypted_file"})


def _watch_odf(space: str, local: str, attributes: Mapping[str, str]) -> None:
    if space == _SCRIPT_SPACE:
        raise _active("script")
    if local in _ODF_FEATURES:
        raise _active(_ODF_FEATURES[local])
    target = attributes.get("href", "")
    if target.startswith("vnd.sun.star.script:"):
        raise _active("script")
    # Links are for the reader to follow; a picture, object or section from elsewhere is fetched on opening.
    if local in _ODF_FETCHED and (":" in target or target.startswith(("/", ".."))):
        raise _active("external_part")


def _refuse_listed(text: str, listed: tuple[tuple[str, str], ...]) -> None:
    for word, feature in listed:
        if word in text:
            raise _active(feature)


def _active(feature: str) -> errors.Invalid:
    return errors.Invalid({"file": "active_content"}, feature=feature)
