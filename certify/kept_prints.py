"""Keeps printed papers by what stands on them, so that nobody can have the same one printed again and again.

Files of the instance folder, named by the digest of their page: who may have a paper is asked before its page is made.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from flask import current_app, has_app_context

from certify import children

FOLDER = "printed"
MAX_BYTES = 256 * 1024 * 1024
# They hold what centres wrote: what nobody asks for any more goes.
MAX_AGE = 7 * 86_400
# So many papers can be printed at once without waiting for each other; far more than there are slots.
_LOCKS = 64


def kept(page: str, make: Callable[[], bytes], *, public: bool = False) -> bytes:
    """The paper of this page, printed by `make` unless it is here. Who comes while it is printed waits in line for it.

    Raises `Unavailable("busy")` when that takes too long, and what `make` raises.
    """
    if not has_app_context():
        return make()
    folder = Path(current_app.config["INSTANCE"]) / FOLDER
    key = named(page)
    content = _read(folder / key)
    if content is not None:
        return content
    with ExitStack() as stack:
        # Who prints takes a place in the line for that; this one is for waiting.
        with children.in_line(public):
            stack.enter_context(children.locked([folder / f"{int(key[:8], 16) % _LOCKS}.lock"]))
        content = _read(folder / key)
        if content is None:
            content = make()
            _write(folder, key, content)
    return content


def named(page: str) -> str:
    """The name under which the paper of this page is kept."""
    return hashlib.sha256(page.encode()).hexdigest()


def _read(path: Path) -> bytes | None:
    with suppress(OSError):
        content = path.read_bytes()
        os.utime(path)
        return content
    return None


def _write(folder: Path, key: str, content: bytes) -> None:
    """Keep it if there is room; a paper that can't be kept is printed again the next time."""
    half = folder / f"{secrets.token_hex(8)}.half"
    try:
        half.touch(mode=0o600)
        half.write_bytes(content)
        half.replace(folder / key)
    except OSError:
        with suppress(OSError):
            half.unlink(missing_ok=True)
    _clear(folder)


def sweep() -> int:
    """Remove what nobody has asked for in `MAX_AGE`; answers how many."""
    return _clear(Path(current_app.config["INSTANCE"]) / FOLDER)


def _clear(folder: Path) -> int:
    """Remove the old ones, and of the others the oldest until the rest has at most `MAX_BYTES`."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            if path.suffix != ".lock":
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
    gone, room = 0, MAX_BYTES
    for touched, size, path in sorted(found, reverse=True):
        room -= size
        if room < 0 or touched < time.time() - MAX_AGE:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
