"""The example of a body or an answer, put together from the examples that its fields name."""

from typing import Any

from marshmallow import Schema, fields


def example_of(schema: type[Schema]) -> dict[str, Any]:
    """A whole example: every field with `metadata={"example": …}`, and the examples of the schemas inside."""
    found = {}
    for name, field in schema().fields.items():
        value = _example(field)
        if value is not ...:
            found[field.data_key or name] = value
    return found


def _example(field: fields.Field[Any]) -> Any:
    """The field's own example, `...` when it has none."""
    if "example" in field.metadata:
        return field.metadata["example"]
    if isinstance(field, fields.Nested):
        inner = example_of(type(field.schema))
        return [inner] if field.many else inner
    if isinstance(field, fields.List):
        inner = _example(field.inner)
        return [] if inner is ... else [inner]
    return ...
