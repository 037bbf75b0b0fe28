"""Languages: Polish first, English by the switch; kept in the session and, for people with an account, with it."""

from flask import Flask, has_request_context, request, session
from flask_babel import get_locale
from flask_login import current_user

from certify.extensions import babel
from certify.http_errors import is_api
from certify.workflows.accounts import LANGUAGES

DEFAULT = LANGUAGES[0]
SESSION_KEY = "language"


def choose_language() -> str:
    """The visitor's own choice, else the account's, else Polish. The browser's wish is not asked: most never set it."""
    if not has_request_context():
        return DEFAULT
    if is_api():
        # A program has no session, and does set what it wishes.
        wished = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
        return next((tag for tag in wished if tag in LANGUAGES), DEFAULT)
    chosen = session.get(SESSION_KEY)
    if chosen is None and current_user.is_authenticated:
        chosen = current_user.language
    return chosen if chosen in LANGUAGES else DEFAULT


def language() -> str:
    """Code of the language in use: `pl` or `en`."""
    locale = get_locale()
    return locale.language if locale is not None else DEFAULT


def init_app(app: Flask) -> None:
    """Bind Flask-Babel and hand `lang` to every template."""
    babel.init_app(app, locale_selector=choose_language)
    app.context_processor(lambda: {"lang": language()})
