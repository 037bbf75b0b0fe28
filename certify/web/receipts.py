"""The receipt of a submission as a PDF, printed from the seal whenever the centre or the office asks."""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app
from flask_babel import force_locale

from certify.domain.errors import NotFound
from certify.domain.rubric import Criterion, Rubric
from certify.models.application import Application, Submission
from certify.pdf_receipt import ReceiptFace, ReceiptFile, ReceiptLine, render_receipt
from certify.queries import cases, supplements
from certify.queries.rubrics import rubric_of
from certify.timing import WARSAW
from certify.web.access import access, actor
from certify.web.answer_form import Draft, sealed
from certify.web.applications import CENTRE
from certify.web.cases import OFFICE, bp
from certify.web.differences import level_words
from certify.web.downloads import HEADERS, content_disposition
from certify.web.formats import date_text, size


@bp.get("/cases/<id:case_id>/submissions/<id:submission>/receipt.pdf")
@access(*CENTRE, *OFFICE)
def receipt_pdf(case_id: int, submission: int) -> Response:
    """The receipt of one submission of the case, by its number."""
    application = cases.get(actor(), case_id)
    found = next((one for one in supplements.submissions_of(application) if one.number == submission), None)
    if found is None:
        raise NotFound
    # The paper is for the file of the case, so it is in Polish whatever language the person reads the pages in.
    with force_locale("pl"):
        face = _face(application, found)
    content = render_receipt(face, engine=current_app.config["PDF_ENGINE"])
    name = f"potwierdzenie-{application.number.replace('/', '-')}-{found.number}.pdf"
    response = Response(content, content_type="application/pdf", headers=HEADERS)
    response.headers["Content-Disposition"] = content_disposition(name)
    return response


def _face(application: Application, submission: Submission) -> ReceiptFace:
    rubric = rubric_of(application)
    asked = set(rubric.criteria_for(application.centre_type))
    drafts = sealed(submission.content)
    local = submission.sealed_at.astimezone(WARSAW)
    return ReceiptFace(
        number=application.number,
        submission=submission.number,
        holder=application.organisation.name,
        unit=None if application.unit.is_main else application.unit.name,
        standard=f"{rubric.title.pl}, wersja {rubric.version}",
        sealed_at=f"{date_text(submission.sealed_at)}, {local:%H:%M:%S}",
        sealed_by=submission.sealed_by.name,
        sha256=submission.sha256,
        areas=tuple(
            (f"{area.id}. {area.title.pl}", lines)
            for area in rubric.areas
            if (lines := tuple(_line(rubric, one, drafts, submission.content) for one in area.criteria if one in asked))
        ),
        demo=bool(current_app.config["DEMO"]),
    )


def _line(rubric: Rubric, criterion: Criterion, drafts: Mapping[str, Draft], content: Mapping[str, Any]) -> ReceiptLine:
    draft = drafts.get(criterion.id, Draft())
    files = (
        ReceiptFile(one["title"], one["filename"], one["pages"], size(one["size"]), one["sha256"])
        for one in content["evidence"].get(criterion.id, ())
    )
    letters = sum(map(len, draft.narratives.values())) + len(draft.data.reason)
    return ReceiptLine(criterion.id, criterion.title.pl, level_words(rubric, draft), letters, tuple(files))
