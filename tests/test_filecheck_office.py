"""The upload check on office files: crafted archives, parts that act, and the limits, each with its code."""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from certify import filecheck, filecheck_zip
from certify.domain import errors
from tests import files

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def verdict(content: bytes, name: str, folder: Path) -> str:
    """What the check says of these bytes under this name: the kind, or the code and the feature that it names."""
    path = folder / "received"
    path.write_bytes(content)
    try:
        return filecheck.check(path, name).extension
    except errors.Invalid as refusal:
        feature = refusal.details.get("feature")
        return refusal.errors[0].code + (f":{feature}" if feature else "")


def with_part(name: str, content: bytes | str = b"x") -> bytes:
    """A Word document with one part more."""
    return files.archive(files.docx_parts() | {name: content})


def with_relation(kind: str, target: str, mode: str, at: str = "word/_rels/document.xml.rels") -> bytes:
    """A Word document with this one relation of its body."""
    return with_part(at, files.relations((kind, target, mode)))


def with_type(kind: str) -> bytes:
    """A Word document whose list of types names one part more."""
    parts = files.docx_parts()
    extra = f'<Override PartName="/word/x.bin" ContentType="{kind}"/></Types>'
    return files.archive(parts | {"[Content_Types].xml": str(parts["[Content_Types].xml"]).replace("</Types>", extra)})


def macro_document() -> bytes:
    """A document with macros, renamed."""
    parts = files.docx_parts()
    main = "application/vnd.ms-word.document.macroEnabled.main+xml"
    return files.archive(parts | {"[Content_Types].xml": files.content_types("word/document.xml", main)})


def xlsx_with(name: str, content: str) -> bytes:
    """A workbook with one part more."""
    return files.archive(files.xlsx_parts() | {name: content})


def odt_with(name: str, content: bytes | str) -> bytes:
    """An OpenDocument text with one part more."""
    return files.archive(files.odt_parts() | {name: content})


DTD = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "http://127.0.0.1/x">]><a>&e;</a>'
SCRIPT = '<script:event-listener script:language="ooo:script" xlink:href="vnd.sun.star.script:a"/>'
ACTIVE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "macro part": ("docx", lambda: with_part("word/vbaProject.bin"), "macros"),
    "macro data": ("docx", lambda: with_part("word/vbaData.xml", "<a/>"), "macros"),
    "docm renamed": ("docx", macro_document, "macros"),
    "macro type": ("docx", lambda: with_type("application/vnd.ms-office.vbaProject"), "macros"),
    "macro relation": ("docx", lambda: with_relation("vbaProject", "other.bin", ""), "macros"),
    "old macro sheet": ("xlsx", lambda: xlsx_with("xl/macrosheets/sheet1.xml", "<a/>"), "macros"),
    "activex part": ("docx", lambda: with_part("word/activeX/activeX1.xml", "<a/>"), "activex"),
    "activex type": ("docx", lambda: with_type("application/vnd.ms-office.activeX+xml"), "activex"),
    "control": ("docx", lambda: with_relation("control", "x.xml", ""), "activex"),
    "ole part": ("docx", lambda: with_part("word/embeddings/oleObject1.bin"), "ole"),
    "ole by its bytes": ("docx", lambda: with_part("word/media/image1.png", OLE + b"x" * 600), "ole"),
    "ole relation outside": ("docx", lambda: with_relation("oleObject", "http://127.0.0.1/x", "External"), "ole"),
    "outside template": (
        "docx",
        lambda: with_relation(
            "attachedTemplate", "http://127.0.0.1/x.dotm", "External", "word/_rels/settings.xml.rels"
        ),
        "template",
    ),
    "outside picture": ("docx", lambda: with_relation("image", "file://host/x.png", "External"), "linked_picture"),
    "outside main part": (
        "docx",
        lambda: with_relation("officeDocument", "http://a/", "External", "_rels/.rels"),
        "external_part",
    ),
    "dtd in a part": ("docx", lambda: with_part("customXml/item1.xml", DTD), "dtd"),
    "dtd in types": ("docx", lambda: with_part("[Content_Types].xml", DTD), "dtd"),
    "dtd in utf-16": (
        "docx",
        lambda: with_part("word/theme.xml", DTD.replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")),
        "dtd",
    ),
    "dtd under another name": ("docx", lambda: with_part("word/media/a.png", DTD), "dtd"),
    "dde link": (
        "xlsx",
        lambda: xlsx_with("xl/externalLinks/externalLink1.xml", "<externalLink><ddeLink/></externalLink>"),
        "dde",
    ),
    "ole link": (
        "xlsx",
        lambda: xlsx_with("xl/externalLinks/externalLink1.xml", "<externalLink><oleLink/></externalLink>"),
        "ole",
    ),
    "basic": ("odt", lambda: odt_with("Basic/Standard/Module1.xml", "<a/>"), "script"),
    "python": ("odt", lambda: odt_with("Scripts/python/a.py", "import os"), "script"),
    "event": ("odt", lambda: files.archive(files.odt_parts(SCRIPT)), "script"),
    "applet": ("odt", lambda: files.archive(files.odt_parts("<draw:applet/>")), "script"),
    "plugin": ("odt", lambda: files.archive(files.odt_parts("<draw:plugin/>")), "ole"),
    "odf ole": ("odt", lambda: files.archive(files.odt_parts("<draw:object-ole/>")), "ole"),
    "odf dde": ("odt", lambda: files.archive(files.odt_parts("<office:dde-source/>")), "dde"),
    "frame": ("odt", lambda: files.archive(files.odt_parts("<draw:floating-frame/>")), "external_part"),
    "odf picture from outside": (
        "odt",
        lambda: files.archive(files.odt_parts('<draw:image xlink:href="http://127.0.0.1/a.png"/>')),
        "linked_picture",
    ),
    "macros of a presentation": (
        "pptx",
        lambda: files.archive(files.pptx_parts() | {"ppt/vbaProject.bin": b"x"}),
        "macros",
    ),
    "film from elsewhere on a slide": (
        "pptx",
        lambda: files.archive(
            files.pptx_parts()
            | {"ppt/slides/_rels/slide1.xml.rels": files.relations(("video", "http://127.0.0.1/a.mp4", "External"))}
        ),
        "online_film",
    ),
    "range of another workbook": (
        "ods",
        lambda: files.archive(files.ods_parts('<table:cell-range-source xlink:href="http://127.0.0.1/a.ods"/>')),
        "external_part",
    ),
    "basic in a spreadsheet": ("ods", lambda: files.archive(files.ods_parts() | {"Basic/a.xml": "<a/>"}), "script"),
    "odf dtd": ("odt", lambda: odt_with("settings.xml", DTD), "dtd"),
}


@pytest.mark.parametrize("case", ACTIVE)
def test_active_office_files_are_refused_and_the_feature_named(case: str, tmp_path: Path) -> None:
    extension, make, feature = ACTIVE[case]
    assert verdict(make(), f"a.{extension}", tmp_path) == f"active_content:{feature}"


def patched(content: bytes, find: bytes, offset: int, fresh: bytes, *, last: bool = True) -> bytes:
    """The bytes with `fresh` written `offset` bytes behind the last (or first) `find`."""
    at = (content.rindex(find) if last else content.index(find)) + offset
    return content[:at] + fresh + content[at + len(fresh) :]


def renamed(old: bytes, new: bytes) -> bytes:
    """A Word document whose extra part has its name changed, in both places, to one of the same length."""
    return with_part(old.decode()).replace(old, new)


def doubled() -> bytes:
    """Two entries of one name."""
    return renamed(b"word/document.xmk", b"word/document.xml")


def overlapping() -> bytes:
    """Two entries in the list that share the same bytes, as in a small bomb of the newer sort."""
    content = with_part("word/media/same.bin", b"y" * 100)
    end = content.rindex(b"PK\x05\x06")
    entry = content[content.rindex(b"PK\x01\x02") : end].replace(b"same.bin", b"copy.bin")
    count, size = (
        struct.unpack("<H", content[end + 10 : end + 12])[0],
        struct.unpack("<L", content[end + 12 : end + 16])[0],
    )
    tail = content[end : end + 8] + struct.pack("<HHL", count + 1, count + 1, size + len(entry)) + content[end + 16 :]
    return content[:end] + entry + tail


def linked() -> bytes:
    """An entry that is a symbolic link."""
    out = io.BytesIO(files.docx())
    with zipfile.ZipFile(out, "a") as packed:
        info = zipfile.ZipInfo("word/link")
        info.external_attr = 0o120777 << 16
        packed.writestr(info, "/etc/passwd")
    return out.getvalue()


def zip64() -> bytes:
    """The end record says "look in the zip64 record"."""
    content = files.docx()
    end = content.rindex(b"PK\x05\x06")
    return content[:end] + b"PK\x06\x07" + bytes(16) + patched(content[end:], b"PK\x05\x06", 8, b"\xff" * 12)


def forged_size(size: int) -> bytes:
    """The last entry claims another unpacked size in the list, with a checksum that fits its beginning."""
    content = with_part("word/z.bin", b"z" * 500_000)
    content = patched(content, b"PK\x01\x02", 24, struct.pack("<L", size))
    return patched(content, b"PK\x01\x02", 16, struct.pack("<L", zlib.crc32(b"z" * size)))


def other_method() -> bytes:
    """One part is packed with LZMA."""
    out = io.BytesIO(files.docx())
    with zipfile.ZipFile(out, "a") as packed:
        packed.writestr("word/a.bin", b"x" * 100, zipfile.ZIP_LZMA)
    return out.getvalue()


def hidden_bytes() -> bytes:
    """Bytes between the entries and their list, which no entry owns."""
    content = files.docx()
    end = content.rindex(b"PK\x05\x06")
    start = struct.unpack("<L", content[end + 16 : end + 20])[0]
    moved = content[:start] + b"MZ hidden program" + content[start:]
    return patched(moved, b"PK\x05\x06", 16, struct.pack("<L", start + 17))


def with_comment(comment: bytes) -> bytes:
    """The archive carries a comment."""
    out = io.BytesIO(files.docx())
    with zipfile.ZipFile(out, "a") as packed:
        packed.comment = comment
    return out.getvalue()


def many(count: int) -> bytes:
    """A document of `count` parts in all."""
    parts = files.docx_parts()
    return files.archive(parts | {f"word/p{number}": b"" for number in range(count - len(parts))})


def in_order(first: str) -> bytes:
    """An OpenDocument text whose first part is another one."""
    parts = files.odt_parts()
    return files.archive({first: parts.pop(first)} | parts)


ARCHIVES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "one part of 210 MB": ("docx", lambda: with_part("word/media/a.bin", bytes(210_000_000)), "archive_too_large"),
    "ratio above 100": ("docx", lambda: with_part("word/a.bin", bytes(1_100_000)), "archive_too_large"),
    "high ratio of a small part": ("docx", lambda: with_part("word/a.bin", bytes(1_000_000)), "docx"),
    "2,000 parts": ("docx", lambda: many(2_000), "docx"),
    "2,001 parts": ("docx", lambda: many(2_001), "archive_too_large"),
    "40,000 parts": ("docx", lambda: many(40_000), "archive_too_large"),
    "endless list of elements": (
        "odt",
        lambda: files.archive(files.odt_parts("<a/>" * 200 + "<text:p/>" * 300_001)),
        "archive_too_large",
    ),
    "endless text in two parts": (
        "docx",
        lambda: files.archive(
            files.docx_parts() | {f"word/{n}.xml": f"<a>{os.urandom(9_000_000).hex()}</a>" for n in "ab"}
        ),
        "archive_too_large",
    ),
    "zip inside": (
        "docx",
        lambda: with_part("word/embeddings/a.zip", files.archive({"a.txt": "a"})),
        "archive_too_large:nested_archive",
    ),
    "rar inside": (
        "odt",
        lambda: odt_with("Pictures/a.png", b"Rar!\x1a\x07\x01\x00abc"),
        "archive_too_large:nested_archive",
    ),
    "climbing name": ("docx", lambda: with_part("word/../../evil.sh"), "archive_unsafe"),
    "absolute name": ("docx", lambda: with_part("/etc/passwd"), "archive_unsafe"),
    "backslash": ("docx", lambda: renamed(b"word/..x..xa", b"word\\..\\..\\a"), "archive_unsafe"),
    "drive": ("docx", lambda: with_part("C:evil"), "archive_unsafe"),
    "nul in a name": ("docx", lambda: renamed(b"word/a.xmlXb", b"word/a.xml\x00b"), "archive_unsafe"),
    "link": ("docx", linked, "archive_unsafe"),
    "same name twice": ("docx", doubled, "archive_unsafe"),
    "same name in capitals": ("docx", lambda: with_part("WORD/document.xml"), "archive_unsafe"),
    "shared bytes": ("docx", overlapping, "archive_unsafe"),
    "hidden bytes": ("docx", hidden_bytes, "archive_unsafe"),
    "bytes behind": ("docx", lambda: files.docx() + b"<html>", "archive_unsafe"),
    "comment": ("docx", lambda: with_comment(b"Eksport z ePUAP, 5.03.2026"), "docx"),
    "zip64": ("docx", zip64, "archive_unsafe"),
    "page in a comment": ("docx", lambda: with_comment(b"<script>x</script>"), "archive_unsafe"),
    "archive in a comment": ("docx", lambda: with_comment(files.docx()[:900]), "archive_unsafe"),
    "forged smaller size": ("docx", lambda: forged_size(10), "archive_unsafe"),
    "forged greater size": ("docx", lambda: forged_size(500_001), "archive_unsafe"),
    "other packing": ("docx", other_method, "archive_unsafe"),
    "two names for one part": (
        "docx",
        lambda: patched(files.docx(), b"word/document.xml", 0, b"word/documenX", last=False),
        "archive_unsafe",
    ),
    "locked entry": ("docx", lambda: patched(files.docx(), b"PK\x01\x02", 8, b"\x01"), "encrypted_file"),
    "locked docx": ("docx", lambda: OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "encrypted_file"),
    "locked odt": (
        "odt",
        lambda: odt_with("META-INF/manifest.xml", "<manifest><file-entry><encryption-data/></file-entry></manifest>"),
        "encrypted_file",
    ),
    "old doc as docx": ("docx", lambda: OLE + bytes(600) + "WordDocument".encode("utf-16-le"), "file_type_mismatch"),
    "any zip as docx": ("docx", lambda: files.archive({"a.txt": "a"}), "file_type_mismatch"),
    "any zip as odt": ("odt", lambda: files.archive({"a.txt": "a"}), "file_type_mismatch"),
    "template as docx": (
        "docx",
        lambda: with_part(
            "[Content_Types].xml",
            files.content_types(
                "word/document.xml",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
            ),
        ),
        "file_type_mismatch",
    ),
    "no main part": (
        "docx",
        lambda: with_relation("officeDocument", "word/gone.xml", "", "_rels/.rels"),
        "file_type_mismatch",
    ),
    "mimetype not first": ("odt", lambda: in_order("content.xml"), "file_type_mismatch"),
    "spreadsheet as odt": (
        "odt",
        lambda: odt_with("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        "file_type_mismatch",
    ),
    "pdf in the first bytes": (
        "odt",
        lambda: files.archive({"mimetype": b"%PDF-1.7"} | files.docx_parts()),
        "file_type_mismatch",
    ),
    "page in front": ("docx", lambda: b"<html>" + files.docx(), "file_type_mismatch"),
    "cut": ("docx", lambda: files.docx()[:-100], "file_damaged"),
    "changed byte": ("odt", lambda: patched(files.odt(), b"PK\x01\x02", 16, b"\x00\x00\x00\x00"), "file_damaged"),
    "broken xml": ("docx", lambda: with_part("word/document.xml", "<a><b></a>"), "file_damaged"),
    "not xml": ("docx", lambda: with_part("word/document.xml", b"\x00\x01"), "file_damaged"),
    "deep xml": ("docx", lambda: with_part("word/a.xml", "<a>" * 100_000 + "</a>" * 100_000), "docx"),
    "only the mark": ("docx", lambda: b"PK\x03\x04", "file_damaged"),
    "link to a page and to a workbook": (
        "xlsx",
        lambda: xlsx_with(
            "xl/externalLinks/_rels/externalLink1.xml.rels",
            files.relations(("externalLinkPath", "inny.xlsx", "External")),
        ),
        "xlsx",
    ),
    "folders and a picture": (
        "odt",
        lambda: files.archive(files.odt_parts() | {"Pictures/": b"", "Pictures/a.png": files.png()}),
        "odt",
    ),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_crafted_archives(case: str, tmp_path: Path) -> None:
    extension, make, expected = ARCHIVES[case]
    assert verdict(make(), f"a.{extension}", tmp_path) == expected


def test_a_forged_size_that_hides_a_bomb_is_found_by_counting(tmp_path: Path) -> None:
    content = with_part("word/z.bin", bytes(150_000_000))
    forged = patched(content, b"PK\x01\x02", 24, struct.pack("<L", 10))
    assert verdict(forged, "a.docx", tmp_path) == "archive_too_large"


@pytest.mark.parametrize(("count", "expected"), [(209, "docx"), (210, "archive_too_large")])
def test_many_middling_parts_add_up(count: int, expected: str, tmp_path: Path) -> None:
    part = bytes(1_000_000)
    assert filecheck_zip.MAX_UNPACKED // len(part) == 209
    content = files.archive(files.docx_parts() | {f"word/media/{number}.bin": part for number in range(count)})
    assert verdict(content, "a.docx", tmp_path) == expected


def streamed(name: str, content: bytes) -> bytes:
    """An archive written to a pipe, as some office programs do: sizes stand behind each part."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.out = io.BytesIO()

        def writable(self) -> bool:
            return True

        def write(self, piece: bytes) -> int:  # type: ignore[override]
            return self.out.write(piece)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as packed:  # type: ignore[arg-type]
        for part, text in (files.docx_parts() | {name: content}).items():
            packed.writestr(part, text)
    return pipe.out.getvalue()


def test_a_streamed_archive_is_taken(tmp_path: Path) -> None:
    assert verdict(streamed("word/a.bin", b"abc" * 1_000), "a.docx", tmp_path) == "docx"
