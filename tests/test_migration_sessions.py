"""The migration of sessions on tables with rows: down as if they had been written before it, and up again."""

import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade

from certify.db import db
from certify.domain.errors import Invalid
from certify.models.account import SignInAttempt
from certify.models.session import UserSession
from certify.workflows import sessions, sign_in
from tests.databases import MIGRATIONS
from tests.factories import make_user


def rows(app: Flask) -> tuple[int, int]:
    return db.session.query(UserSession).count(), db.session.query(SignInAttempt).count()


def test_tries_stay_and_sessions_are_begun_anew(app: Flask) -> None:
    user_id = make_user().id
    sessions.begin(user_id, "Firefox", "test")
    try:
        sign_in.sign_in("nobody@example.test", "wrong password", "192.0.2.1")
    except Invalid:
        assert rows(app) == (1, 1)
    db.session.remove()
    db.engine.dispose()
    downgrade(directory=str(MIGRATIONS), revision="0009")
    inspector = sa.inspect(db.engine)
    assert "user_session" not in inspector.get_table_names()
    assert "known_key" not in {one["name"] for one in inspector.get_columns("sign_in_attempt")}
    assert len(inspector.get_indexes("sign_in_attempt")) == 3
    db.engine.dispose()
    upgrade(directory=str(MIGRATIONS), revision="head")
    assert rows(app) == (0, 1)
    assert len(sa.inspect(db.engine).get_indexes("sign_in_attempt")) == 4
    assert sessions.begin(user_id, "Firefox", "test")
