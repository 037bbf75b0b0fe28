"""Evidence on the pages: adding a file to a criterion, and the download; `library` adds the library's own pages."""

from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, cast

from flask import Blueprint, flash, request
from flask_babel import gettext
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wrappers import Response

from certify import storage
from certify.domain.errors import (
    CertifyError,
    Conflict,
    FieldError,
    Invalid,
    NotAccepted,
    NotFound,
    StorageFull,
    TooLarge,
    Unavailable,
    WrongState,
)
from certify.http_errors import answer
from certify.models.application import Application
from certify.queries import cases
from certify.queries import evidence as queries
from certify.queries.rubrics import rubric_of
from certify.web.access import SIGNED_IN, access, actor, body_limit, keeps_text
from certify.web.answers import CENTRE, Refusal, back_to, keep, refuse
from certify.web.downloads import evidence_response
from certify.web.forms import chosen, visible
from certify.web.kept_text import guard
from certify.workflows import evidence as verbs
from certify.workflows.answers import asked

bp = Blueprint("evidence", __name__)
guard(bp)

# The file, the answer's texts beside it and the envelope of the form.
UPLOAD_LIMIT = 27 * 2**20
# A browser shows the answer only when it could send all; so much of a too large request is read and thrown away.
DRAIN_LIMIT = 256 * 2**20
_CHUNK = 2**16
FILE_FAULTS = (Invalid, TooLarge, NotAccepted, StorageFull, Unavailable, Conflict)


@bp.post("/cases/<id:case_id>/evidence/<criterion_id>")
@access(*CENTRE)
@body_limit(UPLOAD_LIMIT)
@keeps_text
def attach(case_id: int, criterion_id: str) -> Response:
    """Save the answer, then check, store and attach the file."""
    return _with_answer(case_id, criterion_id, lambda: _attach(case_id, criterion_id))


@bp.post("/cases/<id:case_id>/evidence/<criterion_id>/link")
@access(*CENTRE)
@keeps_text
def link(case_id: int, criterion_id: str) -> Response:
    """Save the answer, then attach a piece of the library."""
    return _with_answer(case_id, criterion_id, lambda: _link(case_id, criterion_id))


@bp.post("/cases/<id:case_id>/evidence/<criterion_id>/detach")
@access(*CENTRE)
@keeps_text
def detach(case_id: int, criterion_id: str) -> Response:
    """Save the answer, then take a piece off the criterion; it stays in the library."""
    return _with_answer(case_id, criterion_id, lambda: _detach(case_id))


@bp.get("/evidence/<id:revision_id>")
@access(SIGNED_IN)
def download(revision_id: int) -> Response:
    """The file as an attachment, for those who may read it."""
    file = queries.revision(actor(), revision_id)
    return evidence_response(
        storage.open_verified(verbs.root(), file.sha256),
        filename=file.filename,
        media_type=file.media_type,
        size=file.size,
    )


@bp.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> Response:
    """The request was refused before it was read: the area's page says so, and all that was saved stands on it."""
    _drain()
    if request.endpoint != "evidence.attach":
        # Raised again inside a handler it would be nobody's, and the person would get a 500.
        return answer(413, "too_large")
    found = request.view_args or {}
    try:
        application, criterion_id = _place(found["case_id"], found["criterion_id"])
    except NotFound:
        # Nobody catches what a handler of errors raises.
        return answer(404, "not_found")
    fault = TooLarge("file_too_large", limit=verbs.MAX_FILE)
    return refuse(application.id, fault, Refusal(criterion_id, [FieldError("file", fault.code)]))


def _place(case_id: int, criterion_id: str) -> tuple[Application, str]:
    """The case and the criterion of the address, when the person has them; raises `NotFound`."""
    application = cases.get(actor(), case_id)
    return application, asked(rubric_of(application), application, criterion_id).id


def _drain() -> None:
    stream = cast(BinaryIO, request.environ["wsgi.input"])
    left = min(request.content_length or 0, DRAIN_LIMIT)
    with suppress(OSError, ClientDisconnected):
        while left > 0 and (chunk := stream.read(min(_CHUNK, left))):
            left -= len(chunk)


def _with_answer(case_id: int, criterion_id: str, act: Callable[[], str]) -> Response:
    """The buttons for evidence stand in the criterion's form: its text is kept first, whatever becomes of the file."""
    refused = keep(case_id, criterion_id)
    if refused is not None:
        return refused
    try:
        done = act()
    except WrongState:
        raise
    except FILE_FAULTS as error:
        return refuse(case_id, error, _refusal(criterion_id, error))
    flash(done, "success")
    return back_to(cases.get(actor(), case_id), criterion_id)


def _refusal(criterion_id: str, error: CertifyError) -> Refusal:
    """What was entered about the file is given back; the file itself a browser makes everybody choose again."""
    field = "evidence_id" if request.endpoint == "evidence.link" else "file"
    faults = error.errors if isinstance(error, Invalid) else (FieldError(field, error.code),)
    typed = {name: visible(request.form.get(name, "")[:1000]) for name in ("title", "kind", "pages", "personal_data")}
    return Refusal(criterion_id, faults, fields=typed)


def _attach(case_id: int, criterion_id: str) -> str:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid({"file": "file_missing"})
    passport = verbs.Passport(
        title=request.form.get("title", ""),
        kind=request.form.get("kind", ""),
        pages=request.form.get("pages", ""),
        personal_data=request.form.get("personal_data") == "y",
    )
    made = verbs.attach(actor(), case_id, criterion_id, cast(BinaryIO, file.stream), file.filename, passport)
    if made.evidence.current.scan == "pending":
        return f"{gettext('The evidence is added and the answer is saved.')} {waits()}"
    return gettext("The evidence is added and the answer is saved.")


def waits() -> str:
    """What to add to a message when the scanner has not answered yet."""
    return gettext("The file waits for its malware check: until it is done, only you can open it.")


def _link(case_id: int, criterion_id: str) -> str:
    number = chosen(request.form.get("evidence_id"))
    if number < 1:
        raise Invalid({"evidence_id": "choice_unknown"})
    verbs.link(actor(), case_id, criterion_id, number)
    return gettext("The evidence from the library is added and the answer is saved.")


def _detach(case_id: int) -> str:
    verbs.detach(actor(), case_id, chosen(request.form.get("link_id")))
    return gettext("The evidence is taken off this criterion. It stays in the library.")
