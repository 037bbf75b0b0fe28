"""Looks into an uploaded file, in a child process: is it what its name says, and whom may it name?

Everything that reads a foreign format on its way in is called here, so that none of it runs in the web process.
"""

from pathlib import Path

from certify import children, filecheck, traces_of_people
from certify.children import Costly, Crashed, Limits
from certify.domain import errors
from certify.filecheck import Kind

# A good file of 25 MiB takes a few seconds and some hundred mebibytes of it.
LIMITS = Limits(seconds=30, mebibytes=768, answer=1)


def look(path: Path, name: str) -> tuple[Kind, tuple[str, ...]]:
    """The kind of the file at `path` and what it looks like (`traces_of_people.found_in`).

    Raises as `filecheck.check` does, Invalid("file_too_complex") for what costs too much, and Unavailable("busy").
    """
    filecheck.kind_of(name)
    try:
        extension, traces = children.call("certify.file_look:seen_in", str(path), name, True, limits=LIMITS)
    except (Crashed, Costly):
        # The traces are a hint: where only they can't be had, the file is as good as without them.
        extension, traces = _seen_without_traces(path, name)
    return filecheck.KINDS[extension], tuple(traces)


def _seen_without_traces(path: Path, name: str) -> tuple[str, list[str]]:
    try:
        extension, _ = children.call("certify.file_look:seen_in", str(path), name, False, limits=LIMITS)
    except Crashed as fault:
        is_picture = filecheck.kind_of(name).media_type.startswith("image/")
        raise errors.Invalid({"file": "image_damaged" if is_picture else "file_damaged"}) from fault
    except Costly as fault:
        raise errors.Invalid({"file": "file_too_complex"}) from fault
    return extension, []


def seen_in(path: str, name: str, traces: bool) -> tuple[str, tuple[str, ...]]:
    """The same in the child: the usual extension of the kind, and the traces if they are wanted."""
    kind = filecheck.check(Path(path), name)
    return kind.extension, traces_of_people.found_in(Path(path), kind) if traces else ()
