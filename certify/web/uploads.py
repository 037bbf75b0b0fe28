"""Resumable uploads for bad lines: tus 1.0 with creation, expiration, checksum and termination.

Errors are problem JSON with the tus headers. `show` is ours: what a finished upload became, which tus has no word for.
"""

import base64
import binascii
from contextlib import suppress
from datetime import datetime
from typing import BinaryIO, cast

from flask import Blueprint, jsonify, make_response, request, url_for
from werkzeug.exceptions import BadRequest, ClientDisconnected, PreconditionFailed, RequestEntityTooLarge
from werkzeug.http import http_date
from werkzeug.wrappers import Response

from certify.domain.errors import Conflict, Invalid, NotAccepted
from certify.domain.policy import Actor
from certify.http_errors import answer
from certify.models.evidence import Evidence
from certify.models.upload import Upload
from certify.queries import cases
from certify.queries import library as library_queries
from certify.queries import uploads as queries
from certify.queries.rubrics import rubric_of
from certify.web.access import access, actor, body_limit, reads_bytes
from certify.web.answers import CENTRE
from certify.web.forms import chosen
from certify.workflows import uploads as verbs
from certify.workflows.answers import asked
from certify.workflows.evidence import MAX_FILE, Passport

bp = Blueprint("uploads", __name__)

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
BYTES = "application/offset+octet-stream"
# Of the whole header; a title of 200 letters takes less than a tenth of it.
MAX_METADATA = 8_000
# Of a part that is refused so much is read and thrown away: more than our own page ever sends at once.
DRAIN_LIMIT = 2 * 2**20
_PIECE = 2**16


@bp.route("/evidence/uploads", methods=["OPTIONS"])
@access(*CENTRE)
def options() -> Response:
    """What this server can do."""
    response = _empty(204)
    response.headers["Tus-Extension"] = EXTENSIONS
    response.headers["Tus-Max-Size"] = str(MAX_FILE)
    response.headers["Tus-Checksum-Algorithm"] = ",".join(verbs.ALGORITHMS)
    return response


@bp.post("/evidence/uploads")
@access(*CENTRE)
def begin_in_library() -> Response:
    """Open an upload into the library of a centre."""
    _speak_tus()
    told = _metadata()
    centres = list(actor().centres)
    where = chosen(told.get("organisation")) if len(centres) > 1 else centres[0]
    return _begun(actor(), verbs.Place(where), told)


@bp.post("/cases/<id:case_id>/uploads/<criterion_id>")
@access(*CENTRE)
def begin(case_id: int, criterion_id: str) -> Response:
    """Open an upload that becomes evidence for a criterion."""
    application = cases.get(actor(), case_id)
    criterion = asked(rubric_of(application), application, criterion_id).id
    _speak_tus()
    return _begun(actor(), verbs.Place(application_id=case_id, criterion=criterion), _metadata())


@bp.get("/uploads/<upload_token>")
@access(*CENTRE)
def show(upload_token: str) -> Response:
    """How far the upload is (HEAD, for tus), and what it became (GET): the answer of the plain upload's script."""
    upload = queries.mine(actor(), upload_token)
    if request.method == "HEAD":
        _speak_tus()
    made = library_queries.piece(actor(), upload.evidence_id) if upload.evidence_id else None
    response = jsonify(**_told(upload, made))
    response.headers["Upload-Offset"] = str(upload.received)
    response.headers["Upload-Length"] = str(upload.length)
    response.headers["Upload-Expires"] = _moment(upload.expires_at)
    response.headers["Upload-Metadata"] = f"filename {base64.b64encode(upload.filename.encode()).decode()}"
    return response


@bp.patch("/uploads/<upload_token>")
@access(*CENTRE)
@body_limit(MAX_FILE)
@reads_bytes
def append(upload_token: str) -> Response:
    """Take one part; the answer to the last one means that the file is checked and kept."""
    queries.mine(actor(), upload_token)
    _speak_tus()
    if request.mimetype != BYTES:
        raise NotAccepted("unsupported_media_type")
    body = cast(BinaryIO, _Body(cast(BinaryIO, request.stream)))
    try:
        upload = verbs.append(actor(), upload_token, _number("Upload-Offset"), body, _checksum())
    except Conflict as error:
        if "current" not in error.details:
            raise
        refused = answer(409, error.code)
        refused.headers["Upload-Offset"] = str(error.details["current"])
        return refused
    response = _empty(204)
    response.headers["Upload-Offset"] = str(upload.received)
    response.headers["Upload-Expires"] = _moment(upload.expires_at)
    return response


@bp.delete("/uploads/<upload_token>")
@access(*CENTRE)
def end(upload_token: str) -> Response:
    """Give the upload up."""
    queries.mine(actor(), upload_token)
    _speak_tus()
    verbs.end(actor(), upload_token)
    return _empty(204)


@bp.after_request
def name_version(response: Response) -> Response:
    """Every answer says which protocol is spoken here."""
    response.headers["Tus-Resumable"] = VERSION
    response.headers["Tus-Version"] = VERSION
    return response


@bp.after_request
def read_to_the_end(response: Response) -> Response:
    """A browser hears of a refusal only when it could send all; else it takes the line for cut, and tries for ever."""
    left = DRAIN_LIMIT if request.method == "PATCH" and response.status_code >= 400 else 0
    with suppress(ClientDisconnected, OSError, RequestEntityTooLarge):
        while left > 0 and (chunk := request.stream.read(_PIECE)):
            left -= len(chunk)
    return response


@bp.errorhandler(PreconditionFailed)
def wrong_version(error: PreconditionFailed) -> Response:
    """Another version of the protocol, or none."""
    return answer(412, "tus_version_wrong")


class _Body:
    """The body as far as it comes: of a line that is cut, what has arrived is kept."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def read(self, size: int) -> bytes:
        with suppress(ClientDisconnected, OSError):
            # In small reads: a piece that is cut in its middle is lost to its beginning.
            return self.stream.read(min(size, _PIECE))
        return b""


def _speak_tus() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise PreconditionFailed


def _number(name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Invalid({name: "bad_number"})
    return int(text)


def _metadata() -> dict[str, str]:
    """The pairs of Upload-Metadata: key, space, text in UTF-8 and Base64."""
    header = request.headers.get("Upload-Metadata", "")
    if len(header) > MAX_METADATA:
        raise Invalid({"Upload-Metadata": "too_long"})
    found = {}
    for pair in filter(None, (one.strip() for one in header.split(","))):
        key, _, text = pair.partition(" ")
        try:
            found[key] = base64.b64decode(text, validate=True).decode()
        except (binascii.Error, ValueError):
            raise Invalid({"Upload-Metadata": "bad_text"}) from None
    return found


def _checksum() -> verbs.Checksum | None:
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, text = header.partition(" ")
    if algorithm not in verbs.ALGORITHMS:
        raise BadRequest
    try:
        return verbs.Checksum(algorithm, base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise BadRequest from None


def _begun(who: Actor, place: verbs.Place, told: dict[str, str]) -> Response:
    passport = Passport(
        title=told.get("title", ""),
        kind=told.get("kind", ""),
        pages=told.get("pages", ""),
        personal_data=told.get("personal_data") == "y",
    )
    upload = verbs.begin(who, place, told.get("filename", ""), _number("Upload-Length"), passport)
    response = _empty(201)
    response.headers["Location"] = url_for("uploads.show", upload_token=upload.token)
    response.headers["Upload-Offset"] = "0"
    response.headers["Upload-Expires"] = _moment(upload.expires_at)
    return response


def _told(upload: Upload, made: Evidence | None) -> dict[str, object]:
    where: dict[str, object] = {"ok": made is not None, "offset": upload.received, "length": upload.length}
    if made is None:
        return where
    return where | {"id": made.id, "name": made.title, "url": url_for("evidence.piece", evidence_id=made.id)}


def _empty(status: int) -> Response:
    response = make_response("", status)
    # Nothing is no page.
    del response.headers["Content-Type"]
    return response


def _moment(at: datetime) -> str:
    return http_date(at)
