"""A centre's people share the work: areas are given to a person, criteria are talked over, the manager signs areas off.

All of it belongs to the living copy: when the case is handed over it can be read, not changed.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import select

from certify.db import db, transaction
from certify.domain.errors import Conflict, Forbidden, Invalid, NotFound
from certify.domain.policy import Actor, Role
from certify.domain.rubric import Area
from certify.models.application import Application
from certify.models.desk import AreaDelegation, AreaSignOff, CriterionComment
from certify.queries import desk, self_assessment
from certify.queries.rubrics import rubric_of
from certify.timing import now, today
from certify.workflows.answers import asked, drafting
from certify.workflows.step import opened, record
from certify.workflows.texts import clean

FARTHEST = timedelta(days=731)


def _opened_by_manager(actor: Actor, application_id: int) -> Application:
    application = opened(actor, application_id)
    if actor.centres.get(application.organisation_id) is not Role.CENTRE_MANAGER:
        raise Forbidden
    drafting(actor, application)
    return application


def _area(application: Application, area_id: str) -> Area:
    for area in rubric_of(application).areas:
        if area.id == area_id:
            return area
    raise NotFound


def delegate(
    actor: Actor, application_id: int, area_id: str, user_id: int | None, due_on: date | None = None
) -> AreaDelegation | None:
    """The manager gives an area to a person of the centre, or takes it back (`user_id` None).

    Nobody is kept from other areas: it says who sees to this one. Raises `Invalid` for a person of elsewhere and for a
    day that is over or more than two years ahead.
    """
    with transaction():
        application = _opened_by_manager(actor, application_id)
        area = _area(application, area_id)
        if due_on is not None and not today() <= due_on <= today() + FARTHEST:
            raise Invalid({"due_on": "date_not_ahead"})
        given = desk.delegations(application).get(area.id)
        if user_id is None:
            if given is not None:
                db.session.delete(given)
                record("area_taken_back", actor.user_id, application=application, area=area.id, person=given.user_id)
            return None
        if user_id not in {one.id for one in desk.people(application.organisation_id)}:
            raise Invalid({"person": "person_not_in_centre"})
        if given is None:
            given = AreaDelegation(application_id=application.id, area=area.id)
            db.session.add(given)
        given.user_id = user_id
        given.due_on = due_on
        given.given_at = now()
        given.given_by_id = actor.user_id
        record("area_delegated", actor.user_id, application=application, area=area.id, person=user_id)
    return given


def comment(actor: Actor, application_id: int, criterion_id: str, text: str) -> CriterionComment:
    """Say something about a criterion to the others of the centre."""
    text = clean("text", text)
    with transaction():
        application = opened(actor, application_id)
        drafting(actor, application)
        criterion = asked(rubric_of(application), application, criterion_id)
        written = CriterionComment(
            application_id=application.id,
            criterion=criterion.id,
            text=text,
            written_at=now(),
            written_by_id=actor.user_id,
        )
        db.session.add(written)
        record("comment_written", actor.user_id, application=application, criterion=criterion.id)
    return written


def resolve(actor: Actor, application_id: int, comment_id: int) -> CriterionComment:
    """Mark a comment as dealt with; anybody of the centre may."""
    with transaction():
        application = opened(actor, application_id)
        drafting(actor, application)
        found = db.session.get(CriterionComment, comment_id)
        if found is None or found.application_id != application.id:
            raise NotFound
        if found.resolved_at is not None:
            raise Conflict("comment_resolved")
        found.resolved_at = now()
        found.resolved_by_id = actor.user_id
        record("comment_resolved", actor.user_id, application=application, criterion=found.criterion)
    return found


def confirm(actor: Actor, application_id: int, seen: Mapping[str, str]) -> list[AreaSignOff]:
    """The manager signs areas off. `seen`: area → fingerprint of what the manager was shown.

    Raises `Conflict("area_changed")` when somebody has changed an area since it was shown, `Conflict("area_not_ready")`
    when something is missing in it; then nothing is signed.
    """
    if not seen:
        raise Invalid({"seen": "nothing_to_confirm"})
    with transaction():
        application = _opened_by_manager(actor, application_id)
        areas = [_area(application, one) for one in seen]
        found = desk.digests(application)
        progress = self_assessment.readiness_of(application).areas
        for area in areas:
            if seen[area.id] != found[area.id]:
                raise Conflict("area_changed", area=area.id)
            if progress[area.id].ready < progress[area.id].total:
                raise Conflict("area_not_ready", area=area.id)
        signed = _sign(actor, application, {area.id: found[area.id] for area in areas})
        record("areas_confirmed", actor.user_id, application=application, areas=sorted(seen))
    return signed


def confirm_rest(actor: Actor, application: Application) -> None:
    """Handing in confirms what was not confirmed before; part of that verb's transaction and of its event."""
    standing = desk.sign_offs(application)
    rest = {area: found for area, found in desk.digests(application).items() if area not in standing}
    _sign(actor, application, rest)


def _sign(actor: Actor, application: Application, content: Mapping[str, str]) -> list[AreaSignOff]:
    rows = select(AreaSignOff).where(AreaSignOff.application_id == application.id)
    known = {one.area: one for one in db.session.scalars(rows)}
    signed = []
    for area, found in content.items():
        one = known.get(area) or AreaSignOff(application_id=application.id, area=area)
        one.digest = found
        one.signed_at = now()
        one.signed_by_id = actor.user_id
        db.session.add(one)
        signed.append(one)
    return signed
