"""The rules for texts: each one in code or templates has a finished translation with the same placeholders."""

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

# What Flask-Babel adds to gettext's own names; `_l` is our short name of lazy_gettext.
KEYWORDS = DEFAULT_KEYWORDS | {
    "_l": None,
    "_n": (1, 2),
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)")
COUNT = frozenset({"num"})


def texts(root: Path) -> Catalog:
    """Every text that people see, taken from code and templates as babel.cfg says."""
    with (root / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog(charset="utf-8")
    for place, line, text, comments, context in extract_from_dir(root, methods, options, keywords=KEYWORDS):
        found.add(text, None, [(place, line)], auto_comments=comments, context=context)
    return found


def translations(path: Path) -> Catalog:
    """A .po file; a language that has none yet has no translations."""
    if not path.exists():
        return Catalog(locale="pl", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale="pl", charset="utf-8", abort_invalid=True)


def faults(wanted: Catalog, given: Catalog) -> Iterator[str]:
    """A sentence for each text of `wanted` that `given` lacks, leaves open or fills with other placeholders."""
    for message in wanted:
        if not message.id:
            continue
        translated = given.get(message.id, message.context)
        where = ":".join(str(part) for part in message.locations[0]) if message.locations else "?"
        problem = _problem(message, translated, given.num_plurals)
        if problem:
            yield f"{where}: {_forms(message.id)[0]!r} {problem}"


def _problem(message: Message, translated: Message | None, plurals: int) -> str | None:
    if translated is None:
        return "has no translation"
    if translated.fuzzy:
        return "has a translation that nobody confirmed (fuzzy)"
    forms = _forms(translated.string)
    if not all(forms) or (message.pluralizable and len(forms) != plurals):
        return "has an empty translation"
    wanted = {name for form in _forms(message.id) for name in PLACEHOLDER.findall(form)}
    # "jeden wniosek" needs no number, so the count may be left out where forms differ.
    free = COUNT if message.pluralizable else frozenset()
    for form in forms:
        if set(PLACEHOLDER.findall(form)) - free != wanted - free:
            return f"has other placeholders in its translation {form!r}"
    return None


def _forms(text: str | list[str] | tuple[str, ...]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)
