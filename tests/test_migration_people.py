"""The migration of people and versions on tables with rows: down, as if they were older than it, and up again."""

import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select

from certify.db import db
from certify.domain.lifecycle import Status
from certify.domain.policy import Role
from certify.models.account import Invitation, PastMembership, User
from certify.models.audit import HearingItem
from certify.workflows import accounts, confirmations, memberships
from tests.databases import MIGRATIONS
from tests.factories import fresh_actor, make_application, make_user


def test_rows_from_before_stand_at_their_first_version_and_wait_for_a_second_hand(app: Flask) -> None:
    made = make_application(Status.DECISION)
    admin = fresh_actor(make_user("Alina", Role.ADMIN))
    offered, _ = accounts.invite(admin, "nowa@example.org", "Nowa Osoba", Role.AUDITOR)
    confirmations.confirm(made.cast.coordinator, offered.id)
    memberships.end(made.cast.manager, made.people["editor"].id, made.organisation.id)
    before = {one.version for one in db.session.scalars(select(HearingItem))}
    db.session.remove()
    db.engine.dispose()
    downgrade(directory=str(MIGRATIONS), revision="0010")
    inspector = sa.inspect(db.engine)
    assert not {"role_proposal", "past_membership"} & set(inspector.get_table_names())
    for table, gone in (("hearing_item", "version"), ("invitation", "confirmed_at"), ("user", "roles_version")):
        assert gone not in {one["name"] for one in inspector.get_columns(table)}
    db.engine.dispose()
    upgrade(directory=str(MIGRATIONS), revision="head")
    assert before == {2}
    assert {one.version for one in db.session.scalars(select(HearingItem))} == {1}
    assert {one.roles_version for one in db.session.scalars(select(User))} == {1}
    (kept,) = db.session.scalars(select(Invitation))
    assert (kept.email, kept.confirmed_at, kept.made_account) == ("nowa@example.org", None, True)
    assert list(db.session.scalars(select(PastMembership))) == []
