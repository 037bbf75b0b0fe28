"""`flask token`: access tokens by the operator's own hand; a secret is printed once and kept nowhere."""

import json
from typing import NoReturn

import click
from flask.cli import AppGroup

from certify.domain.errors import CertifyError, Invalid, NotFound
from certify.domain.policy import Actor
from certify.domain.scopes import MAX_DAYS, Scope
from certify.models.token import ApiToken
from certify.queries import tokens as queries
from certify.queries.accounts import actor_of, find_user
from certify.sentences import sentence
from certify.workflows import tokens

token_cli = AppGroup("token", help="Access tokens for programs.")


@token_cli.command("create")
@click.argument("email")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice([one.value for one in Scope]))
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, MAX_DAYS), help="How long it lives.")
@click.option("--name", default="flask token create", show_default=True, help="What it is for.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def create(email: str, scopes: tuple[str, ...], days: int, name: str, as_json: bool) -> None:
    """Make a token that acts for the account EMAIL, and print it: this once."""
    try:
        made, secret = tokens.create(_owner(email), name, scopes, days)
    except CertifyError as error:
        _refuse(error)
    if as_json:
        click.echo(json.dumps({**_facts(made), "token": secret}))
    else:
        click.echo(secret)


@token_cli.command("list")
@click.argument("email")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_command(email: str, as_json: bool) -> None:
    """List the tokens of the account EMAIL, the newest first."""
    try:
        found = list(queries.own(_owner(email)))
    except CertifyError as error:
        _refuse(error)
    if as_json:
        click.echo(json.dumps([_facts(one) for one in found]))
    for one in found if not as_json else ():
        state = "revoked" if one.revoked_at else f"until {one.expires_at.date()}"
        click.echo(f"{one.id}  {one.prefix}…  {state}  {' '.join(one.scopes)}  {one.name}")


@token_cli.command("revoke")
@click.argument("email")
@click.argument("token_id", type=int)
def revoke(email: str, token_id: int) -> None:
    """End the token TOKEN_ID of the account EMAIL at once."""
    try:
        ended = tokens.revoke(_owner(email), token_id)
    except CertifyError as error:
        _refuse(error)
    click.echo(f"{ended.prefix}…: revoked")


def _owner(email: str) -> Actor:
    user = find_user(email)
    if user is None:
        raise NotFound("user_not_found")
    return actor_of(user)


def _facts(token: ApiToken) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "prefix": token.prefix,
        "scopes": list(token.scopes),
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat(),
        "last_used_at": token.last_used_at.isoformat() if token.last_used_at else None,
        "revoked_at": token.revoked_at.isoformat() if token.revoked_at else None,
    }


def _refuse(error: CertifyError) -> NoReturn:
    """Say every fault with its code on stderr and end with 1."""
    for code in [one.code for one in error.errors] if isinstance(error, Invalid) else [error.code]:
        click.echo(f"{code}: {sentence(code)}", err=True)
    raise SystemExit(1) from error
