"""The JSON file: out and back is the identity, and whatever else comes in is a named fault."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certify.domain.errors import Invalid
from certify.exchange import MAX_FILE, Content, Copy, Reply, canonical, from_json, to_json
from tests.costs import costs_little
from tests.exchange_copies import copies

CONTENT = Content(2, False, "", {"O1.1.a": "Opis."})
COPY = Copy(
    "osl",
    "1.0",
    "ab" * 32,
    "W/2026/0001",
    datetime(2026, 11, 22, 14, 45, tzinfo=UTC),
    (Reply("O1.1", CONTENT, 3, CONTENT.digest, "Tytuł", ("uchwała.pdf",)),),
)


def fault(raw: bytes) -> tuple[str, str]:
    with pytest.raises(Invalid) as refused:
        from_json(raw)
    (one,) = refused.value.errors
    return one.field, one.code


def tree(**changes: Any) -> dict[str, Any]:
    return {**json.loads(to_json(COPY)), **changes}


def answer(**changes: Any) -> Reply:
    found = tree()
    found["answers"][0].update(changes)
    (reply,) = from_json(json.dumps(found).encode()).replies
    return reply


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(copies())
def test_out_and_back_is_the_identity(copy: Copy) -> None:
    assert from_json(to_json(copy)) == copy


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
        max_leaves=20,
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_comes_in_is_a_named_fault(raw: bytes) -> None:
    assert fault(raw)[1] in {"malformed_json", "file_not_ours"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1.5}',
        b'{"a": 1, "a": 2}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'[[[["' + b"[" * 40,
        b"[" * 33 + b"]" * 33,
        "{'jeden': 1}".encode("cp1250"),
    ],
)
def test_damaged_json(raw: bytes) -> None:
    assert fault(raw) == ("file", "malformed_json")


def test_a_file_over_the_limit() -> None:
    assert fault(b" " * (MAX_FILE + 1)) == ("file", "file_too_large")


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (json.dumps([0] * 1_000_000).encode(), "too_many"),
        (b'"' + b'\\"' * (MAX_FILE // 2 - 1), "malformed_json"),
        (b"[" * MAX_FILE, "malformed_json"),
        (b"[]" * (MAX_FILE // 2), "too_many"),
    ],
)
def test_a_heavy_file_is_refused_at_once(raw: bytes, code: str) -> None:
    with costs_little():
        assert fault(raw) == ("file", code)


def test_brackets_in_texts_are_no_depth() -> None:
    text = "[" * 200 + '"' + "{" * 200
    assert answer(narratives={"O1.1.a": text}).content.narratives == {"O1.1.a": text}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"format": "inny"}, ("file", "file_not_ours")),
        ({"format_version": 2}, ("format_version", "format_version_unknown")),
        ({"scheme": None}, ("scheme", "missing_field")),
        ({"structure": 5}, ("structure", "wrong_type")),
        ({"application": "x" * 201}, ("application", "wrong_type")),
        ({"exported_at": "wczoraj"}, ("exported_at", "wrong_type")),
        ({"exported_at": "2026-01-01T10:00:00"}, ("exported_at", "wrong_type")),
        ({"exported_at": "0001-01-01T00:00:00+23:00"}, ("exported_at", "wrong_type")),
        ({"answers": {}}, ("answers", "wrong_type")),
        ({"answers": [{}] * 1001}, ("answers", "wrong_type")),
        ({"answers": ["O1.1"]}, ("answers[0]", "wrong_type")),
        ({"answers": [{"criterion": "a b"}]}, ("answers[0].criterion", "wrong_type")),
    ],
)
def test_faults_of_the_whole_file(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert fault(json.dumps(tree(**changes)).encode()) == expected


@pytest.mark.parametrize(
    ("changes", "place", "code"),
    [
        ({"points": "2"}, "points", "bad_points"),
        ({"points": True}, "points", "bad_points"),
        ({"not_applicable": 1}, "not_applicable", "wrong_type"),
        ({"reason": None}, "reason", "wrong_type"),
        ({"narratives": []}, "narratives", "wrong_type"),
        ({"narratives": {"O1.1.a": 5}}, "narratives.O1.1.a", "wrong_type"),
        ({"narratives": {"a b": "x"}}, "narratives.a b", "wrong_type"),
        ({"answer_version": -1}, "answer_version", "wrong_type"),
        ({"evidence": "plik"}, "evidence", "wrong_type"),
        ({"narative": "literówka"}, "narative", "unknown_field"),
    ],
)
def test_faults_of_one_answer_have_their_path(changes: dict[str, Any], place: str, code: str) -> None:
    (found,) = answer(**changes).faults
    assert (found.place, found.code) == (f"answers[0].{place}", code)


def test_an_answer_that_stands_twice_is_refused() -> None:
    double = replace(COPY, replies=(COPY.replies[0], COPY.replies[0]))
    (reply,) = from_json(to_json(double)).replies
    assert [(one.place, one.code) for one in reply.faults] == [("answers[1]", "criterion_twice")]
    assert reply.content == Content()


def test_a_touched_answer_is_told_from_one_that_nobody_changed() -> None:
    assert not answer().touched
    assert answer(points=3).touched
    assert answer(narratives={"O1.1.a": "Inny opis."}).touched
    # An indicator without a text says as much as one that is left out.
    assert not answer(narratives={"O1.1.a": "Opis.", "O1.1.b": ""}).touched


def test_one_kind_of_line_end() -> None:
    assert canonical("a\r\nb\rc\nd\ufffe") == "a\nb\nc\nd\ufffd"
    assert answer(narratives={"O1.1.a": "Opis.\r\nDalej."}).content.narratives == {"O1.1.a": "Opis.\nDalej."}
    assert answer().place("O1.1.a") == "answers[0].narratives.O1.1.a"
    assert COPY.replies[0].place("points") == "O1.1"
