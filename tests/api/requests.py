"""Requests for every operation of the API, made from what the operation says of itself."""

import json
import re
import uuid
from typing import Any

from flask import Flask

from certify.api.etags import etag_of
from certify.db import db
from certify.models.application import Application
from certify.models.audit import HearingItem
from certify.models.decision import Condition
from certify.models.evidence import Evidence
from certify.models.organisation import Organisation
from tests.world import World

NONSENSE = {"no_such_field": 1}
FORM = "multipart/form-data"
BORDER = "----granica"
FORM_WITH_BORDER = f"{FORM}; boundary={BORDER}"


def part(name: str, content: str | bytes, filename: str | None = None, more: str = "") -> bytes:
    """One part of a form as it goes over the wire: the test client would leave the file of a large one open."""
    file = "" if filename is None else f'; filename="{filename}"'
    raw = content if isinstance(content, bytes) else content.encode()
    head = f'--{BORDER}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n{more}\r\n'
    return head.encode() + raw + b"\r\n"


def form(*parts: bytes) -> bytes:
    """A whole form."""
    return b"".join(parts) + f"--{BORDER}--\r\n".encode()


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI document of the application."""
    found: dict[str, Any] = app.extensions["certify.api"]()
    return found


def operations(app: Flask) -> dict[str, dict[str, Any]]:
    """Operations by endpoint, each with its `path` and `method`."""
    return {
        f"api_{operation['operationId']}": {**operation, "path": path, "method": method.upper()}
        for path, methods in document(app)["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    }


def example_body(operation: dict[str, Any]) -> dict[str, Any] | None:
    """The example of the body, if the operation takes one: of JSON, else of the form with a file."""
    content = operation.get("requestBody", {}).get("content", {})
    found: dict[str, Any] | None = content.get("application/json", content.get(FORM, {})).get("example")
    return found


def to_send(operation: dict[str, Any], *, nonsense: bool) -> dict[str, Any]:
    """A body for the operation, as the test client takes it: the example, or what no operation takes."""
    if "application/json" in operation.get("requestBody", {}).get("content", {"application/json": ...}):
        return {"json": NONSENSE if nonsense else example_body(operation)}
    if nonsense:
        return {"data": NONSENSE, "content_type": FORM}
    said = (example_body(operation) or {}).get("meta")
    parts = [part("file", "Notatka ze spotkania.", "notatka.txt"), *([part("meta", json.dumps(said))] if said else [])]
    return {"data": form(*parts), "content_type": FORM_WITH_BORDER}


def headers_for(world: World, operation: dict[str, Any], given: dict[str, object]) -> dict[str, str]:
    """A fresh key, and the tag of the thing as it stands."""
    found = {"Idempotency-Key": uuid.uuid4().hex}
    names = re.findall(r"{(\w+)}", operation["path"])
    if "criterion_id" in names:
        found["If-Match"] = etag_of(given["criterion_id"], 1)
    elif names:
        # Comments and conditions have versions of their own; other parts of a case change with it.
        name = next((one for one in names if one in {"item_id", "condition_id"}), names[0])
        found["If-Match"] = etag_of(given[name], version_of(world, name, given[name]))
    return found


def version_of(world: World, name: str, thing: object) -> int:
    """The version of the row; 1 when there is none."""
    model = {
        "application_id": Application, "organisation_id": Organisation, "evidence_id": Evidence,
        "item_id": HearingItem, "condition_id": Condition,
    }.get(name)  # fmt: skip
    if model is None:
        return 1
    with world.app.app_context():
        row = db.session.get(model, thing)
        return row.version if row is not None else 1
