"""Who is signed in with this browser: the secret of a session in its signed cookie, and the row behind it.

Flask-Login keeps the person of the request; whom it finds is decided here and by `queries.sessions`.
"""

from flask import Flask, flash, g, request, session
from flask_babel import gettext
from flask_login import LoginManager, current_user

from certify.i18n import SESSION_KEY
from certify.models.account import User
from certify.queries import sessions as queries
from certify.queries.accounts import actor_of
from certify.security_log import note
from certify.web import known_browsers
from certify.web.devices import device
from certify.workflows import sessions

# Where Flask-Login keeps what its loader is asked with.
_KEPT_AS = "_user_id"


def init_app(app: Flask) -> None:
    """Take the place of Flask-Security's loader, which knows people by what stays the same in all their sessions."""
    manager: LoginManager = app.extensions["security"].login_manager
    manager.user_loader(_load)
    # Its mark of a browser is made of the address, which changes on the way to work.
    manager.session_protection = None


def _load(secret: str) -> User | None:
    found = queries.by_digest(sessions.digest(secret))
    fault = queries.fault(found)
    if found is None or fault is not None:
        # Said once: the browser forgets the session with this answer. A copied cookie is said with each use of it.
        session.pop(_KEPT_AS, None)
        g.session_fault = fault
        note("session_refused", account=found.user_id if found else None, why=fault or "")
        return None
    g.user_session = found
    return found.user


def present() -> int:
    """The number of the session of this request; 0 when there is none."""
    found = g.get("user_session")
    return found.id if found else 0


def note_use() -> None:
    """Remember that the session of this request is in use."""
    found = g.get("user_session")
    if found is not None:
        sessions.note_use(found)


def tell_of_the_end() -> None:
    """Say on the next page why it asks for the password, to somebody who was signed in until a moment ago."""
    if g.get("session_fault"):
        flash(gettext("Your session has ended. Sign in again; what was saved is still there."), "info")


def start(user: User, why: str) -> None:
    """Sign the person in on a fresh session, so that nothing planted before the sign-in lives on."""
    secret = sessions.begin(user.id, device(request.user_agent.string), why)
    _forget_browser()
    session.permanent = True
    session[_KEPT_AS] = secret
    known_browsers.remember(user)


def stop() -> None:
    """End the session of this request, if there is one."""
    if current_user.is_authenticated:
        sessions.end(actor_of(current_user), present(), "signed_out")
    _forget_browser()


def _forget_browser() -> None:
    language = session.get(SESSION_KEY)
    session.clear()
    if language is not None:
        session[SESSION_KEY] = language
    # The request goes on as the person that the cookie now names.
    for name in ("user_session", "_login_user", "actor", "csrf_token"):
        g.pop(name, None)
