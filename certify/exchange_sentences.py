"""Sentences for files that come back with a self-assessment, and for the screen on which they are judged."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

EXCHANGE: dict[str, LazyString] = {
    "file_not_ours": _l("This file was not made here. Take a file along from this page and write in that one."),
    "malformed_json": _l("This file is damaged and cannot be read. Take a new one along and copy your texts into it."),
    "format_version_unknown": _l("This file comes from another release of the service. Take a new one along."),
    "other_standard": _l("This file belongs to another standard."),
    "other_version": _l("This file belongs to another version of the standard, which asks other questions."),
    "unknown_criterion": _l("Your form has no such criterion."),
    "criterion_twice": _l("This stands in the file twice, so we don't know which one you mean."),
    "unknown_field": _l("The form has no such field."),
    "missing_field": _l("This part of the file is missing."),
    "wrong_type": _l("What stands here is not what the form needs."),
    "bad_points": _l("Enter one of the levels as a number, or choose it from the list."),
    "formula": _l("This cell holds a formula. Write its result as text."),
    "bad_cell": _l("This cell holds an error or a yes/no value. Write text or a number."),
    "wrong_cell": _l("Nothing is read from this cell. Move the text to the white cell of its row."),
    "nothing_chosen": _l("Nothing is chosen, so nothing was changed."),
    "choice_missing": _l("Choose which answer stays."),
}
