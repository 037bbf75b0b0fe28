"""Signs people in without the form, whose own tests stand in web/test_account.py: a session row and its secret."""

from werkzeug.test import Client

from certify.models.account import User
from certify.workflows import sessions


def secret_for(user: User | int) -> str:
    """The secret of a new session of this person; needs an application context."""
    return sessions.begin(user if isinstance(user, int) else user.id, "", "test")


def give(client: Client, secret: str) -> None:
    """Let the browser hold the secret of a session."""
    with client.session_transaction() as session:  # type: ignore[attr-defined]
        session["_user_id"] = secret
