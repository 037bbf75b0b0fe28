"""Runs work on other people's bytes in a child process with limits, at most two such works at once on the machine.

A parser of a foreign format, or a printer, may need minutes or gigabytes for a small input, and may have holes. So the
web process never does such work itself: `call("certify.module:function", …)` does it in a child (`child.py`) that has
little memory and little time. All processes that serve one instance share the budget: two locked files of its folder.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from flask import current_app, has_app_context

from certify.domain import errors

CHILD = Path(__file__).with_name("child.py")
ROOT = Path(__file__).resolve().parent.parent
# Works at once on this machine: each may take a core and some hundred mebibytes.
SLOTS = 2
# Threads of one process that work or wait for a slot; the others of its eight stay free for everything that is light.
IN_LINE = 5
# What nobody has to sign in for takes the first slot only, and has fewer places: it never stops those who work here.
PUBLIC_SLOTS = 1
PUBLIC_IN_LINE = 3
# How long a request waits for its turn, in seconds, before it hears "busy".
PATIENCE = 3.0
_LOOK = 0.02
# Signals by which a child tells that it met one of its own limits; all others from outside say nothing of its input.
_LIMIT = frozenset({signal.SIGXCPU, signal.SIGXFSZ})
_FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGALRM, signal.SIGINT, signal.SIGHUP})
_line = threading.BoundedSemaphore(IN_LINE)
_public_line = threading.BoundedSemaphore(PUBLIC_IN_LINE)


class Costly(Exception):
    """The work needed more time, memory or room for its answer than it may have: a word about the input."""


class Crashed(Exception):
    """The work ended without an answer: the code that did it fell over this input."""


@dataclass(frozen=True)
class Limits:
    """What a child may use: `seconds` of processor time, `mebibytes` of memory, so many of them in its `answer`.

    `wall` is how long it may take by the clock, in seconds; a machine with much to do reaches that with any input.
    `public`: anybody may ask for this work.
    """

    seconds: int
    mebibytes: int = 512
    answer: int = 64
    wall: int = 60
    public: bool = False


def call(work: str, *arguments: Any, limits: Limits, content: bytes | None = None) -> Any:
    """What the function `work` ("certify.module:function") answers in a child of its own.

    `arguments` and the answer are values of JSON, or the answer is bytes; `content` becomes the first argument, as
    bytes. A `CertifyError` of the function is raised here as its own. Raises `Costly`, `Crashed`, and
    `Unavailable("busy")` when there is no slot in `PATIENCE` or the child was stopped by something else than its input.
    """
    with opened(work, *arguments, limits=limits, content=content) as (answer, rest):
        return answer if answer is not None else rest.read()


@contextlib.contextmanager
def opened(work: str, *arguments: Any, limits: Limits, content: bytes | None = None) -> Iterator[tuple[Any, BinaryIO]]:
    """Like `call`, for long answers: the answer, or None and bytes to be read from the stream."""
    with contextlib.ExitStack() as stack:
        try:
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="certify-"))
            out = stack.enter_context(tempfile.TemporaryFile())
            with _slot(limits.public) as slot:
                code = _run(work, arguments, limits, content, Path(scratch), out, slot)
        except OSError as fault:
            # No room for files, no room for a process: nothing that the input could help.
            raise errors.Unavailable("busy") from fault
        _judge(code)
        out.seek(0)
        head = json.loads(out.readline())
        if "fault" in head:
            raise _fault(head)
        yield head["answer"], out


def _run(
    work: str,
    arguments: tuple[Any, ...],
    limits: Limits,
    content: bytes | None,
    scratch: Path,
    out: BinaryIO,
    slot: list[int],
) -> int:
    command = [sys.executable, "-I", str(CHILD), str(ROOT), work, json.dumps(arguments), json.dumps(asdict(limits))]
    command.append("" if content is None else "content")
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL if content is None else subprocess.PIPE,
        stdout=out,
        stderr=subprocess.DEVNULL,
        cwd=scratch,
        # Nothing of ours: no keys, no address of the database. What it leaves behind goes with the folder.
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(scratch), "TMPDIR": str(scratch)},
        start_new_session=True,
        # The slot stays taken as long as the child lives, even when this process is killed.
        pass_fds=slot,
    ) as child:
        try:
            child.communicate(content, timeout=limits.wall)
        except subprocess.TimeoutExpired:
            raise errors.Unavailable("busy") from None
        finally:
            # The whole group: the child may have started a program.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
    return child.returncode


def _judge(code: int) -> None:
    if -code in _LIMIT:
        raise Costly
    if -code in _FROM_OUTSIDE or code == os.EX_IOERR:
        raise errors.Unavailable("busy")
    if code != 0:
        raise Crashed


def _fault(head: dict[str, Any]) -> Exception:
    """The fault that the child met, as it would have been raised here."""
    if head["fault"] == "MemoryError":
        return Costly()
    kind = getattr(errors, head["fault"], None)
    if kind is None:
        return Crashed(head["fault"])
    if kind is errors.Invalid:
        fields = [errors.FieldError(*one) for one in head["errors"]]
        return errors.Invalid(fields, head["code"], **head["details"])
    fault: Exception = kind(head["code"], **head["details"])
    return fault


@contextlib.contextmanager
def _slot(public: bool) -> Iterator[list[int]]:
    """Hold one of the slots; yields the open file that holds it. Outside of the application there is no budget."""
    if not has_app_context():
        yield []
        return
    folder = Path(current_app.config["INSTANCE"])
    # The last first: the first one is all that the public may have.
    slots = [folder / f"heavy-{number}.lock" for number in reversed(range(PUBLIC_SLOTS if public else SLOTS))]
    with in_line(public), locked(slots) as handle:
        yield [handle]


@contextlib.contextmanager
def in_line(public: bool) -> Iterator[None]:
    """Take one of the places of this process for those who work or wait. Raises `Unavailable("busy")`."""
    with contextlib.ExitStack() as stack:
        for line in (_public_line, _line) if public else (_line,):
            if not line.acquire(blocking=False):
                raise errors.Unavailable("busy")
            stack.callback(line.release)
        yield


@contextlib.contextmanager
def locked(paths: Sequence[Path]) -> Iterator[int]:
    """Hold the first of these files that is free, against all threads and processes; yields its open file.

    Raises `Unavailable("busy")` when none is free in `PATIENCE`.
    """
    paths[0].parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    until = time.monotonic() + PATIENCE
    while (handle := _first_free(paths)) is None:
        if time.monotonic() > until:
            raise errors.Unavailable("busy")
        time.sleep(_LOOK)
    try:
        yield handle
    finally:
        os.close(handle)


def _first_free(paths: Sequence[Path]) -> int | None:
    for path in paths:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
        else:
            return handle
    return None
