"""What follows a submission: requests with their answers, what the living copy changed, and what of it is offered."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice

from certify.domain.errors import Conflict, Invalid, NotFound
from certify.domain.lifecycle import Action, Status
from certify.domain.policy import Actor, Case, Role, may_read_submission, why_not
from certify.domain.supplement import changed as changed_criteria
from certify.domain.supplement import laid_over
from certify.http_errors import status_of
from certify.models.application import Application
from certify.models.supplement import SupplementItem, SupplementRequest
from certify.queries import cases
from certify.queries import supplements as queries
from certify.queries.rubrics import rubric_of
from certify.sentences import sentence
from certify.web.access import access, actor, keeps_text
from certify.web.applications import CENTRE, own_case, why_closed
from certify.web.case_parts import case_head, refused
from certify.web.differences import Change, changes
from certify.web.forms import CHOICE, REQUIRED, CaseForm, show_errors
from certify.web.words import REQUEST_KIND
from certify.workflows import supplements as verbs
from certify.workflows.applications import content_of
from certify.workflows.step import check
from certify.workflows.texts import NOTE

bp = Blueprint("supplements", __name__, url_prefix="/cases/<id:case_id>")

READERS = (*CENTRE, Role.AUDITOR, Role.COORDINATOR, Role.DECISION_MAKER, Role.ADMIN)


class OfferForm(CaseForm):
    """Why the auditors should take the chosen changes into account."""

    note = TextAreaField(
        _l("Why the auditors should take these changes into account"),
        [REQUIRED],
        description=_l("For example: the council adopted the strategy after the application was submitted."),
        render_kw={"rows": 4, "data-limit": NOTE},
    )


class AnswerForm(CaseForm):
    """The lead auditor's answer to one offered change."""

    accepted = RadioField(
        _l("Take this change into account?"),
        [CHOICE],
        choices=[
            SelectChoice("yes", _l("Yes: from now on it is scored")),
            SelectChoice("no", _l("No: what was submitted is scored")),
        ],
        validate_choice=False,
    )
    reason = TextAreaField(
        _l("Reason"),
        description=_l("Needed when you decline. The centre reads it."),
        render_kw={"rows": 3, "data-limit": NOTE},
    )


def _readable(case_id: int) -> tuple[Application, Case]:
    application = cases.get(actor(), case_id)
    case = cases.facts(application)
    if not may_read_submission(actor(), case):
        raise NotFound
    return application, case


@bp.get("/supplement-requests")
@access(*READERS)
def requests(case_id: int) -> str:
    """What the coordinator asked for, and what the next submission changed for each request."""
    application, case = _readable(case_id)
    asked = queries.requests_of(application)
    if not asked:
        raise NotFound
    return render_template(
        "supplements/requests.html",
        head=case_head(actor(), application, case, gettext("Requests and what was changed")),
        case=application,
        rows=_answers(application, asked),
        kinds=REQUEST_KIND,
        own=application.organisation_id in actor().centres,
        touched=_touched(application),
    )


def _touched(application: Application) -> frozenset[str]:
    """The criteria that a running round opens and on which the living copy no longer says what was submitted."""
    opened = queries.open_criteria(application)
    if not opened:
        return frozenset()
    before = queries.submissions_of(application)[-1].content
    return frozenset(changed_criteria(before, content_of(application), opened))


def _answers(application: Application, asked: list[SupplementRequest]) -> list[dict[str, Any]]:
    """Each request with the submission that answers it and the changes in it; no submission yet: None."""
    rubric = rubric_of(application)
    criteria = {one.id: one for one in rubric.criteria}
    by_number = {one.number: one for one in queries.submissions_of(application)}
    found = []
    for one in asked:
        reply = by_number.get(one.submission.number + 1)
        named = [criteria[key] for key in one.criteria]
        found.append(
            {
                "request": one,
                "reply": reply,
                "criteria": [(each, rubric.area_of(each.id).id) for each in named],
                "changes": changes(rubric, named, one.submission.content, reply.content) if reply else [],
            }
        )
    return found


@bp.get("/difference")
@access(*READERS)
def difference(case_id: int) -> str | Response:
    """What was submitted, what the living copy says now, and where they differ; others see what was offered."""
    application = cases.get(actor(), case_id)
    if application.organisation_id not in actor().centres:
        return redirect(url_for("supplements.index", case_id=case_id), 303)
    return _difference(application, OfferForm(formdata=None, version=str(application.version)))


@bp.post("/difference")
@access(*CENTRE)
@keeps_text
def offer(case_id: int) -> Response | tuple[str, int]:
    """Offer the ticked changes to the auditors."""
    application = own_case(case_id)
    form, chosen = OfferForm(), tuple(request.form.getlist("criteria"))
    if not form.validate_on_submit():
        return _difference(application, form, chosen), 422
    try:
        offered = verbs.offer(actor(), case_id, chosen, form.note.data or "", version=form.seen)
    except Invalid as error:
        show_errors(form, error)
        return _difference(own_case(case_id), form, chosen), status_of(error)
    except Conflict as error:
        status = refused(form, error)
        if why_closed(Action.OFFER_SUPPLEMENT, cases.facts(own_case(case_id))):
            # The form is not on the page any more; the refusal says why.
            raise
        return _difference(own_case(case_id), form, chosen), status
    flash(gettext("Supplement no. %(number)s is with the lead auditor.", number=offered.number), "success")
    return redirect(url_for("supplements.index", case_id=case_id), 303)


def _difference(application: Application, form: OfferForm, chosen: Sequence[str] = ()) -> str:
    reading = queries.as_read(application)
    rubric = rubric_of(application)
    found = changes(rubric, rubric.criteria_for(application.centre_type), reading.content, content_of(application))
    case = cases.facts(application)
    answered: dict[str, list[SupplementItem]] = {}
    for supplement in queries.supplements_of(application):
        for item in supplement.items:
            answered.setdefault(item.criterion, []).append(item)
    changed = [one for one in found if not one.empty]
    waiting = {key for key, items in answered.items() if any(one.accepted is None for one in items)}
    return render_template(
        "supplements/difference.html",
        head=case_head(actor(), application, case, gettext("Submitted and now")),
        case=application,
        form=form,
        submission=reading.submission,
        returned=case.status is Status.SUPPLEMENT,
        accepted=reading.accepted,
        changed=changed,
        offerable=[one for one in changed if one.criterion.id not in waiting],
        same=[one for one in found if one.empty],
        items=answered,
        waiting=waiting,
        chosen=set(chosen),
        closed=why_closed(Action.OFFER_SUPPLEMENT, case),
    )


@bp.get("/supplements")
@access(*READERS)
def index(case_id: int) -> str:
    """What the centre offered during the audit, change by change, with the answers; the lead auditor answers here."""
    application, case = _readable(case_id)
    return _page(actor(), application, case)


@bp.post("/supplements/<id:item_id>")
@access(Role.AUDITOR)
@keeps_text
def answer(case_id: int, item_id: int) -> Response | tuple[str, int]:
    """Accept or decline one offered change."""
    application, case = _readable(case_id)
    check(actor(), application, Action.ANSWER_SUPPLEMENT)
    form = _answer_form(item_id)
    valid = form.validate_on_submit()
    if form.accepted.data not in {"yes", "no"}:
        valid = False
        form.accepted.errors = form.accepted.errors or [sentence("choice_unknown")]
    if not valid:
        return _page(actor(), application, case, (item_id, form)), 422
    try:
        item = verbs.answer(
            actor(), case_id, item_id, accepted=form.accepted.data == "yes", reason=form.reason.data or ""
        )
    except Invalid as error:
        show_errors(form, error)
        return _page(actor(), cases.get(actor(), case_id), case, (item_id, form)), status_of(error)
    flash(gettext("The change of %(criterion)s is answered.", criterion=item.criterion), "success")
    return redirect(url_for("supplements.index", case_id=case_id, _anchor=f"item-{item_id}"), 303)


def _answer_form(item_id: int, **given: Any) -> AnswerForm:
    """Several of these forms stand on one page: the item's number keeps their fields apart."""
    return AnswerForm(prefix=f"item{item_id}-", **given)


def _page(who: Actor, application: Application, case: Case, refusal: tuple[int, AnswerForm] | None = None) -> str:
    found = queries.supplements_of(application)
    if not found:
        raise NotFound
    may_answer = why_not(who, Action.ANSWER_SUPPLEMENT, case) is None
    shown = _offered(application)
    rows = [
        {
            "supplement": one,
            "items": [_item(item, shown[item.id], may_answer, refusal) for item in one.items],
        }
        for one in found
    ]
    return render_template(
        "supplements/index.html",
        head=case_head(who, application, case, gettext("Changes offered during the audit")),
        case=application,
        rows=rows,
        may_answer=may_answer,
        own=application.organisation_id in who.centres,
        summary=_summary(refusal),
    )


def _offered(application: Application) -> dict[int, Change]:
    """Each offered change against what was read before it: the submission with the changes accepted until then."""
    rubric = rubric_of(application)
    criteria = {one.id: one for one in rubric.criteria}
    found, read = {}, queries.as_read(application).submission.content
    for supplement in queries.supplements_of(application):
        for item in supplement.items:
            after = laid_over(read, {item.criterion: supplement.content[item.criterion]})
            (found[item.id],) = changes(rubric, [criteria[item.criterion]], read, after)
            read = after if item.accepted else read
    return found


def _item(
    item: SupplementItem, change: Change, may_answer: bool, refusal: tuple[int, AnswerForm] | None
) -> dict[str, Any]:
    mine = refusal[1] if refusal is not None and refusal[0] == item.id else _answer_form(item.id, formdata=None)
    return {"item": item, "change": change, "form": mine if may_answer and item.accepted is None else None}


def _summary(refusal: tuple[int, AnswerForm] | None) -> list[tuple[str, str]]:
    """The faults of an answer for the error summary: (id of the field, sentence)."""
    if refusal is None:
        return []
    _, form = refusal
    targets = ((f"{form.accepted.id}-0", form.accepted), (form.reason.id, form.reason))
    return [(target, f"{field.label.text}: {said}") for target, field in targets for said in field.errors]
