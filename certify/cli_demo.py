"""`flask demo`: build the region once, show its logins, build it anew with --fresh; never touch another database.

With --fast there is no region: accounts with tokens and one empty case, for programs that try out the API.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import NoReturn

import click
import flask_migrate
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from certify import demo, demo_fast
from certify.demo import DemoRefused, DemoState, Login
from certify.demo_files import SourcesMissing
from certify.demo_region import CENTRES
from certify.domain.policy import Role
from certify.security_log import unheard
from certify.sentences import role_label

REFUSALS: dict[str, LazyString] = {
    "database_not_demo": _l(
        "This database holds data that is not a demonstration's, so nothing was touched. Choose another one with "
        "CERTIFY_INSTANCE or DATABASE_URL."
    ),
    "storage_not_demo": _l(
        "The folder for files holds files that are not a demonstration's, so nothing was touched. Choose another one "
        "with CERTIFY_INSTANCE or STORAGE."
    ),
    "demo_busy": _l("Another program is building this demonstration at this moment. Wait until it is done."),
    "sources_missing": _l("The texts from which the demonstration makes its evidence are missing: %(path)s."),
}
# Seconds in which what Ctrl+C met may be put away in order.
PATIENCE = 2
CAN: dict[Role, LazyString] = {
    Role.CENTRE_MANAGER: _l("applies, signs off, agrees to the team, comments, appeals"),
    Role.CENTRE_EDITOR: _l("fills in the self-assessment, adds evidence"),
    Role.COORDINATOR: _l("checks the form, appoints auditors, issues certificates, registers centres"),
    Role.AUDITOR: _l("scores blind, agrees with the other auditor, writes the report"),
    Role.DECISION_MAKER: _l("decides on certificates and on appeals"),
    Role.ADMIN: _l("looks after accounts and their rights"),
}


@click.command("demo")
@click.option("--fresh", is_flag=True, help="Throw the demo's data away and build it anew.")
@click.option(
    "--centres", default=len(CENTRES), type=click.IntRange(1, len(CENTRES)), help="Only the first so many centres."
)
@click.option("--fast", is_flag=True, help="Only the people, a token for each, and one empty case; in seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@with_appcontext
def demo_command(fresh: bool, centres: int, fast: bool, as_json: bool) -> None:
    """Fill an empty database with an invented region and print its logins.

    A second run changes nothing; what was cut short is built anew. A database that is not a demo's is refused with
    exit code 1.
    """
    current_app.config["DEMO"] = True  # so that the certificates bear the demo's mark, however the command was called
    try:
        with demo.alone(), ended_by_ctrl_c(), unheard():
            must_build = _prepare(fresh)
            made = demo_fast.build() if fast and must_build else None
            if must_build and made is None:
                _build_region(centres, quiet=as_json)
    except (DemoRefused, SourcesMissing) as refusal:
        _refuse(refusal, as_json)
    _tell(must_build, as_json, made)


def _refuse(refusal: DemoRefused | SourcesMissing, as_json: bool) -> None:
    code = refusal.code if isinstance(refusal, DemoRefused) else "sources_missing"
    # The path stands in the sentence only where it has a place for one.
    sentence = str(REFUSALS[code]).replace("%(path)s", str(refusal))
    if as_json:
        click.echo(json.dumps({"code": code, "detail": sentence}))
    else:
        click.echo(sentence, err=True)
    raise SystemExit(1)


def _prepare(fresh: bool) -> bool:
    """Make sure that a demo may stand in the database; False when a whole one does already."""
    found = demo.state()
    if found is DemoState.FOREIGN:
        raise DemoRefused("database_not_demo")
    if fresh:
        demo.erase()
        found = DemoState.BARE
    if found is DemoState.UNFINISHED:
        click.echo(gettext("An earlier build of the demonstration was cut short, so it is built anew."), err=True)
        demo.erase()
        found = DemoState.BARE
    if found is DemoState.BARE or demo.is_migrated():
        flask_migrate.upgrade()
    return found is not DemoState.COMPLETE


@contextmanager
def ended_by_ctrl_c() -> Iterator[None]:
    """One Ctrl+C ends the block, even where a library swallows it: what is half built is thrown away anyhow."""

    def end(number: int, _frame: object) -> NoReturn:
        # A second one needs no patience at all.
        signal.signal(number, signal.SIG_DFL)
        last = threading.Timer(PATIENCE, os._exit, [130])
        last.daemon = True
        last.start()
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    # Who started us in the background may have it ignored.
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _build_region(centres: int, *, quiet: bool) -> None:
    with _Bar(quiet) as bar:
        demo.build(centres=CENTRES[:centres], progress=bar.show)


class _Bar:
    """The progress on the standard error, so that a pipe gets only the result."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.close: Callable[[], None] = lambda: None
        self.move: Callable[[int], None] | None = None
        self.done = 0

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def show(self, done: int, of: int) -> None:
        """Move the bar to `done`."""
        if self.quiet:
            return
        if self.move is None:
            bar = click.progressbar(length=of, label=gettext("Building the demonstration"), file=sys.stderr)
            bar.__enter__()
            self.move, self.close = bar.update, lambda: bar.__exit__(None, None, None)
        self.move(done - self.done)
        self.done = done


def _tell(built: bool, as_json: bool, made: demo_fast.Made | None) -> None:
    """The result: the statuses, the logins, and the tokens that were made for them."""
    everybody = demo.logins()
    secrets = made.tokens if made else {}
    if as_json:
        people = [
            {"role": one.role.value, "email": one.email, "name": one.name, "centre": one.centre}
            | ({"token": secrets[one.email]} if one.email in secrets else {})
            for one in everybody
        ]
        document = {"built": built, "password": demo.PASSWORD, "statuses": demo.statuses(), "logins": people}
        if made:
            document |= {"organisation_id": made.organisation_id, "application_id": made.application_id}
        click.echo(json.dumps(document))
        return
    _describe(built, everybody, fast=made is not None)
    if made:
        click.echo("\n" + gettext("Tokens for the API, shown only now, for %(days)s days:", days=demo_fast.DAYS))
        for email, secret in secrets.items():
            click.echo(f"{secret}  {email}")


def _describe(built: bool, everybody: list[Login], *, fast: bool) -> None:
    count = sum(demo.statuses().values())
    if fast:
        click.echo(gettext("The people and one empty case are ready."))
    elif built:
        click.echo(gettext("The demonstration is built: %(count)s cases in an invented region.", count=count))
    else:
        click.echo(gettext("The demonstration stands already: %(count)s cases. Nothing was changed.", count=count))
    click.echo(gettext("One password for all: %(password)s", password=demo.PASSWORD) + "\n")
    _table(_first_of_each(everybody))
    click.echo(
        "\n"
        + gettext(
            "Others: audytor2 to audytor5, koordynator2, decyzja2, decyzja3; a kierownik and a redakcja in each centre."
        )
    )


def _first_of_each(everybody: list[Login]) -> list[Login]:
    """One login per role, the centre's people first: of the centre that has a draft to fill in."""
    order = list(CAN)
    home = f".modrzewin@{demo.DOMAIN}"
    shown = sorted(everybody, key=lambda one: not one.email.endswith(home))
    shown.sort(key=lambda one: order.index(one.role))
    return [next(group) for _, group in groupby(shown, key=lambda one: one.role)]


def _table(rows: list[Login]) -> None:
    cells = [(str(role_label(one.role.value)), one.email, one.name, str(CAN[one.role])) for one in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    for row in cells:
        click.echo("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip())
