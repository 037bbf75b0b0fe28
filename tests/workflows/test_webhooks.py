"""Subscriptions and their messages: written with the change, sent at least once by one worker, repeated, given up."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select

from certify import outbox
from certify.db import db, transaction
from certify.domain.errors import Conflict, Forbidden, Invalid, NotFound
from certify.domain.history import INTERNAL, OBJECTIONS, RATING, WRITING
from certify.domain.lifecycle import Action, Status
from certify.domain.policy import Actor, Role
from certify.domain.webhooks import EVENTS
from certify.models.account import User
from certify.models.application import Application
from certify.models.event import Event
from certify.models.outbox import Job
from certify.models.webhook import Webhook, WebhookDelivery
from certify.queries import webhooks as queries
from certify.timing import fixed, now
from certify.workflows import applications, deliveries, step, webhooks
from certify.workflows.webhooks import WebhookData
from tests.factories import Made, fresh_actor, make_application, make_user
from tests.receivers import Receiver, receiver

HERE = "http://127.0.0.1:1/hook"


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    app = make_app(WEBHOOK_ALLOW_PRIVATE=True)
    with app.app_context():
        yield app


@pytest.fixture
def office(app: Flask) -> Actor:
    return fresh_actor(make_user("Krystyna Koordynatorka", Role.COORDINATOR))


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def made(app: Flask) -> Made:
    return make_application(at=Status.SUBMITTED)


def subscribe(office: Actor, url: str = HERE, events: tuple[str, ...] = EVENTS, scheme: str = "") -> Webhook:
    return webhooks.create(office, WebhookData("Rejestr gminy", url, events, scheme))[0]


def accept(made: Made) -> None:
    applications.accept(fresh_actor(made.people["coordinator"]), made.case_id)


def only() -> WebhookDelivery:
    db.session.expire_all()
    return db.session.scalars(select(WebhookDelivery)).one()


def count(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def kinds(webhook: Webhook) -> list[str]:
    rows = select(Event.kind, Event.data).where(Event.kind.startswith("webhook")).order_by(Event.id)
    return [kind for kind, data in db.session.execute(rows) if data["webhook"] == webhook.id]


def test_only_open_steps_are_told() -> None:
    hidden = WRITING | INTERNAL | RATING | OBJECTIONS | {Action.HAND_IN, Action.APPOINT, Action.DECLARE}
    assert not hidden & set(EVENTS)
    assert len(set(EVENTS)) == len(EVENTS)


def test_a_message_arrives_signed_and_says_little(office: Actor, made: Made, hook: Receiver) -> None:
    webhook, secret = webhooks.create(office, WebhookData(" Rejestr ", hook.url, ["accept", "submit"]))
    assert (webhook.name, webhook.events, webhook.active) == ("Rejestr", ["submit", "accept"], True)
    assert secret not in json.dumps([webhook.salt, webhook.secret_sha256])
    accept(made)
    assert deliveries.deliver_waiting() == deliveries.Sent(delivered=1)
    (got,), case, sent = hook.got, made.application, only()
    at, number = db.session.execute(select(Event.at, Event.id).where(Event.kind == "accept")).one()
    assert json.loads(got.body) == {
        "id": sent.number,
        "event": "accept",
        "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "sequence": number,
        "application": {"id": case.id, "number": case.number},
        "scheme": "wolontariat",
        "status": "teaming",
    }
    assert (got.headers["Certify-Delivery"], got.headers["Certify-Event"]) == (sent.number, "accept")
    stamp = got.headers["Certify-Timestamp"]
    assert abs(int(stamp) - now().timestamp()) < 30
    signed = hmac.new(secret.encode(), f"{stamp}.{got.body}".encode(), hashlib.sha256).hexdigest()
    assert got.headers["Certify-Signature"] == f"v1={signed}"
    assert (sent.attempts, sent.answer_code, sent.answer_text, sent.job.state) == (1, 200, "ok", "done")
    assert deliveries.deliver_waiting() == deliveries.Sent()


def test_who_is_told_of_what(office: Actor, made: Made) -> None:
    wanted = subscribe(office, HERE + "1", scheme="wolontariat")
    subscribe(office, HERE + "2", events=("submit",))
    off = subscribe(office, HERE + "3")
    webhooks.change(office, off.id, {}, active=False)
    gone = subscribe(office, HERE + "4")
    webhooks.remove(office, gone.id)
    left = make_user("Dawna Koordynatorka", Role.COORDINATOR)
    subscribe(fresh_actor(left), HERE + "5")
    moved = make_user("Teraz Audytorka", Role.COORDINATOR, Role.AUDITOR)
    subscribe(fresh_actor(moved), HERE + "6")
    with transaction():
        left = db.session.get_one(User, left.id)
        left.active = False
        moved = db.session.get_one(User, moved.id)
        moved.roles = [role for role in moved.roles if role.name == "auditor"]
    accept(made)
    assert [one.webhook_id for one in db.session.scalars(select(WebhookDelivery))] == [wanted.id]
    assert queries.concerned("accept", "osl") == []


def test_what_is_undone_is_told_to_nobody(office: Actor, made: Made) -> None:
    subscribe(office)
    with pytest.raises(RuntimeError), transaction():
        case = db.session.get_one(Application, made.case_id)
        step.record("accept", office.user_id, application=case)
        assert count(Job) == 1
        raise RuntimeError
    assert (count(Job), count(WebhookDelivery)) == (0, 0)


def test_the_blind_part_is_told_to_nobody(office: Actor) -> None:
    subscribe(office)
    make_application(at=Status.DECISION)
    told = [one.event for one in db.session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id))]
    assert told == [
        "application_created", "submit", "accept", "start_audit", "close_scoring", "send_report", "end_hearing",
        "finalise",
    ]  # fmt: skip


def test_failures_are_repeated_with_growing_waits_and_given_up(office: Actor, made: Made, hook: Receiver) -> None:
    webhook = subscribe(office, hook.url)
    accept(made)
    hook.codes = [503]
    moment = now()
    for attempt, wait in enumerate([*outbox.WAITS, None], start=1):
        with fixed(moment):
            assert deliveries.deliver_waiting().failed == ["refused"]
            assert deliveries.deliver_waiting() == deliveries.Sent()
        sent = only()
        assert (sent.attempts, sent.job.attempts, sent.answer_code) == (attempt, attempt, 503)
        if wait is not None:
            assert (sent.job.state, sent.job.not_before) == ("waiting", moment + wait)
            with fixed(moment + wait - timedelta(seconds=1)):
                assert deliveries.deliver_waiting() == deliveries.Sent()
            moment += wait
    assert (sent.job.state, sent.job.last_error) == ("dead", "refused")
    assert outbox.WAITS[0] == timedelta(minutes=1) and outbox.WAITS[-1] == timedelta(hours=24)
    assert list(outbox.WAITS) == sorted(outbox.WAITS) and len(outbox.WAITS) == 9
    assert {got.headers["Certify-Delivery"] for got in hook.got} == {sent.number}
    # A person sends it once more: the same number and body under a new time.
    hook.codes = [204]
    webhooks.resend(office, webhook.id, sent.id)
    assert deliveries.deliver_waiting().delivered == 1
    assert len({got.body for got in hook.got}) == 1
    assert (only().attempts, only().job.state) == (11, "done")
    assert kinds(webhook) == ["webhook_created", "webhook_resent"]


def test_a_waiting_message_is_sent_at_once_when_somebody_asks(office: Actor, made: Made, hook: Receiver) -> None:
    webhook = subscribe(office, hook.url)
    accept(made)
    hook.codes = [500, 200]
    assert deliveries.deliver_waiting().failed == ["refused"]
    webhooks.resend(office, webhook.id, only().id)
    assert deliveries.deliver_waiting().delivered == 1
    assert (only().job.attempts, count(Job)) == (2, 1)


def test_a_failing_receiver_holds_nobody_up(office: Actor, hook: Receiver) -> None:
    dead, alive = subscribe(office, HERE), subscribe(office, hook.url)
    for _ in range(3):
        webhooks.ping(office, dead.id)
        webhooks.ping(office, alive.id)
    assert deliveries.deliver_waiting() == deliveries.Sent(delivered=3, failed=["unreachable"])


def test_a_run_ends_in_time(office: Actor, hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    webhooks.ping(office, subscribe(office, hook.url).id)
    monkeypatch.setattr(deliveries, "BUDGET", 0)
    assert deliveries.deliver_waiting() == deliveries.Sent()


def test_gone_switches_the_subscription_off(office: Actor, made: Made, hook: Receiver) -> None:
    webhook = subscribe(office, hook.url)
    webhooks.ping(office, webhook.id)
    accept(made)
    hook.codes = [410]
    assert deliveries.deliver_waiting().failed == ["gone"]
    db.session.expire_all()
    assert (webhook.active, webhook.off_reason, webhook.version) == (False, "gone", 2)
    assert kinds(webhook) == ["webhook_created", "webhook_pinged", "webhook_switched_off"]
    # What waited for it is not sent any more.
    assert deliveries.deliver_waiting().failed == ["webhook_off"]
    assert len(hook.got) == 1
    log, total = queries.log(webhook, 1)
    assert ([(one.event, one.job.state) for one in log], total) == ([("accept", "dead"), ("ping", "dead")], 2)
    for verb in (lambda: webhooks.ping(office, webhook.id), lambda: webhooks.resend(office, webhook.id, log[0].id)):
        with pytest.raises(Conflict, match="webhook_off"):
            verb()
    webhooks.switch_off(webhook, "gone")
    webhooks.change(office, webhook.id, {}, active=True)
    assert (webhook.active, webhook.off_reason) == (True, "")


def test_who_dies_between_sending_and_marking_sends_it_again(office: Actor, made: Made, hook: Receiver) -> None:
    subscribe(office, hook.url)
    accept(made)

    class Killed(BaseException):
        """As a kill would end it, at this very point."""

    def die(*args: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "held", die)
        with pytest.raises(Killed):
            deliveries.deliver_waiting()
    # Nobody else takes it while the lease runs.
    assert deliveries.deliver_waiting() == deliveries.Sent()
    with fixed(now() + outbox.LEASE):
        assert deliveries.deliver_waiting().delivered == 1
    first, second = hook.got
    assert (first.body, first.headers["Certify-Delivery"]) == (second.body, second.headers["Certify-Delivery"])


def test_ten_deaths_are_enough(office: Actor, hook: Receiver) -> None:
    webhooks.ping(office, subscribe(office, hook.url).id)
    moment = now()
    for _ in range(outbox.MOST):
        assert outbox.claim("who dies", "webhook", moment) is not None
        moment += outbox.LEASE
    assert outbox.claim("next", "webhook", moment) is None
    assert (only().job.state, only().job.last_error) == ("dead", "abandoned")


def test_two_workers_never_hold_the_same_job(app: Flask, office: Actor, hook: Receiver) -> None:
    webhook = subscribe(office, hook.url)
    for _ in range(12):
        webhooks.ping(office, webhook.id)
    db.session.rollback()
    gate, found = threading.Barrier(3), []

    def work() -> None:
        with app.app_context():
            gate.wait()
            found.append(deliveries.deliver_waiting())
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.delivered for one in found) == 12
    assert len(hook.got) == len({got.headers["Certify-Delivery"] for got in hook.got}) == 12


def test_who_comes_back_after_the_lease_marks_nothing(app: Flask, office: Actor, hook: Receiver) -> None:
    webhooks.ping(office, subscribe(office, hook.url).id)

    def somebody_else() -> None:
        with app.app_context():
            assert outbox.claim("another", "webhook", now() + outbox.LEASE + timedelta(seconds=1)) is not None
            db.session.remove()

    hook.meanwhile = somebody_else
    deliveries.deliver_waiting()
    assert (only().job.state, only().job.leased_by, only().attempts) == ("waiting", "another", 0)


def test_a_key_is_written_once(app: Flask) -> None:
    with transaction():
        first = outbox.put("anything", {}, now(), key="k")
        assert outbox.put("anything", {"other": 1}, now(), key="k") is first
        assert outbox.put("anything", {}, now()) is not first


def test_what_became_private_is_not_reached(office: Actor, hook: Receiver) -> None:
    """The address was fine when it was chosen; it is judged again each time."""
    webhooks.ping(office, subscribe(office, hook.url.replace("http:", "https:")).id)
    current_app.config["WEBHOOK_ALLOW_PRIVATE"] = False
    assert deliveries.deliver_waiting().failed == ["address_not_allowed"]
    assert (hook.got, only().job.state, only().answer_code) == ([], "waiting", 0)


def test_a_changed_key_of_the_service_signs_nothing(office: Actor, hook: Receiver) -> None:
    webhook = subscribe(office, hook.url)
    webhooks.ping(office, webhook.id)
    current_app.config["SECRET_KEY"] = "another key, just as long and as random as the one before"
    assert deliveries.deliver_waiting().failed == ["secret_lost"]
    assert (hook.got, only().job.state, webhooks.secret_for(webhook)) == ([], "dead", None)


@pytest.mark.parametrize(
    ("change", "field", "fault"),
    [
        ({"name": " "}, "name", "required"),
        ({"name": "x" * 101}, "name", "too_long"),
        ({"url": "https://" + "x" * 500}, "url", "too_long"),
        ({"url": "ftp://127.0.0.1/"}, "url", "bad_url"),
        ({"url": "https://nobody.invalid/"}, "url", "host_unknown"),
        ({"events": ()}, "events", "events_missing"),
        ({"events": ("submit", "score")}, "events", "not_a_choice"),
        ({"scheme": "nieznany"}, "scheme", "not_a_choice"),
    ],
)
def test_what_is_not_taken(office: Actor, change: dict[str, Any], field: str, fault: str) -> None:
    good: dict[str, Any] = {"name": "Rejestr", "url": HERE, "events": EVENTS}
    with pytest.raises(Invalid) as refused:
        webhooks.create(office, WebhookData(**{**good, **change}))
    assert [(one.field, one.code) for one in refused.value.errors] == [(field, fault)]
    assert count(Webhook) == 0


def test_private_addresses_need_the_setting(office: Actor) -> None:
    current_app.config["WEBHOOK_ALLOW_PRIVATE"] = False
    with pytest.raises(Invalid, match="address_not_allowed"):
        subscribe(office, "https://127.0.0.1/")


def test_changes(office: Actor, made: Made) -> None:
    first, second = subscribe(office), subscribe(office, HERE, scheme="wolontariat")
    with pytest.raises(Conflict, match="webhook_exists"):
        subscribe(office)
    with pytest.raises(Conflict, match="webhook_exists"):
        webhooks.change(office, second.id, {"scheme": ""})
    changed = webhooks.change(office, first.id, {"name": "Inna", "events": ["issue"]}, active=True, version=1)
    assert (changed.name, changed.events, changed.url, changed.version) == ("Inna", ["issue"], HERE, 2)
    with pytest.raises(Conflict, match="stale_version"):
        webhooks.remove(office, first.id, version=1)
    webhooks.change(office, first.id, {}, active=False)
    assert changed.off_reason == "by_person"
    webhooks.remove(office, first.id, version=3)
    assert [one.id for one in queries.all_of(office)] == [second.id]
    with pytest.raises(NotFound):
        webhooks.change(office, first.id, {"name": "x"})
    with pytest.raises(NotFound):
        webhooks.resend(office, second.id, 1)
    assert kinds(first) == ["webhook_created", "webhook_changed", "webhook_changed", "webhook_removed"]
    assert subscribe(office).id not in {first.id, second.id}


def test_only_the_office(made: Made, office: Actor) -> None:
    webhook, manager = subscribe(office), fresh_actor(made.people["manager"])
    for verb in (
        lambda: subscribe(manager),
        lambda: webhooks.change(manager, webhook.id, {"name": "x"}),
        lambda: webhooks.remove(manager, webhook.id),
        lambda: webhooks.ping(manager, webhook.id),
        lambda: webhooks.resend(manager, webhook.id, 1),
    ):
        with pytest.raises(Forbidden):
            verb()
    with pytest.raises(NotFound):
        queries.get(manager, webhook.id)
    admin = fresh_actor(make_user("Alina Administratorka", Role.ADMIN))
    assert webhooks.remove(admin, webhook.id).active is False


def test_old_messages_are_forgotten_and_waiting_ones_are_not(office: Actor, made: Made, hook: Receiver) -> None:
    webhook = subscribe(office, hook.url, ("accept",))
    accept(made)
    deliveries.deliver_waiting()
    webhooks.resend(office, webhook.id, only().id)
    deliveries.deliver_waiting()
    other = make_application(at=Status.SUBMITTED)
    hook.codes = [500]
    accept(other)
    deliveries.deliver_waiting()
    with fixed(now() + deliveries.KEPT - timedelta(minutes=1)):
        assert deliveries.forget() == 0
    with fixed(now() + deliveries.KEPT + timedelta(minutes=1)):
        assert deliveries.forget() == 1
    assert (only().application_id, only().job.state, count(Job)) == (other.case_id, "waiting", 1)
