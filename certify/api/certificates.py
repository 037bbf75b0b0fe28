"""The public register: certificates with today's status, the whole of it at once, and the mark of its history."""

import gzip
import json
import textwrap
from typing import Any

from flask import Response, current_app, render_template, request
from flask_babel import gettext

from certify.api.operation import Blueprint, operation
from certify.api.paging import decoded, encoded, page_of
from certify.api.schemas import certificates as shapes
from certify.domain.errors import NotFound
from certify.domain.validity import Validity
from certify.models.certificate import Certificate
from certify.queries import certificates as queries
from certify.queries import register as register_queries
from certify.queries.register import Edition
from certify.web.access import PUBLIC
from certify.web.downloads import certificate_response
from certify.web.formats import date_text
from certify.web.words import VALIDITY

bp = Blueprint("certificates", __name__, "The public register of certificates.")

# Where the application keeps the last edition: (edition, as it is, packed).
_KEPT = "certify.register"
UNKNOWN = {404: ("certificate_not_found",)}


@operation(
    bp,
    "GET",
    "/certificates",
    PUBLIC,
    query=shapes.CertificateQuery,
    answer=page_of(shapes.CertificateAnswer),
    errors={422: ("bad_cursor", "not_a_choice")},
)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """List certificates in Polish alphabetical order of their holders, whatever their status is."""
    last = decoded(query.pop("cursor"), str, int)
    found, end = queries.register_after(last, query.pop("limit"), **query)
    return {"items": [shapes.shown(one) for one in found], "next": encoded(end)}


@operation(bp, "GET", "/certificates/<path_number>", PUBLIC, answer=shapes.CertificateAnswer, errors=UNKNOWN)
def show(path_number: str) -> dict[str, Any]:
    """Read one certificate: its number with `-` for `/`; other ways of writing it find it too."""
    return shapes.shown(queries.by_number(path_number))


@operation(
    bp,
    "GET",
    "/certificates/<path_number>/pdf",
    PUBLIC,
    binary="application/pdf",
    errors={
        404: ("certificate_not_found", "certificate_file_missing"),
        503: ("blob_missing", "blob_damaged", "storage_unavailable"),
    },
)
def pdf(path_number: str) -> Response:
    """Read the very file that was issued; an entry from before this register has none."""
    return certificate_response(queries.by_number(path_number), save=True)


@operation(bp, "GET", "/certificates/<path_number>/badge.svg", PUBLIC, binary="image/svg+xml", errors=UNKNOWN)
def badge(path_number: str) -> Response:
    """Read a picture of its status of today, for the holder's own pages; its words are in your language."""
    found = queries.by_number(path_number)
    status = queries.validity(found)
    picture = render_template(
        "public/badge.svg",
        title="".join(_lines(found.title, 42, 1)),
        holder=_lines(f"{found.holder_name}, {found.unit_name}".removesuffix(", "), 38, 3),
        number=found.number,
        warning=gettext("Example, not valid") if current_app.config["DEMO"] else "",
        status=status.value,
        word=VALIDITY[status],
        term=_term(found, status),
    )
    return Response(picture, mimetype="image/svg+xml")


def _lines(text: str, width: int, most: int) -> list[str]:
    """The text in lines that fit into the picture in every font; what is too long ends in an ellipsis."""
    return textwrap.wrap(text, width, max_lines=most, placeholder="…")


def _term(found: Certificate, status: Validity) -> str:
    if found.valid_until is None:
        return ""
    day = date_text(found.valid_until)
    if status in {Validity.VALID, Validity.EXPIRING}:
        return gettext("until %(date)s", date=day)
    return day if status is Validity.EXPIRED else ""


@operation(bp, "GET", "/register.json", PUBLIC, answer=shapes.RegisterAnswer)
def register() -> Response:
    """Read the whole register. Ask again with `If-None-Match`: while nothing changes there is nothing to read."""
    edition = register_queries.edition()
    packed = request.accept_encodings.quality("gzip") > 0
    tag = _tag(edition) + (":gzip" if packed else "")
    response = Response(status=304) if request.if_none_match.contains(tag) else _whole(edition, packed)
    response.set_etag(tag)
    return response


def _tag(edition: Edition) -> str:
    return f"{edition.on:%Y%m%d}-{edition.entries}-{edition.last_entry}-{edition.last_event}"


def _whole(edition: Edition, packed: bool) -> Response:
    """The register, made once for each edition: anybody may ask for it as often as they like."""
    kept: tuple[Edition, bytes, bytes] | None = current_app.extensions.get(_KEPT)
    if kept is None or kept[0] != edition:
        plain = _written(edition)
        kept = edition, plain, gzip.compress(plain, mtime=0)
        current_app.extensions[_KEPT] = kept
    response = Response(kept[2] if packed else kept[1], mimetype="application/json")
    if packed:
        response.content_encoding = "gzip"
    return response


def _written(edition: Edition) -> bytes:
    items = [shapes.shown(one, edition.on) for one in register_queries.entries()]
    answer = shapes.RegisterAnswer().dump({"on": edition.on, "count": len(items), "items": items})
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


@operation(bp, "GET", "/register/checkpoint", PUBLIC, answer=shapes.CheckpointAnswer, errors={404: ("not_found",)})
def checkpoint() -> dict[str, Any]:
    """Read the head of the history's hash chain, to be kept and compared later; it is not signed."""
    found = register_queries.head()
    if found is None:
        raise NotFound
    return {"position": found.id, "head": found.hash, "at": found.at}
