"""Who may come in: every view declares its policy, one check before each request holds it (R8)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, Request, current_app, g, has_request_context, redirect, request, url_for
from flask_login import current_user
from werkzeug.exceptions import BadRequest, ClientDisconnected, SecurityError, Unauthorized
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from certify.config import LOOPBACK, StartRefused
from certify.domain.errors import Forbidden, Invalid
from certify.domain.policy import Actor, Role
from certify.http_errors import answer, is_api, wants_json
from certify.queries.accounts import actor_of
from certify.web import origin, signed_in
from certify.web.addresses import LateRule
from certify.web.origin import from_our_page
from certify.web.request_body import read_in_pieces, refuse_many_fields

TEXT_LIMIT = 200_000
_SURROGATE = re.compile("[\ud800-\udfff]")
_FORM_TYPES = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data"})
_IMPLIED = frozenset({"HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Policy:
    """Who may call a view: everybody, everybody who is signed in (no roles named), or holders of one of `roles`."""

    public: bool = False
    roles: frozenset[Role] = frozenset()

    def admits(self, who: Actor | None) -> bool:
        """True when the policy lets this person in; objects are checked by the queries."""
        if self.public:
            return True
        return who is not None and (not self.roles or who.has(*self.roles))


PUBLIC = Policy(public=True)
SIGNED_IN = Policy()
# Pages whose verbs pass every text through `workflows.texts`.
CHECKED_BY_VERBS = frozenset(
    {
        "answers",
        "applications",
        "audits",
        "cases",
        "decisions",
        "desk",
        "evidence",
        "organisations",
        "readiness",
        "reports",
    }
)
# Endpoints that Flask makes by itself.
GIVEN = {"static": PUBLIC}

View = TypeVar("View", bound=Callable[..., object])


def access(*who: Policy | Role) -> Callable[[View], View]:
    """Declare who may call a view: `@access(PUBLIC)`, `@access(SIGNED_IN)` or `@access(Role.COORDINATOR, …)`."""
    policies = [one for one in who if isinstance(one, Policy)]
    roles = frozenset(one for one in who if isinstance(one, Role))
    if len(policies) + bool(roles) != 1:
        raise TypeError("a view is for one policy, or for some roles")

    def declare(view: View) -> View:
        view.policy = policies[0] if policies else Policy(roles=roles)  # type: ignore[attr-defined]
        return view

    return declare


def body_limit(size: int) -> Callable[[View], View]:
    """Let this view take bodies of up to `size` bytes (uploads)."""

    def declare(view: View) -> View:
        view.body_limit = size  # type: ignore[attr-defined]
        return view

    return declare


def often(setting: str) -> Callable[[View], View]:
    """Let one address call this view only as often as the setting says (`api.gate` counts pages and API together)."""

    def declare(view: View) -> View:
        view.rate = setting  # type: ignore[attr-defined]
        return view

    return declare


def says(words: str) -> Callable[[View], View]:
    """Refuse in the words that this view has of its own: `code.words` of the sentences, where there is one."""

    def declare(view: View) -> View:
        view.words = words  # type: ignore[attr-defined]
        return view

    return declare


def reads_bytes(view: View) -> View:
    """For a view that reads its body as bytes and never as a form; it judges the kind of the body itself."""
    view.reads_bytes = True  # type: ignore[attr-defined]
    return view


def keeps_text(view: View) -> View:
    """For a view whose verb judges every text by itself, so that the form comes back with what was typed."""
    view.keeps_text = True  # type: ignore[attr-defined]
    return view


class IdConverter(BaseConverter):
    """A row's number in a path: `<id:application_id>`; what no database column can hold is not found."""

    # Nine digits fit every database's integer, and no table here comes near a thousand million rows.
    regex = "[1-9][0-9]{0,8}"

    def to_python(self, value: str) -> int:
        return int(value)


@dataclass(frozen=True)
class Route:
    """One line of the authorisation matrix."""

    rule: str
    method: str
    endpoint: str
    policy: Policy


def registry() -> tuple[Route, ...]:
    """Every route × method of the running application with its policy."""
    return routes(current_app)


def routes(app: Flask) -> tuple[Route, ...]:
    """Every route × method with its policy; raises `StartRefused` when one has none, or one view serves two methods."""
    found, faults = [], []
    for rule in app.url_map.iter_rules():
        # A view for one of the implied methods alone is a route of its own.
        methods = sorted((rule.methods or set()) - _IMPLIED) or sorted(rule.methods or set())
        policy = GIVEN.get(rule.endpoint) or getattr(app.view_functions[rule.endpoint], "policy", None)
        if policy is None:
            faults.append(f"The route {rule.rule} ({rule.endpoint}) does not say who may call it.")
        elif len(methods) != 1:
            faults.append(f"The route {rule.rule} ({rule.endpoint}) serves {', '.join(methods)}: one view, one method.")
        else:
            found.append(Route(rule.rule, methods[0], rule.endpoint, policy))
    if faults:
        raise StartRefused(*faults)
    return tuple(found)


def actor() -> Actor:
    """The signed-in person with today's rights; raises `Unauthorized` when nobody is signed in."""
    who = visitor()
    if who is None:
        raise Unauthorized
    return who


def visitor() -> Actor | None:
    """The signed-in person, read from the rows once a request; None for the public."""
    if not has_request_context():
        return None
    if "actor" not in g:
        g.actor = actor_of(current_user) if current_user.is_authenticated else None
    found: Actor | None = g.actor
    return found


def local_path(target: str | None) -> str | None:
    """`target` when it is a path on this server, else None: `next` never leads away (R39)."""
    if not target or not target.startswith("/") or len(target) > 2000:
        return None
    # Browsers read a backslash as a slash and skip tabs and line ends: "/\\evil.example" is another server.
    if target.startswith("//") or "\\" in target or any(ord(sign) < 0x21 or ord(sign) == 0x7F for sign in target):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else target


def init_app(app: Flask) -> None:
    """Put the checks before every request, in this order; the form is read only after the first four."""
    app.url_rule_class = LateRule
    app.url_map.converters["id"] = IdConverter
    app.before_request(_check_host)
    app.before_request(origin.check)
    app.before_request(_set_body_limit)
    app.before_request(_check_policy)
    app.before_request(_check_kind)
    app.before_request(_check_length)


def init_text_check(app: Flask) -> None:
    """After the CSRF check: refuse text that no database holds."""
    app.before_request(_check_text)


def trusted_hosts(config: dict[str, object]) -> frozenset[str]:
    """Host names that this service answers to."""
    named = {str(host).lower() for host in config["TRUSTED"]}  # type: ignore[attr-defined]
    public = urlsplit(str(config["PUBLIC_URL"])).hostname or ""
    # On one's own machine all three names of it are the same place.
    return frozenset(named | {public} | (LOOPBACK if public in LOOPBACK else set()))


def _check_host() -> None:
    # What watches the service asks by address; the answer names nothing.
    if request.endpoint == "health.show":
        return
    try:
        host = urlsplit(f"//{request.host}").hostname
    except ValueError:
        host = None
    if host is None or host.lower().rstrip(".") not in trusted_hosts(dict(current_app.config)):
        raise SecurityError("host_not_allowed")


def _set_body_limit() -> None:
    limit = getattr(_view(request), "body_limit", None)
    if limit is not None:
        request.max_content_length = limit
        read_in_pieces(request)
    if request.endpoint is not None:
        refuse_many_fields(request)


def _check_policy() -> Response | None:
    endpoint = request.endpoint
    # The API has its own door: it knows people by their tokens only (`api.gate`).
    if endpoint is None or is_api():
        return None
    policy = GIVEN.get(endpoint) or getattr(_view(request), "policy", None)
    if policy is not None and policy.public:
        return None
    who = visitor()
    if policy is not None and policy.admits(who):
        signed_in.note_use()
        return None
    if who is not None:
        raise Forbidden
    if wants_json() or (getattr(_view(request), "keeps_text", False) and from_our_page()):
        # Who was filling in a form gets the typed text back, not an empty sign-in page: see `web.kept_text`.
        raise Unauthorized
    return to_sign_in()


def to_sign_in() -> Response:
    """The sign-in page, which leads back to where the person was."""
    signed_in.tell_of_the_end()
    back = request.full_path.rstrip("?") if request.method == "GET" else local_path(_referring_path())
    return redirect(url_for("account.sign_in_form", next=back) if back else url_for("account.sign_in_form"), 302)


def _check_kind() -> None:
    # Flask-WTF would fill a form from JSON: past the check of texts, and nested as deeply as the sender likes.
    known = request.mimetype in _FORM_TYPES or is_api() or _reads_bytes()
    if request.endpoint is not None and not known:
        raise BadRequest


def _reads_bytes() -> bool:
    return getattr(_view(request), "reads_bytes", False)


def _check_length() -> Response | None:
    """Of an upload that ended before its time, or is cut by a wrong length, no field is left: not even the token."""
    if request.mimetype != "multipart/form-data" or not hasattr(_view(request), "body_limit"):
        return None
    try:
        whole = bool(request.form or request.files)
    except ClientDisconnected:
        whole = False
    return None if whole or not request.content_length else answer(400, "bad_length")


def _referring_path() -> str | None:
    """After an unsaved POST the person comes back to the page of the form, not to the POST's address."""
    parts = urlsplit(request.referrer or "")
    return parts.path if parts.netloc == request.host else None


def _view(of: Request) -> Callable[..., object] | None:
    return current_app.view_functions.get(of.endpoint) if of.endpoint else None


def _check_text() -> None:
    if getattr(_view(request), "keeps_text", False):
        return
    errors = {}
    # Where a verb looks at every text itself, its fault stands beside the field and the typed text is kept.
    checked_later = request.blueprint in CHECKED_BY_VERBS
    for source in (request.args,) if checked_later else (request.args, request.form):
        for name, values in source.lists():
            if any(_is_bad(text) for text in (name, *values)):
                code = "too_long" if any(len(text) > TEXT_LIMIT for text in (name, *values)) else "bad_text"
                errors[name[:80] if not _is_bad(name) else "?"] = code
    if errors:
        raise Invalid(errors)


def _is_bad(text: str) -> bool:
    return "\0" in text or len(text) > TEXT_LIMIT or _SURROGATE.search(text) is not None
