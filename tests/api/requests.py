"""Requests for every operation of the API, made from what the operation says of itself."""

import re
import uuid
from typing import Any

from flask import Flask

from certify.api.etags import etag_of
from certify.db import db
from certify.models.application import Application
from certify.models.organisation import Organisation
from tests.world import World

NONSENSE = {"no_such_field": 1}


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
    """The example of the body, if the operation takes one."""
    content = operation.get("requestBody", {}).get("content", {})
    found: dict[str, Any] | None = content.get("application/json", {}).get("example")
    return found


def headers_for(world: World, operation: dict[str, Any], given: dict[str, object]) -> dict[str, str]:
    """A fresh key, and the tag of the thing as it stands."""
    found = {"Idempotency-Key": uuid.uuid4().hex}
    names = re.findall(r"{(\w+)}", operation["path"])
    if "criterion_id" in names:
        found["If-Match"] = etag_of(given["criterion_id"], 1)
    elif names:
        found["If-Match"] = etag_of(given[names[0]], version_of(world, names[0], given[names[0]]))
    return found


def version_of(world: World, name: str, thing: object) -> int:
    """The version of the row; 1 when there is none."""
    model = {"application_id": Application, "organisation_id": Organisation}.get(name)
    if model is None:
        return 1
    with world.app.app_context():
        row = db.session.get(model, thing)
        return row.version if row is not None else 1
