"""`flask evidence check`: says of a file what an upload would say, by the very code of the upload; nothing is kept.

`scan`, `release` and `sweep` do by hand what the worker does. Exit 0: accepted, all in order; 1: not; 2: wrong use;
75: too busy to look into the file now.
"""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import click
from flask.cli import AppGroup

from certify.config import EXIT_BUSY
from certify.domain.errors import CertifyError, Invalid
from certify.sentences import sentence
from certify.workflows import scans, sweep
from certify.workflows.intake import taken_in

evidence_cli = AppGroup("evidence", help="Files of evidence.")


@evidence_cli.command("check")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--name", help="The name under which the file would be uploaded; its own, unless told.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def check_command(context: click.Context, path: Path, name: str | None, as_json: bool) -> None:
    """Say whether FILE would be taken as evidence, and if not, why."""
    found = _judged(path, name or path.name)
    click.echo(json.dumps(found, ensure_ascii=True, indent=2) if as_json else _text(found))
    context.exit(EXIT_BUSY if found["code"] == "busy" else 0 if found["accepted"] else 1)


def _judged(path: Path, name: str) -> dict[str, object]:
    found: dict[str, object] = {
        "file": str(path),
        "accepted": False,
        "code": None,
        "feature": None,
        "detected_type": None,
        "media_type": None,
        "sha256": None,
        "size": path.stat().st_size,
        "original_sha256": None,
        "original_size": None,
        "warnings": [],
        "scan": None,
    }
    with tempfile.TemporaryDirectory(prefix="certify-check-") as folder, path.open("rb") as stream:
        try:
            with taken_in(stream, name, Path(folder)) as taken:
                found |= {
                    "accepted": True,
                    "detected_type": taken.kind.extension,
                    "media_type": taken.kind.media_type,
                    "sha256": taken.record.sha256,
                    "size": taken.record.size,
                    "warnings": list(taken.traces),
                }
                found["scan"] = taken.verdict.state if taken.verdict else None
                if found["scan"] == "infected":
                    found |= {"accepted": False, "code": "malware_found"}
                if taken.drawn:
                    found |= {"original_sha256": taken.sent.sha256, "original_size": taken.sent.size}
        except CertifyError as refusal:
            found["code"] = refusal.errors[0].code if isinstance(refusal, Invalid) else refusal.code
            found["feature"] = refusal.details.get("feature")
    return found


def _text(found: dict[str, object]) -> str:
    if not found["accepted"]:
        return f"refused: {found['code']}: {sentence(str(found['code']), found['feature'])}"
    lines = [f"accepted: {found['detected_type']}, {found['size']} bytes", f"sha256: {found['sha256']}"]
    if found["original_sha256"]:
        done = "mended" if found["detected_type"] == "pdf" else "drawn anew"
        lines.append(f"{done}; sha256 of what was given: {found['original_sha256']}")
    lines += [f"warning: looks like it names people ({one})" for one in found["warnings"]]  # type: ignore[attr-defined]
    if found["scan"]:
        lines.append(f"malware check: {found['scan']}")
    return "\n".join(lines)


@evidence_cli.command("scan")
@click.option("--all", "everything", is_flag=True, help="Every file again, not only those that wait: new signatures.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def scan_command(context: click.Context, everything: bool, as_json: bool) -> None:
    """Ask the malware scanner for the files that wait for it; exit 1 when it found something or did not answer."""
    found = scans.check_all() if everything else scans.check_waiting()
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2))
    else:
        click.echo(f"clean: {found.clean}")
        for sha256, signature in found.infected.items():
            click.echo(f"infected, closed: {sha256}: {signature}")
        for sha256, reason in found.unanswered.items():
            click.echo(f"no answer: {sha256}: {reason}")
        if found.stopped:
            click.echo("The scanner does not answer, or CLAMD is not set: the rest waits.", err=True)
    context.exit(1 if found.infected or found.unanswered or found.stopped else 0)


@evidence_cli.command("release")
@click.argument("sha256")
def release_command(sha256: str) -> None:
    """Open the file SHA256 again, which was closed by mistake; only when the scanner now calls it clean."""
    try:
        scans.release(sha256)
    except CertifyError as refusal:
        code = refusal.errors[0].code if isinstance(refusal, Invalid) else refusal.code
        click.echo(f"{code}: {sentence(code)}", err=True)
        raise SystemExit(1) from refusal
    click.echo(f"open again: {sha256}")


@evidence_cli.command("sweep")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def sweep_command(context: click.Context, dry_run: bool, as_json: bool) -> None:
    """Remove bytes that no row has named for a day; exit 1 when a row names bytes that are not there."""
    found = sweep.sweep(dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2))
    else:
        verb = "would be removed" if dry_run else "removed"
        click.echo(f"{verb}: {len(found.removed)} without a row, {found.temporary} temporary, {found.freed} bytes")
        for sha256 in found.missing:
            click.echo(f"bytes are missing: {sha256}")
    context.exit(1 if found.missing else 0)
