"""The audit team: appointment, declaration of impartiality, the centre's objection, the start of the audit."""

from sqlalchemy import select

from certify.db import db, transaction
from certify.domain.errors import Conflict, NotFound
from certify.domain.lifecycle import Action
from certify.domain.policy import Actor, Role, why_not_appoint
from certify.models.account import Membership, User
from certify.models.application import Application
from certify.models.audit import Assignment
from certify.queries import audits, cases
from certify.timing import now
from certify.workflows.step import check, move, opened, take
from certify.workflows.texts import clean


def _auditor(user_id: int) -> User:
    user = db.session.get(User, user_id)
    if user is None or not user.active or Role.AUDITOR.value not in {role.name for role in user.roles}:
        raise NotFound("auditor_not_found")
    return user


def _member(application: Application, assignment_id: int) -> Assignment:
    for one in cases.team(application):
        if one.id == assignment_id:
            return one
    raise NotFound("assignment_not_found")


def appoint(
    actor: Actor, application_id: int, auditor_id: int, *, lead: bool = False, version: int | None = None
) -> Assignment:
    """Appoint an auditor. The centre's time to object starts anew.

    Raises `Conflict` with auditor_of_centre, auditor_already_appointed, auditor_tied, auditor_coordinates,
    team_complete or lead_appointed.
    """
    with transaction():
        application = opened(actor, application_id, version)
        case = check(actor, application, Action.APPOINT)
        auditor = _auditor(auditor_id)
        members = cases.team(application)
        employed = db.session.scalar(
            select(Membership.id).where(
                Membership.user_id == auditor.id, Membership.organisation_id == application.organisation_id
            )
        )
        if employed is not None:
            raise Conflict("auditor_of_centre")
        if case.member(auditor.id):
            raise Conflict("auditor_already_appointed")
        reason = why_not_appoint(actor, auditor.id, case)
        if reason is not None:
            raise Conflict(reason)
        if len(members) >= case.auditors_needed:
            raise Conflict("team_complete")
        if lead and any(one.lead for one in members):
            raise Conflict("lead_appointed")
        assignment = Assignment(
            application_id=application.id,
            auditor_id=auditor.id,
            lead=lead,
            appointed_at=now(),
            appointed_by_id=actor.user_id,
        )
        db.session.add(assignment)
        application.team_agreed_at = None
        move(actor, application, Action.APPOINT, auditor=auditor.id, lead=lead)
    return assignment


def release(actor: Actor, application_id: int, assignment_id: int, *, version: int | None = None) -> Assignment:
    """Release an auditor from the case; from this moment they no longer see it."""
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.RELEASE)
        member = _member(application, assignment_id)
        member.released_at = now()
        application.team_agreed_at = None
        move(actor, application, Action.RELEASE, auditor=member.auditor_id)
    return member


def declare(actor: Actor, application_id: int, *, tie: bool, note: str = "", version: int | None = None) -> Assignment:
    """Declare impartiality, or a tie with the centre (employment, training, supervision), which bars from the case."""
    note = clean("note", note, required=tie)
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.DECLARE)
        member = audits.own_assignment(application, actor.user_id)
        member.declared_at = now()
        member.tie = tie
        member.tie_note = note
        move(actor, application, Action.DECLARE, tie=tie)
    return member


def object_to(
    actor: Actor, application_id: int, assignment_id: int, reason: str, *, version: int | None = None
) -> Assignment:
    """The centre objects to an auditor, with reasons."""
    reason = clean("reason", reason)
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.OBJECT)
        member = _member(application, assignment_id)
        if member.objected_at is not None:
            raise Conflict("objected_already")
        member.objected_at = now()
        member.objection = reason
        move(actor, application, Action.OBJECT, auditor=member.auditor_id)
    return member


def overrule(
    actor: Actor, application_id: int, assignment_id: int, note: str, *, version: int | None = None
) -> Assignment:
    """The coordinator finds the objection unfounded, with reasons; the auditor stays."""
    note = clean("note", note)
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.OVERRULE)
        member = _member(application, assignment_id)
        if member.objected_at is None or member.overruled_at is not None:
            raise Conflict("no_open_objection")
        member.overruled_at = now()
        member.overrule_note = note
        move(actor, application, Action.OVERRULE, auditor=member.auditor_id)
    return member


def agree_team(actor: Actor, application_id: int, *, version: int | None = None) -> Application:
    """The centre has no objection and does not wait for the end of its time."""
    with transaction():
        application = opened(actor, application_id, version)
        check(actor, application, Action.AGREE_TEAM)
        application.team_agreed_at = now()
        return move(actor, application, Action.AGREE_TEAM)


def start_audit(actor: Actor, application_id: int, *, version: int | None = None) -> Application:
    """Open the file to the auditors."""
    with transaction():
        return take(actor, opened(actor, application_id, version), Action.START_AUDIT)
