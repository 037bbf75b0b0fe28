"""The written description of the process is the one that the table gives today."""

from flask import Flask

from certify.cli_states import DOCUMENT, document
from certify.domain.lifecycle import TRANSITIONS, Status


def test_the_document_is_up_to_date(app: Flask) -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "run: flask --app wsgi states --write"


def test_the_command_prints_it_in_english(app: Flask) -> None:
    shown = app.test_cli_runner().invoke(args=["states"])
    assert (shown.exit_code, shown.stdout) == (0, document())


def test_every_status_action_and_reason_stands_in_it(app: Flask) -> None:
    text = document()
    assert [status for status in Status if f"### {status}\n" not in text] == []
    assert [row.action for row in TRANSITIONS if f"| `{row.action}` " not in text] == []
    assert [guard for row in TRANSITIONS for guard in row.guards if f"`{guard}`" not in text] == []
    assert "This can't be done.<br>" not in text
