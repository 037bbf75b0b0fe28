"""Faults that a verb found, put beside the fields of the form that asked for it."""

from flask_wtf import FlaskForm

from certify.domain.errors import Invalid
from certify.sentences import sentence


def show_errors(form: FlaskForm, error: Invalid) -> None:
    """Write the sentence of each fault to its field; faults of no field stand above the form."""
    for fault in error.errors:
        text = sentence(fault.code)
        field = form._fields.get(fault.field)
        if field is None:
            form.form_errors.append(text)
        else:
            field.errors = [*field.errors, text]
