"""Work away from the service: the self-assessment as a file, and the file back with each difference to be judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from certify import exchange as files
from certify import storage
from certify.domain.errors import CertifyError, Conflict, FieldError, Invalid, TooLarge, Unavailable, WrongState
from certify.domain.lifecycle import EDITABLE, Status
from certify.domain.rubric import Criterion, Rubric
from certify.exchange import Content, Copy, Reply
from certify.exchange_xlsx import parts_of, to_xlsx
from certify.exchange_xlsx_read import WORKBOOKS, from_xlsx
from certify.filecheck_office import XLSX
from certify.http_errors import answer, status_of
from certify.i18n import language
from certify.models.application import Application
from certify.queries import cases
from certify.queries import exchange as queries
from certify.queries.rubrics import rubric_of
from certify.sentences import fault_sentence, sentence
from certify.timing import now
from certify.web.access import access, actor, body_limit, keeps_text
from certify.web.answer_form import Draft, slug, typed
from certify.web.applications import CENTRE, own_case
from certify.web.case_parts import case_head
from certify.web.differences import compared
from certify.web.downloads import content_disposition
from certify.web.exchange_words import workbook_words
from certify.web.forms import chosen, visible
from certify.workflows import exchange as verbs
from certify.workflows.answers import drafting
from certify.workflows.evidence import root
from certify.workflows.exchange import Proposal, State, Taken

bp = Blueprint("exchange", __name__, url_prefix="/cases/<id:case_id>")

# The file and the envelope of the form; the texts of the file as a form, each letter in up to four bytes.
UPLOAD_LIMIT = files.MAX_FILE + 64 * 1024
CONFIRM_LIMIT = 8 * 2**20
SHOWN_FAULTS = 50


@bp.get("/exchange")
@access(*CENTRE)
def show(case_id: int) -> str:
    """What can be taken along, and where a file comes back."""
    return _show_page(own_case(case_id))


def _show_page(application: Application, faults: Sequence[str] = ()) -> str:
    return render_template(
        "exchange/show.html",
        head=case_head(actor(), application, cases.facts(application), gettext("File and print")),
        case=application,
        rubric=rubric_of(application),
        editable=Status(application.status) in EDITABLE,
        faults=faults,
    )


def download_name(application: Application, extension: str) -> str:
    """The name of a file about the case, safe on every system."""
    word = gettext("self-assessment")
    return f"{word}-{application.number.replace('/', '-')}.{extension}"


def attachment(content: bytes, media_type: str, filename: str) -> Response:
    """Bytes that a browser saves; a draft is nobody else's business, so nothing on the way keeps it."""
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = content_disposition(filename)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.get("/exchange.json")
@access(*CENTRE)
def export_json(case_id: int) -> Response:
    """The living copy for programs."""
    application = own_case(case_id)
    content = files.to_json(queries.copy_of(application, language()))
    return attachment(content, "application/json", download_name(application, "json"))


@bp.get("/exchange.xlsx")
@access(*CENTRE)
def export_xlsx(case_id: int) -> Response:
    """The living copy as a workbook, a sheet per area."""
    application = own_case(case_id)
    parts = parts_of(rubric_of(application), application.centre_type, language())
    content = to_xlsx(queries.copy_of(application, language()), parts, workbook_words())
    return attachment(content, XLSX, download_name(application, "xlsx"))


@bp.post("/exchange")
@access(*CENTRE)
@body_limit(UPLOAD_LIMIT)
def compare(case_id: int) -> AnyResponse:
    """Read a file and show each difference; nothing is kept of the file and nothing is written."""
    application = own_case(case_id)
    drafting(actor(), application)
    try:
        copy = _uploaded()
        found = verbs.proposals(application, copy)
    except (WrongState, Unavailable):
        raise
    except CertifyError as error:
        faults = error.errors if isinstance(error, Invalid) else (FieldError("file", error.code),)
        return make_response(_show_page(application, fault_lines(faults, error)), status_of(error))
    return make_response(_compare_page(application, copy, found))


@bp.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> AnyResponse:
    """A file over the limit is refused before it is read; the page says so."""
    if request.endpoint != "exchange.compare":
        return answer(413, "too_large")
    application = own_case((request.view_args or {})["case_id"])
    fault = TooLarge("file_too_large", limit=files.MAX_FILE)
    return make_response(_show_page(application, [sentence(fault.code)]), status_of(fault))


def fault_lines(faults: Sequence[FieldError], error: CertifyError) -> list[str]:
    """A sentence for each fault of a file, its place before it."""
    lines = []
    for one in faults[:SHOWN_FAULTS]:
        said = fault_sentence(one, error.details.get("feature"))
        lines.append(said if one.field == "file" else f"{visible(one.field)}: {said}")
    return lines


def _uploaded() -> Copy:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid({"file": "file_missing"})
    with storage.receive(file.stream, root(), files.MAX_FILE) as incoming:  # type: ignore[arg-type]
        raw = incoming.path.read_bytes()
        # What a file is, its first bytes say better than its name.
        return from_xlsx(incoming.path) if raw.startswith(WORKBOOKS) else files.from_json(raw)


def _compare_page(
    application: Application, copy: Copy, found: Sequence[Proposal], faults: Sequence[tuple[str, str]] = ()
) -> str:
    rubric = rubric_of(application)
    lists: dict[State, list[dict[str, Any]]] = {state: [] for state in State}
    for one in found:
        lists[one.state].append(_card(rubric, one))
    return render_template(
        "exchange/compare.html",
        head=case_head(actor(), application, cases.facts(application), gettext("What changes")),
        case=application,
        copy=copy,
        foreign=copy.application != application.number,
        changed=lists[State.CHANGED],
        conflicts=lists[State.CONFLICT],
        refused=lists[State.REFUSED],
        unchanged=lists[State.UNCHANGED],
        faults=faults,
    )


def _card(rubric: Rubric, one: Proposal) -> dict[str, Any]:
    criterion = one.criterion
    if criterion is None:
        return {"id": visible(one.reply.criterion), "title": "", "faults": _places(one)}
    return {
        "id": criterion.id,
        "slug": slug(criterion),
        "title": criterion.title.get(language()),
        "criterion": criterion,
        "draft": _draft(one.theirs, one.seen),
        "both": one.state is State.CONFLICT,
        "pairs": _pairs(rubric, criterion, one.mine, one.theirs),
        "who": one.saved.saved_by.name if one.saved else "",
        "at": one.saved.saved_at if one.saved else None,
        "faults": _places(one),
        "take": request.form.get(f"{slug(criterion)}-take", ""),
    }


def _places(one: Proposal) -> list[tuple[str, str]]:
    return [(visible(fault.place), sentence(fault.code)) for fault in one.faults[:SHOWN_FAULTS]]


def _draft(content: Content, version: int) -> Draft:
    points = "na" if content.not_applicable else "" if content.points is None else str(content.points)
    return Draft(points, content.reason, content.narratives, version)


def _pairs(rubric: Rubric, criterion: Criterion, mine: Content, theirs: Content) -> list[tuple[str, object, object]]:
    """The living answer and the file's, part by part; only parts that differ."""
    pairs = [
        (gettext("Level"), _level(rubric, mine), _level(rubric, theirs)),
        (gettext("Reason why it is not applicable"), mine.reason, theirs.reason),
    ]
    for one in criterion.indicators:
        texts = mine.narratives.get(one.id, ""), theirs.narratives.get(one.id, "")
        pairs.append((f"{one.id} {one.text.get(language())}", *texts))
    return [(label, *compared(left, visible(right))) for label, left, right in pairs if left != right]


def _level(rubric: Rubric, content: Content) -> str:
    if content.not_applicable:
        return gettext("not applicable")
    for level in rubric.scale.levels:
        if level.points == content.points:
            return f"{level.points} – {level.title.get(language())}"
    return gettext("no answer yet") if content.points is None else str(content.points)


@dataclass(frozen=True)
class Choice:
    """One criterion of the sent form: the file's answer, what the person saw of the living one, what was ticked."""

    criterion: Criterion
    draft: Draft
    both: bool
    take: str

    @property
    def reply(self) -> Reply:
        """The answer as if it came from the file again; what was a conflict stays one."""
        return Reply(self.criterion.id, content_of(self.draft), -1 if self.both else self.draft.version)


def content_of(draft: Draft) -> Content:
    """What a form holds, as a file would hold it."""
    data = draft.data
    narratives: Mapping[str, str] = {key: files.canonical(text) for key, text in data.narratives.items()}
    return Content(data.points, data.not_applicable, files.canonical(data.reason), narratives)


@bp.post("/exchange/confirm")
@access(*CENTRE)
@body_limit(CONFIRM_LIMIT)
@keeps_text
def confirm(case_id: int) -> AnyResponse:
    """Write what was chosen, all of it or nothing; whatever stands against it, the screen comes back whole."""
    application = own_case(case_id)
    drafting(actor(), application)
    sent = _sent(application)
    faults = [_choice_fault(one) for one in sent if one.take not in ({"file", "mine"} if one.both else {"file", ""})]
    if faults:
        return _again(application, sent, 422, faults)
    taken = [
        Taken(one.criterion.id, verbs.data_of(content_of(one.draft)), one.draft.version)
        for one in sent
        if one.take == "file"
    ]
    try:
        count = verbs.take_over(actor(), case_id, taken)
    except Invalid as error:
        return _again(own_case(case_id), sent, status_of(error), _invalid_lines(error))
    except Conflict as error:
        if error.code != "stale_version":
            raise
        return _again(own_case(case_id), sent, status_of(error), [_stale_line(error)])
    done = ngettext("%(num)d criterion is taken from the file.", "%(num)d criteria are taken from the file.", count)
    flash(done, "success")
    return redirect(url_for("answers.overview", case_id=case_id), 303)


def _sent(application: Application) -> list[Choice]:
    found = []
    for criterion in rubric_of(application).criteria_for(application.centre_type):
        start = slug(criterion)
        if f"{start}-seen" not in request.form:
            continue
        draft = typed(criterion)
        seen = chosen(request.form.get(f"{start}-seen"))
        draft = Draft(draft.points, draft.reason, draft.narratives, seen)
        both = request.form.get(f"{start}-both") == "1"
        found.append(Choice(criterion, draft, both, request.form.get(f"{start}-take", "")))
    return found


def _choice_fault(one: Choice) -> tuple[str, str]:
    code = "choice_unknown" if one.take else "choice_missing"
    return f"{slug(one.criterion)}-take", f"{one.criterion.id}: {sentence(code)}"


def _invalid_lines(error: Invalid) -> list[tuple[str, str]]:
    return [("", fault_sentence(one)) for one in error.errors]


def _stale_line(error: Conflict) -> tuple[str, str]:
    criterion = str(error.details["criterion"])
    said = gettext("%(id)s: somebody saved a newer answer. Nothing was written; choose once more.", id=criterion)
    return f"{criterion.replace('.', '-')}-take", said


def _again(
    application: Application, sent: Sequence[Choice], status: int, faults: Sequence[tuple[str, str]]
) -> AnyResponse:
    """The screen once more, made of what the form holds and of the living copy as it stands now."""
    copy = Copy(
        scheme=application.scheme,
        rubric_version=application.rubric_version.version,
        structure=application.rubric_version.structure_hash,
        application=application.number,
        exported_at=now(),
        replies=tuple(one.reply for one in sent),
    )
    found = verbs.proposals(application, copy)
    return make_response(_compare_page(application, copy, found, faults), status)
