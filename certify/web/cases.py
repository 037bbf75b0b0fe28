"""The coordinator's board, the page of a case for every role, and the formal check."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import TextAreaField

from certify.domain.errors import Conflict, Invalid, NotFound
from certify.domain.lifecycle import Action, Status, whose_move
from certify.domain.policy import Actor, Case, Role, may_read_submission, may_see_results, move_of
from certify.models.application import Application, Submission
from certify.models.audit import Report
from certify.models.certificate import Certificate
from certify.models.decision import Decision
from certify.queries import audits, board, cases, certificates, history, scans, supplements
from certify.queries.rubrics import rubric_of
from certify.web.access import SIGNED_IN, access, actor
from certify.web.case_parts import actions_of, case_head, refused
from certify.web.evidence_tiles import sealed_tiles
from certify.web.forms import REQUIRED, CaseForm, page_number
from certify.web.timeline import ahead, rows
from certify.web.words import PARTY, STATUS
from certify.workflows import applications, decisions, reports
from certify.workflows.certificates import boxes
from certify.workflows.step import check

bp = Blueprint("cases", __name__)

OFFICE = (Role.COORDINATOR, Role.ADMIN)
VIEWS = ("running", "mine", "late")


class NoteForm(CaseForm):
    """What is written when the case is returned, rejected, or gets more time."""

    note = TextAreaField(_l("Reasons"), [REQUIRED])


def _wanted() -> board.Filter:
    """The filter in the address; what is not known counts as not said."""
    view = request.args.get("view", "")
    status = request.args.get("status", "")
    return board.Filter(
        view=view if view in VIEWS else VIEWS[0],
        status=Status(status) if status in set(Status) else None,
        words=request.args.get("words", "").strip()[:100],
    )


@bp.get("/board", endpoint="board")
@access(*OFFICE)
def board_page() -> str:
    """Cases by status with whose move it is, the nearest deadline first."""
    wanted = _wanted()
    number = page_number()
    found, more = board.page(actor(), wanted, number)
    return render_template(
        "cases/board.html",
        rows=found,
        more=more,
        number=number,
        wanted=wanted,
        counts=board.counts(actor()),
        limit=board.COUNT_LIMIT,
        statuses=STATUS,
        office_moves=board.OFFICE_MOVES,
        unscanned=scans.overdue(),
    )


@dataclass(frozen=True)
class CasePage:
    """Everything that the case page shows, already cut to what the person may see."""

    application: Application
    case: Case
    report: Report | None
    decision: Decision | None
    certificate: Certificate | None
    submission: Submission | None
    requests: int
    supplements: int


def _case_page(who: Actor, case_id: int) -> CasePage:
    application = cases.get(who, case_id)
    case = cases.facts(application)
    reports_made = audits.reports(application) if may_see_results(who, case) else []
    made = cases.decisions(application)
    return CasePage(
        application=application,
        case=case,
        report=reports_made[-1] if reports_made else None,
        decision=made[-1] if made else None,
        certificate=certificates.of_application(application.id),
        submission=application.submissions[-1] if application.submissions else None,
        requests=len(supplements.requests_of(application)),
        supplements=len(supplements.supplements_of(application)),
    )


def _checking(page: CasePage) -> dict[str, int] | None:
    """What the coordinator looks at first in the formal check, counted in the sealed submission."""
    if page.case.status is not Status.SUBMITTED or page.submission is None:
        return None
    content = page.submission.content
    attached = {one["revision"] for found in content["evidence"].values() for one in found}
    asked = rubric_of(page.application).criteria_for(page.application.centre_type)
    return {"answers": len(content["answers"]), "asked": len(asked), "evidence": len(attached)}


@bp.get("/cases/<id:case_id>")
@access(SIGNED_IN)
def show(case_id: int) -> str:
    """The page of a case: what is next, who acts, facts, people, report, decision, certificate, history."""
    who = actor()
    page = _case_page(who, case_id)
    application, case = page.application, page.case
    office = bool(who.roles & set(OFFICE))
    return render_template(
        "cases/show.html",
        page=page,
        application=application,
        rubric=rubric_of(application),
        head=case_head(who, application, case),
        actions=actions_of(who, application, case),
        team=cases.team(application),
        office=office,
        checking=_checking(page) if office else None,
        own_centre=case.organisation_id in who.centres,
        on_team=case.member(who.user_id) is not None,
        may_read=may_read_submission(who, case),
        validity=certificates.validity(page.certificate) if page.certificate else None,
        boxes=boxes(application) if office and case.status is Status.GRANTED else "",
        events=rows(history.entries(who, application, case), application.id),
        ahead=ahead(case.status, move_of(case)),
    )


@bp.get("/cases/<id:case_id>/submission")
@access(SIGNED_IN)
def submission(case_id: int) -> str:
    """The newest sealed submission to read."""
    who = actor()
    application = cases.get(who, case_id)
    case = cases.facts(application)
    if not application.submissions or not may_read_submission(who, case):
        raise NotFound
    rubric = rubric_of(application)
    reading = supplements.as_read(application)
    asked = set(rubric.criteria_for(application.centre_type))
    return render_template(
        "cases/submission.html",
        application=application,
        rubric=rubric,
        sealed=reading.submission,
        answers=reading.content["answers"],
        tiles=sealed_tiles(reading.content),
        accepted=reading.accepted,
        areas=[(area, [one for one in area.criteria if one in asked]) for area in rubric.areas],
        head=case_head(who, application, case, gettext("Submitted self-assessment")),
    )


@bp.post("/cases/<id:case_id>/accept")
@access(Role.COORDINATOR)
def accept(case_id: int) -> Response:
    """The formal check is passed; the team is next."""
    applications.accept(actor(), case_id, version=CaseForm().seen)
    flash(gettext("The application is accepted. Appoint the auditors now."), "success")
    return redirect(url_for("cases.team", case_id=case_id), 303)


@dataclass(frozen=True)
class _Note:
    """A page on which a note is written: its words and its verb."""

    action: Action
    title: object
    lead: object
    label: object
    button: object
    grave: bool = False


REJECT = _Note(
    Action.REJECT,
    _l("Reject on formal grounds"),
    _l("This closes the case without an audit. The centre sees the reasons and may apply again."),
    _l("Reasons for rejecting"),
    _l("Reject the application"),
    grave=True,
)
EXTEND = _Note(
    Action.EXTEND_CONDITIONS,
    _l("Extend the time for the conditions"),
    _l("The centre gets the same time once more. This can be done once."),
    _l("Reasons for extending"),
    _l("Extend the time"),
)
DONE = {
    "return": (_l("Returned for supplement"), _l("The centre sees what you wrote on the page of its case.")),
    "reject": (_l("Application rejected"), _l("The centre sees the reasons on the page of its case.")),
    "extend_conditions": (_l("Time extended"), _l("The centre sees the new date on the page of its case.")),
}
VERBS = {
    Action.REJECT: applications.reject,
    Action.EXTEND_CONDITIONS: decisions.extend_conditions,
}


def _note_page(case_id: int, page: _Note, form: NoteForm | None = None) -> str:
    who = actor()
    application = cases.get(who, case_id)
    case = check(who, application, page.action)
    form = form or NoteForm(formdata=None, version=str(application.version))
    return render_template(
        "cases/note.html",
        page=page,
        form=form,
        application=application,
        head=case_head(who, application, case, page.title),
    )


def _note_send(case_id: int, page: _Note) -> Response | tuple[str, int]:
    who = actor()
    form = NoteForm()
    if not form.validate_on_submit():
        return _note_page(case_id, page, form), 422
    try:
        VERBS[page.action](who, case_id, form.note.data or "", version=form.seen)
    except (Invalid, Conflict) as error:
        status = refused(form, error)
        return _note_page(case_id, page, form), status
    return redirect(url_for("cases.done", case_id=case_id, step=page.action.value), 303)


@bp.get("/cases/<id:case_id>/reject")
@access(Role.COORDINATOR)
def reject(case_id: int) -> str:
    """Why the application is rejected."""
    return _note_page(case_id, REJECT)


@bp.post("/cases/<id:case_id>/reject")
@access(Role.COORDINATOR)
def reject_post(case_id: int) -> Response | tuple[str, int]:
    """Reject the application on formal grounds."""
    return _note_send(case_id, REJECT)


@bp.get("/cases/<id:case_id>/extend-conditions")
@access(Role.COORDINATOR)
def extend_conditions(case_id: int) -> str:
    """Why the centre gets more time."""
    return _note_page(case_id, EXTEND)


@bp.post("/cases/<id:case_id>/extend-conditions")
@access(Role.COORDINATOR)
def extend_conditions_post(case_id: int) -> Response | tuple[str, int]:
    """Give the centre the term once more."""
    return _note_send(case_id, EXTEND)


@bp.post("/cases/<id:case_id>/end-hearing")
@access(Role.COORDINATOR)
def end_hearing(case_id: int) -> Response:
    """The time for comments is over: the case goes back to the lead auditor."""
    reports.end_hearing(actor(), case_id, version=CaseForm().seen)
    flash(gettext("The hearing is ended. The lead auditor writes the final report."), "success")
    return redirect(url_for("cases.show", case_id=case_id), 303)


@bp.get("/cases/<id:case_id>/done/<step>")
@access(Role.COORDINATOR)
def done(case_id: int, step: str) -> str:
    """The receipt of a note: what happened, what comes next, who acts."""
    words = DONE.get(step)
    application = cases.get(actor(), case_id)
    if words is None:
        raise NotFound
    status = Status(application.status)
    return render_template(
        "cases/done.html",
        words=words,
        application=application,
        next=ahead(status, whose_move(status)),
        who=PARTY[whose_move(status)],
    )
