"""One decorator for an operation of the API: its address, who may call it with which token, what goes in and out.

Everything is declared in one place, checked at the start, enforced by `gate`, and written into the OpenAPI document.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema

from certify.api import problems
from certify.api.examples import example_of
from certify.api.fields import StrictParser
from certify.api.idempotency import once as answered_once
from certify.api.problems import Codes
from certify.api.uploads import Upload, with_file
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
_OF_VERSION = {"ETag": {"description": "The version, for `If-Match`.", "schema": {"type": "string"}}}
_OF_CONTENT = {"ETag": {"description": "Of the content, for `If-None-Match`.", "schema": {"type": "string"}}}


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
    upload: Upload | None = None,
    answer: type[Schema] | None = None,
    binary: str = "",
    status: int = 200,
    rate: str = "",
    versioned: bool = False,
    once: bool = False,
    errors: Codes | None = None,
    endpoint: str | None = None,
) -> Callable[[View], View]:
    """Register a view: `@operation(bp, "PATCH", "/things/<id:thing_id>", SIGNED_IN, scope=Scope.CENTRE, …)`.

    `who` as in `web.access.access`; `scope`: one of these must be in the token (none only for PUBLIC). The view gets
    the loaded `query` and `body`, or the file of `upload`, first, then what stands in the path; with body and upload
    both the request holds one of them. `answer`: the shape of what goes out; without one it is a file of the type
    `binary`, or nothing. `rate`: the setting with a narrower limit. `versioned`: it calls `etags.seen_version`.
    `once`: it needs an Idempotency-Key. `errors`: codes of its own by status; the usual ones are added.
    """
    scopes = _scopes(f"{method} {rule}", scope, public=PUBLIC in who)

    def register(view: View) -> View:
        made: Any = access(*who)(view)
        made.scopes, made.rate = scopes, rate
        made = _answering(bp, status, answer, binary, _tag(method, who, answer))(made)
        # The last one put around the view is the first to give its argument.
        made = _taking(bp, body, upload, made)
        if query is not None:
            made = _quiet(bp.arguments(query, location="query")(made))
        if once:
            made = answered_once(made)
        kinds = (query is not None, body is not None, upload is not None, versioned, once)
        made = bp.doc(
            **_refusing(method, who, _codes(rule, who, kinds, errors or {})),
            security=[{"token": sorted(scopes)}] if scopes else [],
            operationId=f"{bp.name.removeprefix('api_')}.{endpoint or view.__name__}",
        )(made)
        headers = [header for header, wanted in ((_IF_MATCH, versioned), (_KEY, once)) if wanted]
        made._apidoc.setdefault("arguments", {}).setdefault("parameters", []).extend(headers)
        bp.route(rule, methods=[method], endpoint=endpoint or view.__name__)(made)
        return view

    return register


def _scopes(address: str, scope: Scope | frozenset[Scope] | None, *, public: bool) -> frozenset[Scope]:
    found = frozenset({scope}) if isinstance(scope, Scope) else scope or frozenset()
    if bool(found) == public:
        raise TypeError(f"{address}: an operation is public, or a scope opens it")
    return found


def _refusing(method: str, who: tuple[Policy | Role, ...], codes: Codes) -> dict[str, Any]:
    """The refusals and their codes; and what is public may be kept and asked for again by its ETag."""
    said = "Nothing has changed since the answer whose `ETag` stands in `If-None-Match`."
    unchanged = {"304": {"description": said}} if method == "GET" and PUBLIC in who else {}
    return {
        "responses": {**unchanged, **problems.responses(codes)},
        "x-codes": {str(status): list(named) for status, named in codes.items()},
    }


def _tag(method: str, who: tuple[Policy | Role, ...], answer: type[Schema] | None) -> dict[str, Any] | None:
    """The header with the tag of an answer, if it has one."""
    if method == "GET" and PUBLIC in who:
        return _OF_CONTENT
    return _OF_VERSION if answer is not None and "etag" in answer().fields else None


def _answering(
    bp: Blueprint, status: int, answer: type[Schema] | None, binary: str, headers: dict[str, Any] | None
) -> Callable[[Any], Any]:
    """Describe what a view answers, and put it into its shape."""
    if answer is not None:
        found = bp.response(status, answer, example=example_of(answer), headers=headers)
    elif binary:
        found = bp.response(status, {"type": "string", "format": "binary"}, content_type=binary, headers=headers)
    else:
        found = bp.response(status)
    return found  # type: ignore[no-any-return]


def _taking(bp: Blueprint, body: type[Schema] | None, upload: Upload | None, view: Any) -> Any:
    if upload is not None:
        return _uploading(bp, upload, body)(view)
    return view if body is None else _quiet(bp.arguments(body, location="json", example=example_of(body))(view))


def _uploading(bp: Blueprint, upload: Upload, body: type[Schema] | None) -> Callable[[Any], Any]:
    """Let a view have the file that is sent; with a `body` the request may hold that instead."""
    content = upload.described()
    if body is not None:
        content["application/json"] = {"schema": body, "example": example_of(body)}

    def around(view: Any) -> Any:
        read = body and partial(bp.ARGUMENTS_PARSER.parse, body, location="json")
        made: Any = with_file(upload, read)(view)
        made.body_limit, made.words = upload.limit, upload.words
        return bp.doc(requestBody={"required": True, "content": content})(made)

    return around


def _quiet(view: Any) -> Any:
    """Take back the refusal that flask-smorest would describe: ours has another shape."""
    view._apidoc["arguments"].pop("responses", None)
    return view


def _codes(rule: str, who: tuple[Policy | Role, ...], kinds: tuple[bool, ...], own: Codes) -> Codes:
    """All codes with which the operation refuses; `kinds`: query, body, upload, versioned, once."""
    given = (
        (problems.WITH_TOKEN, PUBLIC not in who),
        (problems.WITH_OBJECT, "<" in rule),
        *zip(
            (problems.WITH_QUERY, problems.WITH_BODY, problems.WITH_FILE, problems.WITH_VERSION, problems.ONCE),
            kinds,
            strict=True,
        ),
    )
    return problems.together(problems.ALWAYS, *(codes for codes, wanted in given if wanted), own)
