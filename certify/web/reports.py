"""The auditors' report: results, the draft for the centre, answers to its comments, the final report."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice

from certify.domain.errors import Conflict, Invalid, NotFound
from certify.domain.lifecycle import Action
from certify.domain.policy import Case, Role, may_read_report, why_not
from certify.models.application import Application
from certify.models.audit import HearingItem, Report
from certify.queries import audits, cases, scoring
from certify.queries.rubrics import rubric_of
from certify.sentences import sentence
from certify.web.access import access, actor, keeps_text
from certify.web.audits import receipt_at
from certify.web.case_parts import case_head, refused
from certify.web.forms import CHOICE, REQUIRED, CaseForm
from certify.web.words import HEARING_KIND
from certify.workflows import reports as verbs
from certify.workflows.step import check
from certify.workflows.texts import LONG, NOTE

bp = Blueprint("reports", __name__, url_prefix="/cases/<id:case_id>/report")

READERS = (Role.AUDITOR, Role.COORDINATOR, Role.DECISION_MAKER)


class ReportForm(CaseForm):
    """The report in the auditors' words; the numbers stand beside it by themselves."""

    summary = TextAreaField(
        _l("Summary"),
        [REQUIRED],
        description=_l("What you found, area by area; what decides about the result."),
        render_kw={"rows": 10, "data-limit": LONG},
    )
    strengths = TextAreaField(
        _l("Strengths and good practice"),
        description=_l("What other centres could learn from this one."),
        render_kw={"rows": 6, "data-limit": LONG},
    )
    recommendations = TextAreaField(
        _l("Recommendations"),
        description=_l("What to improve first. A recommendation is no condition: conditions stand in the decision."),
        render_kw={"rows": 6, "data-limit": LONG},
    )

    @property
    def report(self) -> verbs.ReportData:
        """What was typed, for the verb."""
        return verbs.ReportData(
            self.summary.data or "",
            strengths=self.strengths.data or "",
            recommendations=self.recommendations.data or "",
        )


class AnswerForm(CaseForm):
    """The lead auditor's answer to one comment of the centre."""

    accepted = RadioField(
        _l("Is the comment right?"),
        [CHOICE],
        choices=[
            SelectChoice("yes", _l("Yes: the report is corrected")),
            SelectChoice("no", _l("No: the report stays as it is")),
        ],
        validate_choice=False,
    )
    answer = TextAreaField(
        _l("Answer to the centre"),
        [REQUIRED],
        description=_l("Say why. The centre reads this answer."),
        render_kw={"rows": 4, "data-limit": NOTE},
    )


@bp.get("")
@access(*READERS)
def report(case_id: int) -> str:
    """The report at its stage: to write, at the hearing, to finish, finished."""
    return _page(case_id)


@bp.post("/draft")
@access(Role.AUDITOR)
@keeps_text
def send_report(case_id: int) -> Response | tuple[str, int]:
    """Send the draft to the centre."""
    form = ReportForm()
    if not form.validate_on_submit():
        return _page(case_id, form), 422
    try:
        verbs.send_report(actor(), case_id, form.report, version=form.seen)
    except (Invalid, Conflict) as error:
        status = refused(form, error)
        return _page(case_id, form), status
    return receipt_at(case_id, "send_report")


@bp.post("/comments/<id:item_id>")
@access(Role.AUDITOR)
@keeps_text
def answer_comment(case_id: int, item_id: int) -> Response | tuple[str, int]:
    """Answer one comment of the centre."""
    form = _answer_form(item_id)
    if not form.validate_on_submit() or form.accepted.data not in {"yes", "no"}:
        if not form.accepted.errors and form.accepted.data not in {"yes", "no"}:
            form.accepted.errors = [sentence("choice_unknown")]
        return _page(case_id, answering=(item_id, form)), 422
    try:
        verbs.answer_comment(
            actor(),
            case_id,
            item_id,
            accepted=form.accepted.data == "yes",
            answer=form.answer.data or "",
            version=form.seen,
        )
    except (Invalid, Conflict) as error:
        status = refused(form, error)
        return _page(case_id, answering=(item_id, form)), status
    flash(gettext("The comment is answered."), "success")
    return redirect(url_for("reports.report", case_id=case_id, _anchor=f"comment-{item_id}"), 303)


@bp.post("/final")
@access(Role.AUDITOR)
@keeps_text
def finalise(case_id: int) -> Response | tuple[str, int]:
    """Close the audit with the final report."""
    form = ReportForm()
    if not form.validate_on_submit():
        return _page(case_id, form), 422
    try:
        verbs.finalise(actor(), case_id, form.report, version=form.seen)
    except (Invalid, Conflict) as error:
        status = refused(form, error)
        return _page(case_id, form), status
    return receipt_at(case_id, "finalise")


def _answer_form(item_id: int, **given: Any) -> AnswerForm:
    """Several of these forms stand on one page: the comment's number keeps their fields apart."""
    return AnswerForm(prefix=f"item{item_id}-", **given)


def _page(case_id: int, form: ReportForm | None = None, answering: tuple[int, AnswerForm] | None = None) -> str:
    who = actor()
    application = cases.get(who, case_id)
    case = cases.facts(application)
    if not may_read_report(who, case):
        # Out of turn in every status before the report: the refusal names the stage and what is possible.
        check(who, application, Action.SEND_REPORT)
        raise NotFound
    written = audits.reports(application)
    stage = _stage(who_can=_can(case_id, case), written=written)
    items = audits.hearing_items(application)
    return render_template(
        "reports/report.html",
        case=application,
        head=case_head(who, application, case, gettext("Audit report")),
        rubric=rubric_of(application),
        result=audits.result(application),
        claimed=scoring.self_rating(application),
        ratings=audits.ratings(application),
        stage=stage,
        form=form or _report_form(application, written),
        comments=[_comment(item, case, answering) for item in items],
        people=scoring.names(items),
        kinds=HEARING_KIND,
        answers_open=case.hearing_items_open,
        draft=written[0] if written else None,
        final=written[-1] if written and written[-1].final else None,
        summary=_summary(answering),
    )


def _can(case_id: int, case: Case) -> dict[Action, str | None]:
    return {one: why_not(actor(), one, case) for one in (Action.SEND_REPORT, Action.FINALISE)}


def _stage(who_can: dict[Action, str | None], written: list[Report]) -> str:
    """draft or final: the actor writes it; answers: the comments come first; read: there is nothing to write."""
    if who_can[Action.SEND_REPORT] is None:
        return "draft"
    return {None: "final", "hearing_item_open": "answers"}.get(who_can[Action.FINALISE], "read")


def _report_form(application: Application, written: list[Report]) -> ReportForm:
    """Empty for the draft; the final report begins with the draft's words."""
    words = {}
    if written:
        draft = written[-1]
        words = {"summary": draft.summary, "strengths": draft.strengths, "recommendations": draft.recommendations}
    return ReportForm(formdata=None, version=str(application.version), **words)


def _comment(item: HearingItem, case: Case, answering: tuple[int, AnswerForm] | None) -> dict[str, Any]:
    """A comment with its answer, and the form when the actor may answer now."""
    open_ = why_not(actor(), Action.ANSWER_COMMENT, case) is None
    if answering is not None and answering[0] == item.id:
        return {"item": item, "form": answering[1], "open": open_, "refused": True}
    accepted = None if item.accepted is None else ("yes" if item.accepted else "no")
    form = _answer_form(item.id, formdata=None, accepted=accepted, answer=item.answer, version=str(item.version))
    return {"item": item, "form": form, "open": open_, "refused": False}


def _summary(answering: tuple[int, AnswerForm] | None) -> list[tuple[str | None, str]]:
    """The faults of an answer for the error summary of the page: (id of the field or none, sentence)."""
    if answering is None:
        return []
    _, form = answering
    lines: list[tuple[str | None, str]] = [(None, str(said)) for said in form.form_errors]
    for field in (form.accepted, form.answer):
        target = f"{field.id}-0" if field is form.accepted else field.id
        lines += [(target, str(said)) for said in field.errors]
    return lines
