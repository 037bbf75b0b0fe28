"""`flask certificate`: compares a file or a number with the register, by the very code of the public page.

Exit 0: genuine, or registered; 1: altered, unknown or unreadable; 2: wrong use; 75: too busy to read the file now.
"""

import json
from pathlib import Path

import click
from flask.cli import AppGroup

from certify.config import EXIT_BUSY
from certify.domain.errors import Unavailable
from certify.models.certificate import Certificate
from certify.queries import certificates
from certify.sentences import sentence
from certify.workflows import verification
from certify.workflows.verification import Verification

certificate_cli = AppGroup("certificate", help="Certificates.")

SAID = {
    "genuine": "This is exactly the file that was issued.",
    "altered": "The file bears this number, but it is not the file that was issued: it was changed, or only printed or "
    "saved anew. Compare it with the register, and ask the holder for the file that was issued.",
    "unknown": "The register knows neither this file nor a number in it.",
    "unreadable": "The file is damaged, is not a PDF, is larger than 10 MiB or takes too long to read; all that can be "
    "said is that it is not the file that was issued.",
}


@certificate_cli.command("verify")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def verify_command(context: click.Context, path: Path, as_json: bool) -> None:
    """Say whether FILE is genuine, altered, unknown or unreadable, and which status the certificate has today."""
    try:
        with path.open("rb") as stream:
            found = verification.verify(stream)
    except Unavailable as fault:
        click.echo(f"Error: {sentence(fault.code)}", err=True)
        context.exit(EXIT_BUSY)
    if as_json:
        click.echo(json.dumps(_document(path, found), ensure_ascii=True, indent=2))
    else:
        click.echo(_text(found))
    context.exit(0 if found.answer == "genuine" else 1)


@certificate_cli.command("find")
@click.argument("text", metavar="TEXT")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def find_command(context: click.Context, text: str, as_json: bool) -> None:
    """Say which certificate's number TEXT is or holds, however it is written, and which status it has today."""
    found = certificates.find(text)
    if as_json:
        facts = {"answer": "registered" if found else "unknown", **_facts(found)}
        click.echo(json.dumps(facts, ensure_ascii=True, indent=2))
    elif found is None:
        click.echo("unknown: The register knows no number in this text.")
    else:
        click.echo("\n".join(["registered: The number stands in the register.", *_lines(found)]))
    context.exit(0 if found else 1)


def _document(path: Path, found: Verification) -> dict[str, object]:
    return {"file": str(path), "answer": found.answer, "sha256": found.sha256, **_facts(found.certificate)}


def _facts(certificate: Certificate | None) -> dict[str, str | None]:
    if certificate is None:
        return dict.fromkeys(("number", "holder", "status"))
    status = certificates.validity(certificate).value
    return {"number": certificate.number, "holder": certificate.holder_name, "status": status}


def _text(found: Verification) -> str:
    lines = [f"{found.answer}: {SAID[found.answer]}"]
    if found.certificate is not None:
        lines += _lines(found.certificate)
    return "\n".join([*lines, f"sha256: {found.sha256}"])


def _lines(certificate: Certificate) -> list[str]:
    facts = _facts(certificate)
    return [f"number: {facts['number']}", f"holder: {facts['holder']}", f"status today: {facts['status']}"]
