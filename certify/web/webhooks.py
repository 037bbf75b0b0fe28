"""Webhooks for the office: subscriptions with their log. A secret is shown once, where it was made."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from certify.domain.errors import Conflict, Invalid
from certify.domain.policy import Role
from certify.domain.webhooks import EVENTS, PING
from certify.http_errors import status_of
from certify.models.webhook import NAME_LENGTH, URL_LENGTH, Webhook
from certify.queries import rubrics
from certify.queries import webhooks as queries
from certify.sentences import sentence
from certify.web.access import access, actor
from certify.web.forms import CHOICE, REQUIRED, chosen, page_number, show_errors
from certify.web.words import EVENT
from certify.webhook_sentences import FAILURES
from certify.workflows import webhooks as verbs
from certify.workflows.webhooks import WebhookData

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")

OFFICE = (Role.COORDINATOR, Role.ADMIN)


class WebhookForm(FlaskForm):
    """A new subscription."""

    name = StringField(
        _l("What receives them"),
        [REQUIRED],
        description=_l("For example the name of the program."),
        render_kw={"maxlength": NAME_LENGTH, "autocomplete": "off"},
    )
    url = StringField(
        _l("Address of the receiver"),
        [REQUIRED],
        description=_l("It begins with https:// and must be reachable from the internet."),
        render_kw={"maxlength": URL_LENGTH, "autocomplete": "off", "inputmode": "url", "spellcheck": "false"},
    )
    scheme = SelectField(_l("Standard"), [CHOICE])
    events = SelectMultipleField(
        _l("Events"),
        choices=[SelectChoice(event, EVENT[event]) for event in EVENTS],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


def _form(*, fresh: bool = False) -> WebhookForm:
    form = WebhookForm(formdata=None) if fresh else WebhookForm()
    schemes = sorted({row.scheme for row in rubrics.current_versions()})
    # No value of a choice is empty, so that nothing chosen is told from everything.
    form.scheme.choices = [SelectChoice("*", gettext("all standards")), *(SelectChoice(one, one) for one in schemes)]
    if fresh:
        form.scheme.data = "*"
    return form


@bp.get("")
@access(*OFFICE)
def index() -> str:
    """The subscriptions, and the form for a new one."""
    return _page(_form(fresh=True))


@bp.post("")
@access(*OFFICE)
def create() -> str | tuple[str, int]:
    """Subscribe; this answer is the only place where the secret ever stands."""
    form = _form()
    if not form.validate_on_submit():
        return _page(form), 422
    scheme = "" if form.scheme.data == "*" else form.scheme.data
    data = WebhookData(form.name.data or "", form.url.data or "", form.events.data or (), scheme)
    try:
        made, secret = verbs.create(actor(), data)
    except Invalid as error:
        show_errors(form, error)
        return _page(form), status_of(error)
    except Conflict as error:
        form.url.errors = [sentence(error.code)]
        return _page(form), status_of(error)
    return render_template("webhooks/made.html", webhook=made, secret=secret), 201


@bp.get("/<id:webhook_id>")
@access(*OFFICE)
def show(webhook_id: int) -> str:
    """One subscription with what was sent to it."""
    webhook = queries.get(actor(), webhook_id)
    page = page_number()
    rows, total = queries.log(webhook, page)
    pages = max(1, -(-total // queries.LOG_PAGE))
    if page > pages:
        page = pages
        rows, total = queries.log(webhook, page)
    return render_template(
        "webhooks/show.html",
        webhook=webhook,
        deliveries=rows,
        page=page,
        pages=pages,
        events=[event_label(one) for one in webhook.events],
        event_label=event_label,
        failures=FAILURES,
        state=_state(webhook),
    )


@bp.post("/<id:webhook_id>/switch-on")
@access(*OFFICE)
def switch_on(webhook_id: int) -> Response:
    """Send events again; what happened meanwhile is not told later."""
    verbs.change(actor(), webhook_id, {}, active=True)
    flash(gettext("The subscription is on. Events from now on are sent."), "success")
    return _back(webhook_id)


@bp.post("/<id:webhook_id>/switch-off")
@access(*OFFICE)
def switch_off(webhook_id: int) -> Response:
    """Send nothing until it is switched on again."""
    verbs.change(actor(), webhook_id, {}, active=False)
    flash(gettext("The subscription is off. Nothing is sent."), "success")
    return _back(webhook_id)


@bp.post("/<id:webhook_id>/remove")
@access(*OFFICE)
def remove(webhook_id: int) -> Response:
    """End it for good, as the person saw it."""
    verbs.remove(actor(), webhook_id, version=chosen(request.form.get("version")))
    flash(gettext("The subscription is removed."), "success")
    return redirect(url_for("webhooks.index"), 303)


@bp.post("/<id:webhook_id>/ping")
@access(*OFFICE)
def ping(webhook_id: int) -> Response:
    """Send a message that means nothing."""
    verbs.ping(actor(), webhook_id)
    flash(gettext("A test message is on its way. Reload this page in a minute to see whether it arrived."), "success")
    return _back(webhook_id)


@bp.post("/<id:webhook_id>/deliveries/<id:delivery_id>/resend")
@access(*OFFICE)
def resend(webhook_id: int, delivery_id: int) -> Response:
    """Send a message once more."""
    verbs.resend(actor(), webhook_id, delivery_id)
    flash(gettext("The message is sent again within a minute."), "success")
    return _back(webhook_id)


def event_label(kind: str) -> str:
    """An event in words."""
    return gettext("Test message") if kind == PING else str(EVENT[kind])


def _back(webhook_id: int) -> Response:
    return redirect(url_for("webhooks.show", webhook_id=webhook_id), 303)


def _page(form: WebhookForm) -> str:
    found = list(queries.all_of(actor()))
    return render_template("webhooks/index.html", form=form, webhooks=found, state=_state)


def _state(webhook: Webhook) -> str:
    if webhook.active:
        return gettext("on")
    return gettext("off: the receiver wants no more (410)") if webhook.off_reason == "gone" else gettext("off")
