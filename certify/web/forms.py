"""What all forms share: the sentences of a refusal beside the fields, and a stale form given back with its text."""

import re

from flask import request
from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import InputRequired

from certify.domain.errors import Conflict, Invalid
from certify.sentences import SENTENCES, fault_sentence

REQUIRED = InputRequired(message=SENTENCES["required"])
# Far more than any list has, and far less than a database can count to.
LAST_PAGE = 1_000_000
CHOICE = InputRequired(message=SENTENCES["choice_unknown"])


class CaseForm(FlaskForm):
    """A form about one case; `version` is the case as the person saw it."""

    version = HiddenField()

    @property
    def seen(self) -> int:
        """The version that the form was opened with; what is no number matches no case."""
        return chosen(self.version.data)


def chosen(value: str | None) -> int:
    """A number that a form sends; -1 for what is none, which no row and no version has."""
    text = value or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def page_number() -> int:
    """The page of a long list that the address asks for; what no list has that many of leads to its end."""
    return min(max(1, request.args.get("page", 1, type=int)), LAST_PAGE)


def visible(text: str) -> str:
    """The text with a visible sign for each character that no page can hold, so that it can be sent again."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]", "\ufffd", text)


def show_errors(form: FlaskForm, error: Invalid) -> None:
    """Write the sentence of each fault to its field; faults of no field stand above the form. Typed text stays."""
    for field in form:
        if isinstance(field.data, str):
            field.data = visible(field.data)
    for fault in error.errors:
        text = fault_sentence(fault, error.details.get("feature"))
        field = form._fields.get(fault.field)
        if field is None:
            form.form_errors.append(text)
        else:
            field.errors = [*field.errors, text]


def show_stale(form: CaseForm, error: Conflict) -> None:
    """Keep the text in the form and let it be sent again; raises `error` on when it is another conflict."""
    if error.code != "stale_version":
        raise error
    form.version.data = str(error.details["current"])
    said = gettext("Somebody changed this case in the meantime. Read it again; your text is kept below.")
    form.form_errors.append(said)
