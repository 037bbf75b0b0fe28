"""The centre's word in the course of its case: on the team, on the draft report, on conditions, on a refusal."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.fields import SelectChoice

from certify.domain.errors import CertifyError, Conflict, Invalid, NotFound, WrongState
from certify.domain.lifecycle import Action, Status
from certify.domain.policy import may_see_results
from certify.domain.rubric import Area, Criterion
from certify.http_errors import status_of
from certify.i18n import language
from certify.models.application import Application
from certify.models.audit import Assignment
from certify.models.decision import Condition
from certify.queries import applications as queries
from certify.queries import audits, cases, scoring, supplements
from certify.queries.rubrics import rubric_of
from certify.web.access import access, actor, keeps_text
from certify.web.applications import CENTRE, bp, own_case, receipt_of, why_closed
from certify.web.case_parts import case_head
from certify.web.forms import CHOICE, REQUIRED, CaseForm, chosen, show_errors, show_stale
from certify.web.words import HEARING_KIND
from certify.workflows import decisions, reports, teams
from certify.workflows.step import check

# A criterion is named or not; the empty choice stands for the report as a whole.
WHOLE = ""


class ObjectionForm(CaseForm):
    """Against whom, and why."""

    assignment = RadioField(_l("Auditor"), [CHOICE])
    reason = TextAreaField(
        _l("Reason"),
        [REQUIRED],
        description=_l("For example: this person trained your team, works in your gmina, or is related to somebody."),
        render_kw={"rows": 6, "data-limit": 4000},
    )


class CommentForm(CaseForm):
    """One comment on the draft report."""

    kind = RadioField(_l("What is it about"), [CHOICE], choices=[SelectChoice(*one) for one in HEARING_KIND.items()])
    criterion = SelectField(_l("Criterion"))
    text = TextAreaField(
        _l("Comment"),
        [REQUIRED],
        description=_l("Write what the report says and how it really is; name the evidence."),
        render_kw={"rows": 6, "data-limit": 4000},
    )


class ConditionForm(CaseForm):
    """What was done to meet a condition."""

    report = TextAreaField(_l("What you have done"), [REQUIRED], render_kw={"rows": 5, "data-limit": 4000})


class AppealForm(CaseForm):
    """Why the refusal is wrong."""

    grounds = TextAreaField(
        _l("Grounds of the appeal"),
        [REQUIRED],
        description=_l("Write which findings you dispute, and what shows that they are wrong."),
        render_kw={"rows": 10, "data-limit": 10000},
    )


@bp.get("/cases/<id:case_id>/object")
@access(*CENTRE)
def object_to(case_id: int) -> str:
    """Who was appointed; agree, or object to somebody."""
    application = own_case(case_id)
    return _team_page(application, _objection_form(application, blank=True))


@bp.post("/cases/<id:case_id>/object")
@access(*CENTRE)
@keeps_text
def object_to_post(case_id: int) -> Response | tuple[str, int]:
    """Object to an auditor."""
    application = own_case(case_id)
    form = _objection_form(application)
    if not form.validate_on_submit():
        # When it is too late the page has no such form any more, and what was typed would be lost on it.
        check(actor(), application, Action.OBJECT)
        return _team_page(application, form), 422
    try:
        teams.object_to(actor(), case_id, chosen(form.assignment.data), form.reason.data or "", version=form.seen)
    except (Invalid, Conflict) as error:
        _show(form, error)
        return _team_page(own_case(case_id), form), status_of(error)
    return receipt_of(application, Action.OBJECT)


@bp.post("/cases/<id:case_id>/agree-team")
@access(*CENTRE)
def agree_team(case_id: int) -> Response:
    """Say that nobody objects, so that the audit need not wait for the end of the time."""
    application = own_case(case_id)
    teams.agree_team(actor(), case_id, version=CaseForm().seen)
    return receipt_of(application, Action.AGREE_TEAM)


def _show(form: CaseForm, error: CertifyError) -> None:
    """Faults beside their fields; a case that moved on above the form; other refusals have their own page."""
    if isinstance(error, Invalid):
        show_errors(form, error)
    elif isinstance(error, Conflict):
        show_stale(form, error)


def _objection_form(application: Application, *, blank: bool = False) -> ObjectionForm:
    form = ObjectionForm(formdata=None, version=str(application.version)) if blank else ObjectionForm()
    form.assignment.choices = [SelectChoice(str(one.id), one.auditor.name) for one in _open_to_objection(application)]
    return form


def _open_to_objection(application: Application) -> list[Assignment]:
    return [one for one in cases.team(application) if one.objected_at is None]


def _team_page(application: Application, form: ObjectionForm) -> str:
    case = cases.facts(application)
    members = cases.team(application)
    return render_template(
        "applications/team.html",
        head=case_head(actor(), application, case, gettext("Audit team")),
        case=application,
        form=form,
        members=members,
        until=cases.objection_until(application, members),
        agreed=application.team_agreed_at,
        agree_closed=why_closed(Action.AGREE_TEAM, case),
        object_closed=why_closed(Action.OBJECT, case),
    )


@bp.get("/cases/<id:case_id>/hearing")
@access(*CENTRE)
def comment(case_id: int) -> str:
    """The draft report, the results, the comments; a form for one more."""
    application = own_case(case_id)
    return _hearing_page(application, _comment_form(application, blank=True))


@bp.post("/cases/<id:case_id>/hearing")
@access(*CENTRE)
@keeps_text
def comment_post(case_id: int) -> Response | tuple[str, int]:
    """Add a comment."""
    application = own_case(case_id)
    form = _comment_form(application)
    if not form.validate_on_submit():
        return _hearing_page(application, form), 422
    criterion = form.criterion.data or None
    try:
        reports.comment(actor(), case_id, form.kind.data or "", form.text.data or "", criterion_id=criterion)
    except Invalid as error:
        show_errors(form, error)
        return _hearing_page(own_case(case_id), form), status_of(error)
    flash(gettext("The comment is kept. You can add another one, or end the hearing."), "success")
    return redirect(url_for("applications.comment", case_id=case_id, _anchor="comments"), 303)


@bp.post("/cases/<id:case_id>/hearing/end")
@access(*CENTRE)
def end_hearing(case_id: int) -> Response:
    """The centre has no more comments."""
    application = own_case(case_id)
    reports.end_hearing(actor(), case_id, version=CaseForm().seen)
    return receipt_of(application, Action.END_HEARING)


def _comment_form(application: Application, *, blank: bool = False) -> CommentForm:
    form = CommentForm(formdata=None, version=str(application.version)) if blank else CommentForm()
    asked = rubric_of(application).criteria_for(application.centre_type)
    form.criterion.choices = [SelectChoice(WHOLE, gettext("the report as a whole"))]
    form.criterion.choices += [SelectChoice(one.id, f"{one.id} {one.title.get(language())}") for one in asked]
    return form


def _hearing_page(application: Application, form: CommentForm) -> str:
    case = cases.facts(application)
    if not may_see_results(actor(), case):
        raise WrongState("hearing_not_held", status=case.status.value)
    return render_template(
        "applications/hearing.html",
        head=case_head(actor(), application, case, gettext("The auditors' report")),
        case=application,
        form=form,
        reports=audits.reports(application),
        items=audits.hearing_items(application),
        kinds=HEARING_KIND,
        results=_results(application),
        comment_closed=why_closed(Action.COMMENT, case),
        end_closed=why_closed(Action.END_HEARING, case),
        hearing=case.status is Status.HEARING,
    )


def _results(application: Application) -> dict[str, Any]:
    """The auditors' common rating beside what the centre submitted, by area and by criterion."""
    rubric = rubric_of(application)
    own = scoring.self_rating(application)
    found = audits.result(application)
    ratings = audits.ratings(application)
    answers = supplements.as_read(application).content["answers"]
    asked = rubric.criteria_for(application.centre_type)

    def rows(area: Area) -> list[tuple[Criterion, int | None, int | None]]:
        given = {key: answer["points"] for key, answer in answers.items()}
        return [(one, given.get(one.id), ratings.get(one.id)) for one in area.criteria if one in asked]

    return {
        "rubric": rubric,
        "total": (own.total, found.total),
        "areas": [(one, own.areas[one.id], found.areas[one.id], rows(one)) for one in rubric.areas],
    }


@bp.get("/cases/<id:case_id>/conditions")
@access(*CENTRE)
def conditions(case_id: int) -> str:
    """The conditions of the decision, each with its report."""
    return _conditions_page(own_case(case_id))


@bp.post("/cases/<id:case_id>/conditions/<id:condition_id>")
@access(*CENTRE)
@keeps_text
def report_condition(case_id: int, condition_id: int) -> Response | tuple[str, int]:
    """Report on one condition."""
    form = ConditionForm(prefix=f"c{condition_id}-")
    if not form.validate_on_submit():
        return _conditions_page(own_case(case_id), condition_id, form), 422
    try:
        decisions.report_condition(actor(), case_id, condition_id, form.report.data or "", version=form.seen)
    except (Invalid, Conflict) as error:
        _show(form, error)
        return _conditions_page(own_case(case_id), condition_id, form), status_of(error)
    flash(gettext("The report is kept. An auditor verifies it when every condition is reported."), "success")
    return redirect(url_for("applications.conditions", case_id=case_id), 303)


def _conditions_page(application: Application, wrong: int = 0, form: ConditionForm | None = None) -> str:
    case = cases.facts(application)
    made = [one for one in cases.decisions(application) if one.conditions]
    if not made or (wrong and wrong not in {one.id for one in made[-1].conditions}):
        raise NotFound

    def form_of(condition: Condition) -> ConditionForm:
        if form is not None and condition.id == wrong:
            return form
        return ConditionForm(None, prefix=f"c{condition.id}-", report=condition.report, version=str(condition.version))

    return render_template(
        "applications/conditions.html",
        head=case_head(actor(), application, case, gettext("Conditions")),
        case=application,
        decision=made[-1],
        rows=[(one, form_of(one)) for one in made[-1].conditions],
        wrong=form,
        rubric=rubric_of(application),
        closed=why_closed(Action.REPORT_CONDITION, case),
    )


@bp.get("/cases/<id:case_id>/appeal")
@access(*CENTRE)
def appeal(case_id: int) -> str:
    """The refusal with its reasons, and the appeal against it."""
    application = own_case(case_id)
    return _appeal_page(application, AppealForm(formdata=None, version=str(application.version)))


@bp.post("/cases/<id:case_id>/appeal")
@access(*CENTRE)
@keeps_text
def appeal_post(case_id: int) -> Response | tuple[str, int]:
    """File the appeal."""
    application = own_case(case_id)
    form = AppealForm()
    if not form.validate_on_submit():
        return _appeal_page(application, form), 422
    try:
        decisions.appeal(actor(), case_id, form.grounds.data or "", version=form.seen)
    except (Invalid, Conflict) as error:
        _show(form, error)
        return _appeal_page(own_case(case_id), form), status_of(error)
    return receipt_of(application, Action.APPEAL)


def _appeal_page(application: Application, form: AppealForm) -> str:
    case = cases.facts(application)
    made = cases.decisions(application)
    if not made:
        raise WrongState("illegal_transition", status=case.status.value)
    return render_template(
        "applications/appeal.html",
        head=case_head(actor(), application, case, gettext("Decision and appeal")),
        case=application,
        form=form,
        decision=made[-1],
        appeals=queries.appeals(application),
        closed=why_closed(Action.APPEAL, case),
    )
