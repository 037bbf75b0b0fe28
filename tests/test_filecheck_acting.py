"""What acts in the text of office files: fields, formulas and clicks, however written; and what only looks so."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import files
from tests.test_filecheck_office import OLE, verdict, with_part

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def with_text(body: str, name: str = "word/document.xml") -> bytes:
    """A Word document with this in a part of its text."""
    root = f'<?xml version="1.0" encoding="UTF-8"?><w:document {W}><w:body><w:p>{body}</w:p></w:body></w:document>'
    # Not packed, so that long ones are not refused as bombs before they are read.
    return files.archive(files.docx_parts() | {name: root}, stored=(name,))


def field(*runs: str) -> str:
    """A field whose words stand in so many runs, with a result."""
    words = "".join(f"<w:r><w:instrText>{one}</w:instrText></w:r>" for one in runs)
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
    return f"{begin}{words}{separate}<w:r><w:t>wynik</w:t></w:r>{end}"


def sheet(inner: str) -> bytes:
    """A workbook whose sheet holds this."""
    text = f"<worksheet {X}><sheetData>{inner}</sheetData></worksheet>"
    return files.archive(files.xlsx_parts() | {"xl/sheet1.xml": text}, stored=("xl/sheet1.xml",))


def formula(text: str) -> bytes:
    """A workbook with one formula."""
    return sheet(f'<row r="1"><c r="A1"><f>{text}</f><v>1</v></c></row>')


def slide(inner: str) -> bytes:
    """A presentation whose slide holds this."""
    space = "http://schemas.openxmlformats.org/presentationml/2006/main"
    return files.archive(files.pptx_parts() | {"ppt/slides/slide1.xml": f'<p:sld xmlns:p="{space}">{inner}</p:sld>'})


def odt(body: str) -> bytes:
    """An OpenDocument text."""
    return files.archive(files.odt_parts(body))


INSIDE = field("QUOTE ") + field("DDE", "AUTO c:\\\\x")
ACTING: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "dde in one run": ("docx", lambda: with_text(field(" DDEAUTO a b ")), "dde"),
    "dde over many runs": ("docx", lambda: with_text(field(" D", "DE", "AU", "TO a b")), "dde"),
    "dde in small letters": ("docx", lambda: with_text(field("dde a b")), "dde"),
    "dde in codes": ("docx", lambda: with_text(field("&#68;&#x44;E a")), "dde"),
    "dde in cdata": ("docx", lambda: with_text(field("D<![CDATA[DE]]> a")), "dde"),
    "dde with a comment": ("docx", lambda: with_text(field("D<!-- x -->DE a")), "dde"),
    "dde in quotes": ("docx", lambda: with_text(field("&quot;DDE&quot; a")), "dde"),
    "dde inside another field": (
        "docx",
        lambda: with_text('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + INSIDE + "<w:r/>"),
        "dde",
    ),
    "dde that never ends": (
        "docx",
        lambda: with_text('<w:fldChar w:fldCharType="begin"/><w:instrText>DDE</w:instrText>'),
        "dde",
    ),
    "dde without a field": ("docx", lambda: with_text("<w:instrText>DDE a</w:instrText>"), "dde"),
    "dde that was deleted": (
        "docx",
        lambda: with_text(field("x").replace("instrText", "delInstrText").replace(">x<", ">DDE a<")),
        "dde",
    ),
    "simple field": ("docx", lambda: with_text('<w:fldSimple w:instr=" DDEAUTO a"/>'), "dde"),
    "simple field in codes": ("docx", lambda: with_text("<w:fldSimple w:instr='&#68;DE a'/>"), "dde"),
    "picture": ("docx", lambda: with_text(field('INCLUDEPICTURE "http://127.0.0.1/a.png"')), "linked_field"),
    "text in a footnote": ("docx", lambda: with_text(field("INCLUDETEXT a"), "word/footnotes.xml"), "linked_field"),
    "text in a header": ("docx", lambda: with_text(field("INCLUDE", "TEXT a"), "word/header1.xml"), "linked_field"),
    "link in a comment": ("docx", lambda: with_text(field("LINK Excel.Sheet a"), "word/comments.xml"), "linked_field"),
    "in a part of any name": ("docx", lambda: with_text(field("IMPORT a"), "zdjęcia/a.xml"), "linked_field"),
    "other prefix": (
        "docx",
        lambda: with_part(
            "word/document.xml",
            f"<ą:document {W.replace('xmlns:w', 'xmlns:ą')}><ą:instrText>DDE</ą:instrText></ą:document>",
        ),
        "dde",
    ),
    "in utf-16": (
        "docx",
        lambda: with_part("word/document.xml", f"<w:a {W}>{field('DDE a')}</w:a>".encode("utf-16")),
        "dde",
    ),
    "hover that runs a program": ("pptx", lambda: slide('<hlinkHover action="ppaction://program"/>'), "program"),
    "click that runs a macro": ("pptx", lambda: slide("<hlinkClick action='ppaction://macro?name=a'/>"), "program"),
    "click in codes": ("pptx", lambda: slide('<hlinkClick action="pp&#97;ction://Program"/>'), "program"),
    "click that wakes an object": ("pptx", lambda: slide('<hlinkClick action="ppaction://ole?verb=0"/>'), "program"),
    "webservice": ("xlsx", lambda: formula('_xlfn.WEBSERVICE("http://127.0.0.1/")'), "formula"),
    "webservice inside": ("xlsx", lambda: formula('1+len(webservice ("http://127.0.0.1/"))'), "formula"),
    "webservice in codes": ("xlsx", lambda: formula("W&#69;BSERVICE(A1)"), "formula"),
    "picture by formula": ("xlsx", lambda: formula('_xlfn.IMAGE("http://127.0.0.1/a.png")'), "formula"),
    "import of google": ("xlsx", lambda: formula('IMPORTXML("http://127.0.0.1/","//a")'), "formula"),
    "dde formula": ("xlsx", lambda: formula("cmd|'/c calc'!A0"), "dde"),
    "name that calls": (
        "xlsx",
        lambda: files.archive(
            files.xlsx_parts()
            | {
                "xl/a.xml": f'<workbook {X}><definedName name="a">WEBSERVICE("http://127.0.0.1/")</definedName></workbook>'
            }
        ),
        "formula",
    ),
    "conditional format": ("xlsx", lambda: sheet("<cfRule><formula>RTD(A1)</formula></cfRule>"), "formula"),
    "link to another program": (
        "xlsx",
        lambda: files.archive(files.xlsx_parts() | {"xl/any.xml": f"<externalLink {X}><ddeLink/></externalLink>"}),
        "dde",
    ),
    "workbook of a chart that acts": (
        "pptx",
        lambda: files.archive(files.pptx_parts() | {"ppt/embeddings/a.xlsx": formula("WEBSERVICE(A1)")}),
        "formula",
    ),
    "workbook of a chart with macros": (
        "docx",
        lambda: with_part("word/embeddings/a.xlsx", files.archive(files.xlsx_parts() | {"xl/vbaProject.bin": b"x"})),
        "macros",
    ),
    "odt dde": ("odt", lambda: odt("<text:dde-connection-decl/>"), "dde"),
    "odt dde field": ("odt", lambda: odt("<text:p><text:dde-connection/></text:p>"), "dde"),
    "odt webservice": (
        "odt",
        lambda: odt('<a xmlns:table="t" table:formula="of:=WEBSERVICE(&quot;http://127.0.0.1/&quot;)"/>'),
        "formula",
    ),
    "odt dde formula": ("odt", lambda: odt('<a xmlns:table="t" table:formula="of:=DDE(1;2;3)"/>'), "formula"),
    "slide that runs a program": ("odt", lambda: odt('<a xmlns:p="p" p:action="execute"/>'), "program"),
    "document built in": (
        "docx",
        lambda: with_part("word/_rels/document.xml.rels", files.relations(("aFChunk", "a.rtf", ""))),
        "alt_chunk",
    ),
    "ole part by its ending": (
        "docx",
        lambda: files.archive(
            files.docx_parts()
            | {
                "[Content_Types].xml": str(files.docx_parts()["[Content_Types].xml"]).replace(
                    "</Types>",
                    '<Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.oleObject"/>'
                    "</Types>",
                ),
                "word/a.bin": b"x",
            }
        ),
        "ole",
    ),
    "svg with definitions": (
        "docx",
        lambda: with_part("word/media/a.svg", '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg/>'),
        "dtd",
    ),
    "svg of another place": (
        "docx",
        lambda: with_part("word/media/a.svg", '<?xml version="1.0"?><!DOCTYPE svg SYSTEM "http://127.0.0.1/a"><svg/>'),
        "dtd",
    ),
}


@pytest.mark.parametrize("case", ACTING)
def test_what_acts_is_refused_and_named(case: str, tmp_path: Path) -> None:
    extension, make, feature = ACTING[case]
    assert verdict(make(), f"a.{extension}", tmp_path) == f"active_content:{feature}"


def metafile(size: int = 2_000) -> bytes:
    """An enhanced metafile, as far as its head goes."""
    return b"\x01\x00\x00\x00" + bytes(36) + b" EMF" + b"\x07" * size


def zip64_end(content: bytes, *, told_small: bool = False, moved: int = 0) -> bytes:
    """The archive with the record for large archives, as some programs write it for small ones too."""
    end = content.rindex(b"PK\x05\x06")
    count, size, start = struct.unpack("<HLL", content[end + 10 : end + 20])
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start + moved)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    plain = (count, count, size, start) if told_small else (0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    return content[:end] + record + locator + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *plain, 0)


def twice_nested() -> bytes:
    """A workbook in a document in a document."""
    inner = with_part("word/embeddings/a.xlsx", files.xlsx())
    return with_part("word/embeddings/b.docx", inner)


HARMLESS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "everyday fields": (
        "docx",
        lambda: with_text(
            field(" PAGE ")
            + field('HYPERLINK "http://a.example/?a=1&amp;b=LINK"')
            + field("MACRO", "BUTTON NoMacro [Kliknij]")
            + field("TOC \\o &quot;1-3&quot;")
            + field("REF LINK_1 DDE")
            + '<w:fldSimple w:instr=" DATE \\@ dd.MM.yyyy "/>'
        ),
        "docx",
    ),
    "the words in a text": (
        "docx",
        lambda: with_text("<w:r><w:t>DDEAUTO i INCLUDETEXT, instrText</w:t></w:r>"),
        "docx",
    ),
    "everyday formulas": (
        "xlsx",
        lambda: sheet(
            "<row><c><f>SUM(A1:B2)&amp;&quot;WEBSERVICE(&quot;</f></c><c><f>'Arkusz|1'!A1+RECALL(2)</f></c>"
            "<c><f>HYPERLINK(&quot;http://a.example&quot;)</f></c></row>"
        ),
        "xlsx",
    ),
    "jump between slides": ("pptx", lambda: slide('<hlinkClick action="ppaction://hlinksldjump"/>'), "pptx"),
    "emz": ("docx", lambda: with_part("word/media/a.emz", gzip.compress(metafile())), "docx"),
    "wmz": (
        "pptx",
        lambda: files.archive(files.pptx_parts() | {"ppt/media/a.wmz": gzip.compress(b"\xd7\xcd\xc6\x9a" * 9)}),
        "pptx",
    ),
    "emz bomb": (
        "docx",
        lambda: with_part("word/media/a.emz", gzip.compress(metafile(300_000_000))),
        "archive_too_large",
    ),
    "emz with more behind": (
        "docx",
        lambda: with_part("word/media/a.emz", gzip.compress(metafile()) + b"more"),
        "archive_unsafe",
    ),
    "emz cut": ("docx", lambda: with_part("word/media/a.emz", gzip.compress(metafile())[:-9]), "file_damaged"),
    "program in gzip": (
        "docx",
        lambda: with_part("word/media/a.emz", gzip.compress(b"MZ" * 99)),
        "archive_too_large:nested_archive",
    ),
    "workbook of a chart": ("docx", lambda: with_part("word/embeddings/a.xlsx", files.xlsx()), "docx"),
    "two deep": ("docx", twice_nested, "archive_too_large:nested_archive"),
    "template inside": (
        "docx",
        lambda: with_part(
            "word/embeddings/a.xlsx",
            files.archive(
                files.xlsx_parts() | {"[Content_Types].xml": files.content_types("xl/workbook.xml", "application/x")}
            ),
        ),
        "archive_too_large:nested_archive",
    ),
    "locked workbook inside": (
        "docx",
        lambda: with_part("word/embeddings/a.xlsx", OLE + bytes(600)),
        "active_content:ole",
    ),
    "document in a LibreOffice text": (
        "odt",
        lambda: files.archive(files.odt_parts() | {"Object 1": files.docx()}),
        "archive_too_large:nested_archive",
    ),
    "zip64": ("xlsx", lambda: zip64_end(files.xlsx()), "xlsx"),
    "zip64, small numbers told": ("xlsx", lambda: zip64_end(files.xlsx(), told_small=True), "xlsx"),
    "zip64 that differs": ("xlsx", lambda: zip64_end(files.xlsx(), told_small=True, moved=1), "archive_unsafe"),
    "zip64 elsewhere": ("xlsx", lambda: zip64_end(files.xlsx(), moved=1), "archive_unsafe"),
    "zip64 of nothing": (
        "xlsx",
        lambda: zip64_end(files.xlsx()).replace(b"PK\x06\x06", b"PK\x06\x05"),
        "archive_unsafe",
    ),
    "unknown alphabet": (
        "docx",
        lambda: with_part("word/a.xml", "<?xml version='1.0' encoding='cp037'?><a/>"),
        "file_damaged",
    ),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_what_only_looks_so_and_what_is_packed_inside(case: str, tmp_path: Path) -> None:
    extension, make, expected = HARMLESS[case]
    assert verdict(make(), f"a.{extension}", tmp_path) == expected


@pytest.mark.parametrize(
    "kind",
    [
        "office/2019/04/relationships/externalLinkLongPath",
        *(
            f"office/{place}/{name}"
            for place in ("2006/relationships/xlExternalLinkPath", "2019/04/relationships/xlExternalLinkLongPath")
            for name in ("xlPathMissing", "xlStartup", "xlAlternateStartup", "xlLibrary")
        ),
    ],
)
def test_excel_may_say_in_any_of_its_nine_ways_where_another_workbook_lies(kind: str, tmp_path: Path) -> None:
    link = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        f'Type="http://schemas.microsoft.com/{kind}" Target="budzet.xlsx" TargetMode="External"/></Relationships>'
    )
    content = files.archive(files.xlsx_parts() | {"xl/externalLinks/_rels/externalLink1.xml.rels": link})
    assert verdict(content, "a.xlsx", tmp_path) == "xlsx"


CSV = {
    "webservice": ('a;=WEBSERVICE("http://127.0.0.1/")', "active_content:formula"),
    "quoted": ('"=1+WEBSERVICE(""http://127.0.0.1/"")";b', "active_content:formula"),
    "at the end of much": ("a;b\n" * 300_000 + "=IMPORTXML(A1)", "active_content:formula"),
    "program": ("a\n=cmd|' /C calc'!A0", "active_content:dde"),
    "program with a plus": ("+cmd|'/C calc'!A0;b", "active_content:dde"),
    "nothing else": ("=WEBSERVICE (A1)\n" * 3_000, "active_content:formula"),
    "named without a formula": ("notatka: WEBSERVICE(A1)\n" * 3_000, "active_content:formula"),
    "named once without a formula": ("notatka;o funkcji WEBSERVICE(A1)", "csv"),
    "numbers and phones": ("imię;tel\nAnna;+48 600 000 000\n=1+1;-5\n@ops;=A1&B2", "csv"),
    "bars between": ("-5|Uwaga!|+3\n- punkt|=|b!", "csv"),
}


@pytest.mark.parametrize("case", CSV)
def test_tables_in_plain_text(case: str, tmp_path: Path) -> None:
    text, expected = CSV[case]
    assert verdict(text.encode("utf-16"), "a.csv", tmp_path) == expected
    assert verdict(text.encode(), "a.csv", tmp_path) == expected
    assert verdict(text.encode(), "a.txt", tmp_path) == "txt"
