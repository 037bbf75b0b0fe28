"""The main menu by role, and where a person lands after signing in."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from certify.domain.policy import Actor, Role
from certify.sentences import role_label, scope_label, sentence
from certify.web.access import visitor


@dataclass(frozen=True)
class Entry:
    """One line of the menu: for everybody when no role is named."""

    label: LazyString
    endpoint: str
    roles: tuple[Role, ...] = ()


# A person's own work stands first; the first entry of a role is also where that person lands after signing in.
MENU = (
    Entry(_l("My applications"), "applications.index", (Role.CENTRE_EDITOR, Role.CENTRE_MANAGER)),
    Entry(_l("Library of evidence"), "evidence.library", (Role.CENTRE_EDITOR, Role.CENTRE_MANAGER)),
    Entry(_l("Cases"), "cases.board", (Role.COORDINATOR, Role.ADMIN)),
    Entry(_l("My audits"), "audits.index", (Role.AUDITOR,)),
    Entry(_l("Decisions"), "decisions.index", (Role.DECISION_MAKER,)),
    Entry(_l("Centres"), "organisations.index", (Role.COORDINATOR, Role.ADMIN)),
    Entry(_l("People"), "users.index", (Role.COORDINATOR, Role.ADMIN, Role.CENTRE_MANAGER)),
    Entry(_l("The standard"), "public.standards"),
    Entry(_l("Register of certificates"), "public.register"),
    Entry(_l("Check a certificate"), "public.verify"),
)


def _entries(who: Actor | None) -> Iterator[Entry]:
    for entry in MENU:
        if not entry.roles or (who is not None and who.has(*entry.roles)):
            yield entry


def menu(who: Actor | None) -> list[tuple[str, str, bool]]:
    """(label, address, is this page) of each entry that the person can open."""
    # The pages of one noun belong to its entry, except on the public side, where each entry is a page of its own.
    here = request.endpoint or ""
    noun = here.partition(".")[0]
    return [
        (str(entry.label), url_for(entry.endpoint), here == entry.endpoint or (
            noun != "public" and entry.endpoint.startswith(f"{noun}.")
        ))
        for entry in _entries(who)
    ]  # fmt: skip


def home(who: Actor) -> str:
    """The address of the person's own work."""
    first = next(iter(_entries(who)), None)
    return url_for(first.endpoint) if first else url_for("account.show")


def init_app(app: Flask) -> None:
    """Hand the menu and the person to every template."""

    @app.context_processor
    def context() -> dict[str, object]:
        who = visitor()
        return {"actor": who, "nav": menu(who), "demo": app.config["DEMO"]}

    app.add_template_filter(sentence)
    app.add_template_filter(role_label)
    app.add_template_filter(scope_label)
