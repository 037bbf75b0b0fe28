"""The self-assessment on paper: the empty form for everybody, the filled one for its centre."""

import io
from dataclasses import replace

from flask import Blueprint, current_app, send_file
from werkzeug.wrappers import Response

from certify.domain.lifecycle import EDITABLE, Status
from certify.models.application import Application
from certify.pdf import long_date
from certify.pdf_form import empty_paper, filled_paper, render_form
from certify.queries import rubrics, self_assessment
from certify.queries.exchange import copy_of
from certify.queries.rubrics import rubric_of
from certify.timing import WARSAW, now
from certify.web.access import PUBLIC, access
from certify.web.applications import CENTRE, own_case
from certify.web.exchange import attachment, download_name

bp = Blueprint("printing", __name__)

FORM_SECONDS = 86_400
PDF = "application/pdf"


@bp.get("/standards/<scheme>/<version>/form.pdf")
@access(PUBLIC)
def empty_form(scheme: str, version: str) -> Response:
    """The form of a standard, to be filled in with a pen."""
    row = rubrics.get(scheme, version)
    content = render_form(empty_paper(rubrics.parsed(row)), engine=current_app.config["PDF_ENGINE"])
    response = send_file(
        io.BytesIO(content),
        mimetype=PDF,
        as_attachment=True,
        download_name=f"samoocena-{row.scheme}-{row.version}.pdf",
        etag=row.content_hash,
        max_age=FORM_SECONDS,
    )
    response.cache_control.public = True
    return response


@bp.get("/cases/<id:case_id>/self-assessment.pdf")
@access(*CENTRE)
def filled_form(case_id: int) -> Response:
    """The living copy as it stands now."""
    application = own_case(case_id)
    unit = () if application.unit.is_main else (application.unit.name,)
    moment = now().astimezone(WARSAW)
    state = "Kopia robocza" if Status(application.status) in EDITABLE else "Kopia ośrodka"
    lines = (
        application.organisation.name,
        *unit,
        f"Wniosek {application.number}",
        f"{state}, stan na {long_date(moment.date())}, {moment.hour}:{moment.minute:02}",
        *_unconfirmed(application),
    )
    # The same copy is printed once a day: the hour of the first print is as true as a later one.
    kept_lines = tuple(line.replace(f", {moment.hour}:{moment.minute:02}", "") for line in lines)
    paper = filled_paper(rubric_of(application), application.centre_type, copy_of(application, "pl"), lines)
    content = render_form(replace(paper, kept_lines=kept_lines), engine=current_app.config["PDF_ENGINE"])
    return attachment(content, PDF, download_name(application, "pdf"))


def _unconfirmed(application: Application) -> tuple[str, ...]:
    """The answers that were carried over and that nobody has confirmed: on paper they look like all others."""
    answers = self_assessment.answers_of(application)
    waiting = [
        one.id for one in rubric_of(application).criteria if one.id in answers and answers[one.id].carried_from_id
    ]
    return (f"Przeniesione z wcześniejszego wniosku, jeszcze niepotwierdzone: {', '.join(waiting)}",) if waiting else ()
