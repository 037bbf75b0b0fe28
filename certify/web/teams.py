"""The team of a case: appointing, releasing, settling objections, starting the audit. The pages belong to the cases."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField, SelectField, TextAreaField
from wtforms.fields import SelectChoice

from certify.domain.errors import Conflict, Invalid
from certify.domain.lifecycle import Action, Status
from certify.domain.policy import Role, why_not
from certify.queries import cases
from certify.queries import teams as queries
from certify.queries.rubrics import rubric_of
from certify.sentences import sentence
from certify.web.access import access, actor
from certify.web.case_parts import case_head, refused
from certify.web.cases import OFFICE, bp
from certify.web.forms import CHOICE, REQUIRED, CaseForm, chosen
from certify.workflows import teams
from certify.workflows.step import check

# Refusals that concern the chosen person: they stand beside the choice, not on a page of their own.
CHOICE_FAULTS = frozenset(
    {
        *("auditor_of_centre", "auditor_already_appointed", "auditor_tied", "auditor_coordinates"),
        *("team_complete", "lead_appointed"),
    }
)


class AppointForm(CaseForm):
    """Whom to appoint."""

    auditor_id = SelectField(_l("Auditor"), [CHOICE])
    lead = BooleanField(_l("lead auditor"))


class OverruleForm(CaseForm):
    """Why an objection is unfounded."""

    assignment_id = HiddenField()
    note = TextAreaField(_l("Why the objection is unfounded"), [REQUIRED])


def _appoint_form() -> AppointForm:
    form = AppointForm()
    form.auditor_id.choices = [
        SelectChoice("", gettext("choose")),
        *(SelectChoice(str(one.id), one.name) for one in queries.auditors()),
    ]
    return form


def _page(case_id: int, appointing: AppointForm | None = None, overruling: OverruleForm | None = None) -> str:
    who = actor()
    application = cases.get(who, case_id)
    case = cases.facts(application)
    members = cases.team(application)
    if appointing is None:
        appointing = _appoint_form()
        appointing.version.data = str(application.version)
        appointing.lead.data = not any(one.lead for one in members)
    taken = {one.auditor_id for one in members}
    labels = [
        SelectChoice(str(one.id), gettext("%(name)s, open cases: %(num)s", name=one.name, num=one.cases))
        for one in queries.auditors()
        if one.id not in taken
    ]
    appointing.auditor_id.choices = [SelectChoice("", gettext("choose")), *labels]
    reason = why_not(who, Action.START_AUDIT, case)
    return render_template(
        "teams/show.html",
        application=application,
        head=case_head(who, application, case, gettext("Audit team")),
        members=members,
        needed=rubric_of(application).process.auditors,
        objection_until=cases.objection_until(application, members),
        appointing=appointing,
        overruling=overruling,
        may_change=why_not(who, Action.APPOINT, case) is None,
        start_reason=sentence(reason) if reason else None,
        teaming=case.status is Status.TEAMING,
    )


@bp.get("/cases/<id:case_id>/team")
@access(*OFFICE)
def team(case_id: int) -> str:
    """Who audits the case, with declarations and objections."""
    return _page(case_id)


@bp.post("/cases/<id:case_id>/team/appoint")
@access(Role.COORDINATOR)
def appoint(case_id: int) -> Response | tuple[str, int]:
    """Appoint one auditor."""
    who = actor()
    form = _appoint_form()
    if not form.validate_on_submit():
        check(who, cases.get(who, case_id), Action.APPOINT)
        return _page(case_id, form), 422
    try:
        teams.appoint(who, case_id, chosen(form.auditor_id.data), lead=bool(form.lead.data), version=form.seen)
    except (Invalid, Conflict) as error:
        if error.code in CHOICE_FAULTS:
            form.auditor_id.errors = [sentence(error.code)]
            return _page(case_id, form), 409
        status = refused(form, error)
        return _page(case_id, form), status
    flash(gettext("The auditor is appointed and can declare impartiality."), "success")
    return redirect(url_for("cases.team", case_id=case_id), 303)


@bp.post("/cases/<id:case_id>/team/release")
@access(Role.COORDINATOR)
def release(case_id: int) -> Response:
    """Release an auditor."""
    form = OverruleForm()
    teams.release(actor(), case_id, chosen(form.assignment_id.data), version=form.seen)
    flash(gettext("The auditor is released and no longer sees the case."), "success")
    return redirect(url_for("cases.team", case_id=case_id), 303)


@bp.post("/cases/<id:case_id>/team/overrule")
@access(Role.COORDINATOR)
def overrule(case_id: int) -> Response | tuple[str, int]:
    """Find an objection unfounded; the auditor stays."""
    who = actor()
    form = OverruleForm()
    if not form.validate_on_submit():
        check(who, cases.get(who, case_id), Action.OVERRULE)
        return _page(case_id, overruling=form), 422
    try:
        teams.overrule(who, case_id, chosen(form.assignment_id.data), form.note.data or "", version=form.seen)
    except (Invalid, Conflict) as error:
        status = refused(form, error)
        return _page(case_id, overruling=form), status
    flash(gettext("The objection is overruled; the auditor stays."), "success")
    return redirect(url_for("cases.team", case_id=case_id), 303)


@bp.post("/cases/<id:case_id>/team/start")
@access(Role.COORDINATOR)
def start_audit(case_id: int) -> Response:
    """Open the file to the auditors."""
    teams.start_audit(actor(), case_id, version=CaseForm().seen)
    flash(gettext("The audit has started. The auditors see the file now."), "success")
    return redirect(url_for("cases.show", case_id=case_id), 303)
