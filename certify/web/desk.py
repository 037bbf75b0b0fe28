"""The centre's people at one self-assessment: who sees to which area, comments on a criterion, its earlier versions."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from certify.domain.errors import Conflict, Invalid, WrongState
from certify.domain.revisions import Save, in_one_go
from certify.domain.rubric import Criterion, Rubric
from certify.http_errors import status_of
from certify.i18n import language
from certify.models.application import Application
from certify.models.desk import AnswerRevision
from certify.queries import cases, desk, self_assessment
from certify.queries.rubrics import rubric_of
from certify.sentences import fault_sentence, sentence
from certify.web.access import access, actor, keeps_text
from certify.web.answer_form import NOT_APPLICABLE, Draft
from certify.web.applications import CENTRE, own_case
from certify.web.case_parts import case_head
from certify.web.desk_parts import desk_of
from certify.web.differences import compared
from certify.web.forms import chosen, page_number, visible
from certify.web.traces import level_name
from certify.workflows import answers
from certify.workflows import desk as verbs
from certify.workflows.texts import NOTE

bp = Blueprint("desk", __name__, url_prefix="/cases/<id:case_id>")

NOBODY = "nobody"
LINES_A_PAGE = 20


@dataclass(frozen=True)
class Refusal:
    """What was not accepted: the area or the field, its sentences by field, and what was entered."""

    place: str
    faults: dict[str, list[str]]
    fields: dict[str, str]


# Whose area


@bp.get("/people")
@access(*CENTRE)
def people(case_id: int) -> str:
    """Who sees to which area; the manager gives areas away here."""
    return _people_page(own_case(case_id))


@bp.post("/areas/<area_id>/person")
@access(*CENTRE)
@keeps_text
def delegate(case_id: int, area_id: str) -> Response:
    """Give the area to a person with a date, or to nobody."""
    application = own_case(case_id)
    person, day = request.form.get("person", ""), request.form.get("due_on", "")
    try:
        given = verbs.delegate(actor(), application.id, area_id, _person(person), _day(day))
    except Invalid as error:
        faults: dict[str, list[str]] = {}
        for one in error.errors:
            faults.setdefault(one.field, []).append(fault_sentence(one))
        refusal = Refusal(area_id, faults, {"person": person, "due_on": visible(day[:40])})
        return make_response(_people_page(own_case(case_id), refusal), status_of(error))
    if given is None:
        flash(gettext("%(area)s: nobody in particular sees to this area.", area=area_id), "success")
    else:
        name = next(one.name for one in desk.people(application.organisation_id) if one.id == given.user_id)
        flash(gettext("%(area)s: %(name)s sees to this area.", area=area_id, name=name), "success")
    return redirect(url_for("desk.people", case_id=case_id), 303)


def _person(value: str) -> int | None:
    if value == NOBODY:
        return None
    if chosen(value) < 1:
        raise Invalid({"person": "choice_unknown"})
    return chosen(value)


def _day(value: str) -> date | None:
    if not value:
        return None
    try:
        # fromisoformat alone would also take 20260301.
        if len(value) != len("2026-03-01"):
            raise ValueError(value)
        return date.fromisoformat(value)
    except ValueError:
        raise Invalid({"due_on": "bad_date"}) from None


def _people_page(application: Application, refusal: Refusal | None = None) -> str:
    progress = self_assessment.readiness_of(application).areas
    return render_template(
        "desk/people.html",
        head=case_head(actor(), application, cases.facts(application), gettext("Who does what")),
        case=application,
        desk=desk_of(application),
        rows=[(area, progress[area.id]) for area in rubric_of(application).areas if progress[area.id].total],
        given=desk.delegations(application),
        people=desk.people(application.organisation_id),
        refusal=refusal,
        nobody=NOBODY,
    )


# Comments and versions of one criterion


@bp.get("/answers/<criterion_id>/notes")
@access(*CENTRE)
def notes(case_id: int, criterion_id: str) -> str:
    """What the centre's people say about the criterion, and every version of its answer."""
    return _notes_page(own_case(case_id), criterion_id)


@bp.post("/answers/<criterion_id>/comments")
@access(*CENTRE)
@keeps_text
def comment(case_id: int, criterion_id: str) -> Response:
    """Say something to the others."""
    application = own_case(case_id)
    text = request.form.get("text", "")
    try:
        verbs.comment(actor(), application.id, criterion_id, text)
    except Invalid as error:
        faults = {"text": [fault_sentence(one) for one in error.errors]}
        refusal = Refusal("text", faults, {"text": visible(text)})
        return make_response(_notes_page(own_case(case_id), criterion_id, refusal), status_of(error))
    flash(gettext("The comment is kept. Only people of your centre see it."), "success")
    return _back_to(case_id, criterion_id)


@bp.post("/answers/<criterion_id>/comments/resolve")
@access(*CENTRE)
def resolve(case_id: int, criterion_id: str) -> Response:
    """Mark a comment as dealt with."""
    application = own_case(case_id)
    number = request.form.get("comment_id")
    if not number:
        raise Invalid({"comment_id": "choice_unknown"})
    try:
        verbs.resolve(actor(), application.id, chosen(number))
    except WrongState:
        raise
    except Conflict as error:
        # Two people pressed the button: what both wanted has happened.
        flash(sentence(error.code), "success")
    return _back_to(case_id, criterion_id)


@bp.post("/answers/<criterion_id>/restore")
@access(*CENTRE)
def restore(case_id: int, criterion_id: str) -> Response:
    """Bring an earlier version back as a new save."""
    application = own_case(case_id)
    number = chosen(request.form.get("number"))
    if number < 1:
        raise Invalid({"number": "choice_unknown"})
    version = chosen(request.form.get("version"))
    try:
        answers.restore(actor(), application.id, criterion_id, number, version=version)
    except WrongState:
        raise
    except Conflict as error:
        said = gettext("Somebody saved a newer answer in the meantime. Look at it before you bring an older one back.")
        refusal = Refusal("restore", {"restore": [said]}, {})
        return make_response(_notes_page(own_case(case_id), criterion_id, refusal), status_of(error))
    flash(gettext("The earlier version is back. The one that stood here before stays in the history."), "success")
    return _back_to(case_id, criterion_id)


def _back_to(case_id: int, criterion_id: str) -> Response:
    return redirect(url_for("desk.notes", case_id=case_id, criterion_id=criterion_id), 303)


def _notes_page(application: Application, criterion_id: str, refusal: Refusal | None = None) -> str:
    rubric = rubric_of(application)
    criterion = answers.asked(rubric, application, criterion_id)
    said = desk.comments(application, criterion.id)
    title = gettext("%(id)s: comments and history", id=criterion.id)
    lines, pages, page = _lines(rubric, criterion, desk.revisions(application, criterion.id))
    current = self_assessment.answers_of(application).get(criterion.id)
    return render_template(
        "desk/notes.html",
        head=case_head(actor(), application, cases.facts(application), title),
        case=application,
        criterion=criterion,
        area=rubric.area_of(criterion.id),
        desk=desk_of(application),
        waiting=[one for one in said if one.resolved_at is None],
        resolved=[one for one in said if one.resolved_at is not None],
        lines=lines,
        pages=pages,
        page=page,
        version=current.version if current else 0,
        refusal=refusal,
        limit=NOTE,
    )


def _lines(rubric: Rubric, criterion: Criterion, saved: list[AnswerRevision]) -> tuple[list[dict[str, Any]], int, int]:
    """One page of the history, the newest line first: what each line changed, word by word."""
    by_number = {one.number: one for one in saved}
    runs = in_one_go(Save(one.number, one.saved_at, one.saved_by_id, one.restored is not None) for one in saved)
    steps: list[tuple[Draft, AnswerRevision]] = []
    before = Draft()
    for run in runs:
        last = by_number[run[-1].number]
        # A script saves again what was saved already: nothing to tell.
        if not _draft(last).says_the_same(before) or last.restored:
            steps.append((before, last))
            before = _draft(last)
    steps.reverse()
    pages = max(1, -(-len(steps) // LINES_A_PAGE))
    page = min(page_number(), pages)
    shown = steps[(page - 1) * LINES_A_PAGE : page * LINES_A_PAGE]
    newest = steps[0][1].number if steps else 0
    return [_line(rubric, criterion, one, newest) for one in shown], pages, page


def _line(rubric: Rubric, criterion: Criterion, step: tuple[Draft, AnswerRevision], newest: int) -> dict[str, Any]:
    before, saved = step
    after = _draft(saved)
    parts = [(gettext("Level"), "", _level(rubric, before), _level(rubric, after))]
    parts.append((gettext("Reason why it is not applicable"), "", before.reason, after.reason))
    for one in criterion.indicators:
        texts = before.narratives.get(one.id, ""), after.narratives.get(one.id, "")
        parts.append((one.id, one.text.get(language()), *texts))
    return {
        "number": saved.number,
        "at": saved.saved_at,
        "who": saved.saved_by.name,
        "restored": saved.restored,
        "current": saved.number == newest,
        "changes": [(f"{label} {more}".strip(), *compared(old, new)) for label, more, old, new in parts if old != new],
        "parts": [label for label, _, old, new in parts if old != new],
    }


def _draft(saved: AnswerRevision) -> Draft:
    points = "" if saved.points is None else str(saved.points)
    return Draft(NOT_APPLICABLE if saved.not_applicable else points, saved.reason, saved.narratives, saved.number)


def _level(rubric: Rubric, draft: Draft) -> str:
    if draft.not_applicable:
        return gettext("not applicable")
    return gettext("no answer yet") if draft.value is None else level_name(rubric, draft.value, language())
