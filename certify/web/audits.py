"""The auditors' desk: the worklist, the declaration, the sheet and its hand-in, the receipts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import LazyString, gettext, ngettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField, TextAreaField
from wtforms.fields import SelectChoice

from certify.domain.errors import Conflict, Invalid, NotFound, WrongState
from certify.domain.lifecycle import Action, Status, whose_move
from certify.domain.policy import Actor, Case, Role, available, why_not
from certify.models.application import Application
from certify.models.audit import Score
from certify.queries import audits as queries
from certify.queries import cases, scoring
from certify.queries.rubrics import rubric_of
from certify.sentences import sentence
from certify.web.access import access, actor, keeps_text
from certify.web.case_parts import actions_of, case_head, days_to, refused
from certify.web.forms import CHOICE, REQUIRED, CaseForm
from certify.web.words import NEXT, PARTY
from certify.workflows import audits as verbs
from certify.workflows import teams
from certify.workflows.step import check

bp = Blueprint("audits", __name__)

OFFICE = (Role.AUDITOR, Role.COORDINATOR)
# Before the audit starts nobody has a sheet, and the file is closed to people who did not declare impartiality.
NO_SHEET = frozenset({Status.DRAFT, Status.SUBMITTED, Status.SUPPLEMENT, Status.TEAMING})
Answer = Response | tuple[str, int]
# The case waits for the coordinator or the centre, but on this page it waits for the auditor who reads it.
MINE = {"move": "auditor", "mine": True}


class DeclarationForm(CaseForm):
    """Impartiality, or the tie that stands against it."""

    tie = RadioField(
        _l("Your declaration"),
        [CHOICE],
        choices=[
            SelectChoice("none", _l("None of this concerns me: I am impartial towards this centre")),
            SelectChoice("tie", _l("I have a tie with this centre")),
        ],
        validate_choice=False,
    )
    note = TextAreaField(
        _l("What the tie is"),
        description=_l("Needed only when you have a tie. The coordinator reads it; the centre does not."),
    )


class HandInForm(CaseForm):
    """The sheet is handed in once and for all, so that it is asked for twice."""

    sure = BooleanField(_l("I have read my scores again. I know that I can't change them after this."), [REQUIRED])


@dataclass(frozen=True)
class Task:
    """A line of the worklist: what the auditor does now (with `url`), or for whom the case waits."""

    application: Application
    label: object
    url: str | None = None
    hint: object = ""
    days: int | None = None


def _task(who: Actor, job: scoring.Job) -> Task:
    """The first thing that the auditor can do now; its words are told by the status."""
    free = {action for action, reason in available(who, job.case).items() if reason is None}
    step = _step(job, free)
    one = job.application
    if step is None:
        return Task(one, NEXT[job.case.status], days=days_to(one))
    label, endpoint, hint = step
    return Task(one, label, url_for(endpoint, case_id=one.id), hint, days_to(one))


def _step(job: scoring.Job, free: set[Action]) -> tuple[str, str, str] | None:
    """(words, endpoint, hint) of what can be done now, or None when the case waits for somebody else."""
    case = job.case
    steps: list[tuple[bool, str, str, str]] = [
        (Action.DECLARE in free, gettext("Declare impartiality"), "audits.declare", ""),
        (
            Action.ANSWER_SUPPLEMENT in free,
            gettext("Answer the offered changes"),
            "supplements.index",
            gettext("Nobody can hand in a sheet before."),
        ),
        (Action.HAND_IN in free, gettext("Hand in the sheet"), "audits.hand_in", _progress(job)),
        (Action.SCORE in free, gettext("Score"), "audits.sheet", _progress(job)),
        (Action.CLOSE_SCORING in free, gettext("Close the scoring"), "audits.sheet", gettext("Every sheet is in.")),
        (
            Action.RECORD_VISIT in free and case.visit_missing,
            gettext("Record the visit"),
            "audits.record_visit",
            gettext("The standard asks for a visit."),
        ),
        (
            Action.SETTLE in free and case.divergences_open > 0,
            ngettext("Settle %(num)d divergence", "Settle %(num)d divergences", case.divergences_open),
            "audits.consensus",
            "",
        ),
        (Action.AGREE in free, gettext("Confirm the consensus"), "audits.consensus", gettext("Everything is settled.")),
        (Action.SEND_REPORT in free, gettext("Write the report"), "reports.report", ""),
        (
            Action.ANSWER_COMMENT in free and case.hearing_items_open > 0,
            ngettext("Answer %(num)d comment", "Answer %(num)d comments", case.hearing_items_open),
            "reports.report",
            "",
        ),
        (Action.FINALISE in free, gettext("Finalise the report"), "reports.report", ""),
        (Action.CONFIRM_CONDITIONS in free, gettext("Verify the conditions"), "audits.confirm_conditions", ""),
    ]
    return next(((words, endpoint, hint) for possible, words, endpoint, hint in steps if possible), None)


def _progress(job: scoring.Job) -> str:
    return gettext("%(done)s of %(total)s criteria scored", done=job.scored, total=job.asked)


@bp.get("/audits")
@access(Role.AUDITOR)
def index() -> str:
    """My cases: what I must do now first, then what waits for others, then what is closed."""
    who = actor()
    jobs, closed = scoring.worklist(who)
    tasks = [_task(who, job) for job in jobs]
    return render_template(
        "audits/index.html",
        mine=[one for one in tasks if one.url],
        waiting=[one for one in tasks if not one.url],
        closed=closed,
    )


@bp.get("/cases/<id:case_id>/declaration")
@access(Role.AUDITOR)
def declare(case_id: int) -> str:
    """The text of the declaration and the choice."""
    return _declaration(case_id, None)


@bp.post("/cases/<id:case_id>/declaration")
@access(Role.AUDITOR)
@keeps_text
def declare_post(case_id: int) -> Answer:
    """Record the declaration."""
    form = DeclarationForm()
    if not form.validate_on_submit() or form.tie.data not in {"none", "tie"}:
        form.tie.errors = form.tie.errors or [sentence("choice_unknown")]
        return _declaration(case_id, form), 422
    tie = form.tie.data == "tie"
    try:
        teams.declare(actor(), case_id, tie=tie, note=(form.note.data or "") if tie else "", version=form.seen)
    except (Invalid, Conflict) as error:
        status = refused(form, error)
        return _declaration(case_id, form), status
    return receipt_at(case_id, "tie" if tie else "declare")


def _declaration(case_id: int, form: DeclarationForm | None) -> str:
    who = actor()
    application = cases.get(who, case_id)
    scoring.own(who, application)
    case = check(who, application, Action.DECLARE)
    form = form or DeclarationForm(formdata=None, version=str(application.version))
    head = case_head(who, application, case, gettext("Declaration of impartiality"))
    return render_template("audits/declare.html", case=application, form=form, head={**head, **MINE})


@bp.get("/cases/<id:case_id>/sheet")
@access(Role.AUDITOR)
def sheet(case_id: int) -> str:
    """My own sheet: all criteria by area with my scores, and what is left to do."""
    who = actor()
    application = cases.get(who, case_id)
    assignment = scoring.own(who, application)
    case = opened_to_auditors(who, application)
    rubric = rubric_of(application)
    scores = queries.sheet(assignment)
    asked = rubric.criteria_for(application.centre_type)
    return render_template(
        "audits/sheet.html",
        case=application,
        head=case_head(who, application, case, gettext("My sheet")),
        assignment=assignment,
        rubric=rubric,
        scores=scores,
        areas=areas_of(application, scores),
        asked=set(asked),
        done=sum(1 for one in asked if one.id in scores),
        total=len(asked),
        first=next((one for one in asked if one.id not in scores), None),
        open=why_not(who, Action.SCORE, case) is None,
        actions=actions_of(who, application, case, here="audits.sheet"),
    )


def opened_to_auditors(who: Actor, application: Application) -> Case:
    """The facts of a case whose audit has begun; raises `WrongState` before that."""
    case = cases.facts(application)
    if case.status in NO_SHEET:
        allowed = [one.value for one, reason in available(who, case).items() if reason is None]
        raise WrongState("illegal_transition", status=case.status.value, allowed=allowed)
    return case


def areas_of(application: Application, scores: Mapping[str, Score]) -> list[dict[str, Any]]:
    """The areas for the rail, with the progress of one's own sheet."""
    rubric = rubric_of(application)
    asked = rubric.criteria_for(application.centre_type)
    found = []
    for area in rubric.areas:
        ids = [one.id for one in area.criteria if one in asked]
        found.append(
            {
                "id": area.id,
                "area": area,
                "url": url_for("audits.scoring", case_id=application.id, area_id=area.id),
                "done": sum(1 for one in ids if one in scores),
                "total": len(ids),
            }
        )
    return found


@bp.get("/cases/<id:case_id>/hand-in")
@access(Role.AUDITOR)
def hand_in(case_id: int) -> str:
    """What is missing on the sheet, or the last look before it is closed."""
    return _hand_in(case_id, None)


@bp.post("/cases/<id:case_id>/hand-in")
@access(Role.AUDITOR)
def hand_in_post(case_id: int) -> Answer:
    """Close the sheet; the version is that of the own sheet, so that what is handed in is what was looked through."""
    form = HandInForm()
    if not form.validate_on_submit():
        return _hand_in(case_id, form), 422
    try:
        verbs.hand_in(actor(), case_id, sheet=form.seen)
    except (Invalid, Conflict) as error:
        status = refused(form, error)
        return _hand_in(case_id, form), status
    return receipt_at(case_id, "hand_in")


def _hand_in(case_id: int, form: HandInForm | None) -> str:
    who = actor()
    application = cases.get(who, case_id)
    assignment = scoring.own(who, application)
    case = check(who, application, Action.SCORE)
    rubric = rubric_of(application)
    scores = queries.sheet(assignment)
    asked = rubric.criteria_for(application.centre_type)
    counted = Counter(one.points for one in scores.values())
    return render_template(
        "audits/hand_in.html",
        case=application,
        head=case_head(who, application, case, gettext("Hand in the sheet")),
        form=form or HandInForm(formdata=None, version=str(queries.sheet_version(scores))),
        levels=[(level, counted[level.points]) for level in rubric.scale.levels],
        not_applicable=counted[None],
        missing=[(one, rubric.area_of(one.id)) for one in asked if one.id not in scores],
        total=len(asked),
    )


@bp.post("/cases/<id:case_id>/close-scoring")
@access(*OFFICE)
def close_scoring(case_id: int) -> Response:
    """Lay the sheets side by side; refused with the reason while one is out."""
    verbs.close_scoring(actor(), case_id, version=CaseForm().seen)
    return receipt_at(case_id, "close_scoring")


@dataclass(frozen=True)
class Receipt:
    """What a receipt says about a step; `kind` is the event that must have happened."""

    kind: Action
    title: LazyString
    what: LazyString


RECEIPTS = {
    "declare": Receipt(
        Action.DECLARE,
        _l("Your declaration is recorded"),
        _l("You can score this centre as soon as the coordinator starts the audit."),
    ),
    "tie": Receipt(
        Action.DECLARE,
        _l("The tie is recorded"),
        _l("You will not score this centre. The coordinator appoints somebody else."),
    ),
    "hand_in": Receipt(
        Action.HAND_IN, _l("Your sheet is handed in"), _l("Your scores are closed. Nobody else can change them either.")
    ),
    "close_scoring": Receipt(
        Action.CLOSE_SCORING, _l("The scoring is closed"), _l("The auditors now see each other's sheets.")
    ),
    "agree": Receipt(
        Action.AGREE, _l("The consensus is confirmed"), _l("There is one common rating of every criterion.")
    ),
    "send_report": Receipt(
        Action.SEND_REPORT, _l("The draft report is with the centre"), _l("The time for comments has begun.")
    ),
    "finalise": Receipt(Action.FINALISE, _l("The report is final"), _l("The audit is finished.")),
    "confirm_conditions": Receipt(
        Action.CONFIRM_CONDITIONS, _l("The conditions are met"), _l("The certificate is granted without conditions.")
    ),
}


def receipt_at(case_id: int, step: str) -> Response:
    """Redirect to the receipt of a step."""
    return redirect(url_for("audits.done", case_id=case_id, step=step), 303)


@bp.get("/cases/<id:case_id>/audit-done/<step>")
@access(*OFFICE)
def done(case_id: int, step: str) -> str:
    """What happened, what comes next, who acts; only for the person who took the step."""
    who = actor()
    application = cases.get(who, case_id)
    receipt = RECEIPTS.get(step)
    if receipt is None or not scoring.took(who, application, receipt.kind.value):
        raise NotFound
    status = Status(application.status)
    return render_template(
        "audits/done.html",
        case=application,
        receipt=receipt,
        next=NEXT[status],
        party=PARTY[whose_move(status)],
    )
