"""The earlier application whose answers a new one may take over, and what of them may travel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from certify.db import db
from certify.domain.carry_over import travelling
from certify.domain.rubric import Area, Criterion
from certify.models.application import Application, Submission
from certify.queries import self_assessment
from certify.queries.rubrics import rubric_of


@dataclass(frozen=True)
class Source:
    """The sealed submission from which answers may come."""

    application: Application
    submission: Submission

    @property
    def answers(self) -> Mapping[str, Any]:
        """The sealed answers by criterion."""
        found: Mapping[str, Any] = self.submission.content["answers"]
        return found

    @property
    def evidence(self) -> Mapping[str, Any]:
        """The sealed evidence by criterion."""
        found: Mapping[str, Any] = self.submission.content["evidence"]
        return found


@dataclass(frozen=True)
class Offer:
    """One area: what may be carried over, what has an answer here already, and what asks something else now."""

    area: Area
    free: tuple[Criterion, ...]
    answered: tuple[Criterion, ...]
    staying: tuple[Criterion, ...]


def source_of(application: Application) -> Source | None:
    """The newest earlier application of the same centre and scheme that was handed over; one of the same unit first."""
    rows = (
        select(Application)
        .where(
            Application.organisation_id == application.organisation_id,
            Application.scheme == application.scheme,
            Application.id < application.id,
            Application.submissions.any(),
        )
        .order_by((Application.unit_id == application.unit_id).desc(), Application.id.desc())
        .limit(1)
    )
    found = db.session.scalars(rows).first()
    return Source(found, found.submissions[-1]) if found is not None else None


def offers(application: Application, source: Source) -> list[Offer]:
    """What of the source may come into the application, area by area; areas that hold nothing of it are left out."""
    rubric = rubric_of(application)
    may_travel = travelling(rubric_of(source.application), rubric, application.centre_type)
    living = self_assessment.answers_of(application)
    found = []
    for area in rubric.areas:
        given = [one for one in area.criteria if one.applies_to(application.centre_type) and one.id in source.answers]
        travels = [one for one in given if one in may_travel]
        offer = Offer(
            area,
            free=tuple(one for one in travels if one.id not in living),
            answered=tuple(one for one in travels if one.id in living),
            staying=tuple(one for one in given if one not in may_travel),
        )
        if given:
            found.append(offer)
    return found
