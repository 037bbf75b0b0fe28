"""The office's pages of webhooks, and the page for programmers, whose code is run on a real message."""

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from flask import Flask

from certify.db import db
from certify.domain.policy import Role
from certify.models.account import User
from certify.models.webhook import Webhook
from certify.queries import webhooks as queries
from certify.workflows import deliveries, webhooks
from certify.workflows.webhooks import WebhookData
from tests.factories import fresh_actor, make_user, publish
from tests.pages import CheckingClient
from tests.receivers import receiver

GOOD = {"name": "Rejestr województwa", "url": "https://93.184.216.34/hook", "scheme": "*", "events": ["issue"]}
Login = Callable[[CheckingClient, User], CheckingClient]


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    app = make_app(WEBHOOK_ALLOW_PRIVATE=True)
    with app.app_context():
        yield app


@pytest.fixture
def user(app: Flask) -> User:
    return make_user("Krystyna Koordynatorka", Role.COORDINATOR)


@pytest.fixture
def page(client: CheckingClient, user: User, login: Login) -> CheckingClient:
    return login(client, user)


def only() -> Webhook:
    db.session.expire_all()
    (found,) = db.session.query(Webhook).all()
    return found


def test_a_subscription_from_first_to_last(page: CheckingClient, user: User) -> None:
    publish()
    assert "/webhooks" in page.get("/account").text
    assert "wolontariat" in page.get("/webhooks").text
    made = page.post("/webhooks", data={**GOOD, "scheme": "wolontariat"})
    assert made.status_code == 201
    secret = webhooks.secret_for(only())
    assert secret and secret in made.text
    address = f"/webhooks/{only().id}"
    shown = page.get(address)
    assert secret not in shown.text + page.get("/webhooks").text
    assert "Certyfikat wydano" in shown.text or "certyfikat" in shown.text.lower()
    assert page.post(f"{address}/switch-off").location == address
    assert "wyłączona" in page.get(address).text and not only().active
    assert page.post(f"{address}/ping").status_code == 409
    page.post(f"{address}/switch-on")
    assert only().active
    for version in ("", "1", "x"):
        assert page.post(f"{address}/remove", data={"version": version}).status_code == 409
    assert page.post(f"{address}/remove", data={"version": only().version}).location == "/webhooks"
    assert page.get(address).status_code == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "ftp://example.org"}, "https://hooks.example.org/certify"),
        ({"url": "https://nobody.invalid/"}, "Nie ma takiego serwera"),
        ({"events": []}, "Wybierz co najmniej jedno zdarzenie"),
        ({"scheme": "inny"}, "Rejestr województwa"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(page: CheckingClient, change: dict[str, object], said: str) -> None:
    answer = page.post("/webhooks", data={**GOOD, **change})
    assert answer.status_code == 422
    assert said in answer.text and 'value="Rejestr województwa"' in answer.text


def test_the_same_twice(page: CheckingClient) -> None:
    page.post("/webhooks", data=GOOD)
    answer = page.post("/webhooks", data=GOOD)
    assert answer.status_code == 409
    assert "Ten adres dostaje już" in answer.text and 'value="https://93.184.216.34/hook"' in answer.text


def test_the_log_says_how_it_went(page: CheckingClient, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    office = fresh_actor(user)
    with receiver() as hook:
        made, _ = webhooks.create(office, WebhookData("Rejestr", hook.url, ["issue"]))
        address = f"/webhooks/{made.id}"
        assert "Nic jeszcze nie wysłano" in page.get(address).text
        page.post(f"{address}/ping")
        assert "czeka na wysłanie" in page.get(address).text
        hook.codes = [500, 200, 410]
        deliveries.deliver_waiting()
        assert "nie dotarła: odbiorca nie przyjął; następna próba" in page.get(address).text
        (sent,), _ = queries.log(only(), 1)
        assert page.post(f"{address}/deliveries/{sent.id}/resend").location == address
        deliveries.deliver_waiting()
        assert "dotarła" in page.get(address).text and "200 ok" in page.get(address).text
        page.post(f"{address}/ping")
        deliveries.deliver_waiting()
    shown = page.get(address).text
    assert "zaniechana: odbiorca nie chce więcej" in shown and "Odbiorca odpowiedział" in shown
    assert "wyłączona: odbiorca nie chce" in page.get("/webhooks").text
    monkeypatch.setattr(queries, "LOG_PAGE", 1)
    assert "strona 2 z 2" in page.get(f"{address}?page=9").text


def test_the_code_on_the_page_checks_a_real_message(
    page: CheckingClient, client: CheckingClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = client.get("/api/v1/docs/webhooks").text
    found = re.search(r'<code id="verify">(.*?)</code>', text, re.DOTALL)
    assert found
    code: dict[str, object] = {}
    exec(unescape(found[1]), code)
    genuine = code["is_genuine"]
    with receiver() as hook:
        made, secret = webhooks.create(fresh_actor(user), WebhookData("Rejestr", hook.url, ["issue"]))
        webhooks.ping(fresh_actor(user), made.id)
        deliveries.deliver_waiting()
    (got,) = hook.got
    assert callable(genuine) and genuine(secret, got.headers, got.body.encode())
    assert not genuine(secret, got.headers, got.body.encode() + b" ")
    assert not genuine(secret + "x", got.headers, got.body.encode())
    later = {**got.headers, "Certify-Timestamp": str(int(got.headers["Certify-Timestamp"]) + 1)}
    assert not genuine(secret, later, got.body.encode())
    # As other servers hand headers over, and as nobody should write them.
    assert genuine(secret, {name.lower(): text for name, text in got.headers.items()}, got.body.encode())
    assert not genuine(secret, {}, b"")
    for name in ("Certify-Timestamp", "Certify-Signature"):
        assert not genuine(secret, {key: text for key, text in got.headers.items() if key != name}, got.body.encode())
        for bad in ("", "²", "１７", "9" * 5_000, "-1", "ą", "\udfff", "v1=", "\0"):
            assert genuine(secret, {**got.headers, name: bad}, got.body.encode()) is False
    clock = code["time"].time() + 301  # type: ignore[attr-defined]
    monkeypatch.setattr(code["time"], "time", lambda: clock)
    assert not genuine(secret, got.headers, got.body.encode())
    assert "1 min, 5 min, 15 min, 30 min, 1 h, 2 h, 6 h, 12 h, 24 h" in text
