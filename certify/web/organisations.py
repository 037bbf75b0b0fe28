"""Centres: the list, registering one, its units and people."""

import re
from math import ceil

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import Length, Optional

from certify import pdf_letters
from certify.domain.errors import Conflict, Invalid
from certify.domain.policy import Role
from certify.domain.voivodeships import VOIVODESHIPS
from certify.http_errors import status_of
from certify.i18n import language
from certify.queries import organisations as queries
from certify.queries.rubrics import centre_kinds
from certify.sentences import SENTENCES, sentence
from certify.web.access import access, actor
from certify.web.forms import REQUIRED, page_number, show_errors
from certify.workflows import organisations
from certify.workflows.organisations import LIMITS, Gmina, OrganisationData
from certify.workflows.texts import SHORT

bp = Blueprint("organisations", __name__, url_prefix="/organisations")

OFFICE = (Role.COORDINATOR, Role.ADMIN)
_AFTER_CODE = re.compile(r"[\s,;]+")


def _at_most(limit: int) -> Length:
    return Length(max=limit, message=SENTENCES["too_long"])


class OrganisationForm(FlaskForm):
    """What is known of a centre when it is registered; the verb judges it."""

    name = StringField(_l("Full name"), [REQUIRED, _at_most(LIMITS["name"])])
    kind = SelectField(_l("Type of centre"), validate_choice=False)
    street = StringField(_l("Street and number"), [Optional(), _at_most(LIMITS["street"])])
    postcode = StringField(_l("Postcode"), [Optional(), _at_most(LIMITS["postcode"])])
    city = StringField(_l("Town"), [REQUIRED, _at_most(LIMITS["city"])])
    voivodeship = SelectField(_l("Voivodeship"), validate_choice=False)
    nip = StringField(_l("NIP"), [Optional(), _at_most(LIMITS["nip"])], description=_l("10 digits."))
    regon = StringField(_l("REGON"), [Optional(), _at_most(LIMITS["regon"])], description=_l("9 or 14 digits."))
    gminas = TextAreaField(
        _l("Gminas served"), description=_l("One a line: the TERC code and the name, for example 1203043 Libiąż.")
    )


class UnitForm(FlaskForm):
    """A unit that may hold a certificate of its own."""

    name = StringField(_l("Name of the unit"), [REQUIRED, _at_most(SHORT)])


def _kinds() -> dict[str, str]:
    return {kind: title.get(language()) for kind, title in centre_kinds().items()}


def _form() -> OrganisationForm:
    form = OrganisationForm()
    form.kind.choices = [
        SelectChoice("", gettext("choose")),
        *(SelectChoice(key, f"{key}: {title}") for key, title in _kinds().items()),
    ]
    form.voivodeship.choices = [
        SelectChoice("", gettext("choose")),
        *(SelectChoice(code, name) for code, name in VOIVODESHIPS.items()),
    ]
    return form


def _gminas(text: str) -> list[Gmina]:
    """The lines of the field, each cut behind its code."""
    lines = [_AFTER_CODE.split(line.strip(), maxsplit=1) for line in text.splitlines() if line.strip()]
    return [Gmina(line[0], line[1] if len(line) > 1 else "") for line in lines]


@bp.get("")
@access(*OFFICE)
def index() -> str:
    """The centres in Polish alphabetical order."""
    words = request.args.get("words", "").strip()[:100]
    number = page_number()
    found, total, more = queries.page(words, number)
    return render_template(
        "organisations/index.html",
        found=found,
        total=total,
        more=more,
        words=words,
        page=number,
        pages=max(1, ceil(total / queries.PAGE)),
        kinds=_kinds(),
    )


@bp.get("/new")
@access(*OFFICE)
def new() -> str:
    """The form of a new centre."""
    return render_template("organisations/new.html", form=_form())


@bp.post("/new")
@access(*OFFICE)
def new_post() -> Response | tuple[str, int]:
    """Register the centre with its main unit."""
    # The fields' own checks are for the browser: the verb names every fault at once.
    form = _form()
    try:
        made = organisations.register(
            actor(),
            OrganisationData(
                name=form.name.data or "",
                kind=form.kind.data or "",
                city=form.city.data or "",
                voivodeship=form.voivodeship.data or "",
                street=form.street.data or "",
                postcode=form.postcode.data or "",
                nip=form.nip.data or "",
                regon=form.regon.data or "",
                gminas=_gminas(form.gminas.data or ""),
            ),
        )
    except Invalid as error:
        show_errors(form, error)
        return render_template("organisations/new.html", form=form), status_of(error)
    except Conflict as error:
        # The one conflict of registering: a second centre with the same REGON.
        form.regon.errors = [sentence(error.code)]
        return render_template("organisations/new.html", form=form), status_of(error)
    flash(gettext("The centre is registered. Invite its manager now."), "success")
    signs = pdf_letters.named(pdf_letters.unprintable([made.name, made.address]))
    if signs:
        flash(gettext("The certificate's fonts don't have these signs: %(signs)s.", signs=signs), "warning")
    return redirect(url_for("organisations.show", organisation_id=made.id), 303)


def _show(organisation_id: int, form: UnitForm) -> str:
    found = queries.get(organisation_id)
    return render_template(
        "organisations/show.html",
        organisation=found,
        kind=_kinds().get(found.kind, found.kind),
        voivodeship=VOIVODESHIPS[found.voivodeship],
        members=queries.members(organisation_id),
        cases=queries.cases_of(organisation_id),
        form=form,
    )


@bp.get("/<id:organisation_id>")
@access(*OFFICE)
def show(organisation_id: int) -> str:
    """One centre: facts, units, people, cases."""
    return _show(organisation_id, UnitForm(formdata=None))


@bp.post("/<id:organisation_id>/units")
@access(*OFFICE)
def add_unit(organisation_id: int) -> Response | tuple[str, int]:
    """Add a unit."""
    form = UnitForm()
    if not form.validate_on_submit():
        return _show(organisation_id, form), 422
    try:
        organisations.add_unit(actor(), organisation_id, form.name.data or "")
    except Invalid as error:
        show_errors(form, error)
        return _show(organisation_id, form), status_of(error)
    flash(gettext("The unit is added."), "success")
    return redirect(url_for("organisations.show", organisation_id=organisation_id), 303)
