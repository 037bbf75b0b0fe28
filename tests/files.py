"""Real sample files of each kind that the service takes, made on the spot, for every test that uploads something."""

import io
import zipfile
from collections.abc import Mapping

import pikepdf
from PIL import Image

TEXT = "Uchwała nr XII/87/2026 Rady Gminy w sprawie organizacji społeczności lokalnej.\nZażółć gęślą jaźń.\n"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "application/vnd.openxmlformats-officedocument"


def pdf(pages: int = 1, **root: pikepdf.Object) -> bytes:
    """A PDF of empty A4 pages; `root` adds entries to its catalogue."""
    out = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page(page_size=(595, 842))
        for key, value in root.items():
            document.Root[f"/{key}"] = document.make_indirect(value)
        document.save(out)
    return out.getvalue()


def image(format_name: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: object) -> bytes:
    """A small picture with a gradient, written by Pillow as PNG, JPEG, GIF …"""
    picture = Image.linear_gradient("L").resize(size).convert(mode)
    out = io.BytesIO()
    picture.save(out, format_name, **options)
    return out.getvalue()


def png() -> bytes:
    """A PNG of 64 × 48 pixels."""
    return image("PNG")


def jpg() -> bytes:
    """A JPEG of 64 × 48 pixels."""
    return image("JPEG")


def txt() -> bytes:
    """A Polish text in UTF-8."""
    return TEXT.encode()


def archive(parts: Mapping[str, bytes | str], *, stored: tuple[str, ...] = ("mimetype",)) -> bytes:
    """A ZIP of these parts in this order; those in `stored` are not packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            method = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            packed.writestr(zipfile.ZipInfo(name, (2026, 3, 5, 14, 45, 0)), content, method)
    return out.getvalue()


def relations(*rows: tuple[str, str, str]) -> str:
    """A relations part; each row is (last word of the type, target, "External" or "")."""
    lines = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"'
        + (f' TargetMode="{mode}"/>' if mode else "/>")
        for number, (kind, target, mode) in enumerate(rows)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def content_types(main: str, kind: str, *more: str) -> str:
    """The [Content_Types].xml of a package whose part `main` has the type `kind`; `more` are whole extra elements."""
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="{kind}"/>{"".join(more)}</Types>'
    )


def docx_parts() -> dict[str, bytes | str]:
    """The parts of a Word document of one paragraph, to be changed by a test before `archive`."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return {
        "[Content_Types].xml": content_types("word/document.xml", f"{_DOCUMENT}.wordprocessingml.document.main+xml"),
        "_rels/.rels": relations(("officeDocument", "word/document.xml", "")),
        "word/document.xml": f'{_XML}<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>{TEXT}</w:t></w:r></w:p>'
        "</w:body></w:document>",
        "word/_rels/document.xml.rels": relations(("hyperlink", "https://example.org/", "External")),
    }


def docx() -> bytes:
    """A Word document of one paragraph with one link."""
    return archive(docx_parts())


def xlsx_parts() -> dict[str, bytes | str]:
    """The parts of an Excel workbook with one cell."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<Override PartName="/xl/sheet1.xml" ContentType="{_DOCUMENT}.spreadsheetml.worksheet+xml"/>'
    return {
        "[Content_Types].xml": content_types("xl/workbook.xml", f"{_DOCUMENT}.spreadsheetml.sheet.main+xml", sheet),
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml", "")),
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{space}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Obecność" sheetId="1" r:id="r0"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(("worksheet", "sheet1.xml", "")),
        "xl/sheet1.xml": f'{_XML}<worksheet xmlns="{space}"><sheetData><row r="1"><c r="A1" t="inlineStr">'
        "<is><t>Warsztaty w Łęgu</t></is></c></row></sheetData></worksheet>",
    }


def xlsx() -> bytes:
    """An Excel workbook with one cell."""
    return archive(xlsx_parts())


def pptx_parts() -> dict[str, bytes | str]:
    """The parts of a PowerPoint presentation with one empty slide."""
    space = "http://schemas.openxmlformats.org/presentationml/2006/main"
    slide = f'<Override PartName="/ppt/slides/slide1.xml" ContentType="{_DOCUMENT}.presentationml.slide+xml"/>'
    main = f"{_DOCUMENT}.presentationml.presentation.main+xml"
    return {
        "[Content_Types].xml": content_types("ppt/presentation.xml", main, slide),
        "_rels/.rels": relations(("officeDocument", "ppt/presentation.xml", "")),
        "ppt/presentation.xml": f'{_XML}<p:presentation xmlns:p="{space}" xmlns:r="{_OFFICE}"><p:sldIdLst>'
        '<p:sldId id="256" r:id="r0"/></p:sldIdLst></p:presentation>',
        "ppt/_rels/presentation.xml.rels": relations(("slide", "slides/slide1.xml", "")),
        "ppt/slides/slide1.xml": f'{_XML}<p:sld xmlns:p="{space}"><p:cSld><p:spTree/></p:cSld></p:sld>',
    }


def pptx() -> bytes:
    """A PowerPoint presentation with one slide."""
    return archive(pptx_parts())


def odt_parts(body: str = "<text:p>Diagnoza środowiska lokalnego, gmina Żabno.</text:p>") -> dict[str, bytes | str]:
    """The parts of an OpenDocument text; `body` stands inside office:text."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    names = (
        f'xmlns:office="{space}:office:1.0" xmlns:text="{space}:text:1.0" xmlns:draw="{space}:drawing:1.0" '
        f'xmlns:script="{space}:script:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"'
    )
    return {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f'{_XML}<office:document-content {names} office:version="1.3"><office:scripts/>'
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>",
        "META-INF/manifest.xml": f'{_XML}<manifest:manifest xmlns:manifest="{space}:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>',
    }


def ods_parts(body: str = '<table:table table:name="Obecność"/>') -> dict[str, bytes | str]:
    """The parts of an OpenDocument spreadsheet; `body` stands inside office:spreadsheet."""
    sheet = "application/vnd.oasis.opendocument.spreadsheet"
    parts = odt_parts(body)
    space = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    content = str(parts["content.xml"]).replace("office:text>", "office:spreadsheet>")
    manifest = str(parts["META-INF/manifest.xml"]).replace("application/vnd.oasis.opendocument.text", sheet)
    return {
        "mimetype": sheet,
        "content.xml": content.replace("xmlns:xlink=", f'xmlns:table="{space}" xmlns:xlink='),
        "META-INF/manifest.xml": manifest,
    }


def ods() -> bytes:
    """An OpenDocument spreadsheet with one empty table."""
    return archive(ods_parts())


def webp() -> bytes:
    """A WebP of 64 × 48 pixels."""
    return image("WEBP")


def csv() -> bytes:
    """A table in UTF-8, as a spreadsheet writes it in Poland."""
    return "data;miejsce;obecnych\n5.03.2026;Łęg;14\n".encode()


def odt() -> bytes:
    """An OpenDocument text of one paragraph."""
    return archive(odt_parts())


SAMPLES = {
    "pdf": pdf,
    "png": png,
    "jpg": jpg,
    "webp": webp,
    "docx": docx,
    "xlsx": xlsx,
    "pptx": pptx,
    "odt": odt,
    "ods": ods,
    "txt": txt,
    "csv": csv,
}
