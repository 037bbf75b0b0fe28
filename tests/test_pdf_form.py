"""The form on paper: every question stands on it, answers too when it is filled in, and its letters can be read."""

import io
import time
from dataclasses import replace

import pypdf

from certify import pdf_text
from certify.domain.rubric import Rubric
from certify.exchange import Content, Copy, Reply
from certify.pdf import Engine
from certify.pdf_form import empty_paper, filled_paper, render_form
from certify.rubrics import read_file
from tests.factories import RUBRICS
from tests.test_exchange_json import COPY
from tests.test_pdf import both_engines


def small() -> Rubric:
    return read_file(RUBRICS / "wolontariat" / "1.0.yaml")


def text_of(content: bytes) -> str:
    return "".join(str(pdf_text.found_in(content)["text"]).split())


def copy() -> Copy:
    text = "Zażółć gęślą jaźń.\nDrugi wiersz <b>bez znaczników</b>."
    first = Reply("P.1", Content(4, narratives={"P.1.a": text}), evidence=("uchwała.pdf",))
    second = Reply("P.2", Content(None, True, "Nie mamy nowych osób."))
    return replace(COPY, replies=(first, second))


@both_engines
def test_the_empty_form_asks_everything(engine: Engine) -> None:
    rubric = small()
    text = text_of(render_form(empty_paper(rubric), engine=engine))
    for one in rubric.criteria:
        assert "".join(one.title.pl.split()) in text
        for each in one.indicators:
            assert each.id in text and "".join(each.text.pl.split()) in text
    assert "Podpisosoby" in text


@both_engines
def test_the_filled_form_has_the_answers(engine: Engine) -> None:
    paper = filled_paper(small(), "OPS", copy(), ("Ośrodek w Żarach", "Wniosek W/2026/0001"))
    text = text_of(render_form(paper, engine=engine))
    for words in ("OśrodekwŻarach", "Zażółćgęśląjaźń.Drugiwiersz<b>", "Niemamynowychosób.", "uchwała.pdf", "bezopisu"):
        assert words in text
    assert text.count("×") == 2
    assert "Podpisosoby" not in text


def test_the_largest_standard_is_printed_in_time_with_numbered_pages() -> None:
    paper = empty_paper(read_file(RUBRICS / "osl" / "1.0.yaml"))
    begun = time.process_time()
    content = render_form(paper, engine="weasyprint")
    assert time.process_time() - begun < 10
    reader = pypdf.PdfReader(io.BytesIO(content))
    pages = len(reader.pages)
    assert pages >= 12
    assert f"strona 3 z {pages}" in reader.pages[2].extract_text()
    box = reader.pages[0].mediabox
    assert (round(box.width / 72 * 25.4), round(box.height / 72 * 25.4)) == (210, 297)
    assert reader.trailer["/Root"]["/Lang"] == "pl"
