"""The tag of an answer is good for If-Match however the answer was packed on its way."""

from collections.abc import Callable

import pytest
from flask import Flask

from certify.api.etags import seen_version
from certify.domain.errors import CertifyError
from certify.domain.policy import Role
from certify.models.account import User
from certify.workflows import answers
from certify.workflows.answers import AnswerData
from tests.api.conftest import Call
from tests.api.test_operations import NEW
from tests.factories import make_application, make_user

GOOD = ['"9-1"', 'W/"9-1"', '"9-1:gzip"', 'W/"9-1:gzip"', '"9-1-gzip"', '"9-1;gzip"', '"9-1:br"', ' "9-1" ']
REFUSED = {
    '"9-1:nothing"': "stale_version",
    '"9-1gzip"': "stale_version",
    '"9-1:gzip:gzip"': "stale_version",
    '"8-1:gzip"': "stale_version",
    "9-1": "stale_version",
    "*": "precondition_required",
    "": "precondition_required",
}


@pytest.mark.parametrize("tag", GOOD)
def test_tags_of_packed_answers(app: Flask, tag: str) -> None:
    with app.test_request_context(headers={"If-Match": tag}):
        assert seen_version(9) == 1


@pytest.mark.parametrize(("tag", "code"), REFUSED.items())
def test_tags_that_are_not_ours(app: Flask, tag: str, code: str) -> None:
    with app.test_request_context(headers={"If-Match": tag}), pytest.raises(CertifyError) as refused:
        seen_version(9)
    assert refused.value.code == code


@pytest.mark.parametrize("packing", ["gzip", "gzip, deflate, br, zstd", "identity"])
def test_read_and_written_with_default_headers(program: Callable[[User], Call], packing: str) -> None:
    """An organisation and an answer that are long enough to be packed; the tag is sent back as it came."""
    made = make_application()
    office, manager = program(make_user("", Role.COORDINATOR)), program(made.people["manager"])
    gminas = [{"terc": f"10{number:02}011", "name": f"Gmina {number}"} for number in range(10, 20)]
    new = office("POST", "/organisations", NEW | {"gminas": gminas}, Idempotency_Key="a")
    assert new.status_code == 201, new.json
    address = f"/organisations/{new.json['id']}"
    criterion = f"/applications/{made.case_id}/answers/P.1"
    long_text = AnswerData(3, narratives={"P.1.a": "Plan jest. " * 100})
    answers.save(made.actor("manager"), made.case_id, "P.1", long_text)
    for call, place, method, body in (
        (office, address, "PATCH", {"city": "Łódź"}),
        (manager, criterion, "PUT", {"points": 2, "not_applicable": False, "reason": "", "narratives": {}}),
    ):
        read = call("GET", place, Accept_Encoding=packing)
        assert (read.headers.get("Content-Encoding") == "gzip") == ("gzip" in packing)
        written = call(method, place, body, If_Match=read.headers["ETag"])
        assert written.status_code == 200, written.json
