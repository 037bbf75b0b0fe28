"""Evidence: files come into a library, get a passport and newer files, and hang on criteria."""

from typing import Any

from flask import Response

from certify import storage
from certify.api.answers import CENTRE, own_case
from certify.api.etags import seen_version, tagged
from certify.api.fields import MAX_ID, Choice, Query, QueryNumber
from certify.api.operation import PREFIX, Blueprint, operation
from certify.api.paging import PageQuery, decoded, encoded, page_of
from certify.api.schemas import evidence as shapes
from certify.api.uploads import Received, Upload
from certify.domain.errors import NotFound
from certify.domain.scopes import Scope
from certify.models.evidence import Evidence
from certify.queries import evidence as queries
from certify.queries import library as library_queries
from certify.queries.paging import page_after
from certify.queries.self_assessment import links_of
from certify.web.access import SIGNED_IN, actor
from certify.web.downloads import evidence_response
from certify.workflows import evidence as verbs
from certify.workflows import library

bp = Blueprint("evidence", __name__, "Evidence: the library of a centre, and what hangs on which criterion.")

# The file, what is said of it and the envelope.
LIMIT = verbs.MAX_FILE + 2 * 2**20
FILE_FAULTS: dict[int, tuple[str, ...]] = {
    415: ("file_type_not_allowed",),
    422: (
        "bad_filename",
        "file_empty",
        "file_type_mismatch",
        "file_damaged",
        "encrypted_file",
        "active_content",
        "archive_too_large",
        "archive_unsafe",
        "image_too_many_pixels",
        "image_damaged",
    ),
    503: ("storage_unavailable",),
    507: ("storage_full",),
}
PASSPORT_FAULTS = ("not_a_choice", "bad_date", "period_backwards")


class LibraryQuery(PageQuery):
    """Which pieces."""

    organisation_id = QueryNumber(1, MAX_ID, load_default=None, metadata={"description": "Only of this organisation."})


class FileQuery(Query):
    """Which file of a piece."""

    number = QueryNumber(
        1, MAX_ID, load_default=None, metadata={"description": "The newest that you may see, unless told."}
    )


class RemoveQuery(Query):
    """How a piece is taken out."""

    with_links = Choice(
        ["true", "false"],
        load_default="false",
        metadata={"description": "true: although criteria lean on it; they lose it."},
    )


@operation(
    bp,
    "GET",
    "/evidence",
    *CENTRE,
    scope=Scope.READ,
    query=LibraryQuery,
    answer=page_of(shapes.PieceAnswer),
    errors={422: ("bad_cursor",)},
)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """List the libraries of your centres, the newest piece first."""
    rows = library_queries.visible_to(actor())
    if query["organisation_id"] is not None:
        rows = rows.where(Evidence.organisation_id == query["organisation_id"])
    found, end = page_after(rows, (Evidence.id,), decoded(query["cursor"], int), query["limit"], down=True)
    ages = library_queries.age_rule_of(sorted(actor().centres))
    return {"items": [shapes.own(one, ages) for one in found], "next": encoded(end)}


@operation(
    bp,
    "POST",
    "/evidence",
    *CENTRE,
    scope=Scope.CENTRE,
    upload=Upload("file", LIMIT, shapes.PieceBody),
    answer=shapes.PieceAnswer,
    status=201,
    once=True,
    errors={
        **FILE_FAULTS,
        404: ("not_found",),
        409: ("evidence_in_library", "quota_exceeded", "not_editable", "criterion_not_open"),
        422: (*FILE_FAULTS[422], *PASSPORT_FAULTS, "place_unclear"),
    },
)
def create(sent: Received) -> Any:
    """Add a file to a library, or to a criterion and so to the library; with its passport, if you like."""
    made = _added(sent)
    told = {name: value for name, value in sent.meta.items() if name in shapes.PASSPORT}
    if told:
        library.describe(actor(), made.id, shapes.passport(made, told), version=made.version)
    shown, headers = _shown(made)
    return shown, {**headers, "Location": f"{PREFIX}/evidence/{made.id}"}


def _added(sent: Received) -> Evidence:
    meta = sent.meta
    if "organisation_id" in meta:
        return library.upload(actor(), meta["organisation_id"], sent.stream, sent.filename)
    said = verbs.Passport(meta.get("title", ""), meta.get("kind", ""), meta.get("pages", ""))
    return verbs.attach(actor(), meta["application_id"], meta["criterion"], sent.stream, sent.filename, said).evidence


@operation(bp, "GET", "/evidence/<id:evidence_id>", SIGNED_IN, scope=Scope.READ, answer=shapes.PieceAnswer)
def show(evidence_id: int) -> Any:
    """Read one piece: its centre whole, others the files that a submission names which they read."""
    piece, files = queries.readable(actor(), evidence_id)
    if piece.organisation_id in actor().centres:
        return _shown(piece)
    return shapes.sealed(piece, files)


def _shown(piece: Evidence) -> tuple[dict[str, Any], dict[str, str]]:
    ages = library_queries.age_rule_of([piece.organisation_id])
    return tagged({**shapes.own(piece, ages), "links": [shapes.link(one) for one in library_queries.links_of(piece)]})


@operation(
    bp,
    "PATCH",
    "/evidence/<id:evidence_id>",
    *CENTRE,
    scope=Scope.CENTRE,
    body=shapes.PassportBody,
    answer=shapes.PieceAnswer,
    versioned=True,
    errors={422: PASSPORT_FAULTS},
)
def change(body: dict[str, Any], evidence_id: int) -> Any:
    """Write the passport."""
    said = shapes.passport(library_queries.piece(actor(), evidence_id), body)
    return _shown(library.describe(actor(), evidence_id, said, version=seen_version(evidence_id)))


@operation(
    bp,
    "DELETE",
    "/evidence/<id:evidence_id>",
    *CENTRE,
    scope=Scope.CENTRE,
    query=RemoveQuery,
    status=204,
    versioned=True,
    errors={409: ("evidence_sealed", "evidence_in_use"), 422: ("not_a_choice",)},
)
def remove(query: dict[str, Any], evidence_id: int) -> Response:
    """Take a piece out of the library for good."""
    with_links = query["with_links"] == "true"
    library.remove(actor(), evidence_id, version=seen_version(evidence_id), with_links=with_links)
    return Response(status=204)


@operation(
    bp,
    "POST",
    "/evidence/<id:evidence_id>/revisions",
    *CENTRE,
    scope=Scope.CENTRE,
    upload=Upload("file", LIMIT),
    answer=shapes.PieceAnswer,
    status=201,
    once=True,
    errors={**FILE_FAULTS, 409: ("revision_unchanged", "quota_exceeded")},
)
def revise(sent: Received, evidence_id: int) -> Any:
    """Add a newer file; what was submitted keeps the one that it was submitted with."""
    library.revise(actor(), evidence_id, sent.stream, sent.filename)
    return _shown(library_queries.piece(actor(), evidence_id))


@operation(
    bp,
    "GET",
    "/evidence/<id:evidence_id>/content",
    SIGNED_IN,
    scope=Scope.READ,
    query=FileQuery,
    binary="*/*",
    errors={423: ("scan_pending", "malware_found"), 503: ("blob_missing", "blob_damaged")},
)
def content(query: dict[str, Any], evidence_id: int) -> Response:
    """Read a file as it is kept."""
    _, files = queries.readable(actor(), evidence_id)
    wanted = [one for one in files if query["number"] in {None, one.number}]
    if not wanted:
        raise NotFound
    file = queries.revision(actor(), wanted[-1].id)
    return evidence_response(
        storage.open_verified(verbs.root(), file.sha256),
        filename=file.filename,
        media_type=file.media_type,
        size=file.size,
    )


@operation(
    bp,
    "GET",
    "/applications/<id:application_id>/evidence-links",
    *CENTRE,
    scope=Scope.READ,
    answer=page_of(shapes.LinkAnswer),
)
def links(application_id: int) -> dict[str, Any]:
    """Read what hangs on the criteria of your own copy; `next` is always null."""
    found = links_of(own_case(application_id))
    return {"items": [shapes.link(one) for attached in found.values() for one in attached], "next": None}


@operation(
    bp,
    "POST",
    "/applications/<id:application_id>/evidence-links",
    *CENTRE,
    scope=Scope.CENTRE,
    body=shapes.LinkBody,
    answer=shapes.LinkAnswer,
    status=201,
    once=True,
    errors={409: ("evidence_already_attached", "quota_exceeded", "not_editable", "criterion_not_open")},
)
def link(body: dict[str, Any], application_id: int) -> Any:
    """Attach a piece of the library to a criterion."""
    made = verbs.link(actor(), application_id, body["criterion"], body["evidence_id"], pages=body["pages"])
    return shapes.link(made)


@operation(
    bp,
    "DELETE",
    "/applications/<id:application_id>/evidence-links/<id:link_id>",
    *CENTRE,
    scope=Scope.CENTRE,
    status=204,
    errors={409: ("not_editable", "criterion_not_open")},
)
def unlink(application_id: int, link_id: int) -> Response:
    """Take a piece off a criterion; it stays in the library, and in what was submitted."""
    verbs.detach(actor(), application_id, link_id)
    return Response(status=204)
