"""Clears the store of what no row names: bytes whose writer died before the row, and temporary files of broken uploads.

An uploader may find old bytes already there in the very moment in which they are swept. It then makes them young
(`storage.Incoming.keep`); so they are moved aside first and looked at once more: young ones go back.
"""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from certify import storage
from certify.domain import errors


@dataclass(frozen=True)
class Found:
    """One file of the store: its digest, or the empty string for a temporary file, and its size in bytes."""

    path: Path
    sha256: str
    size: int


def orphans(root: Path, named: Collection[str], before: datetime) -> Iterator[Found]:
    """Files last touched before `before` that no digest in `named` calls for.

    Raises Unavailable("storage_unavailable") for a store that is not there, which must not look like an empty one.
    """
    if not root.is_dir():
        raise errors.Unavailable("storage_unavailable")
    for path in sorted(root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")):
        if path.name not in named and _is_old(path, before):
            yield Found(path, path.name, path.stat().st_size)
    for path in sorted((root / storage.INCOMING).glob("*")):
        if path.is_file() and _is_old(path, before):
            yield Found(path, "", path.stat().st_size)


def locked_away(root: Path, named: Collection[str], before: datetime) -> Iterator[Found]:
    """Files of the quarantine that were refused before `before` and that no digest in `named` calls for."""
    for path in sorted((root / storage.QUARANTINE).glob("*")):
        if path.name not in named and _is_old(path, before):
            yield Found(path, path.name, path.stat().st_size)


def remove(root: Path, found: Found, before: datetime) -> bool:
    """Delete what `orphans` found; False when it is needed after all, or gone."""
    aside = root / storage.INCOMING / f"swept-{found.path.name}"
    try:
        aside.parent.mkdir(exist_ok=True)
        found.path.replace(aside)
        if _is_old(aside, before):
            aside.unlink()
            return True
        aside.replace(found.path)
    except FileNotFoundError:
        return False
    except OSError as fault:
        raise errors.Unavailable("storage_unavailable") from fault
    return False


def is_kept(root: Path, sha256: str) -> bool:
    """True when bytes stand under this digest, in the store or in the quarantine; they are not read."""
    return storage.path_of(root, sha256).is_file() or storage.quarantined(root, sha256).is_file()


def _is_old(path: Path, before: datetime) -> bool:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime < before.timestamp()
    return False
