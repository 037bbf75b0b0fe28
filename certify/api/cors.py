"""What pages of other sites may do with the API: read all that is public, and ask before they do (CORS).

Nothing here depends on a cookie or a token: an answer to somebody's token is never opened to other pages.
"""

from flask import Response, current_app, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from certify.http_errors import is_api
from certify.web.access import PUBLIC

_ASKABLE = "Accept-Language, Content-Type, If-None-Match"
_READABLE = "ETag, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After"
_DAY = "86400"


def preflight() -> Response | None:
    """Before each request: OPTIONS of an address is answered with its methods, to a page also whether it may ask."""
    refusal = request.routing_exception
    if request.method != "OPTIONS" or not is_api() or not isinstance(refusal, MethodNotAllowed):
        return None
    response = Response(status=204)
    response.headers["Allow"] = ", ".join(sorted({*(refusal.valid_methods or ()), "OPTIONS"}))
    wanted = request.headers.get("Access-Control-Request-Method", "")
    if _is_public(wanted):
        response.headers["Access-Control-Allow-Methods"] = wanted
        response.headers["Access-Control-Allow-Headers"] = _ASKABLE
        response.headers["Access-Control-Max-Age"] = _DAY
    return response


def _is_public(method: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    try:
        endpoint, _ = adapter.match(method=method) if adapter and method else ("", {})
    except HTTPException:
        return False
    return getattr(current_app.view_functions.get(endpoint), "policy", None) is PUBLIC


def open_to_pages(response: Response) -> bool:
    """After each request: whether the answer is the same for everybody, and then the headers that say so.

    Where there is no operation there is nothing to protect either, and a page should learn that its address is wrong.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    asked = response.headers.get("Access-Control-Allow-Methods")
    public = bool(asked) if request.method == "OPTIONS" else view is None or getattr(view, "policy", None) is PUBLIC
    if not public or g.get("actor") is not None:
        return False
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = _READABLE
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return True
