"""`flask rubric`: check, show, score and publish the files that hold the standards.

Exit 0: fine; 1: the check failed (a broken file, points off the scale); 2: wrong use (no such file or version).
"""

import dataclasses
import json
import sys
from pathlib import Path
from typing import NoReturn

import click
from flask import current_app
from flask.cli import AppGroup

from certify.domain.errors import CertifyError, Invalid, NotFound
from certify.domain.rubric import Area, Rubric
from certify.domain.scoring import Result, percent, score
from certify.rubric_yaml import visible
from certify.rubrics import RubricFault, available, content_hash, find, read, source_of, structure_hash, to_tree
from certify.score_input import MAX_BYTES, read_score_input
from certify.sentences import sentence
from certify.workflows.rubrics import publish

rubric_cli = AppGroup("rubric", help="Check, show, score and publish the files that hold the standards.")

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_file_option = click.option("--file", "path", type=_FILE, help="A file in place of SCHEME and VERSION.")


def _print_json(document: object) -> None:
    # ASCII only: a terminal without UTF-8 must not break the document.
    click.echo(json.dumps(document, ensure_ascii=True, indent=2))


@rubric_cli.command("lint")
@click.argument("path", metavar="FILE", type=_FILE)
@_as_json
def lint_command(path: Path, as_json: bool) -> None:
    """Check FILE; each fault with line, column, path and code."""
    source = _source(path)
    try:
        rubric = read(source, str(path))
    except RubricFault as fault:
        _fail(fault, as_json)
    counts = _counts(rubric)
    if as_json:
        hashes = {"content_hash": content_hash(source), "structure_hash": structure_hash(rubric)}
        names = {"scheme": rubric.scheme, "version": rubric.version}
        _print_json({"file": str(path), "ok": True, "faults": [], **names, **counts, **hashes})
    else:
        told = ", ".join(f"{number} {name}" for name, number in counts.items())
        click.echo(f"{path}: OK: {rubric.scheme} {rubric.version}: {told}")


@rubric_cli.command("show")
@click.argument("scheme", required=False)
@click.argument("version", required=False)
@_file_option
@_as_json
def show_command(scheme: str | None, version: str | None, path: Path | None, as_json: bool) -> None:
    """Show a standard: the file's own tree, or an outline of it."""
    rubric = _chosen(scheme, version, path, as_json)
    if as_json:
        _print_json(to_tree(rubric))
        return
    click.echo(f"{rubric.title.en} ({rubric.scheme} {rubric.version})")
    click.echo(", ".join(f"{number} {name}" for name, number in _counts(rubric).items()))
    for area in rubric.areas:
        _show_area(area)
    click.echo("\nOutcomes")
    for outcome in rubric.outcomes:
        gates = ", ".join(f"{gate.name} {float(gate.threshold):g}" for gate in outcome.gates)
        click.echo(f"  {outcome.id} ({outcome.leads_to}): {gates or 'otherwise'}")


@rubric_cli.command("score")
@click.argument("arguments", nargs=-1, metavar="[SCHEME VERSION] INPUT")
@_file_option
@_as_json
def score_command(arguments: tuple[str, ...], path: Path | None, as_json: bool) -> None:
    """Score the answers in INPUT, a JSON document ("-": standard input).

    {"centre_type": "OPS", "points": {"O1.1": 2, "O1.2": null}, "not_applicable": {"O1.3": "reason"}}
    """
    if len(arguments) != (1 if path else 3):
        raise click.UsageError("Give SCHEME VERSION INPUT, or --file PATH INPUT.")
    scheme, version = (None, None) if path else (arguments[0], arguments[1])
    rubric = _chosen(scheme, version, path, as_json)
    raw = _input_bytes(arguments[-1])
    try:
        given = read_score_input(raw)
        result = score(rubric, given.points, given.centre_type, given.not_applicable)
    except Invalid as error:
        _fail_input(error, as_json)
    if as_json:
        _print_json(result.to_json())
    else:
        _show_result(result)


@rubric_cli.command("publish")
@click.argument("path", metavar="FILE", type=_FILE)
@_as_json
def publish_command(path: Path, as_json: bool) -> None:
    """Publish FILE: from then on this version never changes."""
    try:
        published = publish(None, _source(path), str(path))
    except RubricFault as fault:
        _fail(fault, as_json)
    except CertifyError as error:
        if as_json:
            _print_json({"file": str(path), "code": error.code})
        else:
            click.echo(f"{path}: {error.code}: {sentence(error.code)}", err=True)
        sys.exit(1)
    names = {"scheme": published.scheme, "version": published.version}
    hashes = {"content_hash": published.content_hash, "structure_hash": published.structure_hash}
    if as_json:
        _print_json({**names, **hashes})
    else:
        click.echo(f"{published.scheme} {published.version} is published, SHA-256 {published.content_hash}")


def _source(path: Path) -> bytes:
    try:
        return source_of(path)
    except NotFound as error:
        raise click.UsageError(f"{path} cannot be read: {error.details['reason']}.") from error


def _chosen(scheme: str | None, version: str | None, path: Path | None, as_json: bool) -> Rubric:
    """The rubric that the arguments name; ends the command when there is none or it is broken."""
    if bool(path) == bool(scheme) or (scheme and not version):
        raise click.UsageError("Give SCHEME and VERSION, or --file PATH.")
    folder = Path(current_app.config.get("RUBRICS_DIR") or Path(__file__).parent.parent / "rubrics")
    try:
        return read(_source(path), str(path)) if path else find(folder, str(scheme), str(version))
    except NotFound as error:
        known = ", ".join(" ".join(name) for name in available(folder)) or "none"
        message = f"There is no readable standard {scheme} {version} in {folder}; there are: {known}."
        raise click.UsageError(message) from error
    except RubricFault as fault:
        _fail(fault, as_json)


def _fail(fault: RubricFault, as_json: bool) -> NoReturn:
    """Print the faults of a file and end with 1."""
    if as_json:
        faults = [dataclasses.asdict(one) for one in fault.faults]
        _print_json({"file": fault.name, "ok": False, "code": fault.code, "faults": faults})
    else:
        click.echo(str(fault))
    sys.exit(1)


def _input_bytes(name: str) -> bytes:
    try:
        with click.open_file(name, "rb") as stream:
            raw: bytes = stream.read(MAX_BYTES + 1)
            return raw
    except OSError as error:
        raise click.UsageError(f"{name} cannot be read: {error.strerror}.") from error


def _fail_input(error: Invalid, as_json: bool) -> NoReturn:
    """Print what is wrong with the answers and end with 1."""
    if as_json:
        errors = [{"field": one.field, "code": one.code} for one in error.errors]
        _print_json({"code": error.code, "errors": errors})
    else:
        for one in error.errors:
            click.echo(f"{visible(one.field) or 'input'}: {one.code}", err=True)
    sys.exit(1)


def _counts(rubric: Rubric) -> dict[str, int]:
    return {
        "areas": len(rubric.areas),
        "criteria": len(rubric.criteria),
        "critical": sum(criterion.critical for criterion in rubric.criteria),
        "indicators": sum(len(criterion.indicators) for criterion in rubric.criteria),
    }


def _show_area(area: Area) -> None:
    click.echo(f"\n{area.id} ({area.weight}) {area.title.en}")
    for criterion in area.criteria:
        marks = (" critical" if criterion.critical else "") + ("" if criterion.counted else f" {criterion.status}")
        click.echo(f"  {criterion.id} ({criterion.weight}){marks} {criterion.title.en}")
        for indicator in criterion.indicators:
            click.echo(f"    {indicator.id} {indicator.text.en}")


def _show_result(result: Result) -> None:
    shown = result.to_json()
    click.echo(f"outcome {shown['outcome'] or 'none yet'}")
    click.echo(f"total {shown['total'] or '-'}")
    for area, value in result.areas.items():
        click.echo(f"  {area} {'-' if value is None else percent(value)}")
    for name, entries in (("failed", result.failed), ("missing", result.missing)):
        if entries:
            click.echo(f"{name}: {', '.join(entries)}")
