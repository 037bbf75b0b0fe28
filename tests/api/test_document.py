"""The OpenAPI document is valid, whole and true; and the page that shows it to people."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from certify import create_app
from certify.api import BLUEPRINTS
from certify.api.actions import STEPS
from certify.domain.lifecycle import Action
from certify.domain.scopes import Scope
from certify.sentences import SENTENCES
from certify.web.access import routes
from tests.api.matrix import API_MATRIX
from tests.api.requests import document, example_body, operations
from tests.conftest import settings_for
from tests.pages import CheckingClient

# Files, and answers without a body.
OTHER_ANSWERS: dict[str, set[str]] = {
    "api_evidence.content": {"*/*"},
    "api_certificates.pdf": {"application/pdf"},
    "api_certificates.badge": {"image/svg+xml"},
    "api_evidence.remove": set(),
    "api_evidence.unlink": set(),
}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The operations of the document, which takes a second to make."""
    app = create_app(settings_for("sqlite://", tmp_path_factory.mktemp("described")), check_rubrics=False)
    return operations(app)


def test_the_document_is_valid(app: Flask, client: CheckingClient) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert answer.json == document(app)
    assert answer.json["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(answer.json).validate()


def test_every_route_is_described(app: Flask, described: dict[str, dict[str, Any]]) -> None:
    found = {route.endpoint for route in routes(app) if route.rule.startswith("/api/")}
    assert found - {"api_docs.show", "api_docs.webhooks", "api_document.openapi"} == set(described)


@pytest.mark.parametrize("endpoint", sorted(set(API_MATRIX) - {"api_document.openapi"}))
def test_an_operation_says_everything(described: dict[str, dict[str, Any]], endpoint: str) -> None:
    operation = described[endpoint]
    assert operation["summary"].endswith(".")
    good = [code for code in operation["responses"] if code.startswith("2")]
    assert len(good) == 1
    content = operation["responses"][good[0]].get("content", {})
    assert set(content) == OTHER_ANSWERS.get(endpoint, {"application/json"})
    assert all(one["example"] and one["schema"] for kind, one in content.items() if kind == "application/json")
    refusals = {code: one for code, one in operation["responses"].items() if code[0] in "45"}
    assert ("304" in operation["responses"]) == (operation["method"] == "GET" and not operation["security"])
    assert {"400", "401", "429", "500", "503"} <= set(refusals)
    assert all(one == {"$ref": f"#/components/responses/Problem{code}"} for code, one in refusals.items())
    assert set(operation["x-codes"]) == set(refusals) and all(operation["x-codes"].values())
    unknown = {code for named in operation["x-codes"].values() for code in named} - set(SENTENCES)
    assert not unknown, f"codes without a sentence: {unknown}"
    if operation["method"] in {"POST", "PUT", "PATCH"}:
        assert example_body(operation) is not None
        assert {"413", "415", "422"} <= set(refusals)
    if operation["security"]:
        assert {"403"} <= set(refusals)
        assert set(operation["security"][0]["token"]) <= {scope.value for scope in Scope}


def inside(part: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the document with its place."""
    if isinstance(part, dict):
        yield path, part
    for name, one in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from inside(one, f"{path}/{name}")


def test_every_example_fits_its_schema(app: Flask) -> None:
    """Of bodies and answers, and of each field."""
    whole = document(app)
    seen = 0
    for path, part in inside({"paths": whole["paths"], "components": whole["components"]}):
        if "example" not in part or "/example" in path:
            continue
        schema = part.get("schema", part)
        if part.get("example") == {"file": "(the bytes of the file)"} or "multipart" in path:
            continue
        validator = OAS31Validator({**schema, "components": whole["components"]})
        faults = [fault.message for fault in validator.iter_errors(part["example"])]
        assert not faults, f"{path}: {faults}"
        seen += 1
    assert seen > 500


def test_every_shared_part_is_used(app: Flask) -> None:
    whole = document(app)
    used = {part["$ref"] for _, part in inside(whole) if isinstance(part.get("$ref"), str)}
    shared = {f"#/components/{kind}/{name}" for kind, named in whole["components"].items() for name in named}
    assert shared - used == {"#/components/securitySchemes/token"}
    assert used <= shared


def test_a_tag_is_described_where_there_is_one(described: dict[str, dict[str, Any]]) -> None:
    for endpoint, operation in described.items():
        good = next(one for code, one in operation["responses"].items() if code.startswith("2"))
        told = "ETag" in good.get("headers", {})
        public = operation["method"] == "GET" and not operation["security"]
        example = good.get("content", {}).get("application/json", {}).get("example", {})
        assert told == (public or "etag" in example), endpoint


def test_examples_are_taken(described: dict[str, dict[str, Any]]) -> None:
    """Every body's example passes its own schema: what the document shows can be sent."""
    for blueprint in BLUEPRINTS:
        for endpoint, methods in blueprint._docs.items():
            for method, info in methods.items():
                for part in info.get("arguments", {}).get("parameters", ()) if method != "parameters" else ():
                    if part["in"] == "json":
                        example = example_body(described[f"{blueprint.name}.{endpoint}"])
                        assert part["schema"]().validate(example) == {}


def test_every_action_has_an_address() -> None:
    assert set(STEPS) == set(Action)


def test_the_page_shows_every_operation(client: CheckingClient, described: dict[str, dict[str, Any]]) -> None:
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    for operation in described.values():
        assert f'id="{operation["operationId"]}"' in page.text
        assert operation["path"] in page.text
