"""A quality standard as frozen data: scale, areas, criteria, outcomes, process and certificate rules of one version."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as day
from fractions import Fraction
from functools import cached_property
from typing import Literal

from certify.domain.errors import NotFound

CriterionStatus = Literal["counted", "future", "retired"]
LeadsTo = Literal["granted", "conditional", "refused"]
Visit = Literal["none", "optional", "required"]
Calendar = Literal["working", "calendar"]
GateKind = Literal["total", "each_area", "area", "critical", "critical_at_most", "criteria_at_most"]


@dataclass(frozen=True)
class Text:
    """The same words in Polish and English; a scheme may leave the English out."""

    pl: str
    en: str = ""

    def get(self, lang: str) -> str:
        """The words in `lang` ("pl", "en", also "en_GB"), else the Polish ones, which every file has."""
        return (self.en or self.pl) if lang.startswith("en") else self.pl


@dataclass(frozen=True)
class Choice:
    """One entry of a closed list of the file."""

    id: str
    title: Text


@dataclass(frozen=True)
class EvidenceKind(Choice):
    """A kind of evidence; `months`: how old such evidence may be, when the kind has a rule of its own."""

    months: int | None = None


@dataclass(frozen=True)
class Term:
    """A word of the standard and what it means there."""

    id: str
    title: Text
    text: Text


@dataclass(frozen=True)
class Level:
    """One step of the scale."""

    points: int
    title: Text
    text: Text = Text("")


@dataclass(frozen=True)
class Scale:
    """The levels in rising order and the points at which a criterion counts as met."""

    met: int
    levels: tuple[Level, ...]
    na_needs_reason: bool = True
    na_never_for_critical: bool = True
    na_allowed: bool = True

    @property
    def top(self) -> int:
        """The most points that a criterion can get."""
        return self.levels[-1].points

    @cached_property
    def points(self) -> tuple[int, ...]:
        """Every number of points that may be given, rising."""
        return tuple(level.points for level in self.levels)

    def level(self, points: int) -> Level:
        """The level that stands at exactly `points`; NotFound("level_not_found") off the scale."""
        for level in self.levels:
            if level.points == points:
                return level
        raise NotFound("level_not_found", points=points)


@dataclass(frozen=True)
class Indicator:
    """A question under a criterion that the centre answers in words."""

    id: str
    text: Text


@dataclass(frozen=True)
class EvidenceHint:
    """What usually proves a criterion; `kind` is an id of `Rubric.evidence_kinds`."""

    kind: str
    text: Text


@dataclass(frozen=True)
class Source:
    """Where a criterion comes from: a phrase of a text, an address, or our own interpretation."""

    text: str = ""
    phrase: str = ""
    address: str = ""
    note: Text | None = None
    interpretation: Text | None = None


@dataclass(frozen=True)
class Criterion:
    """What is scored. `descriptors` has one text per level of the scale, in the same order."""

    id: str
    weight: int
    title: Text
    critical: bool = False
    critical_for: tuple[str, ...] = ()
    descriptors: tuple[Text, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    evidence: tuple[EvidenceHint, ...] = ()
    unless: tuple[str, ...] = ()
    status: CriterionStatus = "counted"
    sources: tuple[Source, ...] = ()

    def applies_to(self, centre_type: str) -> bool:
        """Whether a centre of this type is asked at all."""
        return centre_type not in self.unless

    def critical_to(self, centre_type: str) -> bool:
        """Whether the gates on critical criteria look at this one for a centre of this type."""
        return self.critical or centre_type in self.critical_for

    @property
    def counted(self) -> bool:
        """Future and retired criteria never move a score."""
        return self.status == "counted"


@dataclass(frozen=True)
class Area:
    """A group of criteria; the weights of all areas sum to 100."""

    id: str
    weight: int
    title: Text
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True)
class Gate:
    """One requirement of an outcome.

    `total`, `each_area`, `area` need at least `threshold` percent (`area`: in the area `subject`); `critical` needs
    `threshold` points in each critical criterion; `critical_at_most`, `criteria_at_most` let at most `threshold`
    criteria stand at exactly `subject` points.
    """

    kind: GateKind
    threshold: Fraction
    subject: str = ""

    @property
    def name(self) -> str:
        """The name within its outcome: "total", "area.X", "critical_at_most.1"."""
        return f"{self.kind}.{self.subject}" if self.subject else self.kind


@dataclass(frozen=True)
class Conditions:
    """What gets a condition with a date: critical criteria below these points, areas below this percentage."""

    critical_below: int | None = None
    area_below: Fraction | None = None


@dataclass(frozen=True)
class Outcome:
    """A possible result. The first outcome of the file whose gates all hold wins."""

    id: str
    leads_to: LeadsTo
    title: Text
    gates: tuple[Gate, ...] = ()
    conditions: Conditions = Conditions()


@dataclass(frozen=True)
class Process:
    """How a case runs. `days` names the length of each step in days of `calendar`.

    `evidence_months`: how old evidence may be before it is marked; None: it does not grow old.
    """

    auditors: int = 2
    divergence: int = 2
    visit: Visit = "optional"
    supplement_rounds: int = 1
    calendar: Calendar = "working"
    days: Mapping[str, int] = field(default_factory=dict)
    evidence_months: int | None = None


@dataclass(frozen=True)
class Issuer:
    """Who stands behind the certificate; `note` warns when the file only has an example."""

    name: str
    address: str
    city: str
    note: Text | None = None


@dataclass(frozen=True)
class Signatory:
    """A role that is printed under a signature line."""

    role: Text


@dataclass(frozen=True)
class CertificateRules:
    """What the certificate says and how long it lives. `number` is a pattern with {year} and {serial}."""

    title: Text
    number: str
    valid_years: int
    expiring_months: int
    issuer: Issuer
    scope: Text
    signatories: tuple[Signatory, ...] = ()

    def number_for(self, year: int, serial: int) -> str:
        """The certificate number, for example "OSL/2026/0012". The reader has checked the pattern."""
        return self.number.format(year=year, serial=serial)

    @property
    def number_key(self) -> str:
        """What the pattern leaves of a number that is read without its marks: two that have one key can meet."""
        bare = re.sub(r"\{serial[^}]*\}", "{serial}", self.number)
        return re.sub(r"[^\w{}]", "", bare).casefold()


@dataclass(frozen=True)
class Rubric:
    """One version of one scheme, whole."""

    scheme: str
    version: str
    title: Text
    centre_types: tuple[Choice, ...]
    scale: Scale
    evidence_kinds: tuple[EvidenceKind, ...]
    areas: tuple[Area, ...]
    outcomes: tuple[Outcome, ...]
    process: Process
    certificate: CertificateRules
    date: day | None = None
    status: str = "final"
    description: Text = Text("")
    terms: tuple[Term, ...] = ()

    @cached_property
    def criteria(self) -> tuple[Criterion, ...]:
        """Every criterion in the order of the file, future and retired ones too."""
        return tuple(criterion for area in self.areas for criterion in area.criteria)

    @cached_property
    def _places(self) -> Mapping[str, tuple[Area, Criterion]]:
        return {criterion.id: (area, criterion) for area in self.areas for criterion in area.criteria}

    def criterion(self, criterion_id: str) -> Criterion:
        """The criterion with this id; NotFound("criterion_not_found")."""
        return self._place(criterion_id)[1]

    def area_of(self, criterion_id: str) -> Area:
        """The area that holds the criterion; NotFound("criterion_not_found")."""
        return self._place(criterion_id)[0]

    def _place(self, criterion_id: str) -> tuple[Area, Criterion]:
        try:
            return self._places[criterion_id]
        except KeyError:
            raise NotFound("criterion_not_found", criterion=criterion_id) from None

    def outcome(self, outcome_id: str) -> Outcome:
        """The outcome with this id; NotFound("outcome_not_found")."""
        for outcome in self.outcomes:
            if outcome.id == outcome_id:
                return outcome
        raise NotFound("outcome_not_found", outcome=outcome_id)

    def criteria_for(self, centre_type: str) -> tuple[Criterion, ...]:
        """What a centre of this type is asked: the applicable criteria, future ones too, retired ones not."""
        return tuple(c for c in self.criteria if c.applies_to(centre_type) and c.status != "retired")

    def structure(self) -> dict[str, object]:
        """All that can move a score or a case, without any words: a text fix must leave this unchanged."""
        return {
            "scheme": self.scheme,
            "centre_types": [choice.id for choice in self.centre_types],
            "scale": {
                "met": self.scale.met,
                "points": list(self.scale.points),
                "not_applicable": [self.scale.na_allowed, self.scale.na_needs_reason, self.scale.na_never_for_critical],
            },
            "areas": [_area_structure(area) for area in self.areas],
            "outcomes": [_outcome_structure(outcome) for outcome in self.outcomes],
            "process": {
                "auditors": self.process.auditors,
                "divergence": self.process.divergence,
                "visit": self.process.visit,
                "supplement_rounds": self.process.supplement_rounds,
                "calendar": self.process.calendar,
                "days": dict(sorted(self.process.days.items())),
            },
            "valid_years": self.certificate.valid_years,
        }


def _area_structure(area: Area) -> dict[str, object]:
    return {
        "id": area.id,
        "weight": area.weight,
        "criteria": [
            {
                "id": criterion.id,
                "weight": criterion.weight,
                "critical": criterion.critical,
                "critical_for": sorted(criterion.critical_for),
                "unless": sorted(criterion.unless),
                "status": criterion.status,
                "indicators": [indicator.id for indicator in criterion.indicators],
            }
            for criterion in area.criteria
        ],
    }


def _outcome_structure(outcome: Outcome) -> dict[str, object]:
    area_below = outcome.conditions.area_below
    return {
        "id": outcome.id,
        "leads_to": outcome.leads_to,
        "gates": {gate.name: str(gate.threshold) for gate in outcome.gates},
        "conditions": [outcome.conditions.critical_below, None if area_below is None else str(area_below)],
    }
