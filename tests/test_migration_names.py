"""The migration of names on tables with rows: down as if they had been written before it, and up again."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade

from certify.db import db
from certify.models.certificate import Certificate
from certify.queries import certificates
from certify.workflows.certificates import take_over
from tests.databases import MIGRATIONS

BEFORE, HERE = "0011", "0012"


def migrate(app: Flask, revision: str) -> None:
    db.session.remove()
    engine = db.engine
    with engine.connect() as connection:
        now = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
    engine.dispose()
    (downgrade if revision < now else upgrade)(directory=str(MIGRATIONS), revision=revision)


@pytest.fixture
def before(app: Flask) -> None:
    take_over(
        None,
        reference="OSL/2017/0001",
        scheme="osl",
        year=2017,
        holder_name="Ośrodek Pomocy Społecznej w Libiążu",
        voivodeship="12",
        title="Certyfikat",
        scope="Całość",
        standard_title="Model",
        awarded="w 2017 roku",
        source="Strona ośrodka",
    )


def test_numbers_of_before_are_found_in_any_writing(app: Flask, before: None) -> None:
    migrate(app, BEFORE)
    assert "parts_key" not in {one["name"] for one in sa.inspect(db.engine).get_columns("certificate")}
    migrate(app, "head")
    found = certificates.find("nr osl 2017/1.")
    assert found is not None
    assert (found.number, found.bare_key) == ("OSL/2017/0001", "0s120170001")
    assert db.session.scalar(sa.select(sa.func.count(Certificate.id))) == 1
