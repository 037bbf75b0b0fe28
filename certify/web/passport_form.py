"""The form of a passport: what a piece of evidence proves, for which time, and whether people can be known from it."""

from collections.abc import Mapping
from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice

from certify.domain.errors import CertifyError, Conflict, FieldError, Invalid
from certify.models.evidence import Evidence
from certify.sentences import fault_sentence, sentence
from certify.web.forms import chosen, visible
from certify.workflows.library import PassportData

DAYS = ("period_from", "period_to", "valid_until")
QUESTIONS = ("names_people", "shows_pesel", "shows_faces", "has_consent")
ANSWERS = [SelectChoice("yes", _l("yes")), SelectChoice("no", _l("no"))]
SAYS = {True: "yes", False: "no", None: ""}


class PassportForm(FlaskForm):
    """The passport of one piece; the verb judges each field, so that nothing typed is lost here."""

    version = HiddenField()
    title = StringField(_l("Title"))
    proves = TextAreaField(_l("What it proves"), description=_l("In one or two sentences, for the auditor."))
    kind = SelectField(_l("Kind"), validate_choice=False)
    author = StringField(_l("Author"), description=_l("Who wrote or issued it, for example the council of the gmina."))
    period_from = StringField(_l("Period covered from"))
    period_to = StringField(_l("Period covered to"))
    valid_until = StringField(_l("Valid until"), description=_l("For papers with an end date, such as an agreement."))
    names_people = RadioField(_l("Does it name residents or participants?"), choices=ANSWERS, validate_choice=False)
    shows_pesel = RadioField(_l("Does it show PESEL numbers?"), choices=ANSWERS, validate_choice=False)
    shows_faces = RadioField(_l("Can people be recognised in photographs?"), choices=ANSWERS, validate_choice=False)
    has_consent = RadioField(_l("Do these people agree that auditors see it?"), choices=ANSWERS, validate_choice=False)

    @property
    def seen(self) -> int:
        """The version with which the form was opened; what is no number matches no piece."""
        return chosen(self.version.data)

    def offer(self, kinds: Mapping[str, str], present: str) -> None:
        """The kinds to choose from; one that no standard knows any more stays while the piece has it."""
        known = dict(kinds)
        if present:
            known.setdefault(present, present)
        self.kind.choices = [SelectChoice("", gettext("not chosen")), *(SelectChoice(*one) for one in known.items())]


def form_of(piece: Evidence) -> PassportForm:
    """The form with what is kept."""
    return PassportForm(
        formdata=None,
        data={
            "version": str(piece.version),
            **{name: getattr(piece, name) for name in ("title", "proves", "kind", "author")},
            **{name: day.isoformat() if (day := getattr(piece, name)) else "" for name in DAYS},
            **{name: SAYS[getattr(piece, name)] for name in QUESTIONS},
        },
    )


def data_of(form: PassportForm) -> PassportData:
    """What was sent; raises `Invalid` for days and answers that are none."""
    faults = []
    days: dict[str, date | None] = {}
    for name in DAYS:
        text = (form[name].data or "").strip()
        try:
            days[name] = date.fromisoformat(text) if text else None
        except ValueError:
            faults.append(FieldError(name, "bad_date"))
    answers: dict[str, bool | None] = {}
    for name in QUESTIONS:
        given = form[name].data or ""
        if given not in {"", "None", "yes", "no"}:
            faults.append(FieldError(name, "choice_unknown"))
        answers[name] = {"yes": True, "no": False}.get(given)
    if faults:
        raise Invalid(faults)
    return PassportData(
        title=form.title.data or "",
        kind=form.kind.data or "",
        author=form.author.data or "",
        proves=form.proves.data or "",
        period_from=days["period_from"],
        period_to=days["period_to"],
        valid_until=days["valid_until"],
        names_people=answers["names_people"],
        shows_pesel=answers["shows_pesel"],
        shows_faces=answers["shows_faces"],
        has_consent=answers["has_consent"],
    )


def changed_by_others(form: PassportForm, piece: Evidence) -> list[tuple[str, str, str]]:
    """Field by field what is kept now and what was typed, where they differ: (label, kept, typed)."""
    kept = form_of(piece)
    names = ("title", "proves", "kind", "author", *DAYS, *QUESTIONS)
    pairs = [(form[name].label.text, str(kept[name].data or ""), str(form[name].data or "")) for name in names]
    return [(str(label), old, visible(new)) for label, old, new in pairs if old != new]


def show_faults(form: PassportForm, error: CertifyError, version: int) -> list[tuple[str, str]]:
    """Write the sentences to their fields; answers the lines for the summary of what belongs to no field."""
    for field in form:
        if isinstance(field.data, str):
            field.data = visible(field.data)
    if isinstance(error, Conflict) and error.code == "stale_version":
        # Sent again, the text wins: the person has read above what is kept now.
        form.version.data = str(version)
        return [
            ("", gettext("Somebody changed this passport in the meantime. Your text is kept below; save it again."))
        ]
    if not isinstance(error, Invalid):
        return [("", sentence(error.code, error.details.get("feature")))]
    for fault in error.errors:
        form[fault.field].errors = [*form[fault.field].errors, fault_sentence(fault)]
    return []
