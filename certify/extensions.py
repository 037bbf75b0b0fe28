"""The Flask extensions, unbound, and how they are bound to an application."""

from flask import Flask
from flask_babel import Babel
from flask_security import Security, SQLAlchemyUserDatastore
from flask_wtf import CSRFProtect

from certify.db import db
from certify.models.account import RoleRow, User

babel = Babel()
csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Bind the extensions; the languages are bound by `i18n`, which knows how to choose one."""
    db.init_app(app)
    csrf.init_app(app)
    # One for each application: Flask-Security keeps the application's own settings in it.
    security = Security(datastore=SQLAlchemyUserDatastore(db, User, RoleRow), register_blueprint=False)
    security.init_app(app)
    # Flask-Security would also take a token from the query or a JSON body; people sign in by the session alone.
    security.login_manager.request_loader(lambda request: None)
