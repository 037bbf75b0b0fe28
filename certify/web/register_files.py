"""The whole register as CSV and XLSX, for people with a spreadsheet; programs read `/api/v1/register.json`."""

from collections.abc import Callable
from threading import Lock

from flask import Blueprint, Response, current_app, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from certify import exchange_register as files
from certify.domain.errors import Unavailable
from certify.domain.voivodeships import VOIVODESHIPS
from certify.i18n import language
from certify.models.certificate import Certificate
from certify.queries import certificates
from certify.queries import register as queries
from certify.queries.register import Edition
from certify.web.access import PUBLIC, access
from certify.web.downloads import content_disposition
from certify.web.words import VALIDITY
from certify.workflows.certificates import verify_url

bp = Blueprint("register_files", __name__)

HEADS = {
    _l("Number"): 18, _l("Status today"): 16, _l("Holder"): 60, _l("Unit"): 40, _l("Address"): 50,
    _l("Voivodeship"): 22, _l("Certificate"): 30, _l("Grade"): 14, _l("Standard"): 40, _l("Version"): 10,
    _l("Issuer"): 40, _l("Decision"): 18, _l("Date of the decision"): 16, _l("Valid from"): 12,
    _l("Valid until"): 12, _l("Awarded"): 20, _l("Source"): 40, _l("Page in the register"): 60,
    _l("SHA-256 of the file"): 66,
}  # fmt: skip
TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
# Where the application keeps the files of the last edition: (kind, language) → (edition, bytes).
_KEPT = "certify.register_files"
# One process makes one file at a time; who comes meanwhile is told to come again, instead of waiting in a row.
_making = Lock()


@bp.get("/register.csv")
@access(PUBLIC)
def as_csv() -> Response:
    """The register as CSV; asked for again with its ETag, it is not sent while nothing changes."""
    return _answer("csv", files.as_csv)


@bp.get("/register.xlsx")
@access(PUBLIC)
def as_xlsx() -> Response:
    """The register as a workbook."""
    return _answer("xlsx", lambda heads, rows: files.as_xlsx(gettext("Register"), heads, [*HEADS.values()], rows))


def _answer(kind: str, write: Callable[[list[str], list[files.Row]], bytes]) -> Response:
    edition = queries.edition()
    tag = f"{edition.on:%Y%m%d}-{edition.entries}-{edition.last_entry}-{edition.last_event}-{kind}-{language()}"
    response = Response(mimetype=TYPES[kind], headers={"Cache-Control": "public, no-cache"})
    response.set_etag(tag)
    if not request.if_none_match.contains_weak(tag):
        response.set_data(_kept(kind, edition, write))
        response.headers["Content-Disposition"] = content_disposition(f"{gettext('register')}-{edition.on}.{kind}")
    return response.make_conditional(request)  # type: ignore[return-value]


def _kept(kind: str, edition: Edition, write: Callable[[list[str], list[files.Row]], bytes]) -> bytes:
    """The file, made once for each edition: anybody may ask for it as often as they like."""
    shelf: dict[tuple[str, str], tuple[Edition, bytes]] = current_app.extensions.setdefault(_KEPT, {})
    kept = shelf.get((kind, language()))
    if kept is None or kept[0] != edition:
        if not _making.acquire(blocking=False):
            raise Unavailable("busy")
        try:
            rows = [_row(one, edition) for one in queries.entries()]
            kept = edition, write([str(head) for head in HEADS], rows)
            shelf[kind, language()] = kept
        finally:
            _making.release()
    return kept[1]


def _row(one: Certificate, edition: Edition) -> files.Row:
    status = str(VALIDITY[certificates.validity(one, edition.on)])
    holder = (one.holder_name, one.unit_name, one.holder_address, VOIVODESHIPS.get(one.voivodeship, ""))
    standard = (one.title, one.grade, one.standard_title, one.standard_version, one.issuer_name)
    days = (one.decision_number, one.decision_date, one.valid_from, one.valid_until)
    more = (one.awarded, one.source, verify_url(one.path_number), one.pdf_sha256)
    return (one.number, status, *holder, *standard, *days, *more)
