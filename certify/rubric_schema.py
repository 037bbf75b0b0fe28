"""The grammar of a rubric file: from places of the file to the frozen objects of `domain/rubric.py`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

from certify.domain.rubric import (
    Area,
    Calendar,
    CertificateRules,
    Choice,
    Conditions,
    Criterion,
    CriterionStatus,
    EvidenceHint,
    EvidenceKind,
    Gate,
    GateKind,
    Indicator,
    Issuer,
    LeadsTo,
    Level,
    Outcome,
    Process,
    Rubric,
    Scale,
    Signatory,
    Source,
    Term,
    Text,
    Visit,
)
from certify.rubric_place import Place, alike, optional, unique
from certify.rubric_yaml import Fault, Node, visible

DAYS = (
    "formal_check",
    "supplement",
    "objection",
    "audit",
    "consensus",
    "hearing",
    "report",
    "decision",
    "conditions",
    "issue",
    "appeal",
    "appeal_decision",
)
# Ten years: the calendar of months has one column each.
MOST_MONTHS = 120
_REQUIRED = (
    "scheme",
    "version",
    "title",
    "centre_types",
    "scale",
    "evidence_kinds",
    "areas",
    "outcomes",
    "process",
    "certificate",
)
_SHAPES_OF_A_SOURCE = {"text": {"text", "phrase"}, "address": {"address", "note"}, "interpretation": {"interpretation"}}
_SOURCE_RULE = "A source is {text, phrase}, {address, note} or {interpretation}."
# str.format would also follow attributes ({year.__class__}), so the pattern is checked piece by piece.
_NUMBER = re.compile(r"(?:[A-Za-z0-9 ./-]|\{year\}|\{serial(?::0[1-9])?\}){1,60}")


@dataclass
class _Names:
    """What the file has declared so far and later parts refer to."""

    centre_types: tuple[str, ...] = ()
    points: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    area_ids: list[tuple[Place, str]] = field(default_factory=list)
    criteria: list[tuple[Place, str]] = field(default_factory=list)
    indicators: list[tuple[Place, str]] = field(default_factory=list)


def build(root: Node, faults: list[Fault], *, published: bool = False) -> Rubric:
    """The rubric in `root`; with any new entry in `faults` the object holds stand-ins and must not be used.

    `published`: such a file is judged by no rule that came after it, since it never changes.
    """
    top = Place(root, faults).fields(_REQUIRED, ("date", "status", "description", "terms"))
    names = _Names()
    scheme = top["scheme"].matching(r"[a-z][a-z0-9-]{0,39}", "bad_id", "a scheme code (small letters, digits, dashes)")
    version = top["version"].matching(r"[0-9]{1,4}(\.[0-9]{1,4}){1,2}", "bad_version", "a version such as 1.0")
    centre_types = _choices(top["centre_types"])
    names.centre_types = tuple(choice.id for choice in centre_types)
    scale = _scale(top["scale"])
    names.points = scale.points
    kinds = _kinds(top["evidence_kinds"])
    names.kinds = tuple(choice.id for choice in kinds)
    areas = _areas(top["areas"], names)
    if not published:
        _judge_ids(areas, names)
    names.areas = tuple(area.id for area in areas)
    return Rubric(
        scheme=scheme,
        version=version,
        title=top["title"].text(),
        centre_types=centre_types,
        scale=scale,
        evidence_kinds=kinds,
        areas=areas,
        outcomes=_outcomes(top["outcomes"], names),
        process=_process(top["process"]),
        certificate=_certificate(top["certificate"]),
        date=top["date"].day() if top["date"] else None,
        status=optional(top["status"], lambda: top["status"].one_of(("draft", "final")), "final"),
        description=optional(top["description"], top["description"].text, Text("")),
        terms=optional(top["terms"], lambda: _terms(top["terms"]), ()),
    )


def _terms(place: Place) -> tuple[Term, ...]:
    entries = [item.fields(("id", "title", "text")) for item in place.items(least=1)]
    terms = tuple(Term(one["id"].identifier(), one["title"].text(), one["text"].text()) for one in entries)
    unique([(entry["id"], term.id) for entry, term in zip(entries, terms, strict=True)])
    return terms


def _choices(place: Place) -> tuple[Choice, ...]:
    entries = [item.fields(("id", "title")) for item in place.items(least=1)]
    choices = tuple(Choice(entry["id"].identifier(), entry["title"].text()) for entry in entries)
    unique([(entry["id"], choice.id) for entry, choice in zip(entries, choices, strict=True)])
    return choices


def _kinds(place: Place) -> tuple[EvidenceKind, ...]:
    entries = [item.fields(("id", "title"), ("months",)) for item in place.items(least=1)]
    kinds = tuple(
        EvidenceKind(entry["id"].identifier(), entry["title"].text(), _months(entry["months"])) for entry in entries
    )
    unique([(entry["id"], kind.id) for entry, kind in zip(entries, kinds, strict=True)])
    return kinds


def _months(place: Place) -> int | None:
    return place.integer(1, MOST_MONTHS) if place else None


def _scale(place: Place) -> Scale:
    parts = place.fields(("met", "levels"), ("not_applicable",))
    levels: list[Level] = []
    for item in parts["levels"].items(least=2):
        entry = item.fields(("points", "title"), ("text",))
        points = entry["points"].integer(0, 1000)
        if entry["points"] and levels and points <= levels[-1].points:
            entry["points"].fault("levels_not_ordered", "The points of the levels must rise from one to the next.")
        text = optional(entry["text"], entry["text"].text, Text(""))
        levels.append(Level(points, entry["title"].text(), text))
    met = parts["met"].integer(0, 1000)
    if levels and all(level.points != met for level in levels):
        parts["met"].fault("met_not_on_scale", f"No level of the scale has {met} points.")
    excuse = parts["not_applicable"].fields((), ("needs_reason", "never_for_critical"))
    return Scale(
        met=met,
        levels=tuple(levels),
        na_needs_reason=optional(excuse["needs_reason"], excuse["needs_reason"].boolean, True),
        na_never_for_critical=optional(excuse["never_for_critical"], excuse["never_for_critical"].boolean, True),
        na_allowed=bool(parts["not_applicable"]),
    )


def _areas(place: Place, names: _Names) -> tuple[Area, ...]:
    entries = [item.fields(("id", "weight", "title", "criteria")) for item in place.items(least=1)]
    areas = tuple(
        Area(
            id=entry["id"].identifier(),
            weight=entry["weight"].integer(1, 100),
            title=entry["title"].text(),
            criteria=tuple(_criterion(item, names) for item in entry["criteria"].items(least=1)),
        )
        for entry in entries
    )
    names.area_ids = [(entry["id"], area.id) for entry, area in zip(entries, areas, strict=True)]
    unique(names.area_ids)
    unique(names.criteria)
    unique(names.indicators)
    total = sum(area.weight for area in areas)
    if areas and total != 100:
        place.fault("weights_not_100", f"The weights of the areas sum to {total}, not to 100.")
    return areas


def _judge_ids(areas: tuple[Area, ...], names: _Names) -> None:
    """People read o1.1 and O1.1 as one, and O1.1 as a part of O1: ids that mislead them are faults."""
    criteria = [(area.id, one) for area in areas for one in area.criteria]
    indicators = [(one.id, part) for _, one in criteria for part in one.indicators]
    for places in (names.area_ids, names.criteria, names.indicators):
        alike([(place, name) for place, name in places if name])
    owners = {area.id.casefold(): area.id for area in areas}
    for (place, name), (owner, _) in zip(names.criteria, criteria, strict=True):
        _judge_owner(place, name, owner, owners)
    owners = {one.id.casefold(): one.id for _, one in criteria}
    for (place, name), (owner, _) in zip(names.indicators, indicators, strict=True):
        _judge_owner(place, name, owner, owners)


def _judge_owner(place: Place, name: str, owner: str, owners: Mapping[str, str]) -> None:
    said = owners.get(name.rpartition(".")[0].casefold(), owner)
    if said != owner:
        place.fault(
            "id_of_another", f"“{visible(name)}” stands under {visible(owner)}, but is named after {visible(said)}."
        )


def _criterion(place: Place, names: _Names) -> Criterion:
    required = ("id", "weight", "title", "descriptors", "indicators", "evidence", "sources")
    parts = place.fields(required, ("critical", "critical_for", "applies", "status"))
    criterion_id = parts["id"].identifier()
    names.criteria.append((parts["id"], criterion_id))
    critical = optional(parts["critical"], parts["critical"].boolean, False)
    status = optional(parts["status"], lambda: parts["status"].one_of(("counted", "future", "retired")), "counted")
    return Criterion(
        id=criterion_id,
        weight=parts["weight"].integer(1, 100),
        title=parts["title"].text(),
        critical=critical,
        critical_for=optional(parts["critical_for"], lambda: _types(parts["critical_for"], names), ()),
        descriptors=_descriptors(parts["descriptors"], names),
        indicators=tuple(_indicator(item, names) for item in parts["indicators"].items(least=1)),
        evidence=tuple(_hint(item, names) for item in parts["evidence"].items()),
        unless=optional(parts["applies"], lambda: _unless(parts["applies"], names), ()),
        status=cast(CriterionStatus, status),
        sources=tuple(_source(item) for item in parts["sources"].items(least=1)),
    )


def _types(place: Place, names: _Names) -> tuple[str, ...]:
    return tuple(item.one_of(names.centre_types, "unknown_centre_type") for item in place.items(least=1))


def _unless(place: Place, names: _Names) -> tuple[str, ...]:
    return _types(place.fields(("unless",))["unless"].fields(("centre_type",))["centre_type"], names)


def _descriptors(place: Place, names: _Names) -> tuple[Text, ...]:
    texts = tuple(item.text() for item in place.items())
    if place and len(texts) != len(names.points):
        message = f"One descriptor per level is needed: {len(names.points)}, not {len(texts)}."
        place.fault("descriptor_count", message)
    return texts


def _indicator(place: Place, names: _Names) -> Indicator:
    parts = place.fields(("id", "pl", "en"))
    indicator_id = parts["id"].identifier()
    names.indicators.append((parts["id"], indicator_id))
    return Indicator(indicator_id, Text(parts["pl"].string(), parts["en"].string()))


def _hint(place: Place, names: _Names) -> EvidenceHint:
    parts = place.fields(("kind", "pl", "en"))
    kind = parts["kind"].one_of(names.kinds, "unknown_kind")
    return EvidenceHint(kind, Text(parts["pl"].string(), parts["en"].string()))


def _source(place: Place) -> Source:
    shape = next((keys for first, keys in _SHAPES_OF_A_SOURCE.items() if place.has(first)), None)
    if shape is None:
        place.fault("bad_source", _SOURCE_RULE)
        return Source()
    parts = place.fields(shape - {"note"}, shape & {"note"})
    if "interpretation" in parts:
        return Source(interpretation=parts["interpretation"].text())
    if "text" in parts:
        name = parts["text"].matching(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", "bad_source", "the name of a text")
        return Source(text=name, phrase=parts["phrase"].string())
    address = parts["address"].matching(r"https?://[^\s<>\"']{3,1000}", "bad_address", "an address with http or https")
    return Source(address=address, note=optional(parts["note"], parts["note"].text, None))


def _outcomes(place: Place, names: _Names) -> tuple[Outcome, ...]:
    items = place.items(least=1)
    entries = [item.fields(("id", "leads_to", "title"), ("gates", "conditions")) for item in items]
    outcomes = tuple(
        Outcome(
            id=entry["id"].identifier(),
            leads_to=cast(LeadsTo, entry["leads_to"].one_of(("granted", "conditional", "refused"))),
            title=entry["title"].text(),
            gates=_gates(entry["gates"], names) if entry["gates"] else (),
            conditions=_conditions(entry["conditions"], names) if entry["conditions"] else Conditions(),
        )
        for entry in entries
    )
    unique([(entry["id"], outcome.id) for entry, outcome in zip(entries, outcomes, strict=True)])
    for item, entry in zip(items[:-1], entries[:-1], strict=True):
        if not entry["gates"]:
            item.fault("unreachable_outcome", "Only the last outcome has no gates; the ones below are never reached.")
    if entries and entries[-1]["gates"]:
        items[-1].fault("no_final_outcome", "The last outcome must have no gates, so that every score has one.")
    if outcomes and all(outcome.leads_to != "granted" for outcome in outcomes):
        place.fault("no_granted_outcome", "No outcome leads to a certificate.")
    return outcomes


def _gates(place: Place, names: _Names) -> tuple[Gate, ...]:
    kinds = ("total", "each_area", "area", "critical", "critical_at_most", "criteria_at_most")
    parts = place.fields((), kinds)
    gates: list[Gate] = []
    for kind in kinds:
        here = parts[kind]
        if not here:
            continue
        if kind in ("total", "each_area"):
            gates.append(Gate(cast(GateKind, kind), here.percent()))
        elif kind == "critical":
            gates.append(Gate("critical", Fraction(_on_scale(here, names))))
        elif kind == "area":
            gates += [_area_gate(area, value, names) for area, value in here.pairs()]
        else:
            gates += [_count_gate(cast(GateKind, kind), points, value, names) for points, value in here.pairs()]
    if not gates:
        place.fault("too_few", "An outcome with gates needs at least one; the last outcome has no key “gates”.")
    return tuple(gates)


def _on_scale(place: Place, names: _Names) -> int:
    points = place.integer(0, 1000)
    if place and names.points and points not in names.points:
        place.fault("points_not_on_scale", f"No level of the scale has {points} points.")
    return points


def _area_gate(area: str, value: Place, names: _Names) -> Gate:
    if area not in names.areas:
        value.fault("unknown_area", "There is no area with this id.", at_key=True)
    return Gate("area", value.percent(), area)


def _count_gate(kind: GateKind, points: str, value: Place, names: _Names) -> Gate:
    if points not in {str(known) for known in names.points}:
        value.fault("points_not_on_scale", "No level of the scale has these points.", at_key=True)
    return Gate(kind, Fraction(value.integer(0, 1000)), points)


def _conditions(place: Place, names: _Names) -> Conditions:
    parts = place.fields((), ("critical_below", "area_below"))
    return Conditions(
        critical_below=_on_scale(parts["critical_below"], names) if parts["critical_below"] else None,
        area_below=parts["area_below"].percent() if parts["area_below"] else None,
    )


def _process(place: Place) -> Process:
    required = ("auditors", "divergence", "visit", "supplement_rounds", "calendar", "days")
    parts = place.fields(required, ("evidence_months",))
    days: Mapping[str, Place] = parts["days"].fields(DAYS)
    return Process(
        auditors=parts["auditors"].integer(1, 9),
        divergence=parts["divergence"].integer(1, 1000),
        visit=cast(Visit, parts["visit"].one_of(("none", "optional", "required"))),
        supplement_rounds=parts["supplement_rounds"].integer(0, 9),
        calendar=cast(Calendar, parts["calendar"].one_of(("working", "calendar"))),
        days={name: days[name].integer(1, 3650) for name in DAYS},
        evidence_months=_months(parts["evidence_months"]),
    )


def _certificate(place: Place) -> CertificateRules:
    parts = place.fields(("title", "number", "valid_years", "expiring_months", "issuer", "scope", "signatories"))
    number = parts["number"].string()
    if number and not (_NUMBER.fullmatch(number) and number.count("{year}") == 1 and number.count("{serial") == 1):
        message = "The pattern of the number needs {year} and {serial}, for example OSL/{year}/{serial:04}."
        parts["number"].fault("bad_number_pattern", message)
    issuer = parts["issuer"].fields(("name", "address", "city"), ("note",))
    return CertificateRules(
        title=parts["title"].text(),
        number=number,
        valid_years=parts["valid_years"].integer(1, 50),
        expiring_months=parts["expiring_months"].integer(0, 120),
        issuer=Issuer(
            name=issuer["name"].string(),
            address=issuer["address"].string(),
            city=issuer["city"].string(),
            note=optional(issuer["note"], issuer["note"].text, None),
        ),
        scope=parts["scope"].text(),
        signatories=tuple(
            Signatory(item.fields(("role",))["role"].text()) for item in parts["signatories"].items(least=1)
        ),
    )
