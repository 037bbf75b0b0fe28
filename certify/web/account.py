"""One's own account: signing in and out, the password, the language, and accepting an invitation.

The sign-in page is ours and not Flask-Security's: its view commits by itself and answers 200 to a refusal, while here
every refusal has a status and a code. The hashes are Flask-Security's; sessions are our own rows (`web.signed_in`).
"""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from certify.domain.accounts import PASSWORD_MAX, PASSWORD_MIN
from certify.domain.errors import Invalid
from certify.http_errors import status_of
from certify.i18n import SESSION_KEY
from certify.models.account import EMAIL_LENGTH, NAME_LENGTH
from certify.queries import accounts as queries
from certify.queries import sessions as open_sessions
from certify.sentences import SENTENCES
from certify.web import known_browsers, signed_in
from certify.web.access import PUBLIC, SIGNED_IN, access, actor, local_path, visitor
from certify.web.forms import show_errors
from certify.web.navigation import home
from certify.workflows import accounts, sign_in

bp = Blueprint("account", __name__)

# An address may be copied together with a name.
_ADDRESS_MOST = EMAIL_LENGTH + NAME_LENGTH
_REQUIRED = InputRequired(message=SENTENCES["required"])
_NEW_PASSWORD = {"autocomplete": "new-password", "minlength": PASSWORD_MIN, "maxlength": PASSWORD_MAX}


class SignInForm(FlaskForm):
    """E-mail address and password."""

    email = EmailField(_l("E-mail address"), [_REQUIRED], render_kw={"autocomplete": "username"})
    password = PasswordField(_l("Password"), [_REQUIRED], render_kw={"autocomplete": "current-password"})
    next = HiddenField()


class PasswordForm(FlaskForm):
    """The present password and a new one."""

    current = PasswordField(_l("Present password"), [_REQUIRED], render_kw={"autocomplete": "current-password"})
    password = PasswordField(
        _l("New password"),
        [_REQUIRED],
        description=_l("12 to 128 characters, spaces too. A few unrelated words are strong and easy to keep."),
        render_kw=_NEW_PASSWORD,
    )


class AcceptForm(FlaskForm):
    """Name and password of a new account."""

    name = StringField(
        _l("First name and surname"), [_REQUIRED], render_kw={"autocomplete": "name", "maxlength": NAME_LENGTH}
    )
    password = PasswordField(
        _l("Password"),
        [_REQUIRED],
        description=_l("12 to 128 characters, spaces too. A few unrelated words are strong and easy to keep."),
        render_kw=_NEW_PASSWORD,
    )


@bp.get("/sign-in")
@access(PUBLIC)
def sign_in_form() -> str | Response:
    """The sign-in page."""
    who = visitor()
    if who is not None:
        return redirect(_next() or home(who), 303)
    return render_template("security/sign_in.html", form=SignInForm(formdata=None, next=_next()))


@bp.post("/sign-in")
@access(PUBLIC)
def sign_in_send() -> Response | tuple[str, int]:
    """Sign in, or say in one and the same sentence that it did not work."""
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("security/sign_in.html", form=form), 422
    try:
        email, password = (form.email.data or "")[:_ADDRESS_MOST], form.password.data or ""
        user = sign_in.sign_in(email, password, request.remote_addr or "", known_browsers.of_request())
    except Invalid as error:
        show_errors(form, error)
        return render_template("security/sign_in.html", form=form), status_of(error)
    signed_in.start(user, "password")
    return redirect(local_path(form.next.data) or home(actor()), 303)


@bp.post("/sign-out")
@access(PUBLIC)
def sign_out() -> Response:
    """End the session; public, so that a session that has run out is no obstacle."""
    signed_in.stop()
    flash(gettext("You are signed out."), "success")
    return redirect(url_for("account.sign_in_form"), 303)


@bp.get("/account")
@access(SIGNED_IN)
def show() -> str:
    """One's own data and roles."""
    user = queries.get_user(actor().user_id)
    names = queries.organisation_names([row.organisation_id for row in user.memberships])
    opened = open_sessions.own(actor())
    return render_template(
        "account/show.html", user=user, organisations=names, sessions=opened, present=signed_in.present()
    )


@bp.get("/account/password")
@access(SIGNED_IN)
def password_form() -> str:
    """The form for a new password."""
    return _password_page(PasswordForm(formdata=None))


@bp.post("/account/password")
@access(SIGNED_IN)
def password_send() -> Response | tuple[str, int]:
    """Change the password; all other sessions of the person end."""
    form = PasswordForm()
    if not form.validate_on_submit():
        return _password_page(form), 422
    user = queries.get_user(actor().user_id)
    try:
        address = request.remote_addr or ""
        if not sign_in.check_password(user, form.current.data or "", address, signed_in.present()):
            raise Invalid({"current": "password_wrong"})
        user = accounts.change_password(actor(), form.password.data or "")
    except Invalid as error:
        show_errors(form, error)
        return _password_page(form), status_of(error)
    signed_in.start(user, "new_password")
    flash(gettext("Your password is changed. Your sessions elsewhere and your access tokens have ended."), "success")
    return redirect(url_for("account.show"), 303)


@bp.post("/language")
@access(PUBLIC)
def language() -> Response:
    """Switch the language and come back to the page."""
    wanted = request.form.get("lang", "")
    if wanted not in accounts.LANGUAGES:
        raise Invalid({"lang": "language_unknown"})
    session[SESSION_KEY] = wanted
    who = visitor()
    if who is not None:
        accounts.set_language(who, wanted)
    return redirect(local_path(request.form.get("next")) or (home(who) if who else "/"), 303)


@bp.get("/invitation/<token>")
@access(PUBLIC)
def accept_form(token: str) -> Response | str:
    """The page behind an invitation's link; who has an account already signs in and joins with it."""
    invitation = accounts.find_invitation(token)
    if queries.find_user(invitation.email) is not None:
        return redirect(url_for("memberships.index"), 303)
    form = AcceptForm(formdata=None, name=invitation.name)
    return _accept_page(token, form)


@bp.post("/invitation/<token>")
@access(PUBLIC)
def accept_send(token: str) -> Response | tuple[str, int]:
    """Make the account and sign in."""
    form = AcceptForm()
    if not form.validate_on_submit():
        return _accept_page(token, form), 422
    try:
        user = accounts.accept(token, form.name.data or "", form.password.data or "")
    except Invalid as error:
        show_errors(form, error)
        return _accept_page(token, form), status_of(error)
    signed_in.start(user, "invitation")
    flash(gettext("Your account is ready."), "success")
    return redirect(home(actor()), 303)


def _password_page(form: PasswordForm) -> str:
    return render_template("account/password.html", form=form, actor_email=queries.get_user(actor().user_id).email)


def _accept_page(token: str, form: AcceptForm) -> str:
    invitation = accounts.find_invitation(token)
    ids = [invitation.organisation_id] if invitation.organisation_id else []
    names = queries.organisation_names(ids)
    return render_template(
        "account/accept.html",
        form=form,
        token=token,
        invitation=invitation,
        organisation=names.get(invitation.organisation_id or 0),
    )


def _next() -> str:
    return local_path(request.args.get("next")) or ""
