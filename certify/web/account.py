"""One's own account: signing in and out, the password, the language, and accepting an invitation.

The sign-in page is ours and not Flask-Security's: its view commits by itself and answers 200 to a refusal, while here
every refusal has a status and a code. Hashes, sessions and the check of who is signed in are Flask-Security's.
"""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_security import login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from certify.domain.accounts import PASSWORD_MAX, PASSWORD_MIN
from certify.domain.errors import Invalid
from certify.http_errors import status_of
from certify.i18n import SESSION_KEY
from certify.models.account import EMAIL_LENGTH, NAME_LENGTH, User
from certify.queries import accounts as queries
from certify.sentences import SENTENCES
from certify.web.access import PUBLIC, SIGNED_IN, access, actor, forget_visitor, local_path, visitor
from certify.web.forms import show_errors
from certify.web.navigation import home
from certify.workflows import accounts, sign_in

bp = Blueprint("account", __name__)

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
        email = (form.email.data or "")[: EMAIL_LENGTH + 1]
        user = sign_in.sign_in(email, form.password.data or "", request.remote_addr or "")
    except Invalid as error:
        show_errors(form, error)
        return render_template("security/sign_in.html", form=form), status_of(error)
    start_session(user)
    return redirect(local_path(form.next.data) or home(actor()), 303)


@bp.post("/sign-out")
@access(PUBLIC)
def sign_out() -> Response:
    """End the session; public, so that a session that has run out is no obstacle."""
    language = session.get(SESSION_KEY)
    logout_user()
    session.clear()
    _keep_language(language)
    forget_visitor()
    flash(gettext("You are signed out."), "success")
    return redirect(url_for("account.sign_in_form"), 303)


@bp.get("/account")
@access(SIGNED_IN)
def show() -> str:
    """One's own data and roles."""
    user = queries.get_user(actor().user_id)
    names = queries.organisation_names([row.organisation_id for row in user.memberships])
    return render_template("account/show.html", user=user, organisations=names)


@bp.get("/account/password")
@access(SIGNED_IN)
def password_form() -> str:
    """The form for a new password."""
    return render_template("account/password.html", form=PasswordForm(formdata=None))


@bp.post("/account/password")
@access(SIGNED_IN)
def password_send() -> Response | tuple[str, int]:
    """Change the password; all other sessions of the person end."""
    form = PasswordForm()
    if not form.validate_on_submit():
        return render_template("account/password.html", form=form), 422
    user = queries.get_user(actor().user_id)
    try:
        if not sign_in.check_password(user, form.current.data or "", request.remote_addr or ""):
            raise Invalid({"current": "password_wrong"})
        user = accounts.change_password(actor(), form.password.data or "")
    except Invalid as error:
        show_errors(form, error)
        return render_template("account/password.html", form=form), status_of(error)
    start_session(user)
    flash(gettext("Your password is changed. Your sessions elsewhere have ended."), "success")
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
    start_session(user)
    flash(gettext("Your account is ready."), "success")
    return redirect(home(actor()), 303)


def start_session(user: User) -> None:
    """Sign the person in on a fresh session, so that nothing planted before the sign-in lives on."""
    language = session.get(SESSION_KEY)
    session.clear()
    _keep_language(language)
    session.permanent = True
    login_user(user, remember=False, authn_via=["password"])
    forget_visitor()


def _keep_language(language: str | None) -> None:
    if language is not None:
        session[SESSION_KEY] = language


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
