"""The Flask extensions, unbound, and how they are bound to an application."""

from typing import Any, cast

from flask import Flask
from flask_babel import Babel
from flask_security import Security, SQLAlchemyUserDatastore
from flask_wtf import CSRFProtect
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certify.db import db
from certify.models.account import RoleRow, User


class People(SQLAlchemyUserDatastore):
    """Every request asks for the person of the session: with all rights, in one query."""

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> User | None:
        """As Flask-Security asks for an account."""
        if set(kwargs) != {"fs_uniquifier"}:
            return cast(User | None, super().find_user(case_insensitive=case_insensitive, **kwargs))
        rows = select(User).where(User.fs_uniquifier == kwargs["fs_uniquifier"])
        found = db.session.scalars(rows.options(joinedload(User.roles), joinedload(User.memberships)))
        return found.unique().one_or_none()


babel = Babel()
csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Bind the extensions; the languages are bound by `i18n`, which knows how to choose one."""
    db.init_app(app)
    csrf.init_app(app)
    # One for each application: Flask-Security keeps the application's own settings in it.
    security = Security(datastore=People(db, User, RoleRow), register_blueprint=False)
    security.init_app(app)
    # Flask-Security would also take a token from the query or a JSON body; people sign in by the session alone.
    security.login_manager.request_loader(lambda request: None)
