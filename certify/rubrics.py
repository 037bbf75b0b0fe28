"""Rubric files: read strictly, written back as a plain tree, hashed, and found in the folder `rubrics/`."""

import hashlib
import json
import re
from fractions import Fraction
from pathlib import Path

from certify.domain.errors import CertifyError, NotFound
from certify.domain.rubric import (
    Area,
    CertificateRules,
    Choice,
    Criterion,
    EvidenceKind,
    Outcome,
    Process,
    Rubric,
    Scale,
    Source,
    Text,
)
from certify.rubric_schema import build
from certify.rubric_yaml import MAX_BYTES, Fault, Unreadable, parse

__all__ = [
    "Fault",
    "RubricFault",
    "available",
    "content_hash",
    "find",
    "read",
    "read_file",
    "source_of",
    "structure_hash",
    "to_tree",
]

Tree = dict[str, object]


class RubricFault(CertifyError):
    """A rubric file that breaks the grammar; `faults` in the order of the file, `name` is what to call the file."""

    def __init__(self, name: str, faults: list[Fault]) -> None:
        super().__init__("rubric_invalid", name=name)
        self.name = name
        self.faults = tuple(sorted(faults))

    def __str__(self) -> str:
        return "\n".join(f"{self.name}:{f.line}:{f.column}: {f.path}: {f.code}: {f.message}" for f in self.faults)


def read(text: bytes | str, name: str, *, published: bool = False) -> Rubric:
    """The rubric in `text`; RubricFault with every fault. `name` stands before each line of the fault's text.

    `published`: the file is published already, so that no rule that came after it holds.
    """
    faults: list[Fault] = []
    try:
        rubric = build(parse(text), faults, published=published)
    except Unreadable as error:
        raise RubricFault(name, error.faults) from None
    if faults:
        raise RubricFault(name, faults)
    return rubric


def source_of(path: Path) -> bytes:
    """The bytes of a file, never more than the limit and one; NotFound("rubric_not_found") when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotFound("rubric_not_found", file=str(path), reason=error.strerror or str(error)) from error


def read_file(path: Path) -> Rubric:
    """The rubric in a file; RubricFault, or NotFound("rubric_not_found")."""
    return read(source_of(path), str(path))


def available(folder: Path) -> dict[tuple[str, str], Path]:
    """The rubric files of a folder by (scheme, version), from their names alone: folder/<scheme>/<version>.yaml."""
    paths = sorted(folder.glob("*/*.yaml"))
    return {(path.parent.name, path.stem): path for path in paths if re.fullmatch(r"[0-9]+(\.[0-9]+)+", path.stem)}


def find(folder: Path, scheme: str, version: str) -> Rubric:
    """The rubric of that name in a folder; NotFound("rubric_not_found"), RubricFault also when it says another name."""
    path = available(folder).get((scheme, version))
    if path is None:
        raise NotFound("rubric_not_found", scheme=scheme, version=version)
    rubric = read_file(path)
    if (rubric.scheme, rubric.version) != (scheme, version):
        message = f"The file says {rubric.scheme} {rubric.version}, its name says {scheme} {version}."
        raise RubricFault(str(path), [Fault(1, 1, "scheme", "name_mismatch", message)])
    return rubric


def content_hash(source: bytes) -> str:
    """SHA-256 of the file's bytes, in hex."""
    return hashlib.sha256(source).hexdigest()


def structure_hash(rubric: Rubric) -> str:
    """SHA-256 over all that can move a score or a case; equal for two files that differ in words only."""
    canonical = json.dumps(rubric.structure(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def to_tree(rubric: Rubric) -> Tree:
    """The file's own tree, ready for JSON; written as YAML and read again it gives an equal rubric."""
    tree: Tree = {"scheme": rubric.scheme, "version": rubric.version, "status": rubric.status}
    if rubric.date:
        tree["date"] = rubric.date.isoformat()
    tree["title"] = _text(rubric.title)
    if rubric.description.pl:
        tree["description"] = _text(rubric.description)
    if rubric.terms:
        tree["terms"] = [{"id": one.id, "title": _text(one.title), "text": _text(one.text)} for one in rubric.terms]
    return tree | {
        "centre_types": [_choice(choice) for choice in rubric.centre_types],
        "scale": _scale(rubric.scale),
        "evidence_kinds": [_kind(kind) for kind in rubric.evidence_kinds],
        "areas": [_area(area) for area in rubric.areas],
        "outcomes": [_outcome(outcome) for outcome in rubric.outcomes],
        "process": _process(rubric.process),
        "certificate": _certificate(rubric.certificate),
    }


def _text(text: Text) -> Tree:
    return {"pl": text.pl, "en": text.en}


def _choice(choice: Choice) -> Tree:
    return {"id": choice.id, "title": _text(choice.title)}


def _kind(kind: EvidenceKind) -> Tree:
    return _choice(kind) | ({"months": kind.months} if kind.months else {})


def _scale(scale: Scale) -> Tree:
    levels: list[Tree] = []
    for level in scale.levels:
        entry: Tree = {"points": level.points, "title": _text(level.title)}
        levels.append(entry | ({"text": _text(level.text)} if level.text.pl else {}))
    tree: Tree = {"met": scale.met, "levels": levels}
    if scale.na_allowed:
        rules = {"needs_reason": scale.na_needs_reason, "never_for_critical": scale.na_never_for_critical}
        tree["not_applicable"] = rules
    return tree


def _area(area: Area) -> Tree:
    criteria = [_criterion(criterion) for criterion in area.criteria]
    return {"id": area.id, "weight": area.weight, "title": _text(area.title), "criteria": criteria}


def _criterion(criterion: Criterion) -> Tree:
    tree: Tree = {"id": criterion.id, "weight": criterion.weight, "critical": criterion.critical}
    if criterion.critical_for:
        tree["critical_for"] = list(criterion.critical_for)
    if criterion.unless:
        tree["applies"] = {"unless": {"centre_type": list(criterion.unless)}}
    return tree | {
        "status": criterion.status,
        "title": _text(criterion.title),
        "descriptors": [_text(text) for text in criterion.descriptors],
        "indicators": [{"id": indicator.id, **_text(indicator.text)} for indicator in criterion.indicators],
        "evidence": [{"kind": hint.kind, **_text(hint.text)} for hint in criterion.evidence],
        "sources": [_source(source) for source in criterion.sources],
    }


def _source(source: Source) -> Tree:
    if source.interpretation:
        return {"interpretation": _text(source.interpretation)}
    if source.text:
        return {"text": source.text, "phrase": source.phrase}
    return {"address": source.address} | ({"note": _text(source.note)} if source.note else {})


def _outcome(outcome: Outcome) -> Tree:
    tree: Tree = {"id": outcome.id, "leads_to": outcome.leads_to, "title": _text(outcome.title)}
    gates: Tree = {gate.kind: _number(gate.threshold) for gate in outcome.gates if not gate.subject}
    for gate in outcome.gates:
        if gate.subject:
            group = (other for other in outcome.gates if other.kind == gate.kind)
            gates[gate.kind] = {other.subject: _number(other.threshold) for other in group}
    conditions: Tree = {}
    if outcome.conditions.critical_below is not None:
        conditions["critical_below"] = outcome.conditions.critical_below
    if outcome.conditions.area_below is not None:
        conditions["area_below"] = _number(outcome.conditions.area_below)
    return tree | ({"gates": gates} if gates else {}) | ({"conditions": conditions} if conditions else {})


def _number(value: Fraction) -> int | float:
    """As the file wrote it: the grammar allows four decimals, which a float shows without loss."""
    return int(value) if value.denominator == 1 else float(value)


def _process(process: Process) -> Tree:
    tree: Tree = {
        "auditors": process.auditors,
        "divergence": process.divergence,
        "visit": process.visit,
        "supplement_rounds": process.supplement_rounds,
        "calendar": process.calendar,
        "days": dict(process.days),
    }
    return tree | ({"evidence_months": process.evidence_months} if process.evidence_months else {})


def _certificate(rules: CertificateRules) -> Tree:
    issuer: Tree = {"name": rules.issuer.name, "address": rules.issuer.address, "city": rules.issuer.city}
    return {
        "title": _text(rules.title),
        "number": rules.number,
        "valid_years": rules.valid_years,
        "expiring_months": rules.expiring_months,
        "issuer": issuer | ({"note": _text(rules.issuer.note)} if rules.issuer.note else {}),
        "scope": _text(rules.scope),
        "signatories": [{"role": _text(signatory.role)} for signatory in rules.signatories],
    }
