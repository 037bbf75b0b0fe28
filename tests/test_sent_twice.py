"""Every form of every page, sent four times at once and once more: one effect and one answer (R32)."""

import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from certify.db import Base, db
from certify.domain.lifecycle import Status
from certify.web.access import Route, routes
from certify.web.once import SETTING, SHOWN_ONCE
from tests.authorisation import MATRIX
from tests.bad_input import FORMS
from tests.conftest import settings_for
from tests.databases import Database
from tests.factories import PASSWORD
from tests.test_bad_input import Sender
from tests.world import World, build

# One process: what was heard of the forms is counted at the end.
pytestmark = [pytest.mark.no_cover, pytest.mark.xdist_group("sent twice")]

# Rows that a refusal leaves too, and the answers that are kept.
NOT_COUNTED = {"idempotency_key", "sign_in_attempt", "user_session"}
# Forms with which a row is added each time they are sent from a page that was opened anew; what makes the form good.
ADDING: dict[str, dict[str, str]] = {
    "applications.comment_post": {},
    "audits.record_visit_post": {},
    "desk.comment": {},
    "evidence.attach": {},
    "organisations.add_unit": {},
    "organisations.new_post": {"nip": "", "regon": ""},
    "tokens.create": {"password": PASSWORD},
    "users.invite_send": {"email": "ktos@example.org"},
    "webhooks.ping": {},
    "webhooks.resend": {},
}
FILES = {"evidence.attach", "evidence.upload", "evidence.revise"}
# The forms that were not refused.
HEARD: set[str] = set()
# What closes a case for the other forms comes last.
LAST = ("applications.submit_post", "applications.withdraw_post")
SENT = [*ADDING, *sorted((set(FORMS) | FILES) - SETTING - set(ADDING) - set(LAST)), *LAST]


@pytest.fixture(scope="module")
def own(databases: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that these tests change."""
    folder = tmp_path_factory.mktemp("twice")
    url = databases.fresh(folder)
    with build({**settings_for(url, folder), "SESSION_IDLE_MINUTES": 720}) as made:
        yield made
    databases.drop(url)


def rows(world: World) -> dict[str, int]:
    with world.app.app_context():
        return {
            name: db.session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
            if name not in NOT_COUNTED
        }


class Page:
    """One page that was opened once, whose form may be sent any number of times."""

    def __init__(self, world: World, route: Route) -> None:
        self.sender, self.endpoint = Sender(world, route), route.endpoint
        self.form = (self.sender.form() if self.endpoint in FORMS else {}) | ADDING.get(self.endpoint, {})

    def send(self, token: str) -> TestResponse:
        data: dict[str, Any] = {**self.form, "csrf_token": token}
        if self.endpoint in FILES:
            data["file"] = (io.BytesIO(b"Uchwala nr 7.\n"), "uchwala.txt")
        if self.endpoint == "evidence.upload":
            data["organisation"] = str(self.sender.world.side("ours").organisation_id)
        return self.sender.send(data)

    def insist(self, token: str) -> TestResponse:
        """Send it, and again while the machine has too much to do: a slow one says so to who waits for the first."""
        for _ in range(100):
            answer = self.send(token)
            if answer.status_code != 503:
                break
        return answer


def said(answer: TestResponse) -> tuple[int, str | None]:
    return answer.status_code, answer.location


@pytest.mark.parametrize("endpoint", SENT)
def test_a_form_has_one_effect(own: World, endpoint: str) -> None:
    (route,) = [one for one in routes(own.app) if one.endpoint == endpoint and one.endpoint in MATRIX]
    page = Page(own, route)
    before = rows(own)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(page.insist, ["strona"] * 4))
    after = rows(own)
    assert all(one.status_code < 500 for one in answers)
    done = [said(one) for one in answers if one.status_code in {201, 303}]
    if endpoint in SHOWN_ONCE:
        assert sorted(code for code, _ in done) == [201, 303, 303, 303]
    else:
        # Whoever came first was heard, and all are told the same; or everybody was refused.
        assert len(done) in {0, 4} and len(set(done)) < 2
    page.send("strona")
    assert rows(own) == after, "the same form once more"
    if done:
        HEARD.add(endpoint)
    else:
        assert after == before
    if endpoint in ADDING:
        assert done and page.send("inna strona").status_code in {201, 303}
        added = {name: count - before[name] for name, count in after.items()}
        again = {name: count - after[name] for name, count in rows(own).items()}
        assert {name for name, count in added.items() if count} == {name for name, count in again.items() if count}
        assert added["event"] == again["event"] > 0 or endpoint == "webhooks.resend"


def test_every_form_is_sent(own: World) -> None:
    assert len(HEARD) >= 25, sorted(HEARD)
    posts = {one.endpoint for one in routes(own.app) if one.method == "POST" and one.endpoint in FORMS}
    assert posts <= set(SENT) | SETTING


def test_a_page_that_was_opened_names_its_sending_by_the_token_that_it_has_anyway(own: World) -> None:
    case_id = own.side("ours").cases[Status.AUDIT]
    client = own.client("lead_auditor")
    own.app.config["WTF_CSRF_ENABLED"] = True
    try:
        shown = client.get(f"/cases/{case_id}/visit").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', shown)
        assert token is not None
        form = {"csrf_token": token[1], "held_on": "2026-01-08", "minutes": "Rozmowa z zespołem."}
        before = rows(own)["visit"]
        answers = [client.post(f"/cases/{case_id}/visit", data=form) for _ in range(2)]
        assert [said(one) for one in answers] == [said(answers[0])] * 2 and answers[0].status_code == 303
        assert rows(own)["visit"] == before + 1
        # Other words from the same page are another visit.
        assert client.post(f"/cases/{case_id}/visit", data=form | {"minutes": "Obejrzano salę."}).status_code == 303
        assert rows(own)["visit"] == before + 2
    finally:
        own.app.config["WTF_CSRF_ENABLED"] = False
