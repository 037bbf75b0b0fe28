"""From points to an outcome, in exact fractions, with every step named so that a decision can be explained."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from certify.domain.errors import FieldError, Invalid
from certify.domain.rubric import Area, Criterion, Gate, Outcome, Rubric


@dataclass(frozen=True)
class Step:
    """One line of the explanation: `kind` is answer, criterion, area, total, gate or outcome; `id` names the thing."""

    kind: str
    id: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """{"step": "gate", "id": "granted.total", …facts}."""
        return {"step": self.kind, "id": self.id, **self.facts}


@dataclass(frozen=True)
class Result:
    """What the points come to. Percentages are exact, 0 to 100; None where an answer that counts is missing."""

    outcome: Outcome | None
    total: Fraction | None
    areas: Mapping[str, Fraction | None]
    failed: tuple[str, ...]
    missing: tuple[str, ...]
    trace: tuple[Step, ...]
    conditions: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, object]:
        """The result as the command line and the API print it; percentages as text with one decimal."""
        return {
            "outcome": self.outcome.id if self.outcome else None,
            "total": _shown(self.total),
            "areas": {area: _shown(value) for area, value in self.areas.items()},
            "failed": list(self.failed),
            "missing": list(self.missing),
            "trace": [step.to_json() for step in self.trace],
        }


@dataclass(frozen=True)
class _Standing:
    """One criterion as this centre stands on it. `why` is "counted" or the reason why it moves nothing."""

    criterion: Criterion
    points: int | None
    why: str
    critical: bool


@dataclass(frozen=True)
class _Tally:
    """Everything that a gate may look at."""

    total: Fraction
    areas: Mapping[str, Fraction | None]
    counted: tuple[_Standing, ...]
    critical: tuple[_Standing, ...]


@dataclass(frozen=True)
class _Finding:
    """How a gate came out: what was found against it and which areas or criteria made it fail."""

    holds: bool
    found: str | None
    against: tuple[str, ...]


def percent(value: Fraction) -> str:
    """A percentage for display: "66.7", rounded half up to one decimal. Never compare what this returns."""
    tenths = (value * 20 + 1) // 2
    return f"{tenths // 10}.{tenths % 10}"


def score(
    rubric: Rubric,
    points: Mapping[str, int | None],
    centre_type: str,
    not_applicable: Mapping[str, str] | None = None,
) -> Result:
    """Score the answers of a centre.

    `points` maps criterion to points (None or absent: unanswered), `not_applicable` criterion to reason. Invalid with
    one FieldError per fault: criterion_not_found, points_off_scale, not_applicable_critical,
    not_applicable_reason_missing, not_applicable_not_allowed, points_and_not_applicable, centre_type_not_found.
    """
    excused = not_applicable or {}
    errors = _faults(rubric, points, centre_type, excused)
    if errors:
        raise Invalid(errors, code=errors[0].code)
    trace: list[Step] = []
    areas: dict[str, Fraction | None] = {}
    standings: list[_Standing] = []
    missing: list[str] = []
    for area in rubric.areas:
        here = [_standing(criterion, points, centre_type, excused) for criterion in area.criteria]
        standings += here
        missing += [standing.criterion.id for standing in here if standing.why == "missing"]
        areas[area.id] = _area_value(area, here, rubric.scale.top, excused, trace)
    total = None if missing else _total(rubric, areas)
    trace.append(Step("total", "total", {"percent": _shown(total), "exact": _exact(total)}))
    if total is None:
        trace.append(Step("outcome", "", {"holds": None, "missing": list(missing)}))
        return Result(None, None, areas, (), tuple(missing), tuple(trace))
    counted = tuple(standing for standing in standings if standing.why == "counted")
    tally = _Tally(total, areas, counted, tuple(standing for standing in counted if standing.critical))
    outcome, failed = _decide(rubric, tally, trace)
    conditions = _conditions(outcome, tally) if outcome else ()
    return Result(outcome, total, areas, failed, (), tuple(trace), conditions)


def _faults(
    rubric: Rubric, points: Mapping[str, int | None], centre_type: str, excused: Mapping[str, str]
) -> list[FieldError]:
    known = {criterion.id: criterion for criterion in rubric.criteria}
    allowed = set(rubric.scale.points)
    errors = []
    if all(choice.id != centre_type for choice in rubric.centre_types):
        errors.append(FieldError("centre_type", "centre_type_not_found"))
    for criterion_id, given in points.items():
        if criterion_id not in known:
            errors.append(FieldError(f"points.{criterion_id}", "criterion_not_found"))
        elif given is not None and given not in allowed:
            errors.append(FieldError(f"points.{criterion_id}", "points_off_scale"))
    for criterion_id, reason in excused.items():
        code = _excuse_fault(rubric, known.get(criterion_id), centre_type, reason, points.get(criterion_id))
        if code:
            errors.append(FieldError(f"not_applicable.{criterion_id}", code))
    return errors


def _excuse_fault(
    rubric: Rubric, criterion: Criterion | None, centre_type: str, reason: str, given: int | None
) -> str | None:
    if criterion is None:
        return "criterion_not_found"
    if not rubric.scale.na_allowed:
        return "not_applicable_not_allowed"
    if given is not None:
        return "points_and_not_applicable"
    if rubric.scale.na_never_for_critical and criterion.critical_to(centre_type):
        return "not_applicable_critical"
    if rubric.scale.na_needs_reason and not reason.strip():
        return "not_applicable_reason_missing"
    return None


def _standing(
    criterion: Criterion, points: Mapping[str, int | None], centre_type: str, excused: Mapping[str, str]
) -> _Standing:
    given = points.get(criterion.id)
    if not criterion.counted:
        why: str = criterion.status
    elif not criterion.applies_to(centre_type):
        why = "other_centre_type"
    elif criterion.id in excused:
        why = "not_applicable"
    else:
        why = "missing" if given is None else "counted"
    return _Standing(criterion, given, why, criterion.critical_to(centre_type))


def _area_value(
    area: Area, standings: list[_Standing], top: int, excused: Mapping[str, str], trace: list[Step]
) -> Fraction | None:
    """The area's percentage; None while an answer is missing, and where nothing in it applies."""
    earned = possible = 0
    for standing in standings:
        criterion, points = standing.criterion, standing.points
        answer: dict[str, object] = {"points": points}
        if criterion.id in excused:
            answer["not_applicable"] = excused[criterion.id]
        trace.append(Step("answer", criterion.id, answer))
        facts: dict[str, object] = {"area": area.id, "weight": criterion.weight, "critical": standing.critical}
        facts["why"] = standing.why
        if standing.why == "counted" and points is not None:
            facts |= {"earned": criterion.weight * points, "possible": criterion.weight * top}
            earned += criterion.weight * points
            possible += criterion.weight * top
        trace.append(Step("criterion", criterion.id, facts))
    missing = any(standing.why == "missing" for standing in standings)
    value = None if missing or not possible else Fraction(100 * earned, possible)
    sums = {"weight": area.weight, "earned": earned, "possible": possible}
    trace.append(Step("area", area.id, {**sums, "percent": _shown(value), "exact": _exact(value)}))
    return value


def _total(rubric: Rubric, areas: Mapping[str, Fraction | None]) -> Fraction | None:
    """The mean of the areas by weight. An area in which nothing applies to this centre gives its weight to the rest."""
    values = [(area.weight, value) for area in rubric.areas if (value := areas[area.id]) is not None]
    weight = sum(weight for weight, _ in values)
    return sum((weight * value for weight, value in values), Fraction(0)) / weight if weight else None


def _decide(rubric: Rubric, tally: _Tally, trace: list[Step]) -> tuple[Outcome | None, tuple[str, ...]]:
    failed: list[str] = []
    for outcome in rubric.outcomes:
        before = len(failed)
        for gate in outcome.gates:
            finding = _check(gate, tally)
            name = f"{outcome.id}.{gate.name}"
            if not finding.holds:
                failed.append(name)
            trace.append(Step("gate", name, _gate_facts(outcome, gate, finding)))
        holds = len(failed) == before
        trace.append(Step("outcome", outcome.id, {"leads_to": outcome.leads_to, "holds": holds}))
        if holds:
            return outcome, tuple(failed)
    return None, tuple(failed)


def _gate_facts(outcome: Outcome, gate: Gate, finding: _Finding) -> dict[str, object]:
    as_percent = gate.kind in ("total", "each_area", "area")
    needed = percent(gate.threshold) if as_percent else str(gate.threshold)
    facts: dict[str, object] = {"outcome": outcome.id, "gate": gate.kind, "subject": gate.subject, "needed": needed}
    return facts | {"found": finding.found, "holds": finding.holds, "against": list(finding.against)}


def _check(gate: Gate, tally: _Tally) -> _Finding:
    if gate.kind == "total":
        return _Finding(tally.total >= gate.threshold, percent(tally.total), ())
    if gate.kind in ("each_area", "area"):
        return _areas_reach(gate, tally)
    if gate.kind == "critical":
        below = tuple(s.criterion.id for s in tally.critical if _points(s) < gate.threshold)
        lowest = min((_points(s) for s in tally.critical), default=None)
        return _Finding(not below, None if lowest is None else str(lowest), below)
    pool = tally.critical if gate.kind == "critical_at_most" else tally.counted
    there = tuple(s.criterion.id for s in pool if _points(s) == int(gate.subject))
    holds = len(there) <= gate.threshold
    return _Finding(holds, str(len(there)), () if holds else there)


def _areas_reach(gate: Gate, tally: _Tally) -> _Finding:
    """The gates on one area (`subject`) or on each; an area in which nothing applies cannot fail."""
    values = {
        area: value
        for area, value in tally.areas.items()
        if value is not None and (gate.kind == "each_area" or area == gate.subject)
    }
    below = tuple(area for area, value in values.items() if value < gate.threshold)
    return _Finding(not below, _shown(min(values.values(), default=None)), below)


def _conditions(outcome: Outcome, tally: _Tally) -> tuple[tuple[str, str], ...]:
    points, limit = outcome.conditions.critical_below, outcome.conditions.area_below
    found: list[tuple[str, str]] = []
    if points is not None:
        found += [("criterion", s.criterion.id) for s in tally.critical if _points(s) < points]
    if limit is not None:
        found += [("area", area) for area, value in tally.areas.items() if value is not None and value < limit]
    return tuple(found)


def _points(standing: _Standing) -> int:
    """The points of a standing that is counted, which always has some."""
    return standing.points or 0


def _shown(value: Fraction | None) -> str | None:
    return None if value is None else percent(value)


def _exact(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
