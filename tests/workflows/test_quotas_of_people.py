"""Saves and tokens have quotas, by page and API with the same code, and no text is lost by them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert

from certify import timing
from certify.db import db, transaction
from certify.domain.errors import Invalid, TooMany
from certify.domain.policy import Role
from certify.domain.quotas import SAVES, TOKENS
from certify.models.desk import AnswerRevision
from certify.workflows import answers, tokens
from certify.workflows.answers import AnswerData
from tests.factories import Made, fresh_actor, make_application, make_user
from tests.pages import CheckingClient

HOUR, MOST = SAVES[0]


def saved_often(made: Made, times: int) -> None:
    """As many saves of the editor as a script would make within this moment."""
    row = {
        "application_id": made.case_id,
        "criterion": "P.2",
        "points": 1,
        "not_applicable": False,
        "reason": "",
        "narratives": {},
        "saved_at": timing.now(),
        "saved_by_id": made.people["editor"].id,
    }
    with transaction():
        db.session.execute(insert(AnswerRevision), [row | {"number": 1_000 + number} for number in range(times)])


def test_a_person_saves_as_often_as_anybody_types(app: Flask) -> None:
    made = make_application()
    saved_often(made, MOST - 1)
    answers.save(made.actor("editor"), made.case_id, "P.1", AnswerData(3))
    with pytest.raises(TooMany) as refused:
        answers.save(made.actor("editor"), made.case_id, "P.1", AnswerData(2))
    assert refused.value.code == "too_many_saves"
    assert HOUR.total_seconds() - 60 < int(str(refused.value.details["retry_after"])) <= HOUR.total_seconds()
    # Others of the centre go on.
    assert answers.save(made.actor("manager"), made.case_id, "P.1", AnswerData(1)).points == 1
    with timing.fixed(timing.now() + HOUR):
        assert answers.save(made.actor("editor"), made.case_id, "P.1", AnswerData(2)).points == 2


def test_the_text_comes_back(client: CheckingClient, login: Callable[..., CheckingClient]) -> None:
    made = make_application()
    login(client, made.people["editor"])
    saved_often(made, MOST)
    form = {"version": "1", "P-1-points": "3", "narrative-P.1.a": "Zdanie, którego nikt nie chce stracić."}
    address = f"/cases/{made.case_id}/answers/P.1"
    page = client.post(address, data=form)
    assert page.status_code == 429 and int(page.headers["Retry-After"]) > 0
    assert "Zdanie, którego nikt nie chce stracić." in page.text
    assert "Tekst nie przepadł" in page.text
    script = client.post(address, data=form, headers={"X-Requested-With": "autosave"})
    assert (script.status_code, script.json["code"]) == (429, "too_many_saves")


def test_a_person_has_so_many_tokens(app: Flask) -> None:
    owner = fresh_actor(make_user("Ola Właścicielka"))
    made = [tokens.create(owner, f"Program {number}", ["read"], 1)[0] for number in range(TOKENS)]
    with pytest.raises(Invalid) as refused:
        tokens.create(owner, "Jeszcze jeden", ["read"], 1)
    assert refused.value.code == "too_many_tokens"
    tokens.revoke(owner, made[0].id)
    tokens.create(owner, "Jeszcze jeden", ["read"], 1)
    with pytest.raises(Invalid):
        tokens.create(owner, "I jeszcze", ["read"], 1)
    # One that has expired counts no more.
    with timing.fixed(timing.now() + timedelta(days=1)):
        tokens.create(owner, "I jeszcze", ["read"], 1)
    tokens.create(fresh_actor(make_user("Kto inny")), "Program", ["read"], 1)


def test_two_tokens_of_a_person_share_one_allowance(make_app: Callable[..., Flask]) -> None:
    app = make_app(API_RATE="3 per minute")
    with app.app_context():
        client = app.test_client()
        one, other = make_user("Ola Właścicielka", Role.COORDINATOR), make_user("Kto inny", Role.COORDINATOR)
        secrets = [tokens.create(fresh_actor(user), "x", ["read"], 1)[1] for user in (one, one, other)]
        db.session.rollback()
        told = [
            client.get("/api/v1/applications", headers={"Authorization": f"Bearer {secrets[which]}"}).status_code
            for which in (0, 1, 0, 1, 0, 2)
        ]
        assert told == [200, 200, 200, 429, 429, 200]
