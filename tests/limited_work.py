"""Works for the tests of `children`: each meets one limit, or answers."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from certify.domain import errors


def told(*arguments: Any) -> list[Any]:
    """What arrived, bytes by their length."""
    return [len(one) if isinstance(one, bytes) else one for one in arguments]


def seen() -> dict[str, object]:
    """What the child knows of where it is."""
    sys.stdout.write("a word that is no part of the answer")
    return {"environment": sorted(os.environ), "folder": [one.name for one in Path().iterdir()], "nice": os.nice(0)}


def raw(size: int) -> bytes:
    """An answer in bytes."""
    return bytes(size)


def spin() -> None:
    """More time than anybody has."""
    while True:
        pass


def hoard() -> int:
    """More memory than anybody has."""
    return len(bytearray(4 * 2**30))


def sleep(seconds: float, mark: str = "") -> str:
    """Nothing for a while; `mark` is a file that tells of the beginning."""
    if mark:
        Path(mark).write_text(str(os.getpid()))
    time.sleep(seconds)
    return "rested"


def start_program(mark: str) -> None:
    """A program that would outlive its parent."""
    with subprocess.Popen(["sleep", "60"]) as child:
        Path(mark).write_text(str(child.pid))


def fall(number: int) -> None:
    """End by a signal, as a library in C does."""
    os.kill(os.getpid(), number)


def be_killed() -> None:
    """As the system does when it runs out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def refuse() -> None:
    """One of our own refusals."""
    raise errors.Invalid({"file": "active_content"}, feature="launch")


def be_unavailable() -> None:
    """Another one."""
    raise errors.Unavailable("pdf_engine_missing", engine="x", mend="y")


def break_down() -> None:
    """A fault of a library."""
    raise KeyError("x")
