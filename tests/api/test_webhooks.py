"""Webhooks by the API: from the subscription to the log, and what a repeat does."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from certify.db import db
from certify.domain.policy import Role
from certify.models.account import User
from certify.models.idempotency import IdempotencyKey
from certify.workflows import deliveries
from tests.api.conftest import Call
from tests.api.test_operations import code
from tests.factories import make_user
from tests.receivers import receiver

NEW = {"name": "Rejestr", "url": "https://93.184.216.34/hook", "events": ["submit", "issue"]}


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    app = make_app(WEBHOOK_ALLOW_PRIVATE=True)
    with app.app_context():
        yield app


@pytest.fixture
def office(app: Flask, program: Callable[[User], Call]) -> Call:
    return program(make_user("Krystyna Koordynatorka", Role.COORDINATOR))


def test_from_first_to_last(office: Call) -> None:
    made = office("POST", "/webhooks", NEW)
    assert made.status_code == 201
    first = made.json
    secret = first.pop("secret")
    assert secret.startswith("whsec_") and len(secret) == 70
    assert first | NEW == first
    assert (first["scheme"], first["active"], first["owner"]) == ("", True, "Krystyna Koordynatorka")
    address = f"/webhooks/{first['id']}"
    assert made.headers["Location"] == f"/api/v1{address}"
    assert office("GET", address).json == first == office("GET", "/webhooks").json["items"][0]
    assert code(office("POST", "/webhooks", NEW)) == (409, "webhook_exists")
    changed = office("PATCH", address, {"active": False, "events": ["issue"]}, If_Match=first["etag"])
    assert changed.json == first | {
        "active": False, "off_reason": "by_person", "events": ["issue"], "version": 2, "etag": changed.headers["ETag"],
    }  # fmt: skip
    assert code(office("POST", f"{address}/ping", {}, Idempotency_Key="p")) == (409, "webhook_off")
    assert code(office("DELETE", address)) == (428, "precondition_required")
    assert code(office("DELETE", address, If_Match=first["etag"])) == (412, "stale_version")
    ended = office("DELETE", address, If_Match=changed.headers["ETag"])
    assert (ended.status_code, ended.json["version"]) == (200, 3)
    assert code(office("GET", address)) == (404, "not_found")
    assert office("GET", "/webhooks").json == {"items": [], "next": None}


def test_the_log(office: Call) -> None:
    with receiver() as hook:
        hook.codes = [500, 200]
        made = office("POST", "/webhooks", {**NEW, "url": hook.url}).json
        address = f"/webhooks/{made['id']}"
        sent = office("POST", f"{address}/ping", {}, Idempotency_Key="p")
        assert sent.status_code == 202
        assert office("POST", f"{address}/ping", {}, Idempotency_Key="p").data == sent.data
        assert sent.json["state"] == "waiting" and sent.json["next_at"] == sent.json["created_at"]
        deliveries.deliver_waiting()
        (one,) = office("GET", f"{address}/deliveries").json["items"]
        assert {key: one[key] for key in ("state", "attempts", "answer_code", "answer_text", "error")} == {
            "state": "waiting", "attempts": 1, "answer_code": 500, "answer_text": "ok", "error": "refused",
        }  # fmt: skip
        again = office("POST", f"{address}/deliveries/{one['id']}/resend", {}, Idempotency_Key="r")
        assert (again.status_code, again.json["delivery"]) == (202, one["delivery"])
        deliveries.deliver_waiting()
        assert [got.headers["Certify-Delivery"] for got in hook.got] == [one["delivery"]] * 2
    office("POST", f"{address}/ping", {}, Idempotency_Key="q")
    page = office("GET", f"{address}/deliveries?limit=1").json
    rest = office("GET", f"{address}/deliveries?limit=1&cursor={page['next']}").json
    assert (page["items"][0]["state"], rest["items"][0]["state"], rest["next"]) == ("waiting", "done", None)
    assert rest["items"][0]["next_at"] is None
    other = f"{address}/deliveries/999/resend"
    assert code(office("POST", other, {}, Idempotency_Key="s")) == (404, "not_found")


def test_the_secret_is_kept_nowhere(office: Call) -> None:
    made = office("POST", "/webhooks", NEW, Idempotency_Key="k").json
    assert db.session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0
    assert "secret" not in office("GET", f"/webhooks/{made['id']}").json


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"url": "http://hook example/"}, "bad_url"),
        ({"url": "https://nobody.invalid/"}, "host_unknown"),
        ({"url": 7}, "bad_text"),
        ({"events": []}, "events_missing"),
        ({"events": ["score"]}, "not_a_choice"),
        ({"scheme": "x"}, "not_a_choice"),
        ({"secret": "mine"}, "unknown_field"),
        ({"name": ""}, "required"),
    ],
)
def test_what_is_refused(office: Call, change: dict[str, object], fault: str) -> None:
    answer = office("POST", "/webhooks", {**NEW, **change})
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json["errors"]] == [fault]


def test_a_closed_network_is_refused_by_its_code(office: Call, app: Flask) -> None:
    app.config["WEBHOOK_ALLOW_PRIVATE"] = False
    for host in ("127.0.0.1", "[::ffff:10.0.0.1]", "2130706433", "169.254.169.254"):
        assert code(office("POST", "/webhooks", {**NEW, "url": f"https://{host}/"})) == (422, "address_not_allowed")
