"""The evidence of the demo: text files and PDFs made from five public texts about OSL, each marked as invented."""

import functools
from dataclasses import dataclass
from html import escape
from pathlib import Path

from certify import pdf
from certify.demo_region import Centre
from certify.pdf_engines import print_with_weasyprint

SOURCES = Path(__file__).parent.parent / "tests" / "data" / "seed-texts"
# file → its headline, and the first words of what the page held besides the text
_TEXTS: dict[str, tuple[str, str]] = {
    "000_deef4dd40bf43b88.txt": ("O organizowaniu społeczności lokalnej", "Do pobrania:"),
    "001_5b6ec96dc9b33d98.txt": (
        "Certyfikat Jakości OSL dla Ośrodka Pomocy Społecznej za wdrażanie modelu "
        "Organizowania Społeczności Lokalnej", "",
    ),
    "002_dfd8b3254ed5b1ab.txt": ("Zmieniają pomoc społeczną", "Komentarze Zmieniają"),
    "003_3a4be307a6fccd13.txt": ("Katowice: Jak skutecznie wdrażać metodę OSL", "Do pobrania:"),
    "004_766939c9a5e2967d.txt": ("Organizowanie Społeczności Lokalnej – OSL", ""),
}  # fmt: skip
# The name of the site or of its column, above the text.
_FURNITURE = frozenset({"cuspelczyce", "Newsy", "Aktualności"})
_MARK = "Dokument pokazowy: ośrodek, osoby i liczby są zmyślone."
_STYLE = """
@page { size: A4; margin: 22mm 24mm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 8.5pt } }
html { font-family: "Certify Sans", sans-serif; font-size: 10.5pt; line-height: 1.5; color: #1d2b30 }
h1 { font-family: "Brygada 1918", serif; font-weight: 500; font-size: 22pt; line-height: 1.2; margin: 0 0 2mm }
h2 { font-size: 12.5pt; margin: 7mm 0 2mm }
p { margin: 0 0 2.2mm; orphans: 3; widows: 3 }
.who { margin-bottom: 7mm; color: #47606a }
.mark { border-left: 2pt solid #b4542a; padding-left: 3mm; font-size: 9.5pt }
"""


@dataclass(frozen=True)
class Paper:
    """A file for the library of a centre, and the kinds of evidence that it may stand for."""

    filename: str
    title: str
    kinds: tuple[str, ...]
    content: bytes


class SourcesMissing(Exception):
    """The public texts are not where the project keeps them."""


@functools.cache
def _body(name: str) -> tuple[str, ...]:
    """The paragraphs of a public text, without what stood around it on its page."""
    try:
        text = (SOURCES / name).read_text("utf-8")
    except OSError as error:
        raise SourcesMissing(str(SOURCES / name)) from error
    end = _TEXTS[name][1]
    text = text.partition(end)[0] if end else text
    lines = (" ".join(line.split()) for line in text.splitlines())
    return tuple(line for line in lines if line and line not in _FURNITURE)


def _credit(name: str) -> str:
    return f"Treść o metodzie pochodzi z publicznego tekstu „{_TEXTS[name][0]}”."


def _note(centre: Centre, heading: str, lines: tuple[str, ...], name: str) -> bytes:
    head = (heading.upper(), f"{centre.name}, {centre.street}, {centre.postcode} {centre.city}", _MARK)
    return ("\n\n".join((*head, *lines, *_body(name), _credit(name))) + "\n").encode()


def _document(heading: str, who: str, sections: tuple[tuple[str, tuple[str, ...]], ...], name: str) -> bytes:
    parts = "".join(
        f"<h2>{escape(title)}</h2>" + "".join(f"<p>{escape(line)}</p>" for line in lines) for title, lines in sections
    )
    html = (
        f'<!DOCTYPE html><html lang="pl"><head><meta charset="utf-8"><title>{escape(heading)}</title>'
        f"<style>{pdf.font_rules()}{_STYLE}</style></head><body><h1>{escape(heading)}</h1>"
        f'<p class="who">{escape(who)}</p><p class="mark">{_MARK} {escape(_credit(name))}</p>{parts}</body></html>'
    )
    return print_with_weasyprint(html)


@functools.cache
def _training() -> bytes:
    """One file for all centres: the long texts are printed once."""
    sections = tuple((_TEXTS[name][0], _body(name)) for name in list(_TEXTS)[2:4])
    return _document(
        "Materiały ze szkolenia OSL", "Sieć organizatorów znad Nidki", sections, "002_dfd8b3254ed5b1ab.txt"
    )


def papers(centre: Centre, year: int) -> tuple[Paper, ...]:
    """The library of a centre in a year; the same arguments give the same bytes. Raises `SourcesMissing`."""
    model, example, cus = ("000_deef4dd40bf43b88.txt", "001_5b6ec96dc9b33d98.txt", "004_766939c9a5e2967d.txt")
    notes = (
        ("Strategia – wyciąg o OSL", "Wyciąg ze strategii i regulaminu", ("resolution", "statute"), model, (
            f"Wyciąg z załącznika do uchwały {centre.council}.",
            "Cel operacyjny 3: organizowanie społeczności lokalnej.",
            "Wykonawca: zespół OSL. Miernik: liczba inicjatyw prowadzonych przez mieszkańców. Przegląd: co roku.",
        )),
        ("Zakres czynności organizatora", "Zakres czynności organizatora", ("job_description", "list"), model, (
            "Zadania organizatora: obecność w terenie, wspieranie grup, mapa zasobów, ewaluacja z mieszkańcami.",
            "Wymiar: pełny etat. Zastępstwo: pracownik socjalny zespołu.",
        )),
        ("Diagnoza z mieszkańcami – mapa zasobów", "Diagnoza i mapa zasobów", ("diagnosis_map", "survey_data"), cus, (
            f"Spacery i warsztaty, {year - 1} rok.",
        )),
        ("Protokół spotkania partnerstwa", "Protokół i porozumienie", ("minutes", "agreement", "talk"), cus, (
            "Obecni: przedstawiciele pięciu stron. Przewodniczy: sołtys.",
            "Ustalono: wspólny budżet, podział ryzyka, termin.",
            "Następne spotkanie za dwa miesiące, u innego gospodarza.",
        )),
        ("Przykład, od którego zaczęliśmy", "Publikacja o wdrażaniu OSL",
         ("publication", "interview", "photo_film", "photo"), example, ("Tekst, który omówiliśmy z mieszkańcami.",)),
    )  # fmt: skip
    return (
        Paper(
            f"Plan OSL i sprawozdanie {year - 1}.pdf",
            "Plan OSL ze sprawozdaniem",
            ("plan_report", "document", "survey"),
            _plan(centre, year, cus),
        ),
        *(
            Paper(f"{name}.txt", title, kinds, _note(centre, name, lines, source))
            for name, title, kinds, source, lines in notes
        ),
        Paper(
            "Materiały ze szkolenia OSL.pdf", "Materiały i zaświadczenia ze szkolenia", ("attestation",), _training()
        ),
    )


def _plan(centre: Centre, year: int, source: str) -> bytes:
    sections = (
        ("Na czym się opieramy", _body(source)),
        ("Cele na dwa lata", (
            "1. Mieszkańcy sami zwołują spotkania w trzech miejscach.",
            "2. Małe granty rozdziela zebranie mieszkańców.",
            "3. Wyniki wracają do mieszkańców na jednej stronie, co pół roku.",
        )),
        ("Rozliczenie", (
            f"W {year - 1} roku wykonano dziewięć z dwunastu zadań, dwa przesunięto, z jednego zrezygnowano.",
            f"Za plan odpowiada {centre.organiser}.",
        )),
    )  # fmt: skip
    who = f"{centre.name}, {centre.street}, {centre.postcode} {centre.city}"
    return _document("Plan organizowania społeczności lokalnej", who, sections, source)
