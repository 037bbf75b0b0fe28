"""The door of the API: the token, how often, the scope, the role; and what may be kept of an answer.

The one page whose work costs much is counted too, together with its operation.

Cookies are not looked at, so that no page in a browser can act through the API and no CSRF token is needed.
"""

from flask import Flask, Response, current_app, g, request, session
from flask_compress import Compress
from flask_limiter import ApplicationLimit, Limiter
from werkzeug.exceptions import Unauthorized

from certify.api import cors
from certify.domain.errors import Forbidden, NotSignedIn
from certify.domain.networks import counted
from certify.http_errors import is_api
from certify.queries.accounts import actor_of
from certify.security_log import note
from certify.timing import now
from certify.web.access import Policy
from certify.workflows.tokens import authenticate

_WAIT = "RateLimit-Wait"


def init_app(app: Flask) -> None:
    """Put the checks before every request of the API; call it after the check of the host and before all others."""
    # Not counted: whoever asks whether it may ask has not asked yet.
    app.before_request(cors.preflight)
    app.before_request(_look_at_token)
    # Registered before the limiter's, so that it runs after it and sees its headers.
    app.after_request(_finish)
    app.config.setdefault("RATELIMIT_HEADER_LIMIT", "RateLimit-Limit")
    app.config.setdefault("RATELIMIT_HEADER_REMAINING", "RateLimit-Remaining")
    app.config.setdefault("RATELIMIT_HEADER_RESET", "RateLimit-Reset")
    # Under another name, because it comes with every answer: see `_tidy_limits`.
    app.config.setdefault("RATELIMIT_HEADER_RETRY_AFTER", _WAIT)
    app.config.setdefault("RATELIMIT_HEADER_RETRY_AFTER_VALUE", "delta-seconds")
    usual = ApplicationLimit(_allowance, exempt_when=lambda: not is_api())
    dear = ApplicationLimit(_own_rate, scope="dear", exempt_when=lambda: not _own_rate())
    limiter = Limiter(key_func=_whose, application_limits=[usual, dear], headers_enabled=True)
    limiter.request_filter(lambda: not is_api() and not _own_rate())
    limiter.init_app(app)
    app.before_request(_check)
    app.config.setdefault("COMPRESS_REGISTER", False)
    app.config.setdefault("COMPRESS_ALGORITHM", ["gzip"])
    # What comes as a stream is a stored file: it arrives as it is kept, with its length.
    app.config.setdefault("COMPRESS_STREAMS", False)
    app.extensions["certify.compress"] = Compress(app)


def _look_at_token() -> None:
    """Read the token before the limit is counted, refuse it after: guesses count for the address they come from."""
    if not is_api():
        return
    g.actor, g.scopes, g.token_id, g.token_fault = None, frozenset(), None, None
    presented = request.headers.get("Authorization")
    if presented is None:
        return
    kind, _, secret = presented.partition(" ")
    try:
        if kind.lower() != "bearer":
            note("token_refused", why="not_a_token")
            raise NotSignedIn("token_invalid")
        token = authenticate(secret.strip())
    except NotSignedIn as refusal:
        g.token_fault = refusal
        return
    g.actor, g.scopes, g.token_id = actor_of(token.user), frozenset(token.scopes), token.id


def _whose() -> str:
    """Whose limit it is: a person's, with all their tokens together, or that of an address."""
    person = g.get("actor") if is_api() else None
    return f"person {person.user_id}" if person else f"address {counted(request.remote_addr)}"


def _allowance() -> str:
    return str(current_app.config["API_RATE" if g.get("token_id") else "API_RATE_PUBLIC"])


def _own_rate() -> str:
    """The narrower limit of an operation whose work costs much; empty for the others."""
    view = current_app.view_functions.get(request.endpoint or "")
    setting = getattr(view, "rate", "")
    return str(current_app.config[setting]) if setting else ""


def _check() -> None:
    if not is_api():
        return
    if g.token_fault is not None:
        raise g.token_fault
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return
    policy: Policy | None = getattr(view, "policy", None)
    if policy is not None and policy.public:
        return
    if g.actor is None:
        raise Unauthorized
    if not g.scopes & {scope.value for scope in getattr(view, "scopes", frozenset())}:
        raise Forbidden("scope_missing")
    if policy is None or not policy.admits(g.actor):
        raise Forbidden


def _finish(response: Response) -> Response:
    if not is_api():
        _tidy_limits(response)
        return response
    response.vary.update(("Authorization", "Accept-Language"))
    _tidy_limits(response)
    public = cors.open_to_pages(response)
    if public and request.method == "GET" and response.status_code < 400:
        # Kept, but asked for again each time: a list of standards or certificates must not be of yesterday.
        response.headers.setdefault("Cache-Control", "public, no-cache")
        _tag_by_content(response)
    else:
        response.headers.setdefault("Cache-Control", "private, no-store")
    # Flask-Login has looked into the session; no answer of ours depends on a cookie.
    session.accessed = False
    if response.status_code == 204:
        # Packed, nothing would become something.
        return response
    packed: Response = current_app.extensions["certify.compress"].after_request(response)
    return packed


def _tidy_limits(response: Response) -> None:
    """As the draft on RateLimit headers has it: seconds to go; and nobody has to come back later but who is told so.

    The limiter says of each answer when its window ends; what a refusal of another kind said comes first.
    """
    reset = response.headers.get("RateLimit-Reset", "")
    if reset.isdigit():
        response.headers["RateLimit-Reset"] = str(max(0, int(reset) - int(now().timestamp())))
    wait = response.headers.pop(_WAIT, None)
    if response.status_code == 429 and wait:
        response.headers["Retry-After"] = wait


def _tag_by_content(response: Response) -> None:
    """A public answer that has not changed is not sent again."""
    if (
        response.mimetype in {"application/json", "image/svg+xml"}
        and response.status_code == 200
        and not response.is_streamed
    ):
        if "ETag" not in response.headers:
            response.add_etag()
        response.make_conditional(request)
