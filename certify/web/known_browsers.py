"""A cookie of its own for browsers in which people signed in before, so that nobody's guesses lock them out.

It lets nobody in: a right password typed here is heard although others have used up the tries (`workflows.sign_in`).
"""

import secrets

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from certify.models.account import User
from certify.workflows.sign_in import Browser, mark_of

_SECONDS = 365 * 24 * 3600
# People who share a computer; of more the oldest are forgotten.
_MOST = 8


def of_request() -> Browser:
    """What this browser shows; a new number and no marks when it shows nothing that we signed."""
    number, marks = _read()
    return Browser(number, frozenset(marks))


def remember(user: User) -> None:
    """Send the browser a mark of this person's sign-in with the answer."""
    number, marks = _read()
    own = mark_of(user)
    kept = [own, *(one for one in marks if one != own)][:_MOST]
    value = _serializer().dumps([number, kept])

    @after_this_request
    def send(response: Response) -> Response:
        response.set_cookie(
            _name(),
            str(value),
            max_age=_SECONDS,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
        return response


def _read() -> tuple[str, list[str]]:
    try:
        number, marks = _serializer().loads(request.cookies.get(_name(), ""), max_age=_SECONDS)
    except BadSignature:
        return secrets.token_urlsafe(16), []
    return number, marks


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-browser"


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="certify-browser")
