"""The trace of a result in words: what each area came to, which gates held, and what spoke against the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flask_babel import gettext

from certify.domain.rubric import Gate, Rubric
from certify.web.formats import number, percent


@dataclass(frozen=True)
class AreaLine:
    """One area: percentage as text ("66.7") or None, and the marks that it must reach."""

    id: str
    title: str
    weight: int
    percent: str | None


@dataclass(frozen=True)
class GateLine:
    """One requirement in words, what was found, and the areas or criteria that made it fail."""

    text: str
    found: str
    holds: bool
    against: tuple[str, ...]


@dataclass(frozen=True)
class OutcomeLine:
    """One outcome of the standard with its requirements; `holds` when all do."""

    id: str
    title: str
    leads_to: str
    holds: bool
    gates: tuple[GateLine, ...]


@dataclass(frozen=True)
class Reading:
    """The whole explanation. `outcome` is the id of the computed one, empty when an answer is missing."""

    outcome: str
    total: str | None
    areas: tuple[AreaLine, ...]
    outcomes: tuple[OutcomeLine, ...]
    missing: tuple[str, ...]


def level_name(rubric: Rubric, points: int, lang: str) -> str:
    """A level as "2 (standard)"."""
    for level in rubric.scale.levels:
        if level.points == points:
            return f"{points} ({level.title.get(lang)})"
    return str(points)


def gate_text(rubric: Rubric, gate: Gate, lang: str) -> str:
    """A requirement as a sentence."""
    whole = gate.threshold.denominator == 1
    share = f"{number(int(gate.threshold))}%" if whole else percent(gate.threshold)
    if gate.kind == "total":
        return gettext("The total is at least %(share)s.", share=share)
    if gate.kind == "each_area":
        return gettext("Each area has at least %(share)s.", share=share)
    if gate.kind == "area":
        return gettext(
            "Area %(area)s has at least %(share)s.", area=thing_name(rubric, gate.subject, lang), share=share
        )
    if gate.kind == "critical":
        level = level_name(rubric, int(gate.threshold), lang)
        return gettext("Each critical criterion is at level %(level)s or above.", level=level)
    level = level_name(rubric, int(gate.subject), lang)
    if gate.kind == "critical_at_most":
        return _at_most(gate.threshold, gettext("Critical criteria at level %(level)s", level=level))
    return _at_most(gate.threshold, gettext("Criteria at level %(level)s", level=level))


def _at_most(threshold: Fraction, what: str) -> str:
    if threshold == 0:
        return gettext("%(what)s: none.", what=what)
    return gettext("%(what)s: at most %(num)s.", what=what, num=threshold)


def thing_name(rubric: Rubric, thing: str, lang: str) -> str:
    """An area or a criterion as "O1.3 Title"."""
    titles = {area.id: area.title for area in rubric.areas} | {one.id: one.title for one in rubric.criteria}
    return f"{thing} {titles[thing].get(lang)}" if thing in titles else thing


def _found(gate: Gate, step: Mapping[str, Any], rubric: Rubric, lang: str) -> str:
    found = step.get("found")
    if found is None:
        return "–"
    if gate.kind in {"total", "each_area", "area"}:
        return percent(str(found))
    return level_name(rubric, int(found), lang) if gate.kind == "critical" else str(found)


def read_trace(rubric: Rubric, result: Mapping[str, Any], lang: str) -> Reading:
    """Read a result as `Result.to_json()` gives it and as a decision keeps it, with the rubric's words."""
    steps = {(step["step"], step["id"]): step for step in result["trace"]}
    outcomes = []
    for outcome in rubric.outcomes:
        judged = steps.get(("outcome", outcome.id))
        if judged is None:
            break  # the outcomes after the first that holds were never looked at
        gates = []
        for gate in outcome.gates:
            step = steps[("gate", f"{outcome.id}.{gate.name}")]
            against = tuple(thing_name(rubric, one, lang) for one in step["against"])
            found = _found(gate, step, rubric, lang)
            gates.append(GateLine(gate_text(rubric, gate, lang), found, bool(step["holds"]), against))
        outcomes.append(
            OutcomeLine(outcome.id, outcome.title.get(lang), outcome.leads_to, bool(judged["holds"]), tuple(gates))
        )
    return Reading(
        outcome=result["outcome"] or "",
        total=result["total"],
        areas=tuple(
            AreaLine(area.id, area.title.get(lang), area.weight, result["areas"].get(area.id)) for area in rubric.areas
        ),
        outcomes=tuple(outcomes),
        missing=tuple(result["missing"]),
    )


def suggested(rubric: Rubric, result: Mapping[str, Any]) -> list[str]:
    """What stood against granting: the areas and criteria on which a condition may be set."""
    granting = {outcome.id for outcome in rubric.outcomes if outcome.leads_to == "granted"}
    found: dict[str, None] = {}
    for step in result["trace"]:
        if step["step"] == "gate" and step["outcome"] in granting:
            found.update(dict.fromkeys(step["against"]))
    return list(found)
