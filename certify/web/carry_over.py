"""A new application need not begin empty: answers of the earlier one come over, and each is confirmed by a person."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from certify.domain.errors import Conflict, Invalid
from certify.domain.lifecycle import EDITABLE, Status
from certify.http_errors import status_of
from certify.models.application import Application
from certify.queries import carry_over as queries
from certify.queries import cases, self_assessment
from certify.sentences import fault_sentence, sentence
from certify.web.access import access, actor, keeps_text
from certify.web.answers import CENTRE, back_to, keep
from certify.web.applications import own_case
from certify.web.case_parts import case_head
from certify.workflows import carry_over as verbs

bp = Blueprint("carry_over", __name__, url_prefix="/cases/<id:case_id>/carry-over")


@bp.get("")
@access(*CENTRE)
def show(case_id: int) -> str:
    """What the earlier application offers, area by area."""
    return _page(own_case(case_id))


def _page(application: Application, faults: tuple[str, ...] = ()) -> str:
    source = queries.source_of(application)
    return render_template(
        "carry_over/show.html",
        head=case_head(actor(), application, cases.facts(application), gettext("Answers from the earlier application")),
        case=application,
        source=source,
        offers=queries.offers(application, source) if source else [],
        editable=Status(application.status) in EDITABLE,
        faults=faults,
    )


@bp.post("")
@access(*CENTRE)
@keeps_text
def send(case_id: int) -> Response | tuple[str, int]:
    """Carry the chosen areas over."""
    application = own_case(case_id)
    try:
        count = verbs.carry_over(actor(), case_id, request.form.getlist("areas")[:100])
    except Invalid as error:
        return _page(application, tuple(fault_sentence(one) for one in error.errors)), status_of(error)
    except Conflict as error:
        if error.code != "quota_exceeded":
            raise
        return _page(own_case(case_id), (sentence(error.code),)), status_of(error)
    done = ngettext(
        "%(num)d answer is carried over. Confirm it, or correct it and save.",
        "%(num)d answers are carried over. Confirm each of them, or correct it and save.",
        count,
    )
    flash(done, "success")
    return redirect(url_for("answers.overview", case_id=case_id), 303)


@bp.post("/<criterion_id>/confirm")
@access(*CENTRE)
@keeps_text
def confirm(case_id: int, criterion_id: str) -> Response:
    """Say that the answer is still true; what was changed in its form is saved, which says the same."""
    refused = keep(case_id, criterion_id)
    if refused is not None:
        return refused
    application = own_case(case_id)
    saved = self_assessment.answers_of(application).get(criterion_id)
    if saved is None or saved.carried_from_id is not None:
        # The form says what is stored, so this very answer was on the page.
        verbs.confirm(actor(), case_id, criterion_id, version=saved.version if saved else 0)
    flash(gettext("Criterion %(id)s is confirmed.", id=criterion_id), "success")
    return back_to(own_case(case_id), criterion_id)
