"""One decorator for an operation of the API: its address, who may call it with which token, what goes in and out.

Everything is declared in one place, checked at the start, enforced by `gate`, and written into the OpenAPI document.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema

from certify.api import problems
from certify.api.examples import example_of
from certify.api.fields import StrictParser
from certify.api.idempotency import once as answered_once
from certify.api.problems import Codes
from certify.domain.policy import Role
from certify.domain.scopes import Scope
from certify.web.access import PUBLIC, Policy, access

PREFIX = "/api/v1"
View = TypeVar("View", bound=Callable[..., Any])

_IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "description": "The `ETag` of the version that you saw.",
    "schema": {"type": "string"},
    "example": '"17-3"',
}
_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "A text of your own, new for each effect: repeat it when you repeat the request. Kept for 48 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"},
    "example": "b9f0b6d2-9d2c-4b47-a3b1-0f8f6d8a5e11",
}
_ETAG_HEADER = {"ETag": {"description": "The version, for `If-Match`.", "schema": {"type": "string"}}}


class Blueprint(SmorestBlueprint):  # type: ignore[misc]  # the library has no types
    """A noun of the API: `name` is its tag in the document, its views stand below `PREFIX`."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, noun: str, import_name: str, description: str) -> None:
        super().__init__(f"api_{noun}", import_name, url_prefix=PREFIX, description=description)


def operation(
    bp: Blueprint,
    method: str,
    rule: str,
    *who: Policy | Role,
    scope: Scope | frozenset[Scope] | None = None,
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    answer: type[Schema],
    status: int = 200,
    versioned: bool = False,
    once: bool = False,
    errors: Codes | None = None,
    endpoint: str | None = None,
) -> Callable[[View], View]:
    """Register a view: `@operation(bp, "PATCH", "/things/<id:thing_id>", SIGNED_IN, scope=Scope.CENTRE, …)`.

    `who` as in `web.access.access`; `scope`: one of these must be in the token (none only for PUBLIC). The view gets
    the loaded `query` and `body` first, then what stands in the path. `versioned`: it calls `etags.seen_version`.
    `once`: it needs an Idempotency-Key. `errors`: codes of its own by status; the usual ones are added.
    """
    scopes = frozenset({scope}) if isinstance(scope, Scope) else scope or frozenset()
    if bool(scopes) == (PUBLIC in who):
        raise TypeError(f"{method} {rule}: an operation is public, or a scope opens it")

    def register(view: View) -> View:
        made: Any = access(*who)(view)
        made.scopes = scopes
        made = bp.response(status, answer, example=example_of(answer), headers=_ETAG_HEADER)(made)
        # The last one put around the view is the first to give its argument.
        if body is not None:
            made = _quiet(bp.arguments(body, location="json", example=example_of(body))(made))
        if query is not None:
            made = _quiet(bp.arguments(query, location="query")(made))
        if once:
            made = answered_once(made)
        codes = _codes(rule, who, body is not None, query is not None, versioned, once, errors or {})
        made = bp.doc(
            responses=problems.responses(codes),
            security=[{"token": sorted(scopes)}] if scopes else [],
            operationId=f"{bp.name.removeprefix('api_')}.{endpoint or view.__name__}",
        )(made)
        headers = [header for header, wanted in ((_IF_MATCH, versioned), (_KEY, once)) if wanted]
        made._apidoc.setdefault("arguments", {}).setdefault("parameters", []).extend(headers)
        bp.route(rule, methods=[method], endpoint=endpoint or view.__name__)(made)
        return view

    return register


def _quiet(view: Any) -> Any:
    """Take back the refusal that flask-smorest would describe: ours has another shape."""
    view._apidoc["arguments"].pop("responses", None)
    return view


def _codes(
    rule: str, who: tuple[Policy | Role, ...], body: bool, query: bool, versioned: bool, once: bool, own: Codes
) -> Codes:
    given = (
        (problems.WITH_TOKEN, PUBLIC not in who),
        (problems.WITH_OBJECT, "<" in rule),
        (problems.WITH_QUERY, query),
        (problems.WITH_BODY, body),
        (problems.WITH_VERSION, versioned),
        (problems.ONCE, once),
    )
    return problems.together(problems.ALWAYS, *(codes for codes, wanted in given if wanted), own)
