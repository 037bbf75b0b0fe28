"""Every refusal becomes a status and a page, or `application/problem+json`, in this one place."""

import secrets
from collections.abc import Sequence
from urllib.parse import quote

from flask import Flask, Response, current_app, g, jsonify, make_response, redirect, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateError
from markupsafe import escape
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError
from werkzeug.routing import BuildError

from certify.db import db, refusal_of
from certify.domain import errors
from certify.security_log import note
from certify.sentences import SENTENCES, action_label, fault_sentence, sentence

STATUS: dict[type[errors.CertifyError], int] = {
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.WrongState: 409,
    errors.Conflict: 409,
    errors.Invalid: 422,
    errors.TooLarge: 413,
    errors.NotAccepted: 415,
    errors.Malformed: 400,
    errors.NotSignedIn: 401,
    errors.PreconditionMissing: 428,
    errors.Gone: 410,
    errors.Locked: 423,
    # The number that the tus protocol gives to a wrong checksum; HTTP itself has none for it.
    errors.Garbled: 460,
    errors.TooMany: 429,
    errors.Unavailable: 503,
    errors.StorageFull: 507,
}
HTTP_CODES = {
    400: "malformed_request",
    401: "login_required",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    410: "link_expired",
    413: "file_too_large",
    414: "address_too_long",
    415: "file_type_not_allowed",
    431: "address_too_long",
    429: "too_many_attempts",
    500: "internal_error",
    503: "busy",
}
RETRY_SECONDS = 5
# What somebody has to mend first, and what is over by itself in a moment.
NO_USE_TO_WAIT = frozenset({"blob_missing", "blob_damaged", "pdf_engine_missing", "render_failed"})
SOON = frozenset({"idempotency_in_progress"})
# The register is public: whoever asks for an entry that is not there may know it from a wrong address.
NO_SECRET = frozenset({"certificate_not_found", "certificate_file_missing"})


def status_of(error: errors.CertifyError) -> int:
    """The HTTP status of a refusal; the nearest listed parent counts."""
    if error.code == "busy":
        g.retry_after = str(RETRY_SECONDS)
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 422)


def is_api() -> bool:
    """True for a request to the HTTP API; its readable description is a page like others."""
    return request.path.startswith("/api/") and request.blueprint != "api_docs"


def wants_json() -> bool:
    """True when a script asks, not a person's browser."""
    if is_api():
        return True
    if request.headers.get("X-Requested-With", "").lower() == "autosave" or "Tus-Resumable" in request.headers:
        return True
    kinds = ("text/html", "application/json", "application/problem+json")
    return (request.accept_mimetypes.best_match(kinds) or "text/html") != "text/html"


def request_id() -> str:
    """The number that ties an error page to the log; always ours, so that nobody writes into the log."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return str(g.request_id)


def init_app(app: Flask) -> None:
    """Register the table."""
    app.before_request(_number_request)
    app.after_request(_say_when)
    app.register_error_handler(errors.CertifyError, refusal)
    app.register_error_handler(CSRFError, lambda error: answer(400, "csrf_failed"))
    app.register_error_handler(SecurityError, lambda error: answer(400, "host_not_allowed"))
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(IntegrityError, lambda error: refusal(refusal_of(error)))
    app.register_error_handler(DataError, _unfit)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(InternalServerError, _internal)


def answer(
    status: int,
    code: str,
    *,
    fields: tuple[errors.FieldError, ...] = (),
    allowed: tuple[str, ...] = (),
    source: str | None = None,
    retry_after: int | None = None,
    feature: object = None,
    typed: Sequence[tuple[str, str]] = (),
    link: str | None = None,
) -> Response:
    """The response for a refusal.

    `link` leads to what was asked for, where it is there already. `allowed` are the codes of actions possible now,
    in the status `source`; `feature` is what a file holds.
    """
    _note(status, code)
    feature = feature or _words_of_view(code) or ("api" if is_api() else None)
    # What is wrong with the fields is more useful than that something is wrong.
    parts = [fault_sentence(one, feature) for one in fields] or [sentence(code, feature)]
    text = " ".join(dict.fromkeys(parts))
    if wants_json():
        response = _problem(status, code, text, fields, allowed, source, feature, link)
    else:
        response = _page(status, code, text, allowed, typed, link)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _note(status: int, code: str) -> None:
    """What the security log is told of a refusal; what a verb refuses it tells by itself."""
    if status == 403:
        note("forbidden", why=code)
    elif code == "csrf_failed":
        csrf_noted()
    elif code == "too_many_requests":
        note("throttled", why=code)


def csrf_noted() -> None:
    """Tell the security log of a form without a good token, or from another server's page."""
    note("foreign_origin" if g.get("foreign_origin") else "csrf_failed")


def _number_request() -> None:
    request_id()


def _say_when(response: Response) -> Response:
    """A page that shows a busy moment beside its form says too when to come again."""
    if response.status_code == 503 and "retry_after" in g:
        response.headers["Retry-After"] = g.retry_after
    return response


def refusal(error: errors.CertifyError, typed: Sequence[tuple[str, str]] = ()) -> Response:
    """The response for a refusal of ours; `typed` are texts (label, text) that the page gives back to be copied."""
    db.session.rollback()
    status = status_of(error)
    if is_api() and error.code == "stale_version":
        # A program names the version that it saw in a header of its own (If-Match), so that is what failed.
        status = 412
    retry = error.details.get("retry_after")
    if (isinstance(error, errors.Unavailable) and error.code not in NO_USE_TO_WAIT) or error.code in SOON:
        retry = retry or RETRY_SECONDS
    return answer(
        status,
        # What is missing and what is foreign must look the same, so the finer codes stay inside.
        "not_found" if status == 404 and error.code not in NO_SECRET else error.code,
        feature=error.details.get("feature"),
        fields=error.errors if isinstance(error, errors.Invalid) else (),
        allowed=error.allowed if isinstance(error, errors.WrongState) else (),
        source=error.status if isinstance(error, errors.WrongState) else None,
        retry_after=retry if isinstance(retry, int) else None,
        typed=typed,
        link=str(error.details["link"]) if "link" in error.details else None,
    )


def _database(error: OperationalError) -> Response:
    db.session.rollback()
    current_app.logger.error("database: %r, request %s", str(error.orig), request_id())
    return answer(503, "busy", retry_after=RETRY_SECONDS)


def _unfit(error: DataError) -> Response:
    """PostgreSQL refuses what slipped through, such as a NUL in a field that only has a few allowed values."""
    db.session.rollback()
    return answer(422, "bad_text")


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    # A redirect is an exception too: a path without its last slash, for example.
    if status < 400:
        return make_response(error.get_response())
    if status == 404 and (right := _without_slash()):
        return right
    code = HTTP_CODES.get(status, "malformed_request" if status < 500 else "internal_error")
    if status == 413 and _is_upload():
        note("upload_refused", why=code)
    elif status == 413:
        code = "too_large"
    if status == 429:
        code = "too_many_requests"
    response = answer(status, code)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
            response.headers[name] = value
    return response


def _without_slash() -> Response | None:
    """The way to the same address without a slash at its end, when there is one; always a path of this server."""
    path = "/" + request.path.strip("/")
    adapter = current_app.create_url_adapter(request)
    if request.routing_exception is None or path == request.path or adapter is None:
        return None
    try:
        adapter.match(path)
    except HTTPException:
        return None
    query = request.query_string.decode("latin-1")
    return make_response(redirect(quote(path) + (f"?{query}" if query else ""), 308))


def _words_of_view(code: str) -> str | None:
    """How the view that was asked refuses, where it has words of its own for this code (`web.access.says`)."""
    words = getattr(current_app.view_functions.get(request.endpoint or ""), "words", "")
    return words if f"{code}.{words}" in SENTENCES else None


def _is_upload() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return hasattr(view, "body_limit")


def _internal(error: InternalServerError) -> Response:
    db.session.rollback()
    # Flask has logged the trace; this line ties it to the number on the page.
    current_app.logger.error("the error above has the number %s", request_id())
    return answer(500, "internal_error")


def _problem(
    status: int,
    code: str,
    text: str,
    fields: tuple[errors.FieldError, ...],
    allowed: tuple[str, ...],
    source: str | None,
    feature: object,
    link: str | None = None,
) -> Response:
    if is_api() and code == "invalid" and fields:
        # A program branches on one code: that of the first fault; the others stand in `errors`.
        code = fields[0].code
    body: dict[str, object] = {
        "type": "about:blank",
        "status": status,
        "code": code,
        "title": sentence(code, feature),
        "detail": text,
        "sentence": text,
        "errors": [{"field": one.field, "code": one.code, "sentence": fault_sentence(one, feature)} for one in fields],
        "request_id": request_id(),
    }
    if allowed or (source and is_api()):
        body["allowed"] = list(allowed)
    if source and is_api():
        body["from"] = source
    if link:
        body["link"] = link
    response = jsonify(body)
    response.status_code = status
    response.mimetype = "application/problem+json"
    if status == 401 and is_api():
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _page(
    status: int,
    code: str,
    text: str,
    allowed: tuple[str, ...],
    typed: Sequence[tuple[str, str]] = (),
    link: str | None = None,
) -> Response:
    try:
        html = render_template(
            "errors/error.html",
            status=status,
            code=code,
            sentence=text,
            link=link,
            allowed=[action_label(name) for name in allowed],
            typed=typed,
            request_id=request_id(),
        )
    except (TemplateError, BuildError, RuntimeError, SQLAlchemyError):
        # Without a known host, a database or a sound template the person still gets the sentence.
        current_app.logger.exception("the error page itself failed, request %s", request_id())
        html = _bare_page(status, text)
    return make_response(html, status)


def _bare_page(status: int, text: str) -> str:
    title = gettext("Something went wrong on our side") if status >= 500 else text
    return (
        f'<!doctype html><html lang="pl"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body><main><h1>{escape(title)}</h1><p>{escape(text)}</p><p>{escape(request_id())}</p></main></body></html>"
    )
