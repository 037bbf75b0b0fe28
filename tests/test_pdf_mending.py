"""PDFs that act without a click are refused; PDFs that viewers open are mended once, and nothing is lost by that."""

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import pytest
from flask import Flask
from pikepdf import Array, Dictionary, Name, String

from certify.domain import errors
from certify.workflows.intake import taken_in
from tests import files
from tests.test_filecheck import resaved, verdict

ON_PAGE = "page"


def act(kind: str, **more: pikepdf.Object) -> pikepdf.Object:
    """An action of this kind."""
    return Dictionary(S=Name(f"/{kind}"), **more)


def on_page(**more: pikepdf.Object) -> bytes:
    """A PDF whose page holds this."""
    return changed(
        lambda document: [document.pages[0].obj.__setitem__(f"/{key}", value) for key, value in more.items()]
    )


def changed(change: Callable[[pikepdf.Pdf], object]) -> bytes:
    """A PDF after this change."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(files.pdf(2))) as document:
        change(document)
        document.save(out)
    return out.getvalue()


def link(action: pikepdf.Object) -> bytes:
    """A PDF with a link to click."""
    note = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)
    return on_page(Annots=Array([note]))


def stream_from_outside(document: pikepdf.Pdf) -> None:
    """The drawing of a page lies in another file."""
    drawing = document.make_stream(b"")
    drawing.stream_dict["/F"] = String("\\\\127.0.0.1\\a\\b")
    document.pages[0].obj["/Contents"] = drawing


def page_from_outside(document: pikepdf.Pdf) -> None:
    """A form that is a page of another file."""
    form = document.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
    form.stream_dict["/Ref"] = Dictionary(F=String("b.pdf"), Page=0)
    document.pages[0].obj["/Resources"] = Dictionary(XObject=Dictionary(A=form))


def chain(length: int) -> pikepdf.Object:
    """So many quiet actions, one after the other."""
    action = act("Named", N=Name.NextPage)
    for _ in range(length):
        action = act("Named", N=Name.NextPage, Next=action)
    return action


UNC = String("\\\\127.0.0.1\\dokumenty\\a.pdf")
ACTIONS: dict[str, tuple[Callable[[], bytes], str]] = {
    "address on opening": (lambda: files.pdf(OpenAction=act("URI", URI=String("http://127.0.0.1/"))), "on_opening"),
    "other file on opening": (lambda: files.pdf(OpenAction=act("GoToR", F=String("b.pdf"))), "on_opening"),
    "other machine on opening": (lambda: files.pdf(OpenAction=act("GoToR", F=UNC)), "remote_file"),
    "address when a page opens": (
        lambda: on_page(AA=Dictionary(O=act("URI", URI=String("http://127.0.0.1/")))),
        "on_opening",
    ),
    "address after a move": (
        lambda: files.pdf(OpenAction=act("GoTo", Next=Array([act("Hide"), act("URI", URI=String("a"))]))),
        "on_opening",
    ),
    "endless chain": (lambda: files.pdf(OpenAction=chain(150)), "on_opening"),
    "attached file on opening": (lambda: files.pdf(OpenAction=act("GoToE")), "embedded_file"),
    "film on opening": (lambda: files.pdf(OpenAction=act("Rendition")), "rich_media"),
    "film on a page": (lambda: on_page(Annots=Array([Dictionary(Subtype=Name.Movie)])), "rich_media"),
    "sound on click": (lambda: link(act("Sound")), "rich_media"),
    "program on click": (lambda: link(act("Launch", F=String("umowa.docx"))), "launch"),
    "other machine on click": (lambda: link(act("GoToR", F=UNC)), "remote_file"),
    "other machine on click, in full": (
        lambda: link(act("GoToR", F=Dictionary(UF=String("//127.0.0.1/a.pdf")))),
        "remote_file",
    ),
    "attached file on click": (lambda: link(act("GoToE", T=Dictionary(R=Name.C))), "embedded_file"),
    "drawing from outside": (lambda: changed(stream_from_outside), "outside_stream"),
    "page from outside": (lambda: changed(page_from_outside), "outside_stream"),
    "scripts by name": (
        lambda: files.pdf(Names=Dictionary(JavaScript=Dictionary(Names=Array([String("a"), Dictionary()])))),
        "javascript",
    ),
}


@pytest.mark.parametrize("case", ACTIONS)
def test_what_a_pdf_does_by_itself_is_refused(case: str, tmp_path: Path) -> None:
    make, feature = ACTIONS[case]
    assert verdict(make(), "a.pdf", tmp_path) == f"active_content:{feature}"
    packed = resaved(make(), object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert verdict(packed, "a.pdf", tmp_path) == f"active_content:{feature}"


QUIET: dict[str, Callable[[], bytes]] = {
    "opens at a place": lambda: files.pdf(OpenAction=Array([0, Name.Fit])),
    "opens by a move": lambda: files.pdf(OpenAction=act("GoTo", D=Array([0, Name.Fit]))),
    "asks to print": lambda: files.pdf(OpenAction=act("Named", N=Name.Print)),
    "some moves": lambda: files.pdf(OpenAction=chain(20)),
    "link to the web": lambda: link(act("URI", URI=String("https://example.org/"))),
    "link to a file beside": lambda: link(act("GoToR", F=String("zalacznik.pdf"))),
    "no attachments any more": lambda: files.pdf(Names=Dictionary(EmbeddedFiles=Dictionary(Names=Array()))),
    "no scripts any more": lambda: files.pdf(Names=Dictionary(JavaScript=Dictionary())),
    "a font called Movie": lambda: on_page(Resources=Dictionary(Font=Dictionary(Movie=Dictionary()))),
}


@pytest.mark.parametrize("case", QUIET)
def test_ordinary_pdfs_are_taken(case: str, tmp_path: Path) -> None:
    assert verdict(QUIET[case](), "a.pdf", tmp_path) == "pdf"


# Mending


@pytest.fixture(autouse=True)
def settings(tmp_path: Path) -> Iterator[None]:
    """The settings that an upload reads."""
    app = Flask(__name__)
    app.config.update(CLAMD="", INSTANCE=str(tmp_path))
    with app.app_context():
        yield


def kept(content: bytes, folder: Path, name: str = "skan.pdf") -> bytes | str:
    """What would be kept of this file, or the code of its refusal."""
    try:
        with taken_in(io.BytesIO(content), name, folder) as taken:
            assert taken.sent.sha256 == hashlib.sha256(content).hexdigest()
            record = taken.record.path.read_bytes()
            assert taken.drawn == (record != content)
            return record
    except errors.Invalid as refusal:
        feature = refusal.details.get("feature")
        return refusal.errors[0].code + (f":{feature}" if feature else "")


GOOD = files.pdf(3)
AROUND: dict[str, tuple[bytes, bytes]] = {
    "byte order mark": (b"\xef\xbb\xbf", b""),
    "blank lines": (b"\r\n \n", b""),
    "head of a server's answer": (b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nX-A: b\r\n\r\n", b""),
    "end of a dos text": (b"", b"\x1a"),
    "note of a page": (b"", b"\n<!-- Wygenerowano w 0,12 s -->\n"),
    "padding": (b"", b"\x00" * 9_000),
    "before and behind": (b"\xef\xbb\xbf", b"\r\n\x1a"),
}


@pytest.mark.parametrize("case", AROUND)
def test_what_stands_around_a_document_is_cut_off_and_the_document_stays_as_it_is(case: str, tmp_path: Path) -> None:
    before, behind = AROUND[case]
    assert kept(before + GOOD + behind, tmp_path) == GOOD


def signed() -> bytes:
    """A PDF that says that it is signed."""
    return files.pdf(Extra=Dictionary(Type=Name.Sig, ByteRange=Array([0, 1, 2, 3])))


def with_table(content: bytes, number: bytes) -> bytes:
    """The same with another place told for its table of contents."""
    at = content.rindex(b"startxref") + 10
    return content[:at] + number + content[content.index(b"\n", at) :]


def promising(count: int) -> bytes:
    """A PDF that claims so many pages, and has a wrong table of contents."""
    return with_table(files.pdf(2).replace(b"/Count 2", b"/Count %d" % count), b"7")


def through_an_old_mailer(content: bytes) -> bytes:
    """Each line end became two signs, also in packed bytes."""
    return content.replace(b"\n", b"\r\n")


def drawn_page() -> bytes:
    """A PDF with a long packed drawing in which line ends stand by chance."""
    lines = b"".join(b"%d %d m %d %d l S\n" % (n, n * n % 997, n * 7 % 991, n) for n in range(3_000))
    return changed(lambda document: document.pages[0].obj.__setitem__("/Contents", document.make_stream(lines)))


MENDED: dict[str, tuple[Callable[[], bytes], str]] = {
    "table elsewhere": (lambda: with_table(GOOD, b"9"), "mended"),
    "table nowhere": (lambda: with_table(GOOD, b"99999999"), "mended"),
    "table elsewhere, mark in front": (lambda: b"\xef\xbb\xbf" + with_table(GOOD, b"0"), "mended"),
    "lines of another system": (lambda: through_an_old_mailer(GOOD), "mended"),
    "drawing that a mailer broke": (
        lambda: through_an_old_mailer(resaved(drawn_page(), compress_streams=True)),
        "file_damaged",
    ),
    "pages that are not there": (lambda: promising(7), "file_damaged"),
    "pages that are": (lambda: promising(2), "mended"),
    "signed": (lambda: with_table(signed(), b"9"), "file_damaged"),
    "cut in half": (lambda: GOOD[: len(GOOD) // 2], "file_damaged"),
    "cut in half, end put on": (lambda: GOOD[: len(GOOD) // 2] + b"\n%%EOF", "file_damaged"),
    "script inside": (lambda: with_table(files.pdf(OpenAction=act("JavaScript")), b"9"), "active_content:javascript"),
    "script inside, mark in front": (
        lambda: b"\xef\xbb\xbf" + files.pdf(OpenAction=act("JavaScript")),
        "active_content:javascript",
    ),
    "locked": (
        lambda: b"\n" + resaved(GOOD, encryption=pikepdf.Encryption(owner="a", user="b")),
        "encrypted_file",
    ),
    "locked, table elsewhere": (
        lambda: with_table(resaved(GOOD, encryption=pikepdf.Encryption(owner="a", user="b")), b"9"),
        "encrypted_file",
    ),
    "page in front": (lambda: b"<html><script>x</script>" + GOOD, "file_type_mismatch"),
    "page behind": (lambda: GOOD + b"<script>x</script>", "file_type_mismatch"),
    "script in a note": (lambda: GOOD + b"<!-- <script>x</script> -->", "file_type_mismatch"),
    "archive behind": (lambda: GOOD + files.docx(), "file_type_mismatch"),
    "archive behind, mark in front": (lambda: b"\n" + GOOD + files.docx(), "file_type_mismatch"),
    "program": (lambda: b"MZ" + GOOD, "file_type_mismatch"),
    "late beginning": (lambda: b"\n" * 2_000 + GOOD, "file_type_mismatch"),
    "no document": (lambda: b"%PDF-1.7\n%%EOF", "file_damaged"),
}


@pytest.mark.parametrize("case", MENDED)
def test_only_what_can_be_mended_without_loss_is_mended(case: str, tmp_path: Path) -> None:
    make, expected = MENDED[case]
    content = make()
    record = kept(content, tmp_path)
    if expected != "mended":
        assert record == expected
        return
    assert isinstance(record, bytes) and record == kept(content, tmp_path), "the same file gives the same record"
    with pikepdf.open(io.BytesIO(record), attempt_recovery=False) as document:
        assert len(document.pages) == (3 if b"/Count 3" in content else 2)


def test_a_whole_file_is_kept_as_it_was_sent(tmp_path: Path) -> None:
    for content in (GOOD, signed(), resaved(GOOD, encryption=pikepdf.Encryption(owner="a", user=""))):
        assert kept(content, tmp_path) == content
