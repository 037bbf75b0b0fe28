"""The centre's own desk: its applications, a new one, the check-list with the signature, withdrawal, receipts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from certify.domain.errors import Conflict, Invalid, NotFound
from certify.domain.lifecycle import EDITABLE, Action, Status, whose_move
from certify.domain.policy import Case, Role, why_not
from certify.http_errors import status_of
from certify.i18n import language
from certify.models.application import Application
from certify.models.desk import AreaDelegation
from certify.queries import applications as queries
from certify.queries import cases, desk, rubrics, self_assessment, supplements
from certify.queries.carry_over import source_of
from certify.queries.rubrics import rubric_of
from certify.sentences import sentence
from certify.web.access import access, actor
from certify.web.case_parts import actions_of, case_head, request_parts
from certify.web.forms import CHOICE, CaseForm, chosen, show_errors, show_stale
from certify.web.words import FILL_IN, GAP, NEXT, PARTY
from certify.workflows import applications as verbs

bp = Blueprint("applications", __name__)

CENTRE = (Role.CENTRE_EDITOR, Role.CENTRE_MANAGER)


class NewForm(FlaskForm):
    """For which unit, and by which standard."""

    unit = RadioField(_l("Unit"), [CHOICE])
    scheme = RadioField(_l("Standard"), [CHOICE])


class SubmitForm(CaseForm):
    """The manager's signature."""

    declaration = BooleanField(
        _l("I declare that the answers and the evidence are true and that I may sign for the centre."),
        [InputRequired(message=_l("Without this declaration the application can't be submitted."))],
    )


@dataclass(frozen=True)
class Receipt:
    """What a receipt says about a step."""

    title: LazyString
    what: LazyString


RECEIPTS: dict[Action, Receipt] = {
    Action.SUBMIT: Receipt(_l("The application is submitted"), _l("Answers and evidence are sealed as they are now.")),
    Action.RESUBMIT: Receipt(_l("The supplement is submitted"), _l("Answers and evidence are sealed once more.")),
    Action.WITHDRAW: Receipt(
        _l("The application is withdrawn"), _l("Your texts stay readable, your evidence stays in the library.")
    ),
    Action.AGREE_TEAM: Receipt(_l("The team is agreed"), _l("You have no objection to the auditors.")),
    Action.OBJECT: Receipt(_l("The objection is sent"), _l("The coordinator answers it before the audit starts.")),
    Action.END_HEARING: Receipt(_l("The hearing is over"), _l("The lead auditor answers each of your comments.")),
    Action.APPEAL: Receipt(_l("The appeal is filed"), _l("People who did not decide before will consider it.")),
}


def own_case(case_id: int) -> Application:
    """A case of one of the person's own centres; raises `NotFound` for any other, also for one seen by another role."""
    application = cases.get(actor(), case_id)
    if application.organisation_id not in actor().centres:
        raise NotFound
    return application


def why_closed(action: Action, case: Case) -> str | None:
    """Why the person can't take the action now, as a sentence; None when it can be taken."""
    reason = why_not(actor(), action, case)
    if reason == "not_your_role" and actor().centres.get(case.organisation_id) is Role.CENTRE_EDITOR:
        return gettext("Only a manager of the centre can do this.")
    return sentence(reason) if reason else None


def receipt_of(application: Application, action: Action) -> Response:
    """Redirect to the receipt of a step just taken."""
    return redirect(url_for("applications.receipt", case_id=application.id, step=action.value), 303)


@bp.get("/applications")
@access(*CENTRE)
def index() -> str:
    """The person's centres' applications, the most urgent first."""
    who = actor()
    own = [one for one in cases.listed(who) if one.organisation_id in who.centres]
    delegated = desk.given_to(who.user_id, [one.id for one in own])
    rows = [_row(one, delegated) for one in own]
    return render_template(
        "applications/index.html", rows=sorted(rows, key=lambda row: (row["closed"], not row["mine"]))
    )


def _row(application: Application, delegated: Mapping[int, Sequence[AreaDelegation]]) -> dict[str, Any]:
    case = cases.facts(application)
    head = case_head(actor(), application, case)
    offered = [one for one in actions_of(actor(), application, case) if one["primary"] and one["method"] == "get"]
    progress = self_assessment.readiness_of(application).whole if case.status in EDITABLE else None
    return {
        **head,
        "id": application.id,
        "standard": rubric_of(application).title.get(language()),
        "closed": head["move"] is None,
        "progress": progress,
        "areas": delegated.get(application.id, []) if case.status in EDITABLE else [],
        "action": offered[0] if offered else None,
    }


@bp.get("/applications/new")
@access(*CENTRE)
def new() -> str:
    """Choose unit and standard."""
    return render_template("applications/new.html", form=_new_form())


@bp.post("/applications/new")
@access(*CENTRE)
def create() -> Response | tuple[str, int]:
    """Open the application."""
    form = _new_form()
    if not form.validate_on_submit():
        return render_template("applications/new.html", form=form), 422
    scheme, _, version = (form.scheme.data or "").partition("/")
    try:
        opened = verbs.create(actor(), chosen(form.unit.data), scheme, version)
    except Invalid as error:
        show_errors(form, error)
        return render_template("applications/new.html", form=form), status_of(error)
    except Conflict as error:
        form.form_errors.append(sentence(error.code))
        return render_template("applications/new.html", form=form), status_of(error)
    flash(gettext("Application %(number)s is open. Begin with any area.", number=opened.number), "success")
    # Who has applied before is asked first what of it is still true.
    first = "carry_over.show" if source_of(opened) else "answers.overview"
    return redirect(url_for(first, case_id=opened.id), 303)


def _new_form() -> NewForm:
    form = NewForm()
    units = _units()
    form.unit.choices = units
    form.scheme.choices = [
        SelectChoice(f"{row.scheme}/{row.version}", f"{rubrics.parsed(row).title.get(language())} {row.version}")
        for row in rubrics.current_versions()
    ]
    for field in (form.unit, form.scheme):
        if len(field.choices) == 1 and not field.data:
            field.data = field.choices[0].value
    return form


def _units() -> list[SelectChoice]:
    found = []
    for unit in queries.units_of(tuple(actor().centres)):
        name = unit.organisation.name if unit.is_main else f"{unit.organisation.name}: {unit.name}"
        found.append(SelectChoice(str(unit.id), name))
    return found


@bp.get("/cases/<id:case_id>/submit")
@access(*CENTRE)
def submit(case_id: int) -> str:
    """What is missing, criterion by criterion; the declaration and the button."""
    application = own_case(case_id)
    return _submit_page(application, SubmitForm(formdata=None, version=str(application.version)))


@bp.post("/cases/<id:case_id>/submit")
@access(*CENTRE)
def submit_post(case_id: int) -> Response | tuple[str, int]:
    """Sign and hand over; in the supplement it is the supplement that is handed over."""
    application = own_case(case_id)
    form = SubmitForm()
    if not form.validate_on_submit():
        return _submit_page(application, form), 422
    action = _handing_over(application)
    verb = verbs.resubmit if action is Action.RESUBMIT else verbs.submit
    try:
        verb(actor(), case_id, version=form.seen)
    except Conflict as error:
        show_stale(form, error)
        return _submit_page(own_case(case_id), form), status_of(error)
    return receipt_of(application, action)


def _handing_over(application: Application) -> Action:
    return Action.RESUBMIT if application.status == Status.SUPPLEMENT else Action.SUBMIT


def _submit_page(application: Application, form: SubmitForm) -> str:
    case = cases.facts(application)
    rubric = rubric_of(application)
    found = self_assessment.readiness_of(application)
    missing: dict[str, list[str]] = {}
    for gap in found.gaps:
        missing.setdefault(gap.criterion, []).append(str(GAP[gap.code]))
    areas = [
        {
            "area": area,
            "progress": found.areas[area.id],
            "criteria": [(one, missing[one.id]) for one in area.criteria if one.id in missing],
        }
        for area in rubric.areas
    ]
    return render_template(
        "applications/submit.html",
        head=case_head(actor(), application, case, gettext("Check and submit")),
        case=application,
        form=form,
        areas=areas,
        whole=found.whole,
        unconfirmed=[one.id for one in rubric.areas if found.areas[one.id].confirmed < found.areas[one.id].total],
        closed=why_closed(_handing_over(application), case),
        notes=queries.notes(application, Action.RETURN),
        supplement=application.status == Status.SUPPLEMENT,
        fill_in=FILL_IN,
        **request_parts(application, supplements.open_requests(application)),
    )


@bp.get("/cases/<id:case_id>/withdraw")
@access(*CENTRE)
def withdraw(case_id: int) -> str:
    """Ask once more before the application is taken back."""
    application = own_case(case_id)
    return _withdraw_page(application, CaseForm(formdata=None, version=str(application.version)))


@bp.post("/cases/<id:case_id>/withdraw")
@access(*CENTRE)
def withdraw_post(case_id: int) -> Response | tuple[str, int]:
    """Take the application back."""
    application = own_case(case_id)
    form = CaseForm()
    try:
        verbs.withdraw(actor(), case_id, version=form.seen)
    except Conflict as error:
        show_stale(form, error)
        return _withdraw_page(own_case(case_id), form), status_of(error)
    return receipt_of(application, Action.WITHDRAW)


def _withdraw_page(application: Application, form: CaseForm) -> str:
    case = cases.facts(application)
    return render_template(
        "applications/withdraw.html",
        head=case_head(actor(), application, case, gettext("Withdraw the application")),
        case=application,
        form=form,
        closed=why_closed(Action.WITHDRAW, case),
    )


@bp.get("/cases/<id:case_id>/receipt/<step>")
@access(*CENTRE)
def receipt(case_id: int, step: str) -> str:
    """What happened, what comes next, who acts; for every step of the centre that was taken."""
    application = own_case(case_id)
    words = {action.value: one for action, one in RECEIPTS.items()}.get(step)
    if words is None:
        raise NotFound
    event = queries.latest(application, Action(step))
    status = Status(application.status)
    return render_template(
        "applications/receipt.html",
        case=application,
        event=event,
        words=words,
        sealed=event.data.get("sha256"),
        following=NEXT[status],
        party=PARTY[whose_move(status)],
    )
