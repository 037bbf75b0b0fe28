"""One's own sessions: ended one by one, or all but the present one; the list stands on the page of the account."""

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from certify.web import signed_in
from certify.web.access import SIGNED_IN, access, actor
from certify.workflows import sessions

bp = Blueprint("sessions", __name__, url_prefix="/account/sessions")


@bp.post("/<id:session_id>/end")
@access(SIGNED_IN)
def end(session_id: int) -> Response:
    """End one of the own sessions at once."""
    sessions.end(actor(), session_id)
    flash(gettext("The session has ended. That browser asks for the password again."), "success")
    return redirect(url_for("account.show"), 303)


@bp.post("/end-others")
@access(SIGNED_IN)
def end_others() -> Response:
    """End all of them but this one."""
    sessions.end_others(actor(), signed_in.present())
    flash(gettext("All your other sessions have ended."), "success")
    return redirect(url_for("account.show"), 303)
