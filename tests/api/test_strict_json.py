"""What is sent is read strictly: the table J of what nobody should send, by unit and over HTTP (R40)."""

import gzip
import json

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from certify.api.strict_json import parse
from certify.domain.errors import MOST_FAULTS, CertifyError, Invalid, Malformed
from certify.domain.json_measure import MAX_DEPTH
from tests.costs import costs_little
from tests.factories import publish
from tests.pages import CheckingClient

SCORE = "/api/v1/rubrics/wolontariat/1.0/score"
GOOD = '{"centre_type": "OPS", "points": {}}'


def deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "100,000 brackets": b"[" * 100_000,
    "33 levels": deep(MAX_DEPTH + 1),
    "5,000 levels": deep(5_000),
    "NaN": b'{"points": NaN}',
    "Infinity": b"[Infinity]",
    "-Infinity": b"[-Infinity]",
    "comment": b"[1] // one",
    "latin-2": '{"a": "ż"}'.encode("iso-8859-2"),
    "utf-16": GOOD.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "half a surrogate in bytes": b'"\xed\xa0\x80"',
    "control sign in text": b'"a\x00b"',
}
REFUSED: dict[str, tuple[bytes, str, str]] = {
    "repeated key": (b'{"a": 1, "a": 2}', "a", "duplicate_key"),
    "repeated key inside": (b'{"x": [{"a": 1, "a": 1}]}', "a", "duplicate_key"),
    "fraction": (b"[1.0]", "", "bad_number"),
    "exponent": (b"[1e3]", "", "bad_number"),
    "2^63": (b"[9223372036854775808]", "", "bad_number"),
    "5,000 digits": (b"[" + b"9" * 5_000 + b"]", "", "bad_number"),
    "escaped NUL": (b'{"a": "x\\u0000"}', "a", "bad_text"),
    "lone surrogate": (b'{"a": [["\\ud800"]]}', "a.0.0", "bad_text"),
    "lone surrogate in a key": (b'{"\\udfff": 1}', "?", "bad_text"),
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_json(raw: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        parse(raw)
    assert caught.value.code == "malformed_json"


@pytest.mark.parametrize(("raw", "field", "code"), REFUSED.values(), ids=REFUSED)
def test_json_that_is_refused(raw: bytes, field: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(raw)
    assert (caught.value.code, [(one.field, one.code) for one in caught.value.errors]) == (code, [(field, code)])


def test_what_just_fits() -> None:
    numbers = [2**63 - 1, -(2**63), 0]
    assert parse(json.dumps(numbers).encode()) == numbers
    assert parse(deep(MAX_DEPTH)) is not None
    assert parse('{"ż": "\\ud83d\\ude00 ł"}'.encode()) == {"ż": "😀 ł"}


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abć", max_size=3), inner, max_size=3),
        max_leaves=8,
    )
)
def test_everything_else_comes_through_unchanged(document: object) -> None:
    raw = json.dumps(document, ensure_ascii=False).encode()
    try:
        assert parse(raw) == document
    except CertifyError as error:
        assert error.code == "bad_text" and "\\u0000" in raw.decode()


@pytest.fixture
def standard(app: Flask) -> None:
    """The small standard, published."""
    publish()


HTTP: dict[str, tuple[bytes | str, str, int, str]] = {
    "good": (GOOD, "application/json", 200, ""),
    "charset": (GOOD, "application/json; charset=utf-8", 200, ""),
    "no type": (GOOD, "", 415, "unsupported_media_type"),
    "form": ("centre_type=OPS", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    "other charset": (GOOD, "application/json; charset=iso-8859-2", 415, "unsupported_media_type"),
    "broken": ("{", "application/json", 400, "malformed_json"),
    "1 MiB and 1": (b" " * (2**20 + 1), "application/json", 413, "too_large"),
    "a list": ("[]", "application/json", 422, "wrong_type"),
    "a text": ('"OPS"', "application/json", 422, "wrong_type"),
    "null": ("null", "application/json", 422, "wrong_type"),
    "status": ('{"centre_type": "OPS", "points": {}, "status": "granted"}', "application/json", 422, "unknown_field"),
    "a field is missing": ('{"points": {}}', "application/json", 422, "required"),
    "true for 1": ('{"centre_type": "OPS", "points": {"P.1": true}}', "application/json", 422, "bad_number"),
    "text for a number": ('{"centre_type": "OPS", "points": {"P.1": "1"}}', "application/json", 422, "bad_number"),
    "number for a text": ('{"centre_type": 7, "points": {}}', "application/json", 422, "bad_text"),
    "too long": ('{"centre_type": "%s", "points": {}}' % ("x" * 41), "application/json", 422, "too_long"),
    "off the scale": ('{"centre_type": "OPS", "points": {"P.1": 99}}', "application/json", 422, "points_off_scale"),
}


@pytest.mark.usefixtures("standard")
@pytest.mark.parametrize(("body", "kind", "status", "code"), HTTP.values(), ids=HTTP)
def test_over_http(client: CheckingClient, body: bytes | str, kind: str, status: int, code: str) -> None:
    answer = client.post(SCORE, data=body, content_type=kind)
    assert (answer.status_code, (answer.json or {}).get("code", "")) == (status, code)
    if code:
        assert answer.mimetype == "application/problem+json"
        assert set(answer.json) == {"type", "status", "code", "title", "detail", "sentence", "errors", "request_id"}


@pytest.mark.usefixtures("standard")
def test_every_fault_is_named_with_its_field(client: CheckingClient) -> None:
    sent = {"centre_type": None, "points": {"P.1": 1.5 and "x"}, "not_applicable": {"P.2": 1}, "role": "admin"}
    answer = client.post(SCORE, json=sent)
    assert {(one["field"], one["code"]) for one in answer.json["errors"]} == {
        ("centre_type", "bad_text"),
        ("points.P.1", "bad_number"),
        ("not_applicable.P.2", "bad_text"),
        ("role", "unknown_field"),
    }


def deep_and_wide(count: int) -> bytes:
    """Long keys around a list: a path for each of its elements would be 2,400 letters long."""
    inner: object = [0] * count
    for depth in range(30):
        inner = {f"k{depth:02}" + "x" * 76: inner}
    return json.dumps(inner, separators=(",", ":")).encode()


def many(count: int, value: str, around: str = "{%s}") -> bytes:
    inner = ",".join(f'"{number:x}":{value}' for number in range(count))
    return (around % f"{{{inner}}}").encode()


POINTS = '{"centre_type":"OPS","points":%s}'
# A whole megabyte of each, and as much of each as the number of values lets through.
HEAVY: dict[str, tuple[bytes, str]] = {
    "deep and wide": (deep_and_wide(500_000), "too_many"),
    "deep and wide, counted": (deep_and_wide(19_000), "required"),
    "deep and wide, a bad text": (deep_and_wide(19_000)[:-31] + b',"\\u0000"]' + b"}" * 30, "bad_text"),
    "unknown fields": (many(95_000, "1", "%s"), "too_many"),
    "unknown fields, counted": (many(19_000, "1", "%s"), "unknown_field"),
    "bad points": (many(80_000, "9999", POINTS), "too_many"),
    "bad points, counted": (many(19_000, "9999", POINTS), "too_many"),
    "bad points, as many as a standard may have": (many(1_000, "9999", POINTS), "bad_number"),
    "unknown criteria": (many(1_000, "1", POINTS), "criterion_not_found"),
    "bad texts": (many(19_000, '"\\u0000"', "%s"), "bad_text"),
    "quotes that never end": (b'"' + b'\\"' * 500_000, "malformed_json"),
}


@pytest.mark.no_cover
@pytest.mark.usefixtures("standard")
@pytest.mark.parametrize(("body", "code"), HEAVY.values(), ids=HEAVY)
def test_a_heavy_body_is_refused_at_once(client: CheckingClient, body: bytes, code: str) -> None:
    client.post(SCORE, data=b"{}", content_type="application/json")
    with costs_little():
        answer = client.post(SCORE, data=body, content_type="application/json")
    assert 400 <= answer.status_code < 500 and answer.json["code"] == code
    assert len(answer.json["errors"]) <= MOST_FAULTS and len(answer.data) < 60_000
    with costs_little(mib=100):
        client.post(SCORE, data=body, content_type="application/json")


@pytest.mark.usefixtures("standard")
def test_faults_are_told_up_to_a_number_and_strange_names_first(client: CheckingClient) -> None:
    strange = {f"x{number}": 1 for number in range(MOST_FAULTS + 1)}
    answer = client.post(SCORE, json={"centre_type": None, "points": {}, **strange})
    assert [one["code"] for one in answer.json["errors"]] == ["unknown_field"] * MOST_FAULTS
    points = {f"P.{number}": "x" for number in range(MOST_FAULTS + 1)}
    answer = client.post(SCORE, json={"centre_type": "OPS", "points": points})
    assert [one["code"] for one in answer.json["errors"]] == ["bad_number"] * MOST_FAULTS


@pytest.mark.usefixtures("standard")
def test_a_packed_body_is_called_by_its_name(client: CheckingClient) -> None:
    packed = {"data": gzip.compress(GOOD.encode()), "content_type": "application/json"}
    answer = client.post(SCORE, **packed, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json["code"]) == (415, "packed_body")
    assert client.post(SCORE, data=GOOD, content_type="application/json", headers={"Content-Encoding": "identity"}).json
    answer = client.post("/api/v1/verify", **packed, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json["code"]) == (415, "packed_body")
    answer = client.post("/api/v1/verify", data=b"%PDF-1.7", content_type="application/pdf")
    assert (answer.status_code, answer.json["code"]) == (415, "json_or_file_expected")


METHODS = [
    ("TRACE", "/api/v1/rubrics", "GET, HEAD"),
    ("BREW", "/api/v1/rubrics", "GET, HEAD"),
    ("DELETE", "/api/v1/rubrics", "GET, HEAD"),
    ("HEAD", SCORE, "POST"),
    ("GET", SCORE, "POST"),
]


@pytest.mark.parametrize(("method", "address", "allowed"), METHODS)
def test_other_methods(client: CheckingClient, method: str, address: str, allowed: str) -> None:
    answer = client.open(address, method=method, headers={"X-HTTP-Method-Override": "POST"})
    assert answer.status_code == 405
    assert ", ".join(sorted(answer.headers["Allow"].replace(" ", "").split(","))) == allowed


STRANGE = ["999999999", "0", "-1", "18446744073709551616", "3b241101-e2bb-4255-8caf-4136c566a962", "../x", "%00", "1e3"]


@pytest.mark.parametrize("thing", STRANGE)
def test_strange_ids_are_not_found(app: Flask, client: CheckingClient, thing: str) -> None:
    answer = client.get(f"/api/v1/applications/{thing}")
    # Nobody is signed in: what could be a number asks for a token, all else is no address at all.
    assert (answer.status_code, answer.mimetype) in {
        (404, "application/problem+json"),
        (401, "application/problem+json"),
    }


def test_the_language_is_that_of_the_request(client: CheckingClient) -> None:
    polish = client.get("/api/v1/rubrics/x/1").json
    english = client.get("/api/v1/rubrics/x/1", headers={"Accept-Language": "en-GB, pl;q=0.5"}).json
    assert (polish["code"], english["code"]) == ("not_found", "not_found")
    assert english["detail"].startswith("There is nothing") and polish["detail"] != english["detail"]
