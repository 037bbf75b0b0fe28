"""`flask demo --fast`: everybody with a token and one empty case; never over somebody's data, never twice."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from certify.db import db, transaction
from certify.demo import CREATED, DemoState, state
from certify.domain.policy import Role
from certify.domain.scopes import Scope
from certify.models.token import ApiToken
from certify.workflows.step import record
from certify.workflows.tokens import authenticate
from tests.databases import let_go
from tests.test_demo import make_app, run


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Flask]:
    """An application without tables."""
    app = make_app(tmp_path)
    yield app
    let_go(app)


def test_one_empty_case_and_a_token_for_each_person(bare: Flask) -> None:
    first = json.loads(run(bare, "--fast", "--json").stdout)
    assert (first["built"], first["statuses"]) == (True, {"draft": 1})
    assert {one["role"] for one in first["logins"]} == {role.value for role in Role}
    with bare.app_context():
        assert state() is DemoState.COMPLETE
        for one in first["logins"]:
            found = authenticate(one["token"])
            writes = {scope for scope in found.scopes if scope != Scope.READ}
            assert (found.user.email, len(writes)) == (one["email"], 1)
        db.session.remove()
    told = json.loads(run(bare, "--fast", "--json").stdout)
    # A secret is known once; what stands already is not touched.
    assert (told["built"], told["statuses"], "token" in told["logins"][0]) == (False, {"draft": 1}, False)
    again = run(bare, "--fast", "--fresh")
    assert again.exit_code == 0 and again.stdout.count("certify_") == len(first["logins"])
    with bare.app_context():
        assert len(db.session.scalars(select(ApiToken.id)).all()) == len(first["logins"])


def test_what_is_not_a_demo_is_refused(bare: Flask) -> None:
    with bare.app_context():
        db.create_all()
        with transaction():
            record("organisation_registered", None)
            record(CREATED, None)
        db.session.remove()
    refused = run(bare, "--fast", "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["code"]) == (1, "database_not_demo")
