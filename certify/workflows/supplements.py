"""During the audit the centre offers chosen changes of its living copy; the lead auditor answers each."""

from collections.abc import Sequence

from certify.db import db, transaction
from certify.domain.errors import Conflict, Invalid, NotFound
from certify.domain.lifecycle import Action
from certify.domain.policy import Actor
from certify.domain.readiness import AnswerFacts, gaps_of
from certify.domain.rubric import Criterion, Rubric
from certify.domain.supplement import Content, Part, part_of, same
from certify.models.application import Application
from certify.models.supplement import Supplement, SupplementItem
from certify.queries import scans
from certify.queries import supplements as queries
from certify.queries.rubrics import rubric_of
from certify.timing import now
from certify.workflows.applications import content_of
from certify.workflows.step import check, digest, move, opened
from certify.workflows.texts import clean


def _fault(rubric: Rubric, criterion: Criterion, read: Part, part: Part) -> str | None:
    """The code of what stands against offering this part now."""
    if same(read, part):
        return "nothing_changed"
    states = tuple(one.scan for one in scans.not_clean(piece["revision"] for piece in part["evidence"]).values())
    facts = AnswerFacts(**part["answer"], evidence=len(part["evidence"]), scan=states) if part["answer"] else None
    return "change_incomplete" if gaps_of(rubric, criterion, facts) else None


def _chosen(application: Application, criteria: Sequence[str], read: Content) -> dict[str, Part]:
    """The chosen parts of the living copy in the standard's order; raises `Invalid` with the fault of `criteria`."""
    rubric = rubric_of(application)
    asked = {one.id: one for one in rubric.criteria_for(application.centre_type)}
    if not criteria:
        raise Invalid({"criteria": "criteria_missing"})
    if not asked.keys() >= set(criteria):
        raise Invalid({"criteria": "criterion_not_found"})
    waiting = {
        item.criterion for one in queries.supplements_of(application) for item in one.items if item.accepted is None
    }
    if waiting & set(criteria):
        raise Invalid({"criteria": "offered_already"})
    living = content_of(application)
    parts = {key: part_of(living, key) for key in asked if key in criteria}
    for key, part in parts.items():
        fault = _fault(rubric, asked[key], part_of(read, key), part)
        if fault:
            raise Invalid({"criteria": fault})
    return parts


def offer(
    actor: Actor, application_id: int, criteria: Sequence[str], note: str, *, version: int | None = None
) -> Supplement:
    """Offer what the living copy says on these criteria as the next numbered supplement, sealed as it is now."""
    note = clean("note", note)
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.OFFER_SUPPLEMENT)
        reading = queries.as_read(application)
        parts = _chosen(application, criteria, reading.content)
        offered = Supplement(
            application_id=application.id,
            submission_id=reading.submission.id,
            number=len(queries.supplements_of(application)) + 1,
            content=parts,
            sha256=digest(parts),
            note=note,
            offered_at=now(),
            offered_by_id=actor.user_id,
            items=[SupplementItem(criterion=criterion) for criterion in parts],
        )
        db.session.add(offered)
        move(
            actor,
            application,
            Action.OFFER_SUPPLEMENT,
            supplement=offered.number,
            sha256=offered.sha256,
            criteria=list(parts),
        )
    return offered


def answer(actor: Actor, application_id: int, item_id: int, *, accepted: bool, reason: str) -> SupplementItem:
    """Accept or decline one offered change; declining needs a reason. An answer stands: `Conflict("item_answered")`."""
    reason = clean("reason", reason, required=not accepted)
    with transaction():
        application = opened(actor, application_id)
        check(actor, application, Action.ANSWER_SUPPLEMENT)
        item = db.session.get(SupplementItem, item_id)
        if item is None or item.supplement.application_id != application.id:
            raise NotFound
        if item.accepted is not None:
            raise Conflict("item_answered")
        item.accepted = accepted
        item.reason = reason
        item.decided_at = now()
        item.decided_by_id = actor.user_id
        move(
            actor,
            application,
            Action.ANSWER_SUPPLEMENT,
            supplement=item.supplement.number,
            criterion=item.criterion,
            accepted=accepted,
        )
    return item
