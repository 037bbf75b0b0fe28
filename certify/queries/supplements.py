"""What was handed over and what follows it: the sealed content as the audit reads it, requests, offered changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from certify.db import db
from certify.domain.errors import NotFound
from certify.domain.lifecycle import Status
from certify.domain.supplement import laid_over
from certify.models.application import Application, Submission
from certify.models.supplement import Supplement, SupplementItem, SupplementRequest


def submissions_of(application: Application) -> list[Submission]:
    """What was handed over, the oldest first."""
    rows = select(Submission).where(Submission.application_id == application.id).order_by(Submission.number)
    return list(db.session.scalars(rows))


def requests_of(application: Application) -> list[SupplementRequest]:
    """All requests of the coordinator, in the order in which they were written."""
    rows = (
        select(SupplementRequest)
        .join(Submission, Submission.id == SupplementRequest.submission_id)
        .where(Submission.application_id == application.id)
        .options(joinedload(SupplementRequest.submission), joinedload(SupplementRequest.asked_by))
    )
    return list(db.session.scalars(rows.order_by(SupplementRequest.id)))


def open_requests(application: Application) -> list[SupplementRequest]:
    """The requests of the round that is running; none when the case was returned with a note alone, or not at all."""
    if application.status != Status.SUPPLEMENT:
        return []
    last = max(one.number for one in submissions_of(application))
    return [one for one in requests_of(application) if one.submission.number == last]


def open_criteria(application: Application) -> frozenset[str] | None:
    """The criteria that the running round opens; None when nothing narrows them."""
    asked = open_requests(application)
    return frozenset(criterion for one in asked for criterion in one.criteria) if asked else None


def supplements_of(application: Application) -> list[Supplement]:
    """The changes offered during the audit, the oldest first."""
    rows = select(Supplement).where(Supplement.application_id == application.id)
    loaded = rows.options(
        joinedload(Supplement.offered_by), selectinload(Supplement.items).joinedload(SupplementItem.decided_by)
    )
    return list(db.session.scalars(loaded.order_by(Supplement.number)))


def items_waiting(application_ids: Sequence[int]) -> dict[int, int]:
    """How many offered changes of these cases have no answer yet; a case without any is not among them."""
    rows = (
        select(Supplement.application_id, func.count())
        .join(SupplementItem, Supplement.id == SupplementItem.supplement_id)
        .where(Supplement.application_id.in_(application_ids), SupplementItem.accepted.is_(None))
    )
    return dict(db.session.execute(rows.group_by(Supplement.application_id)).all())


@dataclass(frozen=True)
class Reading:
    """The sealed content as the audit reads it.

    `accepted`: criterion → the newest accepted item. The seal covers the submission; each supplement has its own.
    """

    submission: Submission
    content: dict[str, Any]
    accepted: Mapping[str, SupplementItem]


def as_read(application: Application) -> Reading:
    """The newest submission with the accepted changes laid over it in their order; everybody who is not of the centre
    reads this. Raises `NotFound` when nothing was handed over."""
    handed_over = submissions_of(application)
    if not handed_over:
        raise NotFound
    last = handed_over[-1]
    accepted = {
        item.criterion: item
        for supplement in supplements_of(application)
        if supplement.submission_id == last.id
        for item in supplement.items
        if item.accepted
    }
    parts = {criterion: item.supplement.content[criterion] for criterion, item in accepted.items()}
    return Reading(last, laid_over(last.content, parts), accepted)
