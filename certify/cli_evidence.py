"""`flask evidence check`: says of a file what an upload would say, by the very code of the upload; nothing is kept.

Exit 0: accepted; 1: refused; 2: wrong use.
"""

import json
import tempfile
from pathlib import Path

import click
from flask.cli import AppGroup

from certify.domain.errors import CertifyError, Invalid
from certify.sentences import sentence
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
    context.exit(0 if found["accepted"] else 1)


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
        lines.append(f"drawn anew; sha256 of what was given: {found['original_sha256']}")
    lines += [f"warning: looks like it names people ({one})" for one in found["warnings"]]  # type: ignore[attr-defined]
    return "\n".join(lines)
