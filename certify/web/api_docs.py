"""The API's description for people: a page made from the OpenAPI document, without a viewer from elsewhere."""

import json
from typing import Any

from flask import Blueprint, current_app, render_template

from certify.domain.webhooks import EVENTS, TOLERANCE
from certify.outbox import WAITS
from certify.web.access import PUBLIC, access

bp = Blueprint("api_docs", __name__, url_prefix="/api/v1")


@bp.get("/docs")
@access(PUBLIC)
def show() -> str:
    """Every operation with what goes in, what comes out, and how it refuses."""
    # Not imported: the API imports this package for its policies.
    found = current_app.extensions["certify.api"]()
    return render_template("public/api.html", document=found, groups=_groups(found))


@bp.get("/docs/webhooks")
@access(PUBLIC)
def webhooks() -> str:
    """How a program receives webhooks, with a check of the signature that can be copied."""
    return render_template("public/webhooks.html", events=EVENTS, tolerance=TOLERANCE, waits=WAITS)


def _groups(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations by noun, in the order of the document."""
    groups: dict[str, dict[str, Any]] = {
        tag["name"]: {"title": tag["description"], "name": tag["name"], "operations": []} for tag in document["tags"]
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                shown = _operation(path, method, operation, methods.get("parameters", []))
                groups[operation["tags"][0]]["operations"].append(shown)
    return [group for group in groups.values() if group["operations"]]


def _operation(path: str, method: str, operation: dict[str, Any], shared: list[dict[str, Any]]) -> dict[str, Any]:
    scopes = [scope for one in operation.get("security", ()) for scope in one["token"]]
    good = next(code for code in operation["responses"] if str(code).startswith("2"))
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "scopes": scopes,
        # What all operations take is said once, at the beginning of the page.
        "parameters": [one for one in (*shared, *operation.get("parameters", ())) if "$ref" not in one],
        "body": _example(operation.get("requestBody", {})),
        "status": good,
        "answer": _example(operation["responses"][good]),
        "refusals": list(operation["x-codes"].items()),
    }


def _example(part: dict[str, Any]) -> str:
    for content in part.get("content", {}).values():
        if "example" in content:
            return json.dumps(content["example"], ensure_ascii=False, indent=2)
    return ""
