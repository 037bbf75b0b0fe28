"""`flask states`: the description of the process for readers, `docs/states.md`, written from the table in the code."""

import click
from flask.cli import with_appcontext
from flask_babel import force_locale

from certify.config import ROOT
from certify.domain.lifecycle import CLOSED, MOVES, TRANSITIONS, Party, Status, Transition
from certify.sentences import action_label, sentence

DOCUMENT = ROOT / "docs" / "states.md"

HEAD = """# The statuses of a case

Written by `flask --app wsgi states --write` from `certify/domain/lifecycle.py`; a test fails when this file is behind.
Do not edit it by hand.

How to read it: a case stands in one status and waits for one party. Each row below a status is an action: who may take
it, what may speak against it (the reason code and its sentence, the same as beside the button, in the API and in the
command line), and where the case stands afterwards. "Stays" means that something is recorded and the case stays where
it is. Where two targets stand, the facts choose: closing the scoring leads straight to the report when
nothing diverges. The number of days stands in the standard's `process` block under the name that is given here.
"""


@click.command("states")
@click.option("--write", is_flag=True, help="Write docs/states.md instead of printing it.")
@with_appcontext
def states(write: bool) -> None:
    """Print the process as a document: statuses, actions, reasons, and a diagram."""
    text = document()
    if write:
        DOCUMENT.write_text(text, encoding="utf-8")
        click.echo(f"{DOCUMENT.relative_to(ROOT)} is up to date.", err=True)
    else:
        click.echo(text, nl=False)


def document() -> str:
    """The whole document, in English; needs an application context for the sentences."""
    with force_locale("en"):
        parts = [HEAD, "## Overview\n", _overview(), "## Diagram\n", _diagram(), "## Actions by status\n"]
        parts += [_section(status) for status in Status]
    return "\n".join(parts)


def _party(party: Party) -> str:
    return party.value.replace("_", " ")


def _overview() -> str:
    lines = ["| status | whose move | days | closed |", "|---|---|---|---|"]
    for status, (party, days) in MOVES.items():
        closed = "yes" if status in CLOSED else ""
        lines.append(f"| [{status}](#{status}) | {_party(party)} | {f'`{days}`' if days else '–'} | {closed} |")
    return "\n".join(lines) + "\n"


def _diagram() -> str:
    """Only what moves a case: the actions that stay would hide the way."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Status.DRAFT}"]
    lines += [
        f"    {row.source} --> {target}: {action_label(row.action)}"
        for row in TRANSITIONS
        if not row.stays
        for target in row.targets
    ]
    leaving = {row.source for row in TRANSITIONS if not row.stays}
    lines += [f"    {status} --> [*]" for status in Status if status not in leaving]
    return "\n".join([*lines, "```"]) + "\n"


def _section(status: Status) -> str:
    rows = [row for row in TRANSITIONS if row.source is status]
    party, _ = MOVES[status]
    lines = [f"### {status}\n", f"Whose move: {_party(party)}.\n"]
    if not rows:
        return "\n".join([*lines, "No action leads out of this status.\n"])
    lines += ["| action | by | unless | then |", "|---|---|---|---|"]
    lines += [_row(row) for row in rows]
    return "\n".join(lines) + "\n"


def _row(row: Transition) -> str:
    guards = "<br>".join(f"`{guard}` {sentence(guard)}" for guard in row.guards) or "–"
    then = "stays" if row.stays else " or ".join(row.targets)
    return f"| `{row.action}` {action_label(row.action)} | {', '.join(map(_party, row.by))} | {guards} | {then} |"
