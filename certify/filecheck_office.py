"""Looks into office files: has the parts that make the type, and none that runs, calls outside or declares a DTD."""

import codecs
import itertools
import mmap
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from certify import filecheck_acting, filecheck_inner, filecheck_zip
from certify.domain import errors
from certify.filecheck_acting import active
from certify.filecheck_xml import Reader, Watcher
from certify.filecheck_zip import Budget, Entry

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"

_MIB = 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TYPES = "[Content_Types].xml"
_MANIFEST = "META-INF/manifest.xml"
_XML_NAMES = (".xml", ".rels", ".rdf")
_XML_STARTS = (b"<?xml", codecs.BOM_UTF8 + b"<", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Of all parts together: a thousand pages, or a sheet of half a million cells.
_MAX_XML = 32 * _MIB
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
    # A whole document in another format that Word takes in on opening: RTF or MHT with objects of their own.
    "aFChunk": "alt_chunk",
}
# Links that a reader follows by hand, or that the program asks about; any other outside part is fetched on opening.
# All but the first are Excel's words for where another workbook lies, short paths and long ones.
_HARMLESS_OUTSIDE = frozenset(
    {
        "hyperlink",
        "externalLinkPath",
        "externalLinkLongPath",
        "xlPathMissing",
        "xlLongPathMissing",
        "xlStartup",
        "xlAlternateStartup",
        "xlLibrary",
    }
)
_OUTSIDE_FEATURES = {
    "attachedTemplate": "template",
    "image": "linked_picture",
    "video": "online_film",
    "audio": "online_film",
    "media": "online_film",
}
_SCRIPT_SPACE = "urn:oasis:names:tc:opendocument:xmlns:script:1.0"
_ODF_FEATURES = {
    "script": "script",
    "applet": "script",
    "plugin": "ole",
    "object-ole": "ole",
    "floating-frame": "external_part",
    "dde-source": "dde",
    "dde-link": "dde",
    "dde-connection": "dde",
    "dde-connection-decl": "dde",
}
# Parts that are taken from where their address says on opening: also the ranges of another workbook or of a page.
_ODF_FETCHED = {
    "image": "linked_picture",
    "fill-image": "linked_picture",
    "background-image": "linked_picture",
    **dict.fromkeys(("object", "section-source", "cell-range-source", "sound", "audio"), "external_part"),
}
_ODF_FORMULAS = ("formula", "expression")


@dataclass
class _Budgets:
    """What one file, with the workbooks inside it, may still use."""

    unpacked: Budget = field(default_factory=Budget)
    xml: Budget = field(default_factory=lambda: Budget(_MAX_XML))
    entries: Budget = field(default_factory=lambda: Budget(filecheck_zip.MAX_ENTRIES))
    elements: list[int] = field(default_factory=lambda: [0])


def check_docx(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid as `filecheck.check` lists it; return for a good Word document."""
    _check_ooxml(data, (DOCX,), _Budgets())


def check_xlsx(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid as `filecheck.check` lists it; return for a good Excel workbook."""
    _check_ooxml(data, (XLSX,), _Budgets())


def check_pptx(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid as `filecheck.check` lists it; return for a good PowerPoint presentation."""
    _check_ooxml(data, (PPTX,), _Budgets())


def check_odt(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid as `filecheck.check` lists it; return for a good OpenDocument text."""
    _check_odf(data, ODT)


def check_ods(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid as `filecheck.check` lists it; return for a good OpenDocument spreadsheet."""
    _check_odf(data, ODS)


def check_odp(path: Path, data: mmap.mmap) -> None:
    """Raise Invalid as `filecheck.check` lists it; return for a good OpenDocument presentation."""
    _check_odf(data, ODP)


def _check_odf(data: mmap.mmap, media_type: str) -> None:
    budgets = _Budgets()
    parts = _parts(data, budgets)
    first = next(iter(parts.values()))
    if first.name != "mimetype" or first.method != 0 or not {_MANIFEST, "content.xml"} <= parts.keys():
        raise errors.Invalid({"file": "file_type_mismatch"})
    if b"".join(filecheck_zip.unpack(data, first, budgets.unpacked)) != media_type.encode():
        raise errors.Invalid({"file": "file_type_mismatch"})
    _sweep(data, [parts[_MANIFEST]], budgets, {_MANIFEST: _watch_manifest})
    for name in parts:
        if name.startswith(("Basic/", "Scripts/", "Dialogs/")):
            raise active("script")
    watchers = {name: _watch_odf for name in parts if posixpath.basename(name) in {"content.xml", "styles.xml"}}
    _sweep(data, [part for name, part in parts.items() if name not in {"mimetype", _MANIFEST}], budgets, watchers)


def _check_ooxml(data: mmap.mmap, kinds: tuple[str, ...], budgets: _Budgets, *, inside: bool = False) -> None:
    parts = _parts(data, budgets)
    if _TYPES not in parts or "_rels/.rels" not in parts:
        raise filecheck_inner.refuse_nested() if inside else errors.Invalid({"file": "file_type_mismatch"})
    types = _ContentTypes()
    relations = _Relations()
    _sweep(data, [parts[_TYPES]], budgets, {_TYPES: types.watch})
    _sweep(data, [parts["_rels/.rels"]], budgets, {"_rels/.rels": relations.watch})
    types.refuse_acting(parts)
    for name in parts:
        _refuse_listed(f"/{name}".lower(), _NAME_FEATURES)
    if relations.main not in parts or types.of(relations.main) not in {f"{kind}.main+xml" for kind in kinds}:
        raise filecheck_inner.refuse_nested() if inside else errors.Invalid({"file": "file_type_mismatch"})
    watchers: dict[str, Watcher] = {name: relations.watch for name in parts if name.lower().endswith(".rels")}
    rest = [part for name, part in parts.items() if name not in {_TYPES, "_rels/.rels"}]
    _sweep(data, rest, budgets, watchers, acting=True, deeper=not inside)


def _parts(data: mmap.mmap, budgets: _Budgets) -> dict[str, Entry]:
    if data[:8] == _OLE:
        # Word and Excel wrap an encrypted document in the old container; anything else in it is an old format.
        wrapped = data.find("EncryptedPackage".encode("utf-16-le")) >= 0
        raise errors.Invalid({"file": "encrypted_file" if wrapped else "file_type_mismatch"})
    if data[:4] != b"PK\x03\x04" or b"%PDF-" in data[:1024]:
        raise errors.Invalid({"file": "file_type_mismatch"})
    found = filecheck_zip.entries(data, budgets.entries.left)
    budgets.entries.spend(len(found))
    return {entry.name: entry for entry in found}


def _sweep(
    data: mmap.mmap,
    parts: Iterable[Entry],
    budgets: _Budgets,
    watchers: Mapping[str, Watcher],
    *,
    acting: bool = False,
    deeper: bool = False,
) -> None:
    """Unpack each part once, whatever it is: counted, compared with its claims, and read as XML where it is XML.

    With `acting` the text of the parts is searched for what acts; with `deeper` documents inside are looked into.
    """
    for part in parts:
        pieces = filecheck_zip.unpack(data, part, budgets.unpacked)
        first = next(pieces, b"")
        whole = itertools.chain((first,), pieces)
        if first.startswith(_OLE):
            raise active("ole")
        if part.name.lower().endswith(_XML_NAMES) or first.lstrip().startswith(_XML_STARTS):
            watcher = watchers.get(part.name)
            _read(whole, Reader(watcher, budgets.xml, keep=acting and watcher is None), budgets)
        elif filecheck_inner.is_archive(first):
            _look_inside(first, whole, budgets, deeper=deeper)
        else:
            for _ in whole:
                pass


def _read(pieces: Iterator[bytes], reader: Reader, budgets: _Budgets) -> None:
    for piece in pieces:
        reader.feed(piece)
    reader.close()
    if reader.content:
        filecheck_acting.refuse_acting(reader.content, budgets.elements)


def _look_inside(first: bytes, pieces: Iterator[bytes], budgets: _Budgets, *, deeper: bool) -> None:
    """A picture that Word keeps packed, or the workbook behind a chart, one level deep; nothing else."""
    if first.startswith(filecheck_inner.GZIP):
        filecheck_inner.check_packed_picture(pieces, budgets.unpacked)
    elif first.startswith(filecheck_inner.ZIP) and deeper:
        with filecheck_inner.unpacked(pieces) as inner:
            _check_ooxml(inner, (XLSX, DOCX, PPTX), budgets, inside=True)
    else:
        raise filecheck_inner.refuse_nested()


class _ContentTypes:
    """What [Content_Types].xml says of each part; part names are compared without regard to case, as Office does."""

    def __init__(self) -> None:
        self._parts: dict[str, str] = {}
        self._endings: dict[str, str] = {}

    def watch(self, space: str, local: str, attributes: Mapping[str, str]) -> None:
        kind = attributes.get("ContentType", "")
        if local == "Override":
            _refuse_listed(kind.lower(), _TYPE_FEATURES)
            self._parts[attributes.get("PartName", "").lower()] = kind
        elif local == "Default":
            self._endings[attributes.get("Extension", "").lower()] = kind

    def of(self, name: str) -> str:
        return self._parts.get(f"/{name}".lower()) or self._endings.get(name.rpartition(".")[2].lower(), "")

    def refuse_acting(self, names: Iterable[str]) -> None:
        """Raise Invalid for a part whose ending stands for what acts; the line of an ending may be left over alone."""
        for name in names:
            _refuse_listed(self.of(name).lower(), _TYPE_FEATURES)


class _Relations:
    """Refuses relations to parts that act or lie outside; remembers the main part, which the root relations name."""

    def __init__(self) -> None:
        self.main = ""

    def watch(self, space: str, local: str, attributes: Mapping[str, str]) -> None:
        if local != "Relationship":
            return
        kind = posixpath.basename(attributes.get("Type", ""))
        if kind in _RELATION_FEATURES:
            raise active(_RELATION_FEATURES[kind])
        outside = attributes.get("TargetMode", "").lower() == "external"
        if outside and kind not in _HARMLESS_OUTSIDE:
            raise active(_OUTSIDE_FEATURES.get(kind, "external_part"))
        if kind == "officeDocument" and not self.main and not outside:
            self.main = posixpath.normpath(attributes.get("Target", "")).lstrip("/")


def _watch_manifest(space: str, local: str, attributes: Mapping[str, str]) -> None:
    if local == "encryption-data":
        raise errors.Invalid({"file": "encrypted_file"})


def _watch_odf(space: str, local: str, attributes: Mapping[str, str]) -> None:
    if space == _SCRIPT_SPACE:
        raise active("script")
    if local in _ODF_FEATURES:
        raise active(_ODF_FEATURES[local])
    # A click of a presentation may start a program, or a part that was put in.
    if attributes.get("action") in {"execute", "verb"}:
        raise active("program")
    for name in _ODF_FORMULAS:
        if name in attributes:
            filecheck_acting.refuse_formula(attributes[name])
    target = attributes.get("href", "")
    if target.startswith("vnd.sun.star.script:"):
        raise active("script")
    # Links are for the reader to follow; a picture, object or section from elsewhere is fetched on opening.
    if local in _ODF_FETCHED and (":" in target or target.startswith(("/", ".."))):
        raise active(_ODF_FETCHED[local])


def _refuse_listed(text: str, listed: tuple[tuple[str, str], ...]) -> None:
    for word, feature in listed:
        if word in text:
            raise active(feature)
