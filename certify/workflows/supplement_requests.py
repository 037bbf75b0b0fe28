"""The coordinator asks for a supplement: what is wrong with which criteria."""

from collections.abc import Sequence
from dataclasses import dataclass

from certify.db import db
from certify.domain.errors import FieldError, Invalid
from certify.domain.policy import Actor
from certify.domain.supplement import KINDS
from certify.models.application import Application
from certify.models.supplement import SupplementRequest
from certify.queries import supplements as queries
from certify.queries.rubrics import rubric_of
from certify.timing import now
from certify.workflows.texts import NOTE, clean, fault_of

# A page shows a row for each, and a centre reads them all.
MAX_REQUESTS = 20


@dataclass(frozen=True)
class RequestData:
    """What is asked for: one of `KINDS`, in words, and the criteria that it concerns."""

    kind: str = ""
    text: str = ""
    criteria: tuple[str, ...] = ()


def _faults(number: int, request: RequestData, asked: frozenset[str]) -> list[FieldError]:
    faults = []
    if request.kind not in KINDS:
        faults.append(FieldError(f"request-{number}-kind", "not_a_choice"))
    text = fault_of(request.text, limit=NOTE, required=True)
    if text:
        faults.append(FieldError(f"request-{number}-text", text, NOTE))
    if not request.criteria:
        faults.append(FieldError(f"request-{number}-criteria", "criteria_missing"))
    elif not asked.issuperset(request.criteria):
        faults.append(FieldError(f"request-{number}-criteria", "criterion_not_found"))
    return faults


def ask(actor: Actor, application: Application, requests: Sequence[RequestData]) -> None:
    """Write down the requests beside the newest submission; call it inside the transaction that returns the case.

    Raises `Invalid` with the faults of every request, numbered from 0.
    """
    asked = [one.id for one in rubric_of(application).criteria_for(application.centre_type)]
    if len(requests) > MAX_REQUESTS:
        raise Invalid({"requests": "too_many"})
    faults = [fault for number, one in enumerate(requests) for fault in _faults(number, one, frozenset(asked))]
    if faults:
        raise Invalid(faults)
    last = queries.submissions_of(application)[-1]
    for one in requests:
        db.session.add(
            SupplementRequest(
                submission_id=last.id,
                kind=one.kind,
                text=clean("text", one.text),
                criteria=[criterion for criterion in asked if criterion in one.criteria],
                asked_at=now(),
                asked_by_id=actor.user_id,
            )
        )
