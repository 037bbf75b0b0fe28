"""The OpenAPI document of the API, made from its operations; `web.api_docs` shows the same to people."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from flask import Flask, Response, current_app, jsonify
from flask_smorest import Api
from werkzeug.routing import BaseConverter

from certify.api.fields import MAX_ID
from certify.api.operation import Blueprint
from certify.api.problems import Problem, described
from certify.web.access import PUBLIC, IdConverter, access

# With which operations refuse.
STATUSES = (400, 401, 403, 404, 409, 412, 413, 415, 422, 423, 428, 429, 500, 503, 507)

_LANGUAGE = {
    "name": "Accept-Language",
    "description": "The language of sentences: pl or en.",
    "schema": {"type": "string"},
    "example": "en",
}

bp = Blueprint("document", __name__, "This description.")

INTRODUCTION = """\
Everything that a page of the service does, a program can do: the same steps, the same rights, the same reasons.

**Signing in.** Send `Authorization: Bearer TOKEN`. People make tokens on the page of their account; a token does what
its owner may do, narrowed to its scopes. Public operations need none.

**Changing.** Every object has a `version` and an `etag`. A change names the version that you saw (`If-Match`): 428
without, 412 when somebody was faster. What has an effect once needs an `Idempotency-Key`: repeat the request with the
same key when the answer was lost.

**Lists** come in pages: `limit` (1 to 200, 50 unless told) and `cursor`, the `next` of the page before.

**Values.** JSON in UTF-8. Moments are ISO 8601 in UTC, days YYYY-MM-DD, points whole numbers; a percentage is a text
with one decimal beside the exact fraction `num`/`den`. Fields that you may not see are absent. Unknown fields are
refused.

**Webhooks.** A program need not ask again and again: `/webhooks` subscribes it to the steps of cases. How messages look
and how their signature is checked stands on `/api/v1/docs/webhooks`.

**Refusals** are `application/problem+json` (RFC 9457) with a stable `code`; the sentence is in the language of
`Accept-Language` (pl, en). What does not exist and what is not yours answer alike.
"""


class Document(Api):  # type: ignore[misc]  # the library has no types
    """flask-smorest's registry, without its pages and its error handlers: we have our own."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Every refusal is answered by `certify.http_errors`."""

    def _register_doc_blueprint(self) -> None:
        """The document is a view of ours, so that it declares its policy like every other."""


def _registry(app: Flask, blueprints: Iterable[Blueprint]) -> Document:
    """The application's operations, described."""
    app.config.setdefault("API_TITLE", "Certify")
    app.config.setdefault("API_VERSION", "1.0.0")
    app.config.setdefault("OPENAPI_VERSION", "3.1.0")
    found = Document(
        app,
        spec_kwargs={
            "info": {"description": INTRODUCTION, "license": {"name": "MIT", "identifier": "MIT"}},
            "servers": [{"url": app.config["PUBLIC_URL"]}],
        },
    )
    found.register_converter(IdConverter, _id_parameter)
    found.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    found.spec.components.schema("Problem", schema=Problem)
    for name, response in described(STATUSES).items():
        found.spec.components.response(name, response)
    for blueprint in blueprints:
        blueprint.register_views_in_doc(found, app, found.spec, name=blueprint.name, parameters=None)
        found.spec.tag({"name": blueprint.name, "description": blueprint.description})
    found.spec.components.parameter("Language", "header", _LANGUAGE)
    for operation in _operations(found.spec.to_dict()):
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/Language"})
    # Shapes of flask-smorest for refusals and pages that are not ours.
    for name in ("Error", "PaginationMetadata"):
        found.spec.components.schemas.pop(name, None)
    return found


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from (one for name, one in methods.items() if name != "parameters")


def _id_parameter(converter: BaseConverter) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": MAX_ID}


def init_app(app: Flask, blueprints: Iterable[Blueprint]) -> None:
    """Remember what is to be described; it is done when somebody asks, so that the start does not wait for it."""
    app.extensions["certify.api"] = cache(lambda: _registry(app, blueprints).spec.to_dict())
    app.register_blueprint(bp)


def as_dict() -> dict[str, Any]:
    """The document of the running application."""
    found: dict[str, Any] = current_app.extensions["certify.api"]()
    return found


@bp.route("/openapi.json", methods=["GET"])
@access(PUBLIC)
def openapi() -> Response:
    """The OpenAPI 3.1 document."""
    return jsonify(as_dict())
