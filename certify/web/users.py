"""People and their roles: the list, invitations, enabling and disabling."""

from math import ceil
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import EmailField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from certify import timing
from certify.domain.accounts import invitable, may_cancel, may_confirm, needs_second_hand
from certify.domain.accounts import may_end_membership as may_end
from certify.domain.errors import Conflict, Invalid
from certify.domain.policy import CENTRE_ROLES, Actor, Role
from certify.http_errors import status_of
from certify.models.account import EMAIL_LENGTH, GLOBAL_ROLES, NAME_LENGTH, Invitation
from certify.queries import account_history, sessions, tokens
from certify.queries import accounts as queries
from certify.sentences import ROLES, SENTENCES
from certify.web.access import access, actor
from certify.web.forms import CaseForm, page_number, show_errors, show_stale
from certify.web.words import EVENT
from certify.workflows import accounts

bp = Blueprint("users", __name__, url_prefix="/users")

PAGE = 50
MANAGERS = (Role.COORDINATOR, Role.ADMIN, Role.CENTRE_MANAGER)
_REQUIRED = InputRequired(message=SENTENCES["required"])


class InviteForm(FlaskForm):
    """Whom to invite, and to what."""

    name = StringField(_l("First name and surname"), [_REQUIRED], render_kw={"maxlength": NAME_LENGTH})
    email = EmailField(_l("E-mail address"), [_REQUIRED], render_kw={"maxlength": EMAIL_LENGTH})
    role = RadioField(_l("Role"), [InputRequired(message=SENTENCES["choice_unknown"])])
    organisation_id = SelectField(
        _l("Organisation"),
        [Optional()],
        description=_l("Only for the roles in a centre."),
    )


class RolesForm(CaseForm):
    """The global roles of a person; `version` is that of the roles which the form showed."""

    roles = SelectMultipleField(
        _l("Roles in the scheme"),
        choices=[SelectChoice(role.value, ROLES[role.value]) for role in GLOBAL_ROLES],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )


@bp.get("")
@access(*MANAGERS)
def index() -> str:
    """Accounts and open invitations that the person may see."""
    total = queries.count_people(actor())
    pages = max(1, ceil(total / PAGE))
    page = min(page_number(), pages)
    found = queries.people(actor(), offset=(page - 1) * PAGE, limit=PAGE)
    who = actor()
    invitations = queries.open_invitations(who)
    proposals = queries.proposals(who)
    ids = {row.organisation_id for user in found for row in user.memberships}
    ids |= {one.organisation_id for one in invitations if one.organisation_id}
    return render_template(
        "users/index.html",
        people=found,
        invitations=[_offer(who, one) for one in invitations],
        proposals=[(one, may_confirm(who, one.proposed_by, one.user_id)) for one in proposals],
        names=queries.names([one.invited_by or 0 for one in invitations] + [one.proposed_by for one in proposals]),
        organisations=queries.organisation_names(sorted(ids)),
        now=timing.now(),
        page=page,
        pages=pages,
        total=total,
    )


@bp.get("/invite")
@access(*MANAGERS)
def invite_form() -> str:
    """The form of an invitation."""
    return render_template("users/invite.html", form=_invite_form())


@bp.post("/invite")
@access(*MANAGERS)
def invite_send() -> tuple[str, int]:
    """Make the invitation and show its link, this one time."""
    form = _invite_form()
    if not form.validate_on_submit():
        return render_template("users/invite.html", form=form), 422
    role = Role(form.role.data)
    centre = (form.organisation_id.data or "").strip()
    try:
        invitation, token = accounts.invite(
            actor(), form.email.data or "", form.name.data or "", role, int(centre) if centre else None
        )
    except Invalid as error:
        show_errors(form, error)
        return render_template("users/invite.html", form=form), status_of(error)
    names = queries.organisation_names([invitation.organisation_id] if invitation.organisation_id else [])
    return (
        render_template(
            "users/invited.html",
            invitation=invitation,
            organisation=names.get(invitation.organisation_id or 0),
            waits=needs_second_hand(role),
            link=current_app.config["PUBLIC_URL"] + url_for("account.accept_form", token=token),
        ),
        201,
    )


@bp.get("/<id:user_id>")
@access(*MANAGERS)
def show(user_id: int) -> str:
    """One person: roles, centres, and what an administrator can do."""
    return _person_page(user_id, None)


@bp.post("/<id:user_id>/active")
@access(Role.ADMIN)
def set_active(user_id: int) -> Response:
    """Enable or disable the account."""
    wanted = request.form.get("active")
    if wanted not in {"0", "1"}:
        raise Invalid({"active": "choice_unknown"})
    active = wanted == "1"
    accounts.set_active(actor(), user_id, active)
    said = (
        gettext("The account is enabled.")
        if active
        else gettext("The account is disabled; its sessions and access tokens ended.")
    )
    flash(said, "success")
    return redirect(url_for("users.show", user_id=user_id), 303)


@bp.post("/<id:user_id>/roles")
@access(Role.ADMIN)
def set_roles(user_id: int) -> Response | tuple[str, int]:
    """Let the person hold exactly the ticked roles."""
    form = RolesForm()
    if not form.validate_on_submit():
        return _person_page(user_id, form), 422
    wanted = frozenset(Role(value) for value in form.roles.data or [])
    try:
        accounts.set_roles(actor(), user_id, wanted, version=form.seen)
    except Conflict as error:
        show_stale(form, error)
        return _person_page(user_id, form), 409
    if queries.proposal(user_id) is None:
        flash(gettext("The roles are saved."), "success")
    else:
        flash(gettext("Saved. New roles hold as soon as a second person has confirmed them."), "success")
    return redirect(url_for("users.show", user_id=user_id), 303)


def _offer(who: Actor, one: Invitation) -> dict[str, Any]:
    """An invitation with its state and what this person can do with it."""
    role = Role(one.role)
    waits = needs_second_hand(role) and one.confirmed_at is None
    stands = queries.stands(one)
    return {
        "row": one,
        "stands": stands,
        "waits": waits,
        "may_confirm": stands and waits and may_confirm(who, one.invited_by),
        "may_cancel": stands and may_cancel(who, one.invited_by, role, one.organisation_id),
    }


def _person_page(user_id: int, form: RolesForm | None) -> str:
    user = queries.person(actor(), user_id)
    held = [row.name for row in user.roles]
    proposal = queries.proposal(user.id) if actor().roles & queries.OFFICE else None
    return render_template(
        "users/show.html",
        user=user,
        organisations=queries.organisation_names([row.organisation_id for row in user.memberships]),
        form=form or RolesForm(formdata=None, roles=held, version=str(user.roles_version)),
        proposal=proposal,
        may_confirm=proposal is not None and may_confirm(actor(), proposal.proposed_by, user.id),
        introduced=queries.introduced([user.id]).get(user.id),
        may_take_out={row.organisation_id for row in user.memberships if may_end(actor(), row.organisation_id)},
        sessions=sessions.of_person(actor(), user.id),
        tokens=tokens.of_person(actor(), user.id),
        may_change=Role.ADMIN in actor().roles and actor().user_id != user.id,
        history=account_history.entries(actor(), user.id),
        words=EVENT,
    )


def _invite_form() -> InviteForm:
    who = actor()
    roles = invitable(who)
    centres = queries.organisations(who)
    form = InviteForm()
    form.role.choices = [SelectChoice(role.value, ROLES[role.value]) for role in roles]
    form.organisation_id.choices = [SelectChoice(str(one.id), one.name) for one in centres]
    if not CENTRE_ROLES.issuperset(roles):
        form.organisation_id.choices.insert(0, SelectChoice("", gettext("none")))
    if request.method == "GET" and len(roles) == 1:
        form.role.data = roles[0].value
    return form
