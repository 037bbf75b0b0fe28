"""Agreement, deadlines, readiness, validity and Polish order."""

import unicodedata
from dataclasses import replace
from datetime import date

import pytest

from certify.domain.agreement import Points, agreed, diverges, joint
from certify.domain.clock import deadline, is_working
from certify.domain.collation import MAX_KEY, sort_key
from certify.domain.errors import FieldError, Forbidden, Gone, Invalid, NotFound, StorageFull, WrongState
from certify.domain.readiness import AnswerFacts, Gap, Progress, readiness
from certify.domain.rubric import (
    Area,
    CertificateRules,
    Choice,
    Criterion,
    Indicator,
    Issuer,
    Level,
    Process,
    Rubric,
    Scale,
    Text,
)
from certify.domain.validity import Validity, months_before, validity_on


@pytest.mark.parametrize(
    ("points", "critical", "expected"),
    [
        ((2, 2), False, False),
        ((2, 1), False, False),
        ((2, 0), False, True),
        ((3, 1), False, True),
        ((2, 1), True, True),
        ((3, 2), True, False),
        ((1, 0), True, False),
        ((None, None), True, False),
        ((None, 2), False, True),
    ],
)
def test_diverges(points: tuple[Points, ...], critical: bool, expected: bool) -> None:
    assert diverges(points, gap=2, met=2, critical=critical) is expected


@pytest.mark.parametrize(
    ("points", "expected"), [((2, 2), 2), ((2, 3), 2), ((2, 3, 3), 3), ((0, 1, 0), 0), ((None, None), None)]
)
def test_doubt_never_lifts_the_joint_rating(points: tuple[Points, ...], expected: Points) -> None:
    assert joint(points) == expected


def test_a_consensus_stands_before_the_joint_rating() -> None:
    sheets = [{"A": 2, "B": 0, "C": None}, {"A": 3, "B": 2, "C": None}]
    assert agreed(sheets, {"B": 1}) == {"A": 2, "B": 1, "C": None}
    assert agreed([], {}) == {}


ALL_SAINTS = {date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25)}


def test_terms_in_working_days_skip_weekends_and_holidays() -> None:
    assert deadline(date(2026, 11, 9), 2, "working", ALL_SAINTS) == date(2026, 11, 12)
    assert deadline(date(2026, 11, 6), 1, "working", ALL_SAINTS) == date(2026, 11, 9)


def test_terms_in_calendar_days_end_on_a_working_day() -> None:
    assert deadline(date(2026, 11, 9), 2, "calendar", ALL_SAINTS) == date(2026, 11, 12)
    assert deadline(date(2026, 11, 2), 2, "calendar", ALL_SAINTS) == date(2026, 11, 4)
    assert deadline(date(2026, 12, 24), 0, "calendar", ALL_SAINTS) == date(2026, 12, 24)


def test_days() -> None:
    assert not is_working(date(2026, 11, 11), ALL_SAINTS)
    assert is_working(date(2026, 11, 9), ALL_SAINTS)


TOWNS = [
    "Czersk",
    "Ćmielów",
    "Lublin",
    "Łask",
    "Łódź",
    "Oława",
    "Ostrów",
    "Ósiek",
    "Stalowa Wola",
    "Szczecin",
    "Śrem",
    "Świdnica",
    "zabrze",
    "Zawiercie",
    "Ząbki",
    "Zgierz",
    "Źródlice",
    "Żary",
    "Żory",
]


def test_polish_order() -> None:
    assert sorted(set(TOWNS), key=sort_key) == TOWNS
    assert len(sort_key("ż" * 300)) == MAX_KEY
    assert sort_key("M-GOPS „Żory”") == "m gops z|ory"


FOREIGN = ["Čarna", "Dom Opieki", "Dom-Pomocy", "Dom Seniora", "Łódź", "Örebro", "Österreich", "Ośrodek", "Żary", "Дім"]


def test_foreign_letters_stand_with_their_base_letter() -> None:
    assert sorted(FOREIGN, key=sort_key) == FOREIGN
    assert sorted(FOREIGN, key=lambda name: sort_key(unicodedata.normalize("NFD", name))) == FOREIGN
    assert sort_key("Śro\u00addowis\u200bkowy") == sort_key("Środowiskowy")
    assert sort_key("Dom–Pomocy") == sort_key("Dom \t Pomocy ") == "dom pomocy"


SPAN = (date(2026, 3, 5), date(2031, 3, 4))


@pytest.mark.parametrize(
    ("day", "events", "expected"),
    [
        (date(2026, 3, 5), [], Validity.VALID),
        (date(2030, 9, 4), [], Validity.EXPIRING),
        (date(2030, 9, 3), [], Validity.VALID),
        (date(2031, 3, 4), [], Validity.EXPIRING),
        (date(2031, 3, 5), [], Validity.EXPIRED),
        (date(2027, 1, 1), [("suspended", date(2026, 12, 1))], Validity.SUSPENDED),
        (date(2026, 11, 30), [("suspended", date(2026, 12, 1))], Validity.VALID),
        (
            date(2027, 1, 1),
            [("suspended", date(2026, 12, 1)), ("reinstated", date(2026, 12, 20))],
            Validity.VALID,
        ),
        (date(2027, 1, 1), [("revoked", date(2026, 12, 1))], Validity.REVOKED),
        (date(2032, 1, 1), [("revoked", date(2026, 12, 1)), ("reinstated", date(2026, 12, 2))], Validity.REVOKED),
        (date(2027, 1, 1), [("superseded", date(2026, 12, 1))], Validity.SUPERSEDED),
        (date(2027, 1, 1), [("resigned", date(2026, 12, 1))], Validity.RESIGNED),
    ],
)
def test_validity(day: date, events: list[tuple[str, date]], expected: Validity) -> None:
    assert validity_on(day, *SPAN, 6, [("issued", SPAN[0]), *events]) is expected


def test_an_entry_without_dates_is_historical() -> None:
    assert validity_on(date(2026, 1, 1), None, None, 0, []) is Validity.HISTORICAL


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2031, 8, 31), 6, date(2031, 2, 28)),
        (date(2032, 8, 31), 6, date(2032, 2, 29)),
        (date(2031, 5, 31), 1, date(2031, 4, 30)),
        (date(2031, 1, 15), 2, date(2030, 11, 15)),
    ],
)
def test_months_before(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected


def two_criteria() -> Rubric:
    """One area of two criteria, the second not for NGOs, on a scale 0–3 with "met" at 2."""
    title = Text("Kryterium", "Criterion")
    indicators = (Indicator("A.1.a", title), Indicator("A.1.b", title))
    first = Criterion("A.1", 1, title, indicators=indicators)
    second = Criterion("A.2", 1, title, indicators=(Indicator("A.2.a", title),), unless=("NGO",))
    return Rubric(
        scheme="try",
        version="1.0",
        title=title,
        centre_types=(Choice("OPS", title), Choice("NGO", title)),
        scale=Scale(met=2, levels=tuple(Level(points, title) for points in range(4))),
        evidence_kinds=(),
        areas=(Area("A", 100, title, (first, second)),),
        outcomes=(),
        process=Process(),
        certificate=CertificateRules(title, "{year}/{serial}", 5, 6, Issuer("W", "A", "M"), title),
    )


WHOLE = AnswerFacts(points=2, narratives={"A.1.a": "tekst", "A.1.b": "tekst"}, evidence=1)


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (None, ["unanswered"]),
        (AnswerFacts(narratives={"A.1.a": "tekst"}), ["unanswered"]),
        (AnswerFacts(points=0), []),
        (AnswerFacts(points=1, narratives={"A.1.a": "tekst", "A.1.b": " "}), ["narrative_missing"]),
        (AnswerFacts(points=2), ["narrative_missing", "evidence_missing"]),
        (AnswerFacts(not_applicable=True, reason=" "), ["reason_missing"]),
        (AnswerFacts(not_applicable=True, reason="nie dotyczy"), []),
        # A file that nobody else can open holds everything up, also where no evidence is needed.
        (replace(WHOLE, scan=("pending",)), ["scan_pending"]),
        (replace(WHOLE, scan=("infected",)), ["evidence_missing", "malware_found"]),
        (replace(WHOLE, evidence=2, scan=("infected", "clean")), ["malware_found"]),
        (replace(WHOLE, scan=("none",)), []),
        (AnswerFacts(points=0, scan=("infected", "pending")), ["scan_pending", "malware_found"]),
        (WHOLE, []),
    ],
)
def test_gaps(answer: AnswerFacts | None, codes: list[str]) -> None:
    found = readiness(two_criteria(), "NGO", {"A.1": answer} if answer else {})
    assert found.gaps == tuple(Gap("A.1", code) for code in codes)
    assert found.ready is (not codes)


def test_progress_counts_what_the_standard_asks_of_the_type() -> None:
    found = readiness(two_criteria(), "OPS", {"A.1": WHOLE, "A.2": AnswerFacts(points=1)})
    assert found.whole == Progress(total=2, answered=2, ready=1, evidenced=2, confirmed=0)
    assert found.areas == {"A": Progress(total=2, answered=2, ready=1, evidenced=2, confirmed=0)}
    assert readiness(two_criteria(), "NGO", {}).whole == Progress(total=1, answered=0, ready=0)


def test_each_count_of_the_progress_is_a_part_of_the_one_before() -> None:
    def whole(first: AnswerFacts, second: AnswerFacts) -> Progress:
        return readiness(two_criteria(), "OPS", {"A.1": first, "A.2": second}).whole

    unproved = replace(WHOLE, evidence=0, confirmed=True)
    signed = replace(WHOLE, confirmed=True)
    # What is not ready does not count as confirmed, whatever was signed.
    assert whole(unproved, AnswerFacts(confirmed=True)) == Progress(total=2, answered=1, ready=0)
    assert whole(signed, unproved) == Progress(total=2, answered=2, ready=1, evidenced=1, confirmed=1)
    excused = AnswerFacts(not_applicable=True, reason="Nie prowadzimy.")
    assert whole(excused, WHOLE) == Progress(total=2, answered=2, ready=1, evidenced=2, confirmed=0)


def test_errors_carry_codes() -> None:
    assert NotFound().code == "not_found"
    assert Forbidden().code == "forbidden"
    assert StorageFull().code == "storage_full"
    assert Gone("link_expired").details == {}
    refusal = WrongState("not_ready", status="draft", allowed=["withdraw"])
    assert (refusal.status, refusal.allowed) == ("draft", ("withdraw",))
    assert Invalid({"name": "required"}).errors == (FieldError("name", "required"),)
    assert Invalid([FieldError("name", "too_long")]).code == "invalid"
