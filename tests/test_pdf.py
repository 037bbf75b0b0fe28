"""The printed certificate, from the real engines: what it says, how it is tagged, and that no text in it can act."""

import dataclasses
import datetime as dt
import http.server
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pypdf
import pytest

from certify import children, pdf_engines
from certify.domain.errors import Unavailable
from certify.pdf import CertificateFace, Engine, render_certificate

FACE = CertificateFace(
    title="Certyfikat Jakości OSL",
    number="OSL/2026/0012",
    holder_name="Ośrodek Pomocy Społecznej w Libiążu",
    holder_address="ul. Wymyślona 4, 32-590 Libiąż",
    unit_name="Zespół Terenowy nr 7 „Źródło”",
    area="gmina Libiąż, powiat chrzanowski, województwo małopolskie",
    scope="Organizowanie społeczności lokalnej w gminie: zażółć gęślą jaźń, ZAŻÓŁĆ GĘŚLĄ JAŹŃ.",
    standard_title="Standard OSL",
    standard_version="1.0",
    standard_date=dt.date(2026, 3, 1),
    decision_number="OSL-D/2026/7",
    decision_date=dt.date(2026, 3, 2),
    valid_from=dt.date(2026, 3, 5),
    valid_until=dt.date(2031, 3, 4),
    issuer_name="Fundacja Wzór Lokalny (wystawca przykładowy)",
    issuer_address="ul. Przykładowa 1, 00-001 Warszawa",
    place="Warszawa",
    issued_on=dt.date(2026, 3, 6),
    signatories=(("Prezes Zarządu", "Zofia Łącka-Żółć"), ("Koordynator certyfikacji", "Jan Świdziński")),
    verify_url="https://certyfikaty.example.org/c/OSL-2026-0012",
    revision=2,
    supersedes="OSL/2026/0003",
    grade="złoty",
)
CROWDED = dataclasses.replace(
    FACE,
    holder_name=("Miejsko-Gminny Ośrodek Pomocy Społecznej i Centrum Usług Społecznych " * 4)[:200],
    holder_address="ul. Bardzo Długa przy Jeszcze Dłuższej 1, " * 4,
    unit_name="Zespół Terenowej Pracy Socjalnej nr 7 i 10 dla osiedli Błonie i Śródmieście, " * 2,
    scope="Praca ze społecznością lokalną: diagnoza, animacja, sieci i planowanie. " * 12,
    signatories=(
        *FACE.signatories,
        ("Przewodnicząca Komisji Certyfikacyjnej", "Wiesława Gżegżółka-Brzęczyszczykiewicz"),
    ),
)
SHORT = dataclasses.replace(
    FACE, holder_name="CUS", unit_name=None, area=None, standard_date=None, supersedes=None, grade=None, scope="Całość."
)

without_wkhtmltopdf = pytest.mark.skipif(
    shutil.which("wkhtmltopdf") is None, reason="wkhtmltopdf is not installed: this system has no package of it"
)
both_engines = pytest.mark.parametrize("engine", ["weasyprint", pytest.param("pdfkit", marks=without_wkhtmltopdf)])


def text_of(content: bytes) -> str:
    """All text of the page without white space: the two engines break lines and words at other places."""
    return squeeze(pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text())


def squeeze(text: str) -> str:
    return "".join(text.split())


@both_engines
def test_every_fact_is_printed_once_on_one_landscape_page(engine: Engine) -> None:
    content = render_certificate(FACE, engine=engine)
    with pikepdf.open(io.BytesIO(content)) as document:
        width, height = (float(edge) for edge in document.pages[0].mediabox[2:])
        assert (len(document.pages), round(width), round(height)) == (1, 842, 595)
    text = text_of(content)
    facts = [
        *(getattr(FACE, name) for name in ("title", "number", "holder_name", "holder_address", "unit_name", "area")),
        *(getattr(FACE, name) for name in ("scope", "issuer_name", "issuer_address", "verify_url", "grade")),
        *(part for pair in FACE.signatories for part in pair),
        "Standard OSL 1.0",
        "z 1 marca 2026",
        "nr OSL-D/2026/7",
        "z 2 marca 2026",
        "od 5 marca 2026",
        "do 4 marca 2031",
        "2026–2030",
        "Warszawa, 6 marca 2026",
        "wydanie 2, zastępuje OSL/2026/0003",
    ]
    assert [fact for fact in facts if squeeze(fact) not in text] == []
    assert "nieważny" not in text


@both_engines
@pytest.mark.parametrize("face", [SHORT, CROWDED], ids=["short", "crowded"])
def test_short_and_crowded_faces_stay_on_one_page(engine: Engine, face: CertificateFace) -> None:
    text = text_of(render_certificate(face, engine=engine))
    parts = [
        face.holder_name,
        face.holder_address,
        face.unit_name or "",
        face.scope,
        *(name for _, name in face.signatories),
    ]
    assert [part for part in parts if squeeze(part) not in text] == []


@both_engines
def test_a_text_that_no_page_can_hold_is_refused_not_cut(engine: Engine) -> None:
    face = dataclasses.replace(FACE, scope="Bardzo długi zakres certyfikatu. " * 400)
    with pytest.raises(Unavailable) as caught:
        render_certificate(face, engine=engine)
    assert caught.value.code == "render_failed"
    assert caught.value.details == {"engine": engine, "reason": "does not fit on one page"}


@both_engines
def test_a_demo_certificate_says_that_it_is_worthless(engine: Engine) -> None:
    text = text_of(render_certificate(dataclasses.replace(FACE, demo=True), engine=engine))
    assert "Przykład·nieważny" in text


@both_engines
def test_both_engines_set_the_page_at_the_same_scale(engine: Engine) -> None:
    content = render_certificate(FACE, engine=engine)
    starts: list[float] = []

    def note(text: str, user: list[float], matrix: list[float], _font: object, _size: float) -> None:
        if text.strip().startswith("Miejsce"):
            starts.append(matrix[4] * user[0] + user[4])

    pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text(visitor_text=note)
    assert starts == [pytest.approx(26 / 25.4 * 72, abs=2)]


@both_engines
def test_all_fonts_travel_in_the_file(engine: Engine) -> None:
    with pikepdf.open(io.BytesIO(render_certificate(FACE, engine=engine))) as document:
        fonts = [font.DescendantFonts[0].FontDescriptor for font in document.pages[0].resources["/Font"].values()]
        names = {re.sub(r"^/([A-Z]{6}\+)?", "", str(font.FontName)) for font in fonts}
        assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts)
    assert {name[:7].lower().replace("-", "") for name in names} == {"certify", "brygada"}


def elements(node: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Every structure element below a node of the tag tree."""
    if isinstance(node, pikepdf.Array):
        for child in node:
            yield from elements(child)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        yield node
        yield from elements(node.get("/K", pikepdf.Array()))


def test_weasyprint_makes_a_tagged_file_in_polish() -> None:
    with pikepdf.open(io.BytesIO(render_certificate(FACE, engine="weasyprint"))) as document:
        root = document.Root
        assert (bool(root.MarkInfo.Marked), str(root.Lang), bool(root.ViewerPreferences.DisplayDocTitle)) == (
            True,
            "pl",
            True,
        )
        with document.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == f"Certyfikat Jakości OSL nr OSL/2026/0012 – {FACE.holder_name}"
        tags = list(elements(root.StructTreeRoot.K))
        kinds = [str(tag.S) for tag in tags]
        assert {kind: kinds.count(kind) for kind in ("/H1", "/H2", "/Table", "/TH", "/Figure")} == {
            "/H1": 1,
            "/H2": 1,
            "/Table": 1,
            "/TH": 5,
            "/Figure": 1,
        }
        assert [str(tag.Alt) for tag in tags if "/Alt" in tag] == [
            f"Kod QR z adresem strony, która pokazuje stan certyfikatu: {FACE.verify_url}"
        ]
        headers = [str(tag.ID) for tag in tags if tag.S == "/TH"]
        assert [str(name) for tag in tags if tag.S == "/TD" for name in tag.A.Headers] == headers


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """A local server that nobody may ask: its address and the list of the paths that somebody asked for."""
    hits: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_error(404)

        do_POST = do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """The list of hits says it all."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", hits
        server.shutdown()
        thread.join()


@pytest.fixture
def secret() -> Iterator[Path]:
    """A file that nobody may read; its path is short enough to be printed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "s.html")
        path.write_text("kanarek")
        yield path


PAYLOADS = (
    '<meta name="pdfkit-allow" content="/">',
    '<meta name="pdfkit-enable-local-file-access" content="">',
    "<script src=URL/a></script>",
    '<script>document.write("7")</script>',
    "<img src=file://FILE>",
    "<img src=URL/b>",
    '"><iframe src="file://FILE">',
    '<object data="URL/c"></object>',
    '<link rel=attachment href="file://FILE">',
    "</style><style>@import url(URL/d)",
    "{{7*7}}{% include 'x' %}",
    "&#x3c;b&#x3e;",
    "--allow / --enable-javascript",
)


FREE_TEXTS = (
    *("title", "number", "holder_name", "holder_address", "unit_name", "area", "scope", "standard_title"),
    *(
        "standard_version",
        "decision_number",
        "issuer_name",
        "issuer_address",
        "place",
        "verify_url",
        "supersedes",
        "grade",
    ),
)


@both_engines
@pytest.mark.parametrize("turn", range(len(PAYLOADS)))
def test_text_is_printed_and_never_acts(engine: Engine, turn: int, canary: tuple[str, list[str]], secret: Path) -> None:
    """Every second field gets a payload, each another one; over turns and engines each stands in each field."""
    address, hits = canary
    payloads = [payload.replace("URL", address).replace("FILE", str(secret)) for payload in PAYLOADS]
    names = FREE_TEXTS[(turn + (engine == "pdfkit")) % 2 :: 2]
    texts = [payloads[(turn + place) % len(payloads)] for place in range(len(names) + 2)]
    face = dataclasses.replace(FACE, signatories=((texts[-2], texts[-1]),), **dict(zip(names, texts, strict=False)))
    content = render_certificate(face, engine=engine)
    printed = text_of(content)
    assert [text for text in texts if squeeze(text) not in printed] == []
    assert ("kanarek" in printed, hits) == (False, [])
    with pikepdf.open(io.BytesIO(content)) as document:
        assert len(document.attachments) == 0


@without_wkhtmltopdf
def test_wkhtmltopdf_itself_fetches_and_reads_nothing(canary: tuple[str, list[str]], secret: Path) -> None:
    """The second wall: even HTML that did get through the escaping reaches neither the network nor a file."""
    address, hits = canary
    program = shutil.which("wkhtmltopdf") or ""
    for tag in (
        f"<img src='{address}/x'>",
        f"<iframe src='file://{secret}'></iframe>",
        "<script>document.write('kana'+'rek')</script>",
    ):
        try:
            content = pdf_engines.print_with_wkhtmltopdf(f"<html><body>{tag}<p>tekst</p>", program=program)
        except Unavailable as fault:
            assert (fault.code, fault.details["reason"]) == ("render_failed", "exit 1")
        else:
            assert "kanarek" not in text_of(content)
    assert hits == []


@pytest.mark.parametrize(
    "tag",
    [
        "<link rel=attachment href='file://FILE'>",
        "<link rel=stylesheet href='URL/a'>",
        "<img alt='' src='URL/b'>",
        "<img alt='' src='file://FILE'>",
        "<style>@import url(file://FILE)</style>",
    ],
)
def test_weasyprint_itself_fetches_and_reads_nothing(tag: str, canary: tuple[str, list[str]], secret: Path) -> None:
    address, hits = canary
    html = tag.replace("URL", address).replace("FILE", str(secret))
    with pytest.raises(Unavailable) as caught:
        pdf_engines.print_with_weasyprint(f"<html lang='pl'><title>t</title>{html}<p>tekst</p>")
    assert (caught.value.code, hits) == ("render_failed", [])


def stand_in(folder: Path, script: str) -> str:
    """A program in the place of wkhtmltopdf, to misbehave on demand."""
    program = folder / "wkhtmltopdf"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def test_a_hanging_engine_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "child"
    stand_in(tmp_path, f"/bin/sleep 60 & echo $! > {note}; wait")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable) as caught:
        render_certificate(FACE, engine="pdfkit", timeout=1.0)
    assert (caught.value.code, caught.value.details["reason"]) == ("render_failed", "no answer in 1 s")
    child = Path("/proc", note.read_text().strip(), "status")
    for _ in range(500):
        if not _runs(child):
            break
        time.sleep(0.02)  # a killed process takes a moment to go
    assert not _runs(child)


def _runs(status: Path) -> bool:
    try:
        return "State:\tZ" not in status.read_text()
    except OSError:
        return False


def test_an_exit_other_than_0_is_never_accepted(tmp_path: Path) -> None:
    program = stand_in(tmp_path, "cat > /dev/null; echo %PDF-1.4; echo Done >&2; echo >&2; exit 1")
    with pytest.raises(Unavailable) as caught:
        pdf_engines.print_with_wkhtmltopdf("<p>x</p>", program=program)
    assert (caught.value.code, caught.value.details["reason"]) == ("render_failed", "exit 1")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("cat > /dev/null; echo not a PDF", "not a readable PDF"),
        ('cat > /dev/null; cat "$(dirname "$0")/other.pdf"', "the number is not on the page"),
    ],
)
def test_what_comes_back_is_read_before_it_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    (tmp_path / "other.pdf").write_bytes(
        render_certificate(dataclasses.replace(FACE, number="X/1"), engine="weasyprint")
    )
    stand_in(tmp_path, script)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable) as caught:
        render_certificate(FACE, engine="pdfkit")
    assert (caught.value.code, caught.value.details["reason"]) == ("render_failed", reason)


def test_without_wkhtmltopdf_the_mend_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable) as caught:
        render_certificate(FACE, engine="pdfkit")
    assert (caught.value.code, caught.value.details) == (
        "pdf_engine_missing",
        {"engine": "wkhtmltopdf", "mend": "apt-get install wkhtmltopdf"},
    )


def test_without_pango_the_module_loads_and_the_mend_is_named(tmp_path: Path) -> None:
    (tmp_path / "weasyprint.py").write_text("raise OSError(\"cannot load library 'libpango-1.0-0'\")\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.path.insert(0, {str(children.ROOT)!r});"
        "from certify import child; import json; "
        "print(json.dumps(child.answer_of('certify.pdf_engines:printed', [b'<p>x</p>', '', {}, 1])[0]))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    told = json.loads(answer.stdout)
    mend = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    assert (told["fault"], told["code"]) == ("Unavailable", "pdf_engine_missing")
    assert told["details"] == {"engine": "WeasyPrint", "mend": mend}


def test_pdfkit_is_given_no_string_and_no_address() -> None:
    source = Path(pdf_engines.__file__).read_text()
    assert re.findall(r"from_string|from_url|\"allow\"|PDFKit\((?!io\.StringIO)", source) == []
