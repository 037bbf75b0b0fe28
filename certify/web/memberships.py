"""Centres that a person may join with the account that they have, and taking a person out of a centre."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from certify.domain.errors import Invalid
from certify.queries import accounts as queries
from certify.web import signed_in
from certify.web.access import SIGNED_IN, access, actor
from certify.web.confirmations import MANAGERS, answered
from certify.workflows import memberships as verbs

bp = Blueprint("memberships", __name__)


@bp.get("/account/centres")
@access(SIGNED_IN)
def index() -> str:
    """The centres that ask for this person."""
    offers = queries.offers(actor())
    return render_template(
        "account/centres.html",
        offers=offers,
        organisations=queries.organisation_names([one.organisation_id or 0 for one in offers]),
        inviters=queries.names([one.invited_by or 0 for one in offers]),
    )


@bp.post("/account/centres/<id:invitation_id>")
@access(SIGNED_IN)
def answer(invitation_id: int) -> Response:
    """Join the centre, or decline."""
    queries.offer(actor(), invitation_id)  # what is not there is not found, whatever is answered
    joins = answered("join", "decline") == "join"
    verbs.answer(actor(), invitation_id, joins=joins)
    if joins:
        # New rights, new session: the old ones have ended.
        signed_in.start(queries.get_user(actor().user_id), "joined")
    flash(gettext("You belong to the centre now.") if joins else gettext("You have declined."), "success")
    return redirect(url_for("account.show"), 303)


@bp.post("/users/<id:user_id>/centres/<id:organisation_id>/end")
@access(*MANAGERS)
def end(user_id: int, organisation_id: int) -> Response:
    """Take the person out of the centre."""
    queries.person(actor(), user_id)
    role = request.form.get("role", "")
    if role not in {"centre_editor", "centre_manager"}:
        raise Invalid({"role": "choice_unknown"})
    verbs.end(actor(), user_id, organisation_id, role=role)
    flash(gettext("The person no longer belongs to the centre. The account stays."), "success")
    return redirect(url_for("users.index"), 303)
