"""What lets somebody in besides the password, for administrators: open sessions and tokens, and how they end."""

from flask import flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from certify.domain.policy import Role
from certify.web.access import access, actor
from certify.web.users import bp as bp
from certify.workflows import sessions, tokens


@bp.post("/<id:user_id>/sessions/end")
@access(Role.ADMIN)
def end_sessions(user_id: int) -> Response:
    """End all sessions of the person."""
    sessions.end_of_person(actor(), user_id)
    flash(gettext("All sessions of this person have ended."), "success")
    return redirect(url_for("users.show", user_id=user_id), 303)


@bp.post("/<id:user_id>/tokens/<id:token_id>/end")
@access(Role.ADMIN)
def end_token(user_id: int, token_id: int) -> Response:
    """End one token of the person."""
    tokens.revoke(actor(), token_id, owner_id=user_id)
    flash(gettext("The token is revoked. The program that used it no longer gets in."), "success")
    return redirect(url_for("users.show", user_id=user_id), 303)
