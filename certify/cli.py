"""The commands of `flask --app wsgi …`: each noun's group is registered here; accounts have theirs below.

Each command needs the whole installation, which is asked before it asks for anything itself, unless it stands in one of
the three sets below. Exit 78: there is none, as in every program whose settings are wrong.
"""

import json
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask
from flask.cli import AppGroup, ScriptInfo
from flask_migrate import Migrate
from flask_migrate.cli import db as db_cli

from certify import instance
from certify.cli_audit import audit_cli
from certify.cli_certificate import certificate_cli
from certify.cli_demo import demo_command
from certify.cli_evidence import evidence_cli
from certify.cli_rubric import rubric_cli
from certify.cli_states import states
from certify.cli_token import token_cli
from certify.config import EXIT_CONFIG, StartRefused
from certify.db import db
from certify.domain.errors import CertifyError, Invalid
from certify.domain.policy import Role
from certify.models.account import GLOBAL_ROLES
from certify.sentences import sentence
from certify.workflows import accounts, confirmations

user = AppGroup("user", help="Accounts.")

GROUPS: tuple[click.Command, ...] = (
    rubric_cli,
    user,
    audit_cli,
    certificate_cli,
    evidence_cli,
    token_cli,
    states,
    demo_command,
)
MAKES = frozenset({"db upgrade", "demo"})
ANY_VERSION = frozenset({"db check", "db current", "db downgrade", "db migrate", "db stamp"})
# They read files and nothing else.
ALONE = frozenset(
    {"rubric lint", "rubric show", "rubric score", "evidence check", "states"}
    | {f"db {name}" for name in ("branches", "edit", "heads", "history", "init", "list-templates", "merge", "show")}
    | {"db revision"}
)


@user.command("create")
@click.argument("email")
@click.option("--name", required=True, help="First name and surname.")
@click.option("--role", "roles", multiple=True, type=click.Choice([role.value for role in GLOBAL_ROLES]))
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="12 to 128 characters.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def create(email: str, name: str, roles: tuple[str, ...], password: str, as_json: bool) -> None:
    """Make the account EMAIL with global roles; the first administrator is made this way."""
    try:
        made = accounts.create_user(email, name, password, tuple(Role(role) for role in roles))
    except CertifyError as error:
        _refuse(error)
    if as_json:
        click.echo(json.dumps({"id": made.id, "email": made.email, "roles": list(roles)}))
    else:
        click.echo(f"{made.email}: {', '.join(roles) or 'no roles'}")


@user.command("password")
@click.argument("email")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="12 to 128 characters.")
def password(email: str, password: str) -> None:
    """Set a new password for the account EMAIL, for somebody who forgot theirs; their sessions end."""
    try:
        changed = accounts.reset_password(email, password)
    except CertifyError as error:
        _refuse(error)
    click.echo(f"{changed.email}: the new password is set")


@user.command("confirm")
@click.argument("email")
def confirm(email: str) -> None:
    """Be the second hand for EMAIL where a scheme has nobody else: confirm an open invitation, or proposed roles."""
    try:
        roles = confirmations.confirm_by_operator(email)
    except CertifyError as error:
        _refuse(error)
    click.echo(f"{email}: {', '.join(roles)} confirmed")


def _refuse(error: CertifyError) -> NoReturn:
    """Say every fault with its code on stderr and end with 1."""
    codes = [one.code for one in error.errors] if isinstance(error, Invalid) else [error.code]
    for code in codes:
        click.echo(f"{code}: {sentence(code)}", err=True)
    raise SystemExit(1) from error


def init_app(app: Flask) -> None:
    """Register the groups, Flask-Migrate's `db` among them."""
    Migrate(app, db, directory=str(Path(__file__).parent / "migrations"))
    for group in GROUPS:
        app.cli.add_command(group)


def _needs(command: click.Command, name: str) -> None:
    """Ask for what the command needs, before it asks for a password."""
    if isinstance(command, click.Group):
        for word, inner in command.commands.items():
            _needs(inner, f"{name} {word}")
    elif name not in ALONE:
        command.params.append(_Installation(name))


class _Installation(click.Option):
    """No option that anybody gives: click calls it, like --help, before it looks at the others."""

    def __init__(self, name: str) -> None:
        super().__init__(
            ["--installation"], is_flag=True, hidden=True, is_eager=True, expose_value=False, callback=self._look
        )
        self.command_name = name

    def _look(self, context: click.Context, _parameter: click.Parameter, _value: bool) -> None:
        app = context.ensure_object(ScriptInfo).load_app()
        try:
            if self.command_name in MAKES:
                instance.make(app)
            else:
                instance.enter(app, any_version=self.command_name in ANY_VERSION)
        except StartRefused as refusal:
            for sentence in refusal.sentences:
                click.echo(sentence, err=True)
            context.exit(EXIT_CONFIG)


for _group in (*GROUPS, db_cli):
    _needs(_group, str(_group.name))
