"""A machine with much to do: all slots for heavy work are taken for the time of the block."""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask

from certify import children


@contextmanager
def busy(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody gets a slot, and nobody waits for one."""
    folder = Path(app.config["INSTANCE"])
    folder.mkdir(parents=True, exist_ok=True)
    with monkeypatch.context() as patience, ExitStack() as stack:
        patience.setattr(children, "PATIENCE", 0.0)
        for number in range(children.SLOTS):
            taken = stack.enter_context((folder / f"heavy-{number}.lock").open("w"))
            fcntl.flock(taken, fcntl.LOCK_EX)
        yield
