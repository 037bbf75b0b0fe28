"""A standard's numbers told in words: its process, its gates and its conditions, for the pages that explain it."""

from flask_babel import gettext, ngettext

from certify.domain.lifecycle import MOVES, TRANSITIONS, Party, Status
from certify.domain.rubric import Outcome, Rubric
from certify.web.formats import number, percent
from certify.web.traces import gate_text, level_name
from certify.web.words import NEXT, PARTY, STATUS


def process_facts(rubric: Rubric) -> list[tuple[str, str]]:
    """(what, how many in words) of the process and of the certificate."""
    process, certificate = rubric.process, rubric.certificate
    visit = {
        "none": gettext("The auditors read the documents only."),
        "optional": gettext("The auditors may visit the centre."),
        "required": gettext("The auditors always visit the centre."),
    }
    return [
        (
            gettext("Auditors"),
            ngettext("%(num)s auditor scores.", "%(num)s auditors score, blind to one another.", process.auditors),
        ),
        (
            gettext("Divergence"),
            ngettext(
                "A gap of %(num)s point or more needs a consensus; so does any gap across “met” on a critical"
                " criterion.",
                "A gap of %(num)s points or more needs a consensus; so does any gap across “met” on a critical"
                " criterion.",
                process.divergence,
            ),
        ),
        (gettext("Visit"), visit[process.visit]),
        (
            gettext("Supplement"),
            ngettext(
                "The application may be returned for supplement %(num)s time.",
                "The application may be returned for supplement %(num)s times.",
                process.supplement_rounds,
            ),
        ),
        (
            gettext("Validity of the certificate"),
            ngettext("%(num)s year from issue.", "%(num)s years from issue.", certificate.valid_years),
        ),
        (
            gettext("Reminder"),
            ngettext(
                "%(num)s month before its end the register says “expiring”.",
                "%(num)s months before its end the register says “expiring”.",
                certificate.expiring_months,
            ),
        ),
    ]


def days_text(rubric: Rubric, days: int) -> str:
    """ "14 working days" or "14 days"."""
    if rubric.process.calendar == "working":
        return ngettext("%(num)s working day", "%(num)s working days", days)
    return ngettext("%(num)s day", "%(num)s days", days)


def step_rows(rubric: Rubric) -> list[tuple[str, str, str, str]]:
    """(status, whose move, how long, what happens) of each status in which somebody has to act."""
    rows = []
    for status, (party, key) in MOVES.items():
        if party is Party.NOBODY:
            continue
        days = rubric.process.days.get(key or "")
        long = gettext("no limit") if days is None else days_text(rubric, days)
        rows.append((str(STATUS[status]), str(PARTY[party]), long, str(NEXT[status])))
    return rows


def outcome_lines(rubric: Rubric, lang: str) -> list[tuple[Outcome, list[str], list[str]]]:
    """Each outcome in the file's order with its gates, and what its conditions are about, as sentences."""
    return [
        (outcome, [gate_text(rubric, gate, lang) for gate in outcome.gates], condition_texts(rubric, outcome, lang))
        for outcome in rubric.outcomes
    ]


def condition_texts(rubric: Rubric, outcome: Outcome, lang: str) -> list[str]:
    """What gets a condition with a date when this outcome is reached."""
    texts = []
    if outcome.conditions.critical_below is not None:
        level = level_name(rubric, outcome.conditions.critical_below, lang)
        texts.append(gettext("each critical criterion below level %(level)s", level=level))
    if outcome.conditions.area_below is not None:
        below = outcome.conditions.area_below
        share = f"{number(int(below))}%" if below.denominator == 1 else percent(below)
        texts.append(gettext("each area below %(share)s", share=share))
    return texts


def actors_in(status: Status) -> list[str]:
    """Who may act in a status, as words without repetition."""
    parties = [party for row in TRANSITIONS if row.source is status for party in row.by]
    return [str(PARTY[party]) for party in dict.fromkeys(parties)]
