"""What an auditor verifies on the spot: the visit, and later the conditions of a conditional certificate."""

from datetime import date

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, TextAreaField

from certify.domain.errors import Conflict, Invalid
from certify.domain.lifecycle import Action, Status
from certify.domain.policy import Role, why_not
from certify.queries import audits as queries
from certify.queries import cases, scoring
from certify.queries.rubrics import rubric_of
from certify.sentences import SENTENCES, sentence
from certify.timing import today
from certify.web.access import access, actor, keeps_text
from certify.web.audits import MINE, Answer, bp, receipt_at
from certify.web.case_parts import case_head, refused
from certify.web.forms import REQUIRED, CaseForm
from certify.workflows import audits as verbs
from certify.workflows import decisions
from certify.workflows.step import check


class DayField(DateField):
    """A day whose fault is told in our own words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day; raises `ValueError` with our sentence."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(SENTENCES["bad_date"]) from None


class VisitForm(CaseForm):
    """The day and the minutes of a visit."""

    held_on = DayField(_l("Day of the visit"), [REQUIRED])
    minutes = TextAreaField(
        _l("Minutes"), [REQUIRED], description=_l("Who was there, what you saw, whom you talked to, what was agreed.")
    )


class VerificationForm(CaseForm):
    """What the auditor saw that makes every condition met."""

    note = TextAreaField(
        _l("How you verified it"),
        [REQUIRED],
        description=_l("What you read or saw, for each condition. It is kept with the case."),
    )


@bp.get("/cases/<id:case_id>/visit")
@access(Role.AUDITOR)
def record_visit(case_id: int) -> str:
    """The visits so far, and a form for one more."""
    return _visit(case_id, None)


@bp.post("/cases/<id:case_id>/visit")
@access(Role.AUDITOR)
@keeps_text
def record_visit_post(case_id: int) -> Answer:
    """Record a visit."""
    form = VisitForm()
    if not form.validate_on_submit():
        return _visit(case_id, form), 422
    day: date = form.held_on.data or today()
    try:
        verbs.record_visit(actor(), case_id, day, form.minutes.data or "")
    except Invalid as error:
        status = refused(form, error)
        return _visit(case_id, form), status
    flash(gettext("The visit is recorded."), "success")
    return redirect(url_for("audits.sheet", case_id=case_id), 303)


def _visit(case_id: int, form: VisitForm | None) -> str:
    who = actor()
    application = cases.get(who, case_id)
    scoring.own(who, application)
    case = check(who, application, Action.RECORD_VISIT)
    return render_template(
        "audits/visit.html",
        case=application,
        head=case_head(who, application, case, gettext("Visit")),
        form=form or VisitForm(formdata=None),
        visits=queries.visits(application),
        today=today().isoformat(),
    )


@bp.get("/cases/<id:case_id>/conditions/verification")
@access(Role.AUDITOR)
def confirm_conditions(case_id: int) -> str:
    """Each condition with what the centre reports."""
    return _conditions(case_id, None)


@bp.post("/cases/<id:case_id>/conditions/verification")
@access(Role.AUDITOR)
@keeps_text
def confirm_conditions_post(case_id: int) -> Answer:
    """Confirm that every condition is met."""
    form = VerificationForm()
    if not form.validate_on_submit():
        return _conditions(case_id, form), 422
    try:
        decisions.confirm_conditions(actor(), case_id, form.note.data or "", version=form.seen)
    except (Invalid, Conflict) as error:
        status = refused(form, error)
        return _conditions(case_id, form), status
    return receipt_at(case_id, "confirm_conditions")


def _conditions(case_id: int, form: VerificationForm | None) -> str:
    who = actor()
    application = cases.get(who, case_id)
    scoring.own(who, application)
    case = cases.facts(application)
    reason = why_not(who, Action.CONFIRM_CONDITIONS, case)
    if reason is not None and case.status is not Status.CONDITIONAL:
        check(who, application, Action.CONFIRM_CONDITIONS)
    head = case_head(who, application, case, gettext("Verify the conditions"))
    return render_template(
        "audits/conditions.html",
        case=application,
        head={**head, **({} if reason else MINE)},
        form=form or VerificationForm(formdata=None, version=str(application.version)),
        rubric=rubric_of(application),
        conditions=scoring.conditions(application),
        reason=sentence(reason) if reason else None,
    )
