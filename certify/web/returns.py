"""Returning an application: a note on the whole, and typed requests on criteria, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from certify.domain.errors import Conflict, FieldError, Invalid
from certify.domain.lifecycle import Action, Status
from certify.domain.policy import Role
from certify.models.application import Application
from certify.queries import cases
from certify.queries.deadlines import due_on
from certify.queries.rubrics import rubric_of
from certify.sentences import fault_sentence
from certify.timing import today
from certify.web.access import access, actor
from certify.web.case_parts import case_head, refused
from certify.web.cases import NoteForm, bp
from certify.web.forms import chosen, visible
from certify.web.words import REQUEST_KIND
from certify.workflows import applications
from certify.workflows.step import check
from certify.workflows.supplement_requests import MAX_REQUESTS, RequestData
from certify.workflows.texts import NOTE


@dataclass(frozen=True)
class Row:
    """One request on the page, as typed, with the sentences of its faults by part."""

    data: RequestData = field(default_factory=RequestData)
    faults: dict[str, list[str]] = field(default_factory=dict)


@bp.get("/cases/<id:case_id>/return")
@access(Role.COORDINATOR)
def return_case(case_id: int) -> str:
    """What is to be supplemented."""
    application = cases.get(actor(), case_id)
    return _page(application, NoteForm(formdata=None, version=str(application.version)), [Row()])


@bp.post("/cases/<id:case_id>/return")
@access(Role.COORDINATOR)
def return_case_post(case_id: int) -> Response | tuple[str, int]:
    """Send the application back with the note and the requests; or show the page with one more row."""
    application = cases.get(actor(), case_id)
    form, typed = NoteForm(), _typed()
    if request.form.get("more"):
        return _page(application, form, [*map(Row, typed), Row()]), 200
    if not form.validate_on_submit():
        return _page(application, form, [Row(one) for one in typed] or [Row()]), 422
    try:
        applications.return_for_supplement(actor(), case_id, form.note.data or "", typed, version=form.seen)
    except Conflict as error:
        status = refused(form, error)
        return _page(cases.get(actor(), case_id), form, [Row(one) for one in typed] or [Row()]), status
    except Invalid as error:
        rows, others = _with_faults(typed, error)
        status = refused(form, Invalid(others))
        return _page(cases.get(actor(), case_id), form, rows or [Row()]), status
    return redirect(url_for("cases.done", case_id=case_id, step=Action.RETURN.value), 303)


def _typed() -> list[RequestData]:
    """The rows in which anything is filled in, in their order."""
    count = min(max(chosen(request.form.get("rows")), 1), MAX_REQUESTS)
    rows = [
        RequestData(
            request.form.get(f"request-{number}-kind", ""),
            request.form.get(f"request-{number}-text", ""),
            tuple(request.form.getlist(f"request-{number}-criteria")),
        )
        for number in range(count)
    ]
    return [one for one in rows if one.kind or one.text.strip() or one.criteria]


def _with_faults(typed: Sequence[RequestData], error: Invalid) -> tuple[list[Row], list[FieldError]]:
    """The rows with the sentences of their faults, and the faults of no row."""
    rows, others = [Row(one) for one in typed], []
    for fault in error.errors:
        start, _, rest = fault.field.partition("-")
        if start == "request":
            number, _, part = rest.partition("-")
            rows[int(number)].faults.setdefault(part, []).append(fault_sentence(fault))
        else:
            others.append(fault)
    return rows, others


def _summary(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Lines of the error summary: (id to jump to, sentence)."""
    targets = {"kind": "kind-missing", "criteria": "choose"}
    return [
        (
            f"request-{number}-{targets.get(part, part)}",
            gettext("Request %(number)s: %(faults)s", number=number + 1, faults=" ".join(said)),
        )
        for number, row in enumerate(rows)
        for part, said in row.faults.items()
    ]


def _page(application: Application, form: NoteForm, rows: Sequence[Row]) -> str:
    who = actor()
    case = check(who, application, Action.RETURN)
    rubric = rubric_of(application)
    asked = set(rubric.criteria_for(application.centre_type))
    return render_template(
        "cases/return.html",
        head=case_head(who, application, case, gettext("Return for supplement")),
        application=application,
        form=form,
        rows=rows,
        shown=[visible(row.data.text) for row in rows],
        summary=_summary(rows),
        kinds=REQUEST_KIND,
        areas=[(area, [one for one in area.criteria if one in asked]) for area in rubric.areas],
        limit=NOTE,
        full=len(rows) >= MAX_REQUESTS,
        until=due_on(rubric, Status.SUPPLEMENT, today()),
    )
