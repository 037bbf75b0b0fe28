"""Nothing but what a body declares gets in: every body × every column of every table (R11)."""

from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import Schema

from certify.api import BLUEPRINTS
from certify.api.examples import example_of
from certify.api.fields import Body
from certify.db import Base
from certify.domain.errors import MOST_FAULTS


def bodies() -> dict[str, type[Schema]]:
    """The schemas of everything that is sent, by the operation's name."""
    found: dict[str, type[Schema]] = {}
    for blueprint in BLUEPRINTS:
        for endpoint, methods in blueprint._docs.items():
            for info in (one for one in methods.values() if isinstance(one, dict)):
                for part in info.get("arguments", {}).get("parameters", ()):
                    if part["in"] == "json":
                        found[f"{blueprint.name}.{endpoint}"] = part["schema"]
    return found


def shapes(of: type[Schema] = Body) -> dict[str, type[Schema]]:
    """Every shape that is read: whole bodies, parts of them, what is said of a file, queries."""
    found: dict[str, type[Schema]] = {}
    for one in of.__subclasses__():
        found |= {f"{one.__module__}.{one.__name__}": one, **shapes(one)}
    return found


BODIES = bodies()
SHAPES = shapes()
COLUMNS = sorted({column.name for table in Base.metadata.tables.values() for column in table.columns} | {"is_admin"})


def in_turn(names: list[str]) -> Iterator[list[str]]:
    """As many as one answer tells of."""
    yield from (names[at : at + MOST_FAULTS] for at in range(0, len(names), MOST_FAULTS))


def test_there_are_bodies_and_columns() -> None:
    assert len(BODIES) > 40 and {"status", "auditor_id", "handed_in_at", "sha256"} <= set(COLUMNS)


@pytest.mark.parametrize("name", BODIES)
def test_undeclared_columns_are_refused(name: str) -> None:
    schema = BODIES[name]
    declared = set(schema().fields)
    for some in in_turn([one for one in COLUMNS if one not in declared]):
        strange: dict[str, Any] = dict.fromkeys(some, 1)
        assert schema().validate(example_of(schema) | strange) == {key: ["unknown_field"] for key in some}


def test_all_bodies_are_such_shapes() -> None:
    assert set(BODIES.values()) <= set(SHAPES.values())


@pytest.mark.parametrize("name", SHAPES)
def test_no_part_of_a_request_takes_them_either(name: str) -> None:
    schema = SHAPES[name]()
    strange = [one for one in COLUMNS if one not in schema.fields]
    assert len(strange) > 100
    for some in in_turn(strange):
        found = schema.validate(dict.fromkeys(some, "1"))
        assert {key: found.get(key) for key in some} == {key: ["unknown_field"] for key in some}
