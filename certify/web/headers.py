"""Headers of every answer (R39): what a browser may load, and what it may keep."""

from flask import Flask, Response, current_app, request
from flask_login import current_user

from certify.http_errors import is_api

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = "max-age=31536000; includeSubDomains"


def init_app(app: Flask) -> None:
    """Add the headers after every request; a view's own, stricter ones stay."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    # The API's answers depend on a token and not on a cookie: `api.gate` says who may keep them.
    if request.endpoint != "static" and not is_api():
        response.vary.add("Cookie")
        if request.method not in {"GET", "HEAD"} or response.status_code >= 400 or current_user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
    return response
