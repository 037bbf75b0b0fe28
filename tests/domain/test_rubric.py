"""The frozen rubric answers questions about itself without any file."""

from fractions import Fraction

import pytest

from certify.domain.errors import NotFound
from certify.domain.rubric import (
    Area,
    CertificateRules,
    Choice,
    Conditions,
    Criterion,
    EvidenceKind,
    Gate,
    Indicator,
    Issuer,
    Level,
    Outcome,
    Process,
    Rubric,
    Scale,
    Text,
)

WORD = Text("słowo", "word")
SCALE = Scale(met=2, levels=tuple(Level(points, WORD) for points in (0, 1, 2)))
FIRST = Criterion("A.1", 2, WORD, critical=True, indicators=(Indicator("A.1.a", WORD),))
SECOND = Criterion("A.2", 1, WORD, critical_for=("CUS",), unless=("NGO",))
FUTURE = Criterion("B.1", 1, WORD, status="future")
RETIRED = Criterion("B.2", 1, WORD, status="retired")
RUBRIC = Rubric(
    scheme="try",
    version="1.0",
    title=WORD,
    centre_types=(Choice("OPS", WORD), Choice("CUS", WORD), Choice("NGO", WORD)),
    scale=SCALE,
    evidence_kinds=(EvidenceKind("paper", WORD),),
    areas=(Area("A", 60, WORD, (FIRST, SECOND)), Area("B", 40, WORD, (FUTURE, RETIRED))),
    outcomes=(
        Outcome("yes", "granted", WORD, (Gate("total", Fraction(65)), Gate("area", Fraction(50), "A"))),
        Outcome("almost", "conditional", WORD, (Gate("critical", Fraction(1)),), Conditions(2, Fraction(50))),
        Outcome("no", "refused", WORD),
    ),
    process=Process(days={"audit": 30, "appeal": 14}),
    certificate=CertificateRules(
        WORD, "TRY/{year}/{serial:04}", 5, 6, Issuer("Wystawca", "ul. Prosta 1", "Miasto"), WORD
    ),
)


def test_text_in_the_language_asked_for_else_polish() -> None:
    both, polish = Text("tak", "yes"), Text("tak")
    assert [both.get("pl"), both.get("en"), both.get("en_GB"), both.get("de")] == ["tak", "yes", "yes", "tak"]
    assert polish.get("en") == "tak"


def test_scale_knows_its_levels() -> None:
    assert (SCALE.top, SCALE.points, SCALE.level(1)) == (2, (0, 1, 2), Level(1, WORD))
    with pytest.raises(NotFound) as refused:
        SCALE.level(3)
    assert refused.value.code == "level_not_found"


def test_criterion_by_centre_type() -> None:
    assert [SECOND.applies_to(kind) for kind in ("OPS", "NGO")] == [True, False]
    assert [SECOND.critical_to(kind) for kind in ("OPS", "CUS")] == [False, True]
    assert FIRST.critical_to("OPS")
    assert [one.counted for one in (FIRST, FUTURE, RETIRED)] == [True, False, False]


def test_lookup_by_id() -> None:
    assert RUBRIC.criteria == (FIRST, SECOND, FUTURE, RETIRED)
    assert RUBRIC.criterion("A.2") is SECOND
    assert RUBRIC.area_of("B.1").id == "B"
    assert RUBRIC.outcome("no").leads_to == "refused"


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda: RUBRIC.criterion("X"), "criterion_not_found"),
        (lambda: RUBRIC.area_of("X"), "criterion_not_found"),
        (lambda: RUBRIC.outcome("X"), "outcome_not_found"),
    ],
)
def test_unknown_ids_are_not_found(ask: object, code: str) -> None:
    assert callable(ask)
    with pytest.raises(NotFound) as refused:
        ask()
    assert refused.value.code == code


def test_what_a_centre_is_asked() -> None:
    assert [one.id for one in RUBRIC.criteria_for("OPS")] == ["A.1", "A.2", "B.1"]
    assert [one.id for one in RUBRIC.criteria_for("NGO")] == ["A.1", "B.1"]


def test_gate_names() -> None:
    assert [gate.name for outcome in RUBRIC.outcomes for gate in outcome.gates] == ["total", "area.A", "critical"]


def test_certificate_number() -> None:
    assert RUBRIC.certificate.number_for(2026, 12) == "TRY/2026/0012"


def test_structure_holds_numbers_and_ids_but_no_words() -> None:
    assert RUBRIC.structure() == {
        "scheme": "try",
        "centre_types": ["OPS", "CUS", "NGO"],
        "scale": {"met": 2, "points": [0, 1, 2], "not_applicable": [True, True, True]},
        "areas": [
            {
                "id": "A",
                "weight": 60,
                "criteria": [
                    _shape("A.1", weight=2, critical=True, indicators=["A.1.a"]),
                    _shape("A.2", critical_for=["CUS"], unless=["NGO"]),
                ],
            },
            {
                "id": "B",
                "weight": 40,
                "criteria": [_shape("B.1", status="future"), _shape("B.2", status="retired")],
            },
        ],
        "outcomes": [
            {"id": "yes", "leads_to": "granted", "gates": {"total": "65", "area.A": "50"}, "conditions": [None, None]},
            {"id": "almost", "leads_to": "conditional", "gates": {"critical": "1"}, "conditions": [2, "50"]},
            {"id": "no", "leads_to": "refused", "gates": {}, "conditions": [None, None]},
        ],
        "process": {
            "auditors": 2,
            "divergence": 2,
            "visit": "optional",
            "supplement_rounds": 1,
            "calendar": "working",
            "days": {"appeal": 14, "audit": 30},
        },
        "valid_years": 5,
    }


def _shape(criterion_id: str, **changes: object) -> dict[str, object]:
    plain: dict[str, object] = {"weight": 1, "critical": False, "critical_for": [], "unless": []}
    return {"id": criterion_id, **plain, "status": "counted", "indicators": [], **changes}
