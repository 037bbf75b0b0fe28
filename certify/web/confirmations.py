"""The second hand of the office: confirming or ending invitations and proposed roles, from the pages of the people."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from certify.domain.errors import Invalid
from certify.domain.policy import Role
from certify.queries import accounts as queries
from certify.web.access import access, actor
from certify.workflows import confirmations

bp = Blueprint("confirmations", __name__, url_prefix="/users")

MANAGERS = (Role.COORDINATOR, Role.ADMIN, Role.CENTRE_MANAGER)


def answered(*choices: str) -> str:
    """Which of the buttons was pressed; raises `Invalid`."""
    wanted = request.form.get("answer", "")
    if wanted not in choices:
        raise Invalid({"answer": "choice_unknown"})
    return wanted


@bp.post("/invitations/<id:invitation_id>")
@access(*MANAGERS)
def invitation(invitation_id: int) -> Response:
    """Confirm an invitation to a role in the scheme, or end an invitation."""
    queries.invitation(actor(), invitation_id)  # what is not there is not found, whatever is answered
    if answered("confirm", "cancel") == "confirm":
        found = confirmations.confirm(actor(), invitation_id)
        flash(gettext("The invitation of %(name)s is confirmed; the link works now.", name=found.name), "success")
    else:
        found = confirmations.cancel(actor(), invitation_id)
        flash(gettext("The invitation of %(name)s has ended; its link does not work.", name=found.name), "success")
    return redirect(url_for("users.index"), 303)


@bp.post("/<id:user_id>/proposal")
@access(Role.COORDINATOR, Role.ADMIN)
def proposal(user_id: int) -> Response:
    """Give the proposed roles, or end the proposal."""
    queries.person(actor(), user_id)
    confirmed = answered("confirm", "refuse") == "confirm"
    confirmations.answer_proposal(actor(), user_id, confirmed=confirmed)
    said = gettext("The roles are given.") if confirmed else gettext("The proposal has ended; the roles are as before.")
    flash(said, "success")
    return redirect(url_for("users.show", user_id=user_id), 303)
