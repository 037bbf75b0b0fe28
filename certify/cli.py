"""The commands of `flask --app wsgi …`: each noun's group is registered here; accounts have theirs below."""

import json
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask
from flask.cli import AppGroup
from flask_migrate import Migrate

from certify.cli_audit import audit_cli
from certify.cli_certificate import certificate_cli
from certify.cli_demo import demo_command
from certify.cli_evidence import evidence_cli
from certify.cli_rubric import rubric_cli
from certify.cli_states import states
from certify.cli_token import token_cli
from certify.db import db
from certify.domain.errors import CertifyError, Invalid
from certify.domain.policy import Role
from certify.models.account import GLOBAL_ROLES
from certify.sentences import sentence
from certify.workflows import accounts

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
