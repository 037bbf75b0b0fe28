"""One's own access tokens: made and shown once, listed, revoked."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from certify.api_sentences import SCOPES
from certify.domain.errors import Invalid
from certify.domain.scopes import MAX_DAYS
from certify.http_errors import status_of
from certify.models.token import NAME_LENGTH
from certify.queries import tokens as queries
from certify.queries.accounts import get_user
from certify.timing import now
from certify.web import signed_in
from certify.web.access import SIGNED_IN, access, actor
from certify.web.forms import REQUIRED, chosen, show_errors
from certify.workflows import tokens
from certify.workflows.tokens import Proof

bp = Blueprint("tokens", __name__, url_prefix="/account/tokens")


class TokenForm(FlaskForm):
    """A new token: what it is for, what it may be used for, how long."""

    name = StringField(
        _l("What the token is for"),
        [REQUIRED],
        description=_l("For example the name of the program. You and the administrators see it."),
        render_kw={"maxlength": NAME_LENGTH, "autocomplete": "off"},
    )
    scopes = SelectMultipleField(
        _l("What it may be used for"),
        choices=[SelectChoice(scope, words) for scope, words in SCOPES.items()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=_l("A token never does more than you may do yourself. Choose as little as the program needs."),
    )
    days = StringField(
        _l("Valid for how many days"),
        [REQUIRED],
        default="90",
        description=_l("At most %(days)s.", days=MAX_DAYS),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    password = PasswordField(
        _l("Present password"),
        [REQUIRED],
        description=_l("So that nobody makes a token at a computer that you left for a moment."),
        render_kw={"autocomplete": "current-password"},
    )


@bp.get("")
@access(SIGNED_IN)
def index() -> str:
    """The tokens and the form for a new one."""
    return _page(TokenForm(formdata=None))


@bp.post("")
@access(SIGNED_IN)
def create() -> str | tuple[str, int]:
    """Make a token; this answer is the only place where it ever stands."""
    form = TokenForm()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        proof = Proof(form.password.data or "", request.remote_addr or "", signed_in.present())
        name, scopes, days = form.name.data or "", form.scopes.data or (), chosen(form.days.data)
        made, secret = tokens.create_own(actor(), proof, name, scopes, days)
    except Invalid as error:
        show_errors(form, error)
        return _page(form), status_of(error)
    return render_template("account/token_made.html", token=made, secret=secret), 201


@bp.post("/<id:token_id>/revoke")
@access(SIGNED_IN)
def revoke(token_id: int) -> Response:
    """End one of the own tokens at once."""
    tokens.revoke(actor(), token_id)
    flash(gettext("The token is revoked. The program that used it no longer gets in."), "success")
    return redirect(url_for("tokens.index"), 303)


def _page(form: TokenForm) -> str:
    user = get_user(actor().user_id)
    return render_template("account/tokens.html", form=form, tokens=queries.own(actor()), now=now(), email=user.email)
