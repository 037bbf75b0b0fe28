"""What a self-assessment still lacks before it can be submitted; one definition of progress for every page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from certify.domain.rubric import Area, Criterion, Rubric

# An answer that was carried over is nobody's answer before it is confirmed.
UNANSWERED = frozenset({"unanswered", "to_confirm"})


@dataclass(frozen=True)
class AnswerFacts:
    """One answer as the rule sees it: points or not applicable, texts by indicator, number of pieces of evidence.

    `confirmed`: the manager signed its area off and nothing in it has changed since.
    `to_confirm`: it was carried over from an earlier application, and nobody has said yet that it is still true.
    `scan`: what the malware scanner said of each piece: "none" (not asked), "clean", "pending", "infected".
    """

    points: int | None = None
    not_applicable: bool = False
    reason: str = ""
    narratives: Mapping[str, str] = field(default_factory=dict)
    evidence: int = 0
    confirmed: bool = False
    to_confirm: bool = False
    scan: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gap:
    """One thing that is missing: the criterion and a stable code."""

    criterion: str
    code: str


def gaps_of(rubric: Rubric, criterion: Criterion, answer: AnswerFacts | None) -> tuple[Gap, ...]:
    """What one answer lacks; empty when the criterion is ready.

    Above the lowest level each indicator needs a text; from "met" upwards the claim needs evidence. A file that nobody
    else can open, or should, goes over with no answer.
    """
    codes = {"pending": "scan_pending", "infected": "malware_found"}
    files = tuple(Gap(criterion.id, code) for state, code in codes.items() if answer and state in answer.scan)
    return (*_gaps(rubric, criterion, answer), *files)


def _gaps(rubric: Rubric, criterion: Criterion, answer: AnswerFacts | None) -> tuple[Gap, ...]:
    if answer is None or (answer.points is None and not answer.not_applicable):
        return (Gap(criterion.id, "unanswered"),)
    if answer.to_confirm:
        return (Gap(criterion.id, "to_confirm"),)
    if answer.not_applicable:
        return () if answer.reason.strip() else (Gap(criterion.id, "reason_missing"),)
    points = answer.points or 0
    found = []
    texts = [answer.narratives.get(indicator.id, "").strip() for indicator in criterion.indicators]
    if points > rubric.scale.levels[0].points and not all(texts):
        found.append(Gap(criterion.id, "narrative_missing"))
    # Nothing is proved with an infected file.
    if points >= rubric.scale.met and answer.evidence <= answer.scan.count("infected"):
        found.append(Gap(criterion.id, "evidence_missing"))
    return tuple(found)


@dataclass(frozen=True)
class Progress:
    """How far a part of the self-assessment is: numbers of criteria, each a part of the one before.

    answered: a level or "not applicable" is chosen; evidenced: and what the level claims has evidence; ready: and
    nothing else is missing; confirmed: and the manager has signed it off as it is now.
    """

    total: int
    answered: int
    ready: int
    evidenced: int = 0
    confirmed: int = 0


@dataclass(frozen=True)
class Readiness:
    """The whole check-list: what is missing, and the progress by area and in all."""

    gaps: tuple[Gap, ...]
    areas: Mapping[str, Progress]
    whole: Progress

    @property
    def ready(self) -> bool:
        """True when nothing is missing."""
        return not self.gaps


def _progress(
    criteria: list[Criterion], open_gaps: Mapping[str, tuple[Gap, ...]], answers: Mapping[str, AnswerFacts]
) -> Progress:
    codes = [(one, {gap.code for gap in open_gaps[one.id]}) for one in criteria]
    ready = [one for one, found in codes if not found]
    return Progress(
        total=len(criteria),
        answered=sum(1 for _, found in codes if not found & UNANSWERED),
        ready=len(ready),
        evidenced=sum(1 for _, found in codes if not found & {*UNANSWERED, "evidence_missing"}),
        confirmed=sum(1 for one in ready if answers[one.id].confirmed),
    )


def readiness(rubric: Rubric, centre_type: str, answers: Mapping[str, AnswerFacts]) -> Readiness:
    """Compare the answers (criterion id → facts) with what the rubric asks of a centre of this type."""
    asked = rubric.criteria_for(centre_type)
    open_gaps = {one.id: gaps_of(rubric, one, answers.get(one.id)) for one in asked}

    def of(area: Area) -> Progress:
        return _progress([one for one in asked if one in area.criteria], open_gaps, answers)

    return Readiness(
        gaps=tuple(gap for one in asked for gap in open_gaps[one.id]),
        areas={area.id: of(area) for area in rubric.areas},
        whole=_progress(list(asked), open_gaps, answers),
    )
