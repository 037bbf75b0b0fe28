"""Prints the self-assessment as a form on paper: empty, to be filled in with a pen, or filled in, to be read.

In Polish, like the certificate, and by the same engines.
"""

from dataclasses import dataclass, replace

from certify import pdf
from certify.domain.rubric import Criterion, Rubric
from certify.exchange import Content, Copy
from certify.pdf import Engine

# Only wkhtmltopdf reads this; the style says the same to WeasyPrint. Debian's build prints no numbers of pages.
PAGE = {
    "orientation": "Portrait",
    "margin-top": "16",
    "margin-right": "16",
    "margin-bottom": "18",
    "margin-left": "18",
    "footer-right": "strona [page] z [topage]",
    "footer-font-name": "Certify Sans",
    "footer-font-size": "8",
    "footer-spacing": "6",
}


@dataclass(frozen=True)
class Step:
    """One level with its box."""

    points: int
    title: str
    text: str
    ticked: bool


@dataclass(frozen=True)
class Item:
    """One criterion on paper; `texts`: id, question and answer of each indicator."""

    id: str
    title: str
    critical: bool
    steps: tuple[Step, ...]
    may_be_excused: bool
    excused: bool
    reason: str
    texts: tuple[tuple[str, str, str], ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Paper:
    """The whole form. `lines`: what stands under the title; `filled`: answers are printed instead of empty lines.

    `kept_lines`: the lines by which the print is known again, without the hour that stands on it.
    """

    title: str
    lines: tuple[str, ...]
    footer: str
    areas: tuple[tuple[str, str, tuple[Item, ...]], ...]
    filled: bool
    kept_lines: tuple[str, ...] = ()


def empty_paper(rubric: Rubric) -> Paper:
    """The form of a standard with all its questions, also those that only some types of centre are asked."""
    asked = tuple(one for one in rubric.criteria if one.status != "retired")
    lines = (f"Wersja {rubric.version}", "Formularz do wypełnienia na papierze")
    return _paper(rubric, asked, lines, f"{rubric.title.pl} {rubric.version}", None)


def filled_paper(rubric: Rubric, centre_type: str, copy: Copy, lines: tuple[str, ...]) -> Paper:
    """The form with the answers of a copy; `lines` say whose it is and of when."""
    footer = f"Wniosek {copy.application}"
    return _paper(rubric, rubric.criteria_for(centre_type), lines, footer, (copy, centre_type))


def _paper(
    rubric: Rubric,
    asked: tuple[Criterion, ...],
    lines: tuple[str, ...],
    footer: str,
    filled: tuple[Copy, str] | None,
) -> Paper:
    replies = {one.criterion: one for one in filled[0].replies} if filled else {}

    def item(one: Criterion) -> Item:
        reply = replies.get(one.id)
        content = reply.content if reply else Content()
        critical = one.critical_to(filled[1]) if filled else one.critical
        levels = zip(rubric.scale.levels, one.descriptors, strict=True)
        return Item(
            one.id,
            one.title.pl,
            critical,
            tuple(Step(lv.points, lv.title.pl, text.pl, lv.points == content.points) for lv, text in levels),
            rubric.scale.na_allowed and not (critical and rubric.scale.na_never_for_critical),
            content.not_applicable,
            content.reason,
            tuple((each.id, each.text.pl, content.narratives.get(each.id, "")) for each in one.indicators),
            reply.evidence if reply else (),
        )

    areas = tuple(
        (area.id, area.title.pl, tuple(item(one) for one in area.criteria if one in asked)) for area in rubric.areas
    )
    return Paper(rubric.title.pl, lines, footer, areas, filled is not None)


def render_form(paper: Paper, *, engine: Engine) -> bytes:
    """The form as PDF bytes: A4, upright, with numbered pages. Raises Unavailable as certificates do."""
    template = pdf.environment().get_template("form.html")
    fonts = pdf.font_rules() if engine == "weasyprint" else ""
    zoom = None if engine == "weasyprint" else pdf.WKHTMLTOPDF_SHRINKS
    html = template.render(paper=paper, fonts=fonts, zoom=zoom)
    again = replace(paper, lines=paper.kept_lines or paper.lines)
    same_as = template.render(paper=again, fonts=fonts, zoom=zoom)
    return pdf.print_html(html, engine=engine, page=PAGE, same_as=same_as, public=not paper.filled)
