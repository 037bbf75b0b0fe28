"""Every code that the program can raise has a sentence, in both languages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from certify.domain import errors
from certify.domain.lifecycle import Action, Guard
from certify.sentences import ACTIONS, SENTENCES, sentence

SOURCE = Path(errors.__file__).parents[1]
CODED = {name for name, kind in vars(errors).items() if isinstance(kind, type)} - {
    "FieldError",
    "Invalid",
    "WrongState",
}
# The rubric reader's own faults are for the author of a file, in the file's words, and stand in English only.
FOR_AUTHORS = {"rubric_yaml.py", "rubric_schema.py", "rubric_place.py", "score_input.py", "rubrics.py"}


def codes_in(tree: ast.AST) -> Iterator[str]:
    """The codes that calls such as `Conflict("busy")`, `FieldError(f, "x")` and `Invalid({f: "x"})` name."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        candidates: list[ast.expr] = []
        if name in CODED or name == "WrongState":
            candidates = node.args[:1]
        elif name == "FieldError":
            candidates = node.args[1:2]
        elif name == "Invalid" and node.args and isinstance(node.args[0], ast.Dict):
            candidates = list(node.args[0].values)
        for candidate in candidates:
            if isinstance(candidate, ast.Constant) and isinstance(candidate.value, str):
                yield candidate.value


def raised() -> set[str]:
    found = {guard.value for guard in Guard} | {"illegal_transition", "not_your_role", "own_centre"}
    found |= {"bad_text", "too_long", "required", "bad_terc", "bad_nip", "bad_regon", "not_found", "forbidden"}
    for path in SOURCE.rglob("*.py"):
        if path.name not in FOR_AUTHORS:
            found |= set(codes_in(ast.parse(path.read_text("utf-8"))))
    return found


def test_the_scan_sees_codes() -> None:
    tree = ast.parse('raise errors.Conflict("a")\nInvalid({"f": "b"})\nFieldError("f", "c")\nraise NotFound')
    assert set(codes_in(tree)) == {"a", "b", "c"}


def test_every_code_has_a_sentence() -> None:
    assert sorted(raised() - set(SENTENCES)) == []


def test_every_action_has_a_label() -> None:
    assert {action.value for action in Action} <= set(ACTIONS)


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_sentences_stand_in_both_languages(app: Flask, code: str) -> None:
    with force_locale("en"):
        english = str(sentence(code))
    with force_locale("pl"):
        polish = str(sentence(code))
    assert english != polish
    assert code not in {english, polish}
