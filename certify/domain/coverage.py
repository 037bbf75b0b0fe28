"""At a glance: how many of the criteria that claim to be met have evidence."""

from collections.abc import Mapping
from dataclasses import dataclass

from certify.domain.readiness import AnswerFacts
from certify.domain.rubric import Rubric


@dataclass(frozen=True)
class Coverage:
    """Numbers of criteria: those rated "met" or better by the centre, and those of them with evidence."""

    claimed: int = 0
    proven: int = 0


def coverage(rubric: Rubric, centre_type: str, answers: Mapping[str, AnswerFacts]) -> dict[str, Coverage]:
    """Area id → coverage, for what the standard asks of a centre of this type."""
    asked = {one.id for one in rubric.criteria_for(centre_type)}
    found = {}
    for area in rubric.areas:
        facts = [answers[one.id] for one in area.criteria if one.id in asked and one.id in answers]
        claims = [one for one in facts if not one.not_applicable and (one.points or 0) >= rubric.scale.met]
        found[area.id] = Coverage(len(claims), sum(1 for one in claims if one.evidence))
    return found
