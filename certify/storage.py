"""Keeps the bytes of evidence and documents in a local folder under their SHA-256, never under a user's name for them.

The order of writing (temporary file, fsync, rename, fsync of the folder) leaves a whole file or nothing after a crash;
the caller writes its database row only afterwards. Bytes without a row are harmless, a row without bytes is not.
"""

import errno
import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from certify.domain import errors

CHUNK = 1024 * 1024
# Temporary files stand inside the root: only there is the rename sure to stay within one file system.
INCOMING = ".incoming"
# Bytes with malware, where no address of a digest leads; on the same file system, so that moving them is one step.
QUARANTINE = ".quarantine"
# Of refused malware so much is kept to be looked at; its digest and its name stand in the history whatever happens.
QUARANTINE_ROOM = 1024**3
# Uploads that come in parts over hours; `uploads.sweep` looks after them.
PARTIAL = ".partial"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True)
class Stored:
    """What the database row records of kept bytes: lower-case hexadecimal digest and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Incoming:
    """Received bytes, not kept yet: look at `path`, then call `keep()`; without it they vanish with the block."""

    root: Path
    path: Path
    sha256: str
    size: int

    def keep(self) -> Stored:
        """Move the bytes to their place, durably; content that is there already and whole is used as it is.

        Raises StorageFull("storage_full") or Unavailable("storage_unavailable").
        """
        target = path_of(self.root, self.sha256)
        with _storage_faults():
            if not (_holds(target, self.sha256) and _refreshed(target)):
                _make_folders(self.root, target.parent)
                _sync(self.path)
                self.path.replace(target)
                _sync(target.parent)
        return Stored(self.sha256, self.size)

    def lock_away(self) -> bool:
        """Move the bytes into the quarantine instead; False when it has no room for them. Raises as `keep` does."""
        with _storage_faults():
            known = quarantined(self.root, self.sha256).exists()
            if not known and _locked_away(self.root) + self.size > QUARANTINE_ROOM:
                return False
            _lock_away(self.root, self.path, self.sha256)
        return True


@contextmanager
def receive(stream: BinaryIO, root: Path, limit: int) -> Iterator[Incoming]:
    """Write `stream` to a temporary file, at most `limit` bytes, and delete it at the end of the block unless kept.

    Raises TooLarge("file_too_large", limit=bytes) as soon as the limit is passed, whatever length was announced;
    StorageFull("storage_full"); Unavailable("storage_unavailable") for a read-only or missing root. A fault of the
    stream itself (the client went away) passes through unchanged.
    """
    path, handle = _temporary(root)
    try:
        sha256, size = _copy(stream, handle, limit)
        yield Incoming(root, path, sha256, size)
    finally:
        # A second failure here would hide the first one; a leftover is only bytes without a row.
        with suppress(OSError):
            handle.close()
        with suppress(OSError):
            path.unlink(missing_ok=True)


def put(stream: BinaryIO, *, root: Path, limit: int) -> Stored:
    """Receive and keep in one step, for bytes that need no look in between. Errors as in `receive` and `keep`."""
    with receive(stream, root, limit) as incoming:
        return incoming.keep()


def path_of(root: Path, sha256: str) -> Path:
    """Where the bytes of this digest stand, whether they exist or not. ValueError for what is no SHA-256 in hex."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError("not a SHA-256 in lower-case hexadecimal")
    return root / sha256[:2] / sha256[2:4] / sha256


def open_verified(root: Path, sha256: str) -> BinaryIO:
    """Open kept bytes for reading, after their digest was recomputed. The caller closes the file.

    Raises Unavailable: "blob_missing", "blob_damaged" (other bytes than those recorded) or "storage_unavailable".
    """
    path = path_of(root, sha256)
    if not root.is_dir():
        raise errors.Unavailable("storage_unavailable")
    with _storage_faults():
        try:
            handle = path.open("rb")
        except FileNotFoundError:
            raise errors.Unavailable("blob_missing", sha256=sha256) from None
        try:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
            handle.seek(0)
        except BaseException:
            handle.close()
            raise
    if digest != sha256:
        handle.close()
        raise errors.Unavailable("blob_damaged", sha256=sha256)
    return handle


def lock_away(root: Path, sha256: str) -> bool:
    """Move kept bytes into the quarantine, where nothing is served from; False when they are not in the store."""
    path = path_of(root, sha256)
    with _storage_faults():
        if not path.exists():
            return False
        _lock_away(root, path, sha256)
    return True


def give_back(root: Path, sha256: str) -> None:
    """Move bytes from the quarantine back to their place. Raises Unavailable("blob_missing") when there are none."""
    path, target = quarantined(root, sha256), path_of(root, sha256)
    with _storage_faults():
        if not path.exists():
            raise errors.Unavailable("blob_missing", sha256=sha256)
        _make_folders(root, target.parent)
        path.chmod(0o600)
        path.replace(target)
        _sync(target.parent)


def quarantined(root: Path, sha256: str) -> Path:
    """Where bytes of this digest stand when they are locked away."""
    return root / QUARANTINE / path_of(root, sha256).name


def _locked_away(root: Path) -> int:
    """How many bytes stand in the quarantine."""
    folder = root / QUARANTINE
    return sum(path.stat().st_size for path in folder.iterdir()) if folder.is_dir() else 0


def _lock_away(root: Path, path: Path, sha256: str) -> None:
    target = quarantined(root, sha256)
    target.parent.mkdir(mode=0o700, exist_ok=True)
    _sync(path)
    path.replace(target)
    target.chmod(0o400)
    _sync(target.parent)


def _refreshed(path: Path) -> bool:
    """Say to the sweeper that somebody needs these bytes again; False when it was faster and has taken them."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def begin_partial(root: Path, name: str) -> None:
    """Make the empty file of an upload that comes in parts. Its name is a random one of ours, never a user's."""
    with _storage_faults():
        (root / PARTIAL).mkdir(exist_ok=True)
        os.close(os.open(root / PARTIAL / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


@contextmanager
def partial(root: Path, name: str) -> Iterator[BinaryIO | None]:
    """The file of an upload, for one writer at a time in all processes; None while another one has it.

    Raises NotFound when there is no such file.
    """
    with ExitStack() as stack:
        with _storage_faults():
            try:
                handle = stack.enter_context((root / PARTIAL / name).open("r+b", buffering=0))
            except FileNotFoundError:
                raise errors.NotFound from None
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                free = True
            except BlockingIOError:
                free = False
        yield cast(BinaryIO, handle) if free else None


def write_partial(handle: BinaryIO, offset: int, source: Path) -> None:
    """Let the bytes of `source` stand from `offset` on, durably; what an unfinished try left behind them is cut off."""
    with _storage_faults(), source.open("rb") as part:
        handle.seek(offset)
        handle.truncate()
        while chunk := part.read(CHUNK):
            _write_all(handle, chunk)
        os.fsync(handle.fileno())


def drop_partial(root: Path, name: str) -> None:
    """Remove the file of an upload; a leftover is only bytes without a row."""
    with suppress(OSError):
        (root / PARTIAL / name).unlink(missing_ok=True)


def old_partials(root: Path, before: float) -> list[str]:
    """Names of the files of uploads to which nothing was added since the moment `before` (seconds since 1970)."""
    found = []
    with suppress(FileNotFoundError):
        for path in (root / PARTIAL).iterdir():
            with suppress(FileNotFoundError):
                found += [path.name] if path.stat().st_mtime < before else []
    return found


def _temporary(root: Path) -> tuple[Path, BinaryIO]:
    folder = root / INCOMING
    with _storage_faults():
        # The root itself is never made here: a vanished mount must not be replaced by a folder on another disk.
        folder.mkdir(exist_ok=True)
        path = folder / secrets.token_hex(16)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    # Unbuffered, so that a full disk is met in write() and not later in close().
    return path, os.fdopen(descriptor, "wb", buffering=0)


def _copy(stream: BinaryIO, handle: BinaryIO, limit: int) -> tuple[str, int]:
    digest = hashlib.sha256()
    size = 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise errors.TooLarge("file_too_large", limit=limit)
        digest.update(chunk)
        with _storage_faults():
            _write_all(handle, chunk)
    return digest.hexdigest(), size


def _write_all(handle: BinaryIO, chunk: bytes) -> None:
    # A raw write may be short, for example at the last free block of a disk.
    left = memoryview(chunk)
    while left:
        left = left[handle.write(left) :]


def _holds(path: Path, sha256: str) -> bool:
    """Whether the content is there and whole; a damaged copy is thus mended by the next upload of the same bytes."""
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def _make_folders(root: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Both levels may be new; their names live in the folder above.
    _sync(folder.parent)
    _sync(root)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _storage_faults() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        if fault.errno in _FULL:
            raise errors.StorageFull from fault
        raise errors.Unavailable("storage_unavailable") from fault
