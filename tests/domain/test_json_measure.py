"""What a JSON text holds is counted before it is parsed, and the count itself costs no more than reading."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.domain.errors import CertifyError
from certify.domain.json_measure import MAX_DEPTH, MAX_ELEMENTS, refuse_heavy
from tests.costs import costs_little


def answer(text: str) -> str:
    """The code of the refusal; empty when there is none."""
    try:
        refuse_heavy(text)
    except CertifyError as error:
        return error.code
    return ""


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (json.dumps([0] * (MAX_ELEMENTS)), ""),
        (json.dumps([0] * (MAX_ELEMENTS + 1)), "too_many"),
        (json.dumps({str(number): {} for number in range(MAX_ELEMENTS // 2)}), ""),
        (json.dumps({str(number): {} for number in range(MAX_ELEMENTS // 2 + 1)}), "too_many"),
        (json.dumps(["," * MAX_ELEMENTS * 2, '"[{\\' * MAX_ELEMENTS]), ""),
        (deep(MAX_DEPTH), ""),
        (deep(MAX_DEPTH + 1), "malformed_json"),
        ("[" * 10_000, "malformed_json"),
        (json.dumps("[" * 100), ""),
        ("]" + "[" * 100, ""),
        ("[}" * 100, ""),
        ('["' + "[" * 100, ""),
        ("", ""),
    ],
)
def test_values_and_depth(text: str, code: str) -> None:
    assert answer(text) == code


@given(
    st.recursive(
        st.none() | st.text(alphabet='a",[{\\'),
        lambda part: st.lists(part) | st.dictionaries(st.text(alphabet='b"\\,'), part),
        max_leaves=30,
    )
)
def test_no_document_is_counted_too_low_or_refused(document: object) -> None:
    """What the counter takes for a value is one: a document of few values is never refused."""
    assert answer(json.dumps(document)) == ""


@pytest.mark.no_cover
@pytest.mark.parametrize("piece", ['"', '\\"', '"\\', '""', "]", '"a"', "\\\\"])
@pytest.mark.parametrize("start", ["", '"'])
def test_no_text_is_looked_at_twice(piece: str, start: str) -> None:
    text = start + piece * (5 * 2**20 // len(piece))
    with costs_little(seconds=3):
        answer(text)
