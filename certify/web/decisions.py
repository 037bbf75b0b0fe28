"""Deciding: the worklist, the computed result with its trace, the decision with its reasons, the appeal."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice

from certify.domain.errors import Conflict, Invalid, NotFound
from certify.domain.lifecycle import Action, Status
from certify.domain.policy import Actor, Role, available, move_of
from certify.domain.rubric import Rubric
from certify.i18n import language
from certify.models.application import Application
from certify.queries import audits, cases, certificates
from certify.queries import decisions as queries
from certify.queries.accounts import introduced
from certify.queries.deadlines import term
from certify.queries.rubrics import rubric_of
from certify.sentences import sentence
from certify.timing import today
from certify.web.access import SIGNED_IN, access, actor
from certify.web.case_parts import actions_of, case_head, refused
from certify.web.forms import CHOICE, REQUIRED, CaseForm
from certify.web.timeline import ahead
from certify.web.traces import level_name, read_trace, suggested, thing_name
from certify.web.words import HEARING_KIND, PARTY
from certify.workflows import decisions
from certify.workflows.decisions import ConditionData, DecisionData
from certify.workflows.step import check

bp = Blueprint("decisions", __name__)

# Further conditions that no criterion or area names.
BLANKS = 2
VERBS = {
    "granted": (Action.GRANT, decisions.grant),
    "conditional": (Action.GRANT_CONDITIONALLY, decisions.grant_conditionally),
    "refused": (Action.REFUSE, decisions.refuse),
}


class DecideForm(CaseForm):
    """What is decided and why."""

    outcome = RadioField(_l("Decision"), [CHOICE])
    reasons = TextAreaField(_l("Reasons of the decision"), [REQUIRED], description=_l("The centre reads them."))
    departure_reasons = TextAreaField(
        _l("Why the decision departs from the computed result"),
        description=_l("Only when you decide otherwise than the computed result says."),
    )


class ReasonsForm(CaseForm):
    """Reasons alone: for a refusal after conditions that were not met."""

    reasons = TextAreaField(_l("Reasons of the decision"), [REQUIRED], description=_l("The centre reads them."))


class AppealForm(CaseForm):
    """The panel's answer to an appeal."""

    answer = RadioField(
        _l("Answer to the appeal"),
        [CHOICE],
        choices=[
            SelectChoice("uphold", _l("Uphold: other people decide the case anew")),
            SelectChoice("dismiss", _l("Dismiss: the refusal stands")),
        ],
    )
    reasons = TextAreaField(_l("Reasons"), [REQUIRED], description=_l("The centre reads them."))


@bp.get("/decisions")
@access(Role.DECISION_MAKER)
def index() -> str:
    """What waits for a decision, and what was decided lately."""
    who = actor()
    waiting = queries.worklist(who)
    return render_template(
        "decisions/index.html",
        waiting=[one for one in waiting if one.application.status != Status.CONDITIONAL.value],
        conditional=[one for one in waiting if one.application.status == Status.CONDITIONAL.value],
        recent=queries.recent(who),
        today=today(),
    )


def _condition_fields(rubric: Rubric, application: Application) -> list[dict[str, Any]]:
    """The conditions that the form offers, each with its proposed or typed text."""
    lang = language()
    result = audits.result(application)
    things = [thing for _, thing in result.conditions] or suggested(rubric, result.to_json())
    areas = {area.id for area in rubric.areas}
    level = level_name(rubric, rubric.scale.met, lang)
    fields = []
    for thing in things:
        kind = "area" if thing in areas else "criterion"
        proposed = (
            gettext("Raise the results of the area.")
            if kind == "area"
            else gettext("Bring the criterion to level %(level)s and show evidence of it.", level=level)
        )
        fields.append({"kind": kind, "subject": thing, "label": thing_name(rubric, thing, lang), "text": proposed})
    for number in range(1, BLANKS + 1):
        label = gettext("Another condition (%(number)s)", number=number)
        fields.append({"kind": "other", "subject": "", "label": label, "text": ""})
    for number, field in enumerate(fields):
        field["name"] = f"condition-{number}"
        field["text"] = request.form.get(field["name"], field["text"])
    return fields


def _outcome_choices(rubric: Rubric, computed: str) -> list[SelectChoice]:
    choices = []
    for one in rubric.outcomes:
        title = one.title.get(language())
        if one.id == computed:
            title = gettext("%(outcome)s (computed result)", outcome=title)
        choices.append(SelectChoice(one.id, title))
    return choices


def _decide_form(rubric: Rubric, computed: str) -> DecideForm:
    form = DecideForm()
    form.outcome.choices = _outcome_choices(rubric, computed)
    return form


def _decide_page(who: Actor, application: Application, form: CaseForm | None = None) -> str:
    case = cases.facts(application)
    rubric = rubric_of(application)
    computed = audits.result(application)
    result = computed.to_json()
    outcome = computed.outcome
    reports_made = audits.reports(application)
    failing = case.status is Status.CONDITIONAL
    open_actions = available(who, case)
    # Whoever may not decide one way may not decide another way either.
    reason = next(iter(open_actions.values()), None)
    if form is None:
        form = ReasonsForm() if failing else _decide_form(rubric, outcome.id if outcome else "")
        form.version.data = str(application.version)
    conditional = outcome is not None and outcome.leads_to == "conditional"
    return render_template(
        "decisions/decide.html",
        application=application,
        rubric=rubric,
        head=case_head(who, application, case, gettext("Decision")),
        reading=read_trace(rubric, result, language()),
        ratings=audits.ratings(application),
        consensus=audits.consensus_of(application),
        report=reports_made[-1] if reports_made else None,
        items=audits.hearing_items(application),
        kinds=HEARING_KIND,
        team=(team := cases.team(application)),
        introduced=introduced([one.auditor_id for one in team]),
        form=form,
        failing=failing,
        conditions=_condition_fields(rubric, application),
        conditions_open=conditional or bool(form.errors),
        can_be_conditional=any(one.leads_to == "conditional" for one in rubric.outcomes),
        conditions_due=term(rubric, "conditions", today()),
        reason=sentence(reason) if reason else None,
        made=cases.decisions(application),
    )


@bp.get("/cases/<id:case_id>/decide")
@access(Role.DECISION_MAKER)
def decide(case_id: int) -> str | Response:
    """The computed result, everything behind it, and the form of the decision."""
    who = actor()
    application = cases.get(who, case_id)
    if application.status not in {Status.DECISION.value, Status.CONDITIONAL.value}:
        return redirect(url_for("cases.show", case_id=case_id))
    return _decide_page(who, application)


def _given(application: Application, form: DecideForm, leads_to: str) -> DecisionData:
    fields = _condition_fields(rubric_of(application), application) if leads_to == "conditional" else []
    return DecisionData(
        outcome=form.outcome.data or "",
        reasons=form.reasons.data or "",
        departure_reasons=form.departure_reasons.data or "",
        conditions=[ConditionData(one["kind"], one["subject"], one["text"]) for one in fields if one["text"].strip()],
    )


@bp.post("/cases/<id:case_id>/decide")
@access(Role.DECISION_MAKER)
def decide_post(case_id: int) -> Response | tuple[str, int]:
    """Decide: grant, grant conditionally or refuse, as the chosen outcome says."""
    who = actor()
    application = cases.get(who, case_id)
    check(who, application, Action.REFUSE)
    rubric = rubric_of(application)
    outcome = audits.result(application).outcome
    form = _decide_form(rubric, outcome.id if outcome else "")
    if not form.validate_on_submit():
        return _decide_page(who, application, form), 422
    leads_to = rubric.outcome(form.outcome.data).leads_to
    data = _given(application, form, leads_to)
    try:
        VERBS[leads_to][1](who, case_id, data, version=form.seen)
    except (Invalid, Conflict) as error:
        status = refused(form, error)
        return _decide_page(who, cases.get(who, case_id), form), status
    return redirect(url_for("decisions.decided", case_id=case_id), 303)


@bp.post("/cases/<id:case_id>/fail-conditions")
@access(Role.DECISION_MAKER)
def fail_conditions(case_id: int) -> Response | tuple[str, int]:
    """The time is over and the conditions are not met: refuse."""
    who = actor()
    application = cases.get(who, case_id)
    check(who, application, Action.FAIL_CONDITIONS)
    form = ReasonsForm()
    if not form.validate_on_submit():
        return _decide_page(who, application, form), 422
    refusal = next(one for one in rubric_of(application).outcomes if one.leads_to == "refused")
    try:
        decisions.fail_conditions(who, case_id, DecisionData(refusal.id, form.reasons.data or ""), version=form.seen)
    except (Invalid, Conflict) as error:
        status = refused(form, error)
        return _decide_page(who, cases.get(who, case_id), form), status
    return redirect(url_for("decisions.decided", case_id=case_id), 303)


@bp.get("/cases/<id:case_id>/decided")
@access(Role.DECISION_MAKER)
def decided(case_id: int) -> str:
    """The receipt of a decision."""
    application = cases.get(actor(), case_id)
    made = cases.decisions(application)
    if not made:
        raise NotFound
    case = cases.facts(application)
    return render_template(
        "decisions/decided.html",
        application=application,
        decision=made[-1],
        outcome=rubric_of(application).outcome(made[-1].outcome),
        next=ahead(case.status, move_of(case)),
        who=PARTY[move_of(case)],
    )


@bp.get("/cases/<id:case_id>/decision")
@access(SIGNED_IN)
def show(case_id: int) -> str:
    """The decisions of a case to read: reasons, conditions, what was computed, the appeal."""
    who = actor()
    application = cases.get(who, case_id)
    made = cases.decisions(application)
    if not made:
        raise NotFound
    case = cases.facts(application)
    rubric = rubric_of(application)
    newest_first = made[::-1]
    return render_template(
        "decisions/show.html",
        application=application,
        rubric=rubric,
        head=case_head(who, application, case, gettext("Decision")),
        decisions=[
            (one, rubric.outcome(one.outcome), read_trace(rubric, one.trace, language()), queries.appeal_of(one))
            for one in newest_first
        ],
        actions=actions_of(who, application, case),
        introduced=introduced([one.decided_by_id for one in made]),
        certificate=certificates.of_application(application.id),
        thing_name=thing_name,
    )


def _appeal_page(who: Actor, application: Application, form: AppealForm | None = None) -> str:
    case = cases.facts(application)
    decision = cases.decisions(application)[-1]
    if form is None:
        form = AppealForm(formdata=None, version=str(application.version))
    reason = available(who, case).get(Action.UPHOLD)
    return render_template(
        "decisions/appeal.html",
        application=application,
        rubric=rubric_of(application),
        head=case_head(who, application, case, gettext("Appeal")),
        decision=decision,
        outcome=rubric_of(application).outcome(decision.outcome),
        appeal=queries.appeal_of(decision),
        form=form,
        reason=sentence(reason) if reason else None,
    )


@bp.get("/cases/<id:case_id>/appeal-answer")
@access(Role.DECISION_MAKER)
def appeal(case_id: int) -> str | Response:
    """The appeal with its grounds, and the panel's answer."""
    who = actor()
    application = cases.get(who, case_id)
    if application.status != Status.APPEAL.value:
        return redirect(url_for("cases.show", case_id=case_id))
    return _appeal_page(who, application)


@bp.post("/cases/<id:case_id>/appeal-answer")
@access(Role.DECISION_MAKER)
def appeal_post(case_id: int) -> Response | tuple[str, int]:
    """Uphold or dismiss the appeal."""
    who = actor()
    application = cases.get(who, case_id)
    check(who, application, Action.DISMISS)
    form = AppealForm()
    if not form.validate_on_submit():
        return _appeal_page(who, application, form), 422
    verb = decisions.uphold if form.answer.data == "uphold" else decisions.dismiss
    try:
        verb(who, case_id, form.reasons.data or "", version=form.seen)
    except (Invalid, Conflict) as error:
        status = refused(form, error)
        return _appeal_page(who, cases.get(who, case_id), form), status
    return redirect(url_for("decisions.show", case_id=case_id), 303)
