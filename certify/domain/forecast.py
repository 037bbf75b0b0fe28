"""What a self-rating would come to by the standard's own gates, and the nearest way to the next better outcome."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from certify.domain.rubric import Criterion, Gate, Outcome, Rubric
from certify.domain.scoring import Result, score

Points = dict[str, int | None]


@dataclass(frozen=True)
class Raise:
    """One criterion that has to stand higher: from its points now to the points needed."""

    criterion: str
    now: int
    needed: int


@dataclass(frozen=True)
class Obstacle:
    """One gate of the better outcome that does not hold.

    `against`: the criteria or areas that make it fail; `raises`: what would satisfy this gate alone, None when no
    raising does.
    """

    gate: Gate
    against: tuple[str, ...]
    raises: tuple[Raise, ...] | None


@dataclass(frozen=True)
class Way:
    """The next better outcome, what stands in its way, and the raises that lead there (None: no way was found)."""

    outcome: Outcome
    obstacles: tuple[Obstacle, ...]
    raises: tuple[Raise, ...] | None


@dataclass(frozen=True)
class Forecast:
    """The self-rating judged as a result would be; `missing` criteria are taken to stand at the lowest level.

    `outcome` is None where nothing counts for this centre; `way` where there is nothing better.
    """

    outcome: Outcome | None
    result: Result
    missing: tuple[str, ...]
    way: Way | None


def forecast(
    rubric: Rubric,
    points: Mapping[str, int | None],
    centre_type: str,
    not_applicable: Mapping[str, str] | None = None,
) -> Forecast:
    """Judge the points of a self-rating. Raises `Invalid` as `score` does."""
    excused = not_applicable or {}
    missing = score(rubric, points, centre_type, excused).missing
    lowest = rubric.scale.levels[0].points
    filled: Points = {**points, **dict.fromkeys(missing, lowest)}
    result = score(rubric, filled, centre_type, excused)
    way = None
    if result.outcome is not None and result.outcome != rubric.outcomes[0]:
        better = rubric.outcomes[rubric.outcomes.index(result.outcome) - 1]
        way = _Search(rubric, better, centre_type, excused).way(filled)
    return Forecast(result.outcome, result, missing, way)


class _Search:
    """Looks for raises that make gates of one outcome hold.

    It climbs level by level where that helps most, then takes back every step that was not needed after all. Each
    state is judged by `score` itself, so that the advice can't differ from the result.
    """

    def __init__(self, rubric: Rubric, outcome: Outcome, centre_type: str, excused: Mapping[str, str]) -> None:
        self.rubric = rubric
        self.outcome = outcome
        self.centre_type = centre_type
        self.excused = excused
        self._look_for(outcome.gates)
        self.counted = {
            one.id: one
            for one in rubric.criteria
            if one.counted and one.applies_to(centre_type) and one.id not in excused
        }
        self.places = {criterion: place for place, criterion in enumerate(self.counted)}

    def _look_for(self, gates: tuple[Gate, ...]) -> None:
        """From now on these gates only, in a standard that knows just this outcome and another one without gates."""
        self.gates = gates
        outcomes = (replace(self.outcome, gates=gates), replace(self.outcome, id="", gates=()))
        self.trial = replace(self.rubric, outcomes=outcomes)

    def way(self, points: Points) -> Way:
        """Each gate that fails with its own remedy, and the remedy for all of them."""
        failing = self._failing(points)
        obstacles = tuple(
            Obstacle(gate, tuple(against), self._raises(points, (gate,))) for gate, against in failing.items()
        )
        return Way(self.outcome, obstacles, self._raises(points, self.outcome.gates))

    def _failing(self, points: Points) -> dict[Gate, list[str]]:
        """The gates looked for that do not hold → what speaks against them."""
        steps = {step.id: step for step in score(self.trial, points, self.centre_type, self.excused).trace}
        found = {gate: steps[f"{self.outcome.id}.{gate.name}"].facts for gate in self.gates}
        return {gate: list(_ids(facts["against"])) for gate, facts in found.items() if not facts["holds"]}

    def _raises(self, start: Points, gates: tuple[Gate, ...]) -> tuple[Raise, ...] | None:
        self._look_for(gates)
        points = dict(start)
        while failing := self._failing(points):
            gate, against = next(iter(failing.items()))
            step = self._step(gate, against, points)
            if step is None:
                return None
            points[step[0]] = step[1]
        self._take_back(start, points)
        return tuple(Raise(one, start[one] or 0, points[one] or 0) for one in self.counted if points[one] != start[one])

    def _step(self, gate: Gate, against: list[str], points: Points) -> tuple[str, int] | None:
        """The next raise towards a gate: below "met" before above it, then where it moves most, then the lowest."""
        steps = []
        for one in self._candidates(gate, against):
            least = int(gate.threshold) if gate.kind == "critical" else 0
            level = self._next_level(one, points, least)
            if level is not None:
                weight = self._pull(one) if gate.kind == "total" else Fraction(one.weight)
                above = level > self.rubric.scale.met
                steps.append((above, -weight, points[one.id] or 0, self.places[one.id], one.id, level))
        return min(steps)[-2:] if steps else None

    def _candidates(self, gate: Gate, against: list[str]) -> Iterable[Criterion]:
        if gate.kind == "total":
            return self.counted.values()
        if gate.kind in {"each_area", "area"}:
            # One area after the other.
            return [one for one in self.counted.values() if self.rubric.area_of(one.id).id == against[0]]
        return [self.counted[one] for one in against]

    def _pull(self, criterion: Criterion) -> Fraction:
        """How far one point of the criterion moves the total, up to a factor that is the same for all."""
        area = self.rubric.area_of(criterion.id)
        weight = sum(one.weight for one in area.criteria if one.id in self.counted)
        return Fraction(area.weight * criterion.weight, weight)

    def _next_level(self, criterion: Criterion, points: Points, least: int) -> int | None:
        """The lowest level above the present one that no gate on numbers of criteria forbids."""
        now = points[criterion.id] or 0
        free = (
            level
            for level in self.rubric.scale.points
            if level > now and level >= least and not self._is_full(level, criterion, points)
        )
        return next(free, None)

    def _is_full(self, level: int, criterion: Criterion, points: Points) -> bool:
        for gate in self.gates:
            if gate.kind not in {"critical_at_most", "criteria_at_most"} or int(gate.subject) != level:
                continue
            only_critical = gate.kind == "critical_at_most"
            pool = [one for one in self.counted.values() if not only_critical or one.critical_to(self.centre_type)]
            if criterion in pool and sum(points[one.id] == level for one in pool) >= gate.threshold:
                return True
        return False

    def _take_back(self, start: Points, points: Points) -> None:
        """Lower each raise as far as the gates allow, those that moved least first."""
        raised = [one for one in self.counted.values() if points[one.id] != start[one.id]]
        for one in sorted(raised, key=self._pull):
            least, reached = start[one.id] or 0, points[one.id] or 0
            levels = (level for level in self.rubric.scale.points if level >= least)
            points[one.id] = next(
                level for level in levels if level == reached or not self._failing(points | {one.id: level})
            )


def _ids(against: object) -> list[str]:
    """The trace keeps facts of any kind; these are ids."""
    return [str(one) for one in against] if isinstance(against, list) else []
