"""The upload check on real files: what is taken, and the code of each refusal."""

import struct
import time
import zlib
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import filecheck
from certify.domain import errors
from tests import files


def verdict(content: bytes, name: str, folder: Path) -> str:
    """What the check says of these bytes under this name: the kind, or the code and the feature that it names."""
    path = folder / "received"
    path.write_bytes(content)
    begun = time.perf_counter()
    try:
        said = filecheck.check(path, name).extension
    except errors.Invalid as refusal:
        assert [fault.field for fault in refusal.errors] == ["file"]
        feature = refusal.details.get("feature")
        said = refusal.errors[0].code + (f":{feature}" if feature else "")
    except errors.NotAccepted as refusal:
        said = refusal.code
    assert time.perf_counter() - begun < 10, "a check must not hang; the aim is two seconds on a quiet machine"
    return said


@pytest.mark.parametrize("kind", files.SAMPLES)
def test_each_kind_is_taken_under_its_own_name(kind: str, tmp_path: Path) -> None:
    assert verdict(files.SAMPLES[kind](), f"Uchwała Rady.{kind.upper()}", tmp_path) == kind


def test_jpeg_is_jpg(tmp_path: Path) -> None:
    assert verdict(files.jpg(), "zdjęcie.jpeg", tmp_path) == "jpg"


@pytest.mark.parametrize("kind", files.SAMPLES)
@pytest.mark.parametrize("extension", files.SAMPLES)
def test_a_file_under_another_kind_s_extension_is_refused(kind: str, extension: str, tmp_path: Path) -> None:
    # A table in plain text is plain text, and the other way round; a picture is taken for the picture that it is.
    alike = kind == extension or {kind, extension} == {"txt", "csv"}
    pictures = {kind, extension} <= {"png", "jpg", "webp"}
    expected = kind if pictures else extension if alike else "file_type_mismatch"
    assert verdict(files.SAMPLES[kind](), f"dowód.{extension}", tmp_path) == expected


@pytest.mark.parametrize(
    "name",
    ["a.doc", "a.xls", "a.docm", "a.svg", "a.html", "a.zip", "a.exe", "a.pdf.exe", "pdf", "", "a.", "a.pdf "],
)
def test_other_extensions_are_not_taken(name: str, tmp_path: Path) -> None:
    assert verdict(files.pdf(), name, tmp_path) == "file_type_not_allowed"


@pytest.mark.parametrize(
    ("name", "feature"),
    [
        ("a.heic", "heic"),
        ("a.DOC", "old_office"),
        ("a.xlsm", "macro_office"),
        ("a.tiff", "other_picture"),
        ("a.zip", "archive"),
        ("a", "no_ending"),
        ("a.", "no_ending"),
        ("a.exe", None),
    ],
)
def test_what_people_often_send_instead_has_a_word_of_its_own(name: str, feature: str | None) -> None:
    with pytest.raises(errors.NotAccepted) as refusal:
        filecheck.kind_of(name)
    assert refusal.value.details["feature"] == feature


@pytest.mark.parametrize(
    ("name", "kind", "right"),
    [
        ("zdjęcie.png", "jpg", "zdjęcie.jpg"),
        ("zdjęcie.JPEG", "jpg", "zdjęcie.JPEG"),
        ("zdjęcie.jfif", "jpg", "zdjęcie.jpg"),
        ("zdjęcie.jpe", "jpg", "zdjęcie.jpg"),
        ("a.b.jpg", "webp", "a.b.webp"),
        ("skan.pdf", "pdf", "skan.pdf"),
    ],
)
def test_a_picture_gets_the_ending_of_its_kind(name: str, kind: str, right: str) -> None:
    assert filecheck.named(name, filecheck.KINDS[kind]) == right


@pytest.mark.parametrize("extension", [*files.SAMPLES, "jpeg"])
def test_an_empty_file_is_said_to_be_empty(extension: str, tmp_path: Path) -> None:
    assert verdict(b"", f"a.{extension}", tmp_path) == "file_empty"


def test_a_path_that_cannot_be_read_is_the_storage_s_fault(tmp_path: Path) -> None:
    with pytest.raises(errors.Unavailable) as refusal:
        filecheck.check(tmp_path / "gone", "a.pdf")
    assert refusal.value.code == "storage_unavailable"


# PDF


def javascript(key: str = "S") -> pikepdf.Dictionary:
    """An action that shows a message."""
    return pikepdf.Dictionary({f"/{key}": pikepdf.Name.JavaScript, "/JS": pikepdf.String("app.alert(1)")})


ACTIVE_PDF = {
    "javascript": lambda: files.pdf(OpenAction=javascript()),
    "launch": lambda: files.pdf(OpenAction=pikepdf.Dictionary(S=pikepdf.Name.Launch)),
    "embedded_file": lambda: files.pdf(
        Names=pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Kids=pikepdf.Array()))
    ),
    "rich_media": lambda: files.pdf(Extra=pikepdf.Dictionary(Subtype=pikepdf.Name.RichMedia)),
    "xfa": lambda: files.pdf(AcroForm=pikepdf.Dictionary(XFA=pikepdf.String("x"))),
    "submit_form": lambda: files.pdf(AA=pikepdf.Array([pikepdf.Dictionary(S=pikepdf.Name.SubmitForm)])),
    "import_data": lambda: files.pdf(AA=pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.ImportData))),
}


@pytest.mark.parametrize("feature", ACTIVE_PDF)
def test_active_pdf_is_refused_and_the_feature_named(feature: str, tmp_path: Path) -> None:
    assert verdict(ACTIVE_PDF[feature](), "a.pdf", tmp_path) == f"active_content:{feature}"


def resaved(content: bytes, **options: object) -> bytes:
    """The same PDF written in another way: packed object streams, encrypted …"""
    path = files.io.BytesIO()
    with pikepdf.open(files.io.BytesIO(content)) as document:
        document.save(path, **options)
    return path.getvalue()


def test_active_content_inside_packed_objects_is_found(tmp_path: Path) -> None:
    packed = resaved(files.pdf(OpenAction=javascript()), object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert b"JavaScript" not in packed
    assert verdict(packed, "a.pdf", tmp_path) == "active_content:javascript"


def test_an_attached_file_is_found(tmp_path: Path) -> None:
    out = files.io.BytesIO()
    with pikepdf.open(files.io.BytesIO(files.pdf())) as document:
        document.attachments["a.exe"] = pikepdf.AttachedFileSpec(document, b"MZ")
        document.save(out)
    assert verdict(out.getvalue(), "a.pdf", tmp_path) == "active_content:embedded_file"


def test_a_name_spelt_with_escapes_is_found(tmp_path: Path) -> None:
    plain = files.pdf(Extra=pikepdf.Dictionary(S=pikepdf.Name("/Launchxx")))
    assert verdict(plain, "a.pdf", tmp_path) == "pdf"
    # Same length, so that the table of contents stays right.
    assert verdict(plain.replace(b"/Launchxx", b"/L#61unch"), "a.pdf", tmp_path) == "active_content:launch"


def test_a_name_in_an_object_of_its_own_is_found(tmp_path: Path) -> None:
    out = files.io.BytesIO()
    with pikepdf.open(files.io.BytesIO(files.pdf())) as document:
        document.Root.OpenAction = pikepdf.Dictionary(S=document.make_indirect(pikepdf.Name.Launch))
        document.save(out)
    assert b"/S /Launch" not in out.getvalue()
    assert verdict(out.getvalue(), "a.pdf", tmp_path) == "active_content:launch"


def test_the_words_in_a_text_string_mean_nothing(tmp_path: Path) -> None:
    harmless = files.pdf(Extra=pikepdf.Dictionary(Title=pikepdf.String("(o /JavaScript i /Launch)")))
    assert verdict(harmless, "a.pdf", tmp_path) == "pdf"


@pytest.mark.parametrize(("password", "expected"), [("", "pdf"), ("tajne", "encrypted_file")])
@pytest.mark.parametrize("strength", [2, 3, 4, 6])
def test_a_pdf_that_asks_for_a_password_is_refused(strength: int, password: str, expected: str, tmp_path: Path) -> None:
    """One that only restricts what its readers may do is open to everybody, and so to the check."""
    lock = pikepdf.Encryption(owner="wlasciciel", user=password, R=strength, aes=strength > 3, metadata=strength > 3)
    assert verdict(resaved(files.pdf(), encryption=lock), "a.pdf", tmp_path) == expected
    scripted = resaved(files.pdf(OpenAction=javascript()), encryption=lock)
    refused = "encrypted_file" if password else "active_content:javascript"
    assert verdict(scripted, "a.pdf", tmp_path) == refused


def lzw_bomb_shape() -> bytes:
    """A PDF whose packed objects use a filter that has no memory limit."""
    packed = resaved(files.pdf(), object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return packed.replace(b"/Filter /FlateDecode", b"/Filter   /LZW#44ecode")


PDF_FAULTS = {
    "cut in half": (lambda: files.pdf(20)[: len(files.pdf(20)) // 2], "file_damaged"),
    "no end": (lambda: files.pdf().replace(b"%%EOF", b"     "), "file_damaged"),
    "table of contents broken": (lambda: files.pdf().replace(b"startxref\n", b"startxref\n9"), "file_damaged"),
    "cut in a later revision": (lambda: files.pdf() + b"\n7 0 obj << /A", "file_damaged"),
    "no page": (lambda: files.pdf(0), "file_damaged"),
    "only the marks": (lambda: b"%PDF-1.7\n%%EOF", "file_damaged"),
    "unlimited filter": (lzw_bomb_shape, "file_damaged"),
    "endless streams": (lambda: b"%PDF-1.7\n" + b"stream " * 300_001 + b"%%EOF", "file_damaged"),
    "a page in front": (lambda: b"<html><script>x</script>" + files.pdf(), "file_type_mismatch"),
    "a byte order mark in front": (lambda: b"\xef\xbb\xbf" + files.pdf(), "file_type_mismatch"),
    "a page behind": (lambda: files.pdf() + b"<html></html>", "file_type_mismatch"),
    "a zip behind": (lambda: files.pdf() + files.docx(), "file_type_mismatch"),
    "html named pdf": (lambda: b"<html><script>alert(1)</script></html>", "file_type_mismatch"),
    "white space behind": (lambda: files.pdf() + b"\r\n\r\n", "pdf"),
}


@pytest.mark.parametrize("case", PDF_FAULTS)
def test_broken_and_double_pdf(case: str, tmp_path: Path) -> None:
    make, expected = PDF_FAULTS[case]
    assert verdict(make(), "a.pdf", tmp_path) == expected


def test_a_pdf_that_is_also_a_zip_by_its_comment_is_refused(tmp_path: Path) -> None:
    double = bytearray(files.pdf() + files.docx())
    comment = b"\n%%EOF"
    double[-2:] = struct.pack("<H", len(comment))
    assert verdict(bytes(double) + comment, "a.pdf", tmp_path) == "file_type_mismatch"


def pdf_of_packed_objects(padding: int) -> bytes:
    """A good PDF whose page stands in a packed stream, followed there by so many spaces."""
    pages, page = b"<</Type/Pages/Count 1/Kids[3 0 R]>>", b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    index = b"2 0 3 %d " % len(pages)
    packed = zlib.compress(index + pages + page + b" " * padding, 9)
    body = b"%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    packed_at = len(body)
    head = b"4 0 obj<</Type/ObjStm/N 2/First %d/Filter/FlateDecode/Length %d>>stream\n" % (len(index), len(packed))
    body += head + packed + b"\nendstream endobj\n"
    rows = [(0, 0, 255), (1, 9, 0), (2, 4, 0), (2, 4, 1), (1, packed_at, 0), (1, len(body), 0)]
    table = b"".join(struct.pack(">BIB", *row) for row in rows)
    head = b"5 0 obj<</Type/XRef/Size 6/W[1 4 1]/Root 1 0 R/Length %d>>stream\n" % len(table)
    return body + head + table + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % len(body)


@pytest.mark.parametrize(("padding", "expected"), [(1_000, "pdf"), (100_000_000, "file_damaged")])
def test_packed_objects_may_not_be_a_bomb(padding: int, expected: str, tmp_path: Path) -> None:
    assert verdict(pdf_of_packed_objects(padding), "a.pdf", tmp_path) == expected


# Text


TEXTS = {
    "cp1250": (files.TEXT.encode("cp1250"), "txt"),
    "utf-8 with mark": (files.TEXT.encode("utf-8-sig"), "txt"),
    "tabs and form feeds": (b"a\tb\r\n\x0c\n", "txt"),
    "less-than in a sentence": (b"Wynik < 5 i > 3", "txt"),
    "utf-16 of notepad": (files.TEXT.encode("utf-16"), "txt"),
    "utf-16, high byte first": (b"\xfe\xff" + files.TEXT.encode("utf-16-be"), "txt"),
    "utf-16 without a mark": (files.TEXT.encode("utf-16-le"), "file_type_mismatch"),
    "utf-16 cut in a letter": (files.TEXT.encode("utf-16")[:-1], "file_type_mismatch"),
    "utf-32": (files.TEXT.encode("utf-32"), "file_type_mismatch"),
    "page in utf-16": ("<html><p>a".encode("utf-16"), "file_type_mismatch"),
    "end of a dos text": (files.TEXT.encode("cp1250") + b"\x1a", "txt"),
    "dos end in the middle": (b"a\x1ab", "file_type_mismatch"),
    "mail": ("<anna.nowak@example.org> napisała:\n> Dzień dobry".encode(), "txt"),
    "nul": (b"a\x00b", "file_type_mismatch"),
    "escape": (b"\x1b[31mred", "file_type_mismatch"),
    "page": (b"  <!DOCTYPE html><p>", "file_type_mismatch"),
    "page with mark": (b"\xef\xbb\xbf<HTML>", "file_type_mismatch"),
    "svg": (b"<svg onload=alert(1)>", "file_type_mismatch"),
    "script further on": (b"Wstaw znacznik <ScRipt> na stronie", "txt"),
    "shell script": (b"#!/bin/sh\n", "file_type_mismatch"),
    "rtf": (rb"{\rtf1 a}", "file_type_mismatch"),
    "pdf behind a line": (b"abc\n%PDF-1.7", "file_type_mismatch"),
    "in no alphabet": (b"\xc4\x81\x98", "file_type_mismatch"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_texts(case: str, tmp_path: Path) -> None:
    content, expected = TEXTS[case]
    assert verdict(content, "notatka.txt", tmp_path) == expected


def test_a_letter_across_two_pieces_of_reading_is_whole(tmp_path: Path) -> None:
    assert verdict(b"a" * (1024 * 1024 - 1) + "ą\n".encode(), "a.txt", tmp_path) == "txt"
    assert verdict(b"a" * (1024 * 1024 - 1) + "ą\x00".encode(), "a.txt", tmp_path) == "file_type_mismatch"


# Whatever the bytes


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(sorted(files.SAMPLES)), data=st.data())
def test_damage_anywhere_is_at_worst_a_refusal(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(files.SAMPLES[kind]())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=6))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(content)
    try:
        assert filecheck.check(path, f"a.{kind}").extension == kind
    except errors.CertifyError as refusal:
        assert isinstance(refusal, errors.Invalid)
