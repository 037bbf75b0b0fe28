"""The OSL standard as shipped: complete, in two languages, and each quoted source really says what we quote."""

import dataclasses
import hashlib
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from certify.domain.rubric import Conditions, Rubric, Text
from certify.domain.scoring import percent, score
from certify.rubrics import read_file

ROOT = Path(__file__).parent.parent
DATA = ROOT / "tests" / "data"
SEEDS = DATA / "seed-texts"

# The five public texts, byte for byte: a changed copy would make the proof of the quotations worthless.
SEED_SHA256 = {
    "000_deef4dd40bf43b88.txt": "c2d78a7ba36503da499887f63d14453c66e960bd276d4f2d03570ab74aaabce8",
    "001_5b6ec96dc9b33d98.txt": "4ecfc7daf992b6a5030d029d3aa7392faa5b0760203b8d9972e9d51f1e138a12",
    "002_dfd8b3254ed5b1ab.txt": "84e9d91f00e55a44a6475620c47f0924c5a7b70a998bfa28bcd9301764ff6e71",
    "003_3a4be307a6fccd13.txt": "fe534e165865bbbeb50a477c1269331a9f35e04650145ff750b95f4ae603ed58",
    "004_766939c9a5e2967d.txt": "efeb050170035e693343aa447b79f6cc758decf5a2031a8d0408569c7ff28aca",
}

AREAS = {"O1": 15, "O2": 10, "O3": 10, "O4": 15, "O5": 20, "O6": 15, "O7": 15}

# Written down apart from the file: criterion, weight, indicators; K marks a critical one.
CRITERIA = """
O1.1 3 ab K
O1.2 3 ab K
O1.3 3 ab
O1.4 2 ab
O1.5 2 ab
O2.1 3 ab K
O2.2 3 ab K
O2.3 1 a
O2.4 2 ab
O3.1 3 ab K
O3.2 2 a
O3.3 2 ab
O3.4 1 a
O4.1 2 ab
O4.2 3 ab K
O4.3 3 ab
O4.4 2 a
O4.5 1 a
O5.1 3 ab
O5.2 2 a
O5.3 3 ab K
O5.4 3 a
O5.5 3 ab K
O5.6 2 ab
O6.1 3 ab K
O6.2 2 a
O6.3 2 ab
O6.4 1 a
O7.1 3 ab
O7.2 2 a
O7.3 3 ab K
O7.4 2 ab
O7.5 2 ab
"""
EVIDENCE_KINDS = [
    "resolution",
    "statute",
    "job_description",
    "plan_report",
    "attestation",
    "agreement",
    "minutes",
    "diagnosis_map",
    "survey_data",
    "publication",
    "photo_film",
    "interview",
]
CENTRE_TYPES = ["OPS", "GOPS", "MOPS", "MGOPS", "MOPR", "PCPR", "CUS", "ROPS", "NGO", "OTHER"]

# Small words that no Polish sentence of ours needs ("to", "a", "do", "on" and "we" are Polish words too).
ENGLISH = re.compile(r"\b(the|of|and|with|is|are|for|by|from|not|or|least|residents?|centres?|staff)\b", re.IGNORECASE)
POLISH = re.compile(r"[ąćęłńóśźż]|\b(jest|są|nie|oraz|lub|dla|przez)\b", re.IGNORECASE)
# The English text may name what has only a Polish name.
POLISH_NAMES = ("lokalny planista",)


@pytest.fixture(scope="module")
def osl() -> Rubric:
    return read_file(ROOT / "rubrics" / "osl" / "1.0.yaml")


def expected_criteria() -> list[tuple[str, int, list[str], bool]]:
    rows = [line.split() for line in CRITERIA.split("\n") if line]
    return [(id_, int(weight), [f"{id_}.{x}" for x in letters], k == ["K"]) for id_, weight, letters, *k in rows]


def texts(part: object) -> Iterator[Text]:
    """Every text of the rubric, wherever it stands."""
    if isinstance(part, Text):
        yield part
    elif dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            yield from texts(getattr(part, field.name))
    elif isinstance(part, tuple | list):
        for item in part:
            yield from texts(item)
    elif hasattr(part, "values"):
        yield from texts(tuple(part.values()))


def test_the_standard_is_whole(osl: Rubric) -> None:
    assert (osl.scheme, osl.version, osl.status) == ("osl", "1.0", "draft")
    assert str(osl.date) == "2026-03-01"
    assert len(osl.areas) == 7
    assert len(osl.criteria) == 33
    assert sum(criterion.critical for criterion in osl.criteria) == 10
    assert sum(len(criterion.indicators) for criterion in osl.criteria) == 56


def test_areas_and_their_weights(osl: Rubric) -> None:
    assert {area.id: area.weight for area in osl.areas} == AREAS
    assert sum(area.weight for area in osl.areas) == 100


def test_criteria_weights_indicators_and_critical_flags(osl: Rubric) -> None:
    found = [(c.id, c.weight, [indicator.id for indicator in c.indicators], c.critical) for c in osl.criteria]
    assert found == expected_criteria()
    for area in osl.areas:
        assert all(criterion.id.startswith(area.id + ".") for criterion in area.criteria)


def test_polish_indicators_word_for_word(osl: Rubric) -> None:
    lines = (DATA / "osl-1.0-indicators.txt").read_text(encoding="utf-8").splitlines()
    expected = dict(line.split(" ", 1) for line in lines)
    assert len(expected) == 56
    assert {indicator.id: indicator.text.pl for c in osl.criteria for indicator in c.indicators} == expected


def test_the_plan_is_critical_in_a_social_services_centre_only(osl: Rubric) -> None:
    plan = osl.criterion("O1.3")
    assert tuple(plan.critical_for) == ("CUS",)
    assert plan.critical_to("CUS")
    assert not plan.critical_to("OPS")
    assert [c.id for c in osl.criteria if c.critical_for] == ["O1.3"]


@pytest.mark.parametrize("centre_type", CENTRE_TYPES)
def test_every_criterion_counts_for_every_type_of_centre(osl: Rubric, centre_type: str) -> None:
    assert osl.criteria_for(centre_type) == osl.criteria
    assert all(criterion.counted for criterion in osl.criteria)


def test_each_criterion_can_be_rated_proved_and_traced(osl: Rubric) -> None:
    kinds = [kind.id for kind in osl.evidence_kinds]
    assert kinds == EVIDENCE_KINDS
    for criterion in osl.criteria:
        assert len(criterion.descriptors) == len(osl.scale.levels) == 4, criterion.id
        assert len({descriptor.pl for descriptor in criterion.descriptors}) == 4, criterion.id
        assert len({descriptor.en for descriptor in criterion.descriptors}) == 4, criterion.id
        assert criterion.indicators, criterion.id
        assert criterion.evidence, criterion.id
        assert {hint.kind for hint in criterion.evidence} <= set(kinds), criterion.id
        assert criterion.sources, criterion.id
    assert {hint.kind for c in osl.criteria for hint in c.evidence} == set(kinds)


def test_each_quoted_phrase_stands_in_the_named_text(osl: Rubric) -> None:
    seeds = {name: (SEEDS / name).read_text(encoding="utf-8") for name in SEED_SHA256}
    quoted = [(c.id, source) for c in osl.criteria for source in c.sources if source.text]
    for criterion_id, source in quoted:
        assert source.phrase and source.phrase == source.phrase.strip(), criterion_id
        assert source.phrase in seeds[source.text], (criterion_id, source.phrase)
    assert {source.text for _, source in quoted} == set(SEED_SHA256)


def test_each_source_is_a_quotation_an_address_or_our_own_interpretation(osl: Rubric) -> None:
    for criterion in osl.criteria:
        for source in criterion.sources:
            assert [bool(source.text), bool(source.address), bool(source.interpretation)].count(True) == 1, criterion.id
            if source.address:
                assert urlsplit(source.address).scheme in ("http", "https"), criterion.id
                assert source.note, criterion.id


@pytest.mark.parametrize("name", SEED_SHA256)
def test_the_copy_of_the_seed_text_is_unchanged(name: str) -> None:
    assert hashlib.sha256((SEEDS / name).read_bytes()).hexdigest() == SEED_SHA256[name]


def test_there_is_no_other_seed_text() -> None:
    assert sorted(path.name for path in SEEDS.iterdir()) == sorted(SEED_SHA256)


def test_both_languages_are_complete_and_apart(osl: Rubric) -> None:
    every = list(texts(osl))
    assert len(every) > 400
    for text in every:
        assert text.pl.strip() == text.pl != "", text
        assert text.en.strip() == text.en != "", text
        assert text.pl != text.en
        assert not ENGLISH.search(text.pl), text.pl
        english = text.en
        for name in POLISH_NAMES:
            english = english.replace(name, "")
        assert not POLISH.search(english), text.en


def test_polish_texts_are_set_in_polish_type(osl: Rubric) -> None:
    for text in texts(osl):
        assert '"' not in text.pl + text.en, "straight quotation marks"
        assert "  " not in text.pl + text.en
        assert text.pl.count("„") == text.pl.count("”")


def test_scale_and_outcomes(osl: Rubric) -> None:
    assert [level.points for level in osl.scale.levels] == [0, 1, 2, 3]
    assert [level.title.pl for level in osl.scale.levels] == ["brak", "zalążek", "spełnione", "wzorcowe"]
    assert osl.scale.met == 2
    assert osl.scale.na_needs_reason and osl.scale.na_never_for_critical
    assert [(outcome.id, outcome.leads_to) for outcome in osl.outcomes] == [
        ("granted", "granted"),
        ("conditional", "conditional"),
        ("refused", "refused"),
    ]
    assert not osl.outcome("refused").gates


def test_gates(osl: Rubric) -> None:
    assert {gate.name: gate.threshold for gate in osl.outcome("granted").gates} == {
        "total": 65,
        "each_area": 50,
        "critical": 2,
    }
    assert {gate.name: gate.threshold for gate in osl.outcome("conditional").gates} == {
        "total": 50,
        "each_area": 33,
        "critical_at_most.0": 0,
        "critical_at_most.1": 3,
    }
    assert osl.outcome("conditional").conditions == Conditions(critical_below=2, area_below=Fraction(50))


# The four cases worked by hand: points that differ from the rest, then outcome, total, one area, conditions.
WORKED = [
    (2, {}, "granted", "66.7", ("O1", "66.7"), ()),
    (2, {"O5.5": 1}, "conditional", "65.4", ("O5", "60.4"), (("criterion", "O5.5"),)),
    (
        2,
        {f"O7.{n}": 1 for n in range(1, 6)},
        "conditional",
        "61.7",
        ("O7", "33.3"),
        (("criterion", "O7.3"), ("area", "O7")),
    ),
    (3, {"O6.1": 0}, "refused", "94.4", ("O6", "62.5"), ()),
]


@pytest.mark.parametrize(("level", "others", "outcome", "total", "area", "conditions"), WORKED)
def test_worked_cases(
    osl: Rubric,
    level: int,
    others: dict[str, int],
    outcome: str,
    total: str,
    area: tuple[str, str],
    conditions: tuple[tuple[str, str], ...],
) -> None:
    result = score(osl, {c.id: level for c in osl.criteria} | others, "OPS")
    assert result.outcome == osl.outcome(outcome)
    assert result.total is not None and percent(result.total) == total
    found = result.areas[area[0]]
    assert found is not None and percent(found) == area[1]
    assert set(result.conditions) == set(conditions)


def test_a_weak_plan_costs_only_a_social_services_centre_the_certificate(osl: Rubric) -> None:
    points = {c.id: 3 for c in osl.criteria} | {"O1.3": 1}
    assert score(osl, points, "OPS").outcome == osl.outcome("granted")
    assert score(osl, points, "CUS").outcome == osl.outcome("conditional")


def test_process_and_certificate(osl: Rubric) -> None:
    process, certificate = osl.process, osl.certificate
    assert (process.auditors, process.divergence, process.visit, process.supplement_rounds) == (2, 2, "optional", 1)
    assert process.calendar == "working"
    assert dict(process.days) == {
        "formal_check": 14,
        "supplement": 14,
        "objection": 7,
        "audit": 30,
        "consensus": 7,
        "hearing": 14,
        "report": 7,
        "decision": 30,
        "conditions": 90,
        "issue": 7,
        "appeal": 14,
        "appeal_decision": 30,
    }
    assert certificate.number_for(2026, 12) == "OSL/2026/0012"
    assert (certificate.valid_years, certificate.expiring_months) == (5, 6)
    assert "przykładowy" in certificate.issuer.name
    assert certificate.issuer.note
    assert certificate.signatories


def test_types_of_centres(osl: Rubric) -> None:
    assert [kind.id for kind in osl.centre_types] == CENTRE_TYPES


def test_the_file_keeps_its_limits_and_documents_its_own_grammar() -> None:
    source = (ROOT / "rubrics" / "osl" / "1.0.yaml").read_text(encoding="utf-8")
    assert len(source.encode()) <= 256 * 1024
    comment = "\n".join(line for line in source.splitlines() if line.startswith("#"))
    keys = set(re.findall(r"^ *(?:- )?\{?([a-z_]+):", re.sub(r"(?m)^ *#.*$", "", source), re.MULTILINE))
    steps = set(re.findall(r"^    ([a-z_]+): \d+$", source[source.index("\n  days:") :], re.MULTILINE))
    assert sorted(key for key in keys - steps if not re.search(rf"\b{key}\b", comment)) == []
