"""The library of evidence on the pages: files come in, a piece gets its passport, and one sees what leans on it."""

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, cast

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from certify import storage
from certify.domain.errors import CertifyError, Invalid, NotFound
from certify.domain.freshness import months_covered
from certify.filecheck import EXTENSIONS
from certify.http_errors import status_of, wants_json
from certify.models.evidence import Evidence
from certify.queries import evidence as evidence_queries
from certify.queries import library as queries
from certify.queries.rubrics import rubric_of
from certify.sentences import fault_sentence, sentence
from certify.timing import today
from certify.web.access import SIGNED_IN, access, actor, body_limit, keeps_text
from certify.web.answers import CENTRE
from certify.web.downloads import evidence_response
from certify.web.evidence import FILE_FAULTS, bp, waits
from certify.web.evidence_tiles import can_be_shown, kind_titles, tile
from certify.web.forms import chosen
from certify.web.passport_form import PassportForm, changed_by_others, data_of, form_of, show_faults
from certify.workflows import evidence as evidence_verbs
from certify.workflows import library as verbs

# Ten files of full size and the envelope; a script sends one file a request.
UPLOADS_LIMIT = 252 * 2**20
READ_AT_ONCE = 64 * 1024
# In the filter by kind: pieces that have none yet. No kind of a standard can be called so.
UNDESCRIBED = "-"
# A picture that is small enough to stand in a list as it is.
THUMBNAIL = 600_000


@bp.get("/evidence")
@access(*CENTRE)
def library() -> str:
    """All evidence of the person's centres: add files, see what is old or not described, and months without proof."""
    return _library()


@bp.post("/evidence")
@access(*CENTRE)
@body_limit(UPLOADS_LIMIT)
@keeps_text
def upload() -> Response | tuple[str, int]:
    """Take one file or several; each is kept or refused by itself, and a script gets the answer for its one file."""
    files = [one for one in request.files.getlist("file") if one.filename]
    if not files:
        if wants_json():
            raise Invalid({"file": "file_missing"})
        return _library([("", sentence("file_missing"))]), 422
    if wants_json():
        made = _upload(files[0])
        return jsonify(ok=True, id=made.id, name=made.title, url=_page_of(made.id))
    refused: list[tuple[str, str]] = []
    worst = 0
    added: list[Evidence] = []
    for one in files:
        try:
            added.append(_upload(one))
        except FILE_FAULTS as error:
            refused.append((one.filename or "", _said(error)))
            worst = max(worst, status_of(error))
    if added:
        flash(ngettext("%(num)d file is added.", "%(num)d files are added.", len(added)), "success")
    if refused:
        return _library(refused), worst
    return redirect(url_for("evidence.library"), 303)


@bp.get("/evidence/pieces/<id:evidence_id>")
@access(*CENTRE)
def piece(evidence_id: int) -> str:
    """One piece: what it is, its passport, its files, what leans on it."""
    return _piece(evidence_id)


@bp.post("/evidence/pieces/<id:evidence_id>/passport")
@access(*CENTRE)
@keeps_text
def describe(evidence_id: int) -> Response | tuple[str, int]:
    """Write the passport."""
    form = PassportForm()

    def act() -> str:
        verbs.describe(actor(), evidence_id, data_of(form), version=form.seen)
        return gettext("The passport is saved.")

    return _acted(evidence_id, act, form)


@bp.post("/evidence/pieces/<id:evidence_id>/revisions")
@access(*CENTRE)
@body_limit(UPLOADS_LIMIT)
@keeps_text
def revise(evidence_id: int) -> Response | tuple[str, int]:
    """Add a newer file."""

    def act() -> str:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise Invalid({"file": "file_missing"})
        made = verbs.revise(actor(), evidence_id, cast(BinaryIO, file.stream), file.filename)
        said = gettext("The newer file is added. Submitted applications keep the file that they were submitted with.")
        return f"{said} {waits()}" if made.scan == "pending" else said

    return _acted(evidence_id, act)


@bp.post("/evidence/pieces/<id:evidence_id>/links")
@access(*CENTRE)
@keeps_text
def link_many(evidence_id: int) -> Response | tuple[str, int]:
    """Attach the piece to all ticked criteria of one application."""

    def act() -> str:
        ticked = request.form.getlist("criteria")
        pages = {criterion: request.form.get(f"pages-{criterion}", "") for criterion in ticked}
        verbs.link_many(actor(), evidence_id, chosen(request.form.get("application")), pages)
        count = len(pages)
        return ngettext("Attached to %(num)d criterion.", "Attached to %(num)d criteria.", count)

    return _acted(evidence_id, act)


@bp.post("/evidence/pieces/<id:evidence_id>/remove")
@access(*CENTRE)
@keeps_text
def remove(evidence_id: int) -> Response | tuple[str, int]:
    """Take the piece out of the library."""

    def act() -> str:
        version = chosen(request.form.get("version"))
        verbs.remove(actor(), evidence_id, version=version, with_links=request.form.get("with_links") == "y")
        return gettext("The piece is removed from the library.")

    return _acted(evidence_id, act, after=url_for("evidence.library"))


@bp.get("/evidence/<id:revision_id>/preview")
@access(SIGNED_IN)
def preview(revision_id: int) -> Response:
    """The file to look at, under the rule of the download: a PDF or a picture drawn anew; others are downloaded."""
    file = evidence_queries.revision(actor(), revision_id)
    if not can_be_shown(file):
        return redirect(url_for("evidence.download", revision_id=file.id), 303)
    return evidence_response(
        storage.open_verified(evidence_verbs.root(), file.sha256),
        filename=file.filename,
        media_type=file.media_type,
        size=file.size,
        inline=True,
    )


def _upload(file: FileStorage) -> Evidence:
    centres = list(actor().centres)
    given = chosen(request.form.get("organisation"))
    where = given if len(centres) > 1 else centres[0]
    return verbs.upload(actor(), where, cast(BinaryIO, file.stream), file.filename or "")


def _said(error: CertifyError) -> str:
    code = error.errors[0].code if isinstance(error, Invalid) else error.code
    return sentence(code, error.details.get("feature"))


def _page_of(evidence_id: int) -> str:
    return url_for("evidence.piece", evidence_id=evidence_id)


def _library(refused: list[tuple[str, str]] | None = None) -> str:
    who = actor()
    centres = queries.organisations(who)
    ids = tuple(one.id for one in centres)
    used = evidence_queries.uses(ids)
    kinds = kind_titles(queries.kinds(ids))
    ages = queries.age_rule_of(ids)
    found = evidence_queries.pieces(ids)
    tiles = []
    for one in found:
        item = tile(one, kinds, ages)
        small = item["show_url"] and one.current.media_type != "application/pdf" and one.current.size <= THUMBNAIL
        item |= {
            "uses": used.get(one.id, []),
            "preview_url": item["show_url"] if small else None,
            "asks": bool(one.current.traces) and one.names_people is None,
        }
        tiles.append(item)
    kind = _chosen_kind(kinds)
    of_kind = [one for one in found if kind is None or one.kind == kind]
    months = months_covered([queries.period_of(one) for one in of_kind], today(), ages.shown(kind or ""))
    return render_template(
        "evidence/library.html",
        pieces=tiles,
        centres=centres,
        extensions=EXTENSIONS,
        refused=refused or [],
        months=months,
        kinds=kinds,
        kind=kind,
        undescribed=UNDESCRIBED,
        empty_months=sum(1 for _, count in months if not count),
        stale=sum(1 for one in tiles if one["old"] or one["ended"]),
        asking=sum(1 for one in tiles if one["asks"]),
        infected=sum(1 for one in tiles if one["scan"] == "infected"),
        waiting=sum(1 for one in tiles if one["scan"] == "pending"),
    )


def _chosen_kind(kinds: Mapping[str, str]) -> str | None:
    """The kind to which the calendar is narrowed, "" for pieces without one; None for all, and for what is no kind."""
    wanted = request.args.get("kind", "")
    return "" if wanted == UNDESCRIBED else (wanted if wanted in kinds else None)


def _acted(
    evidence_id: int, act: Callable[[], str], form: PassportForm | None = None, after: str = ""
) -> Response | tuple[str, int]:
    """Call a verb; back to the page when it went well, the page with the fault when not."""
    # Who may not see the piece learns nothing from the faults of a form.
    queries.piece(actor(), evidence_id)
    try:
        done = act()
    except NotFound:
        raise
    except FILE_FAULTS as error:
        if wants_json():
            raise
        return _piece(evidence_id, error, form), status_of(error)
    flash(done, "success")
    return redirect(after or _page_of(evidence_id), 303)


def _piece(evidence_id: int, error: CertifyError | None = None, form: PassportForm | None = None) -> str:
    found = queries.piece(actor(), evidence_id)
    kinds = kind_titles(queries.kinds([found.organisation_id]))
    shown = form or form_of(found)
    shown.offer(kinds, found.kind)
    summary: list[tuple[str, str]] = []
    differing: list[tuple[str, str, str]] = []
    if error is not None and form is not None:
        differing = changed_by_others(form, found) if error.code == "stale_version" else []
        summary = show_faults(form, error, found.version)
    elif error is not None:
        summary = _fault_lines(error)
    return render_template(
        "evidence/piece.html",
        piece=found,
        tile=tile(found, kinds, queries.age_rule_of([found.organisation_id])),
        form=shown,
        summary=summary,
        differing=differing,
        revisions=[(one, evidence_queries.closed_because(actor(), one)) for one in reversed(found.revisions)],
        traces=[one for one in found.current.traces.split(",") if one],
        places=queries.places(found),
        sealed=queries.sealed_in(found),
        applications=[_offer(one.id, found.id, one) for one in queries.open_applications(found.organisation_id)],
        extensions=EXTENSIONS,
        text=_text_of(found),
    )


def _fault_lines(error: CertifyError) -> list[tuple[str, str]]:
    """Lines of the summary: what to jump to depends on which of the page's forms was sent."""
    target = {"evidence.revise": "file", "evidence.link_many": "links", "evidence.remove": "remove"}
    place = target.get(request.endpoint or "", "")
    faults = error.errors if isinstance(error, Invalid) else ()
    said = [fault_sentence(one, error.details.get("feature")) for one in faults] or [_said(error)]
    return [(place, one) for one in dict.fromkeys(said)]


def _offer(application_id: int, evidence_id: int, application: Any) -> dict[str, Any]:
    """An open application with its criteria by area, and where the piece hangs already."""
    rubric = rubric_of(application)
    here = queries.linked_criteria(application_id, evidence_id)
    asked = rubric.criteria_for(application.centre_type)
    return {
        "id": application_id,
        "number": application.number,
        "areas": [(area, [(one, one.id in here) for one in area.criteria if one in asked]) for area in rubric.areas],
    }


def _text_of(found: Evidence) -> str:
    """The beginning of a plain text, to be read on the page itself."""
    file = found.current
    if not file.media_type.startswith("text/") or evidence_queries.closed_because(actor(), file):
        return ""
    with storage.open_verified(evidence_verbs.root(), file.sha256) as stream:
        content = stream.read(READ_AT_ONCE)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        # A letter that was cut in two at the end is still UTF-8.
        cut = fault.start > len(content) - 4 and len(content) == READ_AT_ONCE
        return content[: fault.start].decode("utf-8-sig") if cut else content.decode("cp1250", "replace")
