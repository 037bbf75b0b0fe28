"""The store on real folders: what is kept, what is left behind, and what a full or read-only disk does."""

import hashlib
import io
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify import filecheck, storage
from certify.domain import errors
from tests import files

LIMIT = 100_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty store."""
    folder = tmp_path / "store"
    folder.mkdir()
    return folder


def contents(root: Path) -> dict[str, bytes]:
    """Each file in the store by its path, temporary ones included."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


class Pieces(io.RawIOBase):
    """A stream without a length that hands out what it likes, as a network does; it may break off."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = list(pieces)

    def read(self, size: int = -1) -> bytes:
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        return piece


def test_bytes_stand_under_their_digest_and_nothing_else_is_left(root: Path) -> None:
    content = "Zażółć".encode()
    digest = hashlib.sha256(content).hexdigest()
    assert storage.put(io.BytesIO(content), root=root, limit=LIMIT) == storage.Stored(digest, len(content))
    assert contents(root) == {f"{digest[:2]}/{digest[2:4]}/{digest}": content}
    with storage.open_verified(root, digest) as kept:
        assert kept.read() == content


def test_the_same_bytes_are_kept_once(root: Path) -> None:
    stored = storage.put(io.BytesIO(b"abc"), root=root, limit=LIMIT)
    before = storage.path_of(root, stored.sha256).stat()
    assert storage.put(Pieces(b"a", b"bc"), root=root, limit=LIMIT) == stored
    after = storage.path_of(root, stored.sha256).stat()
    assert after.st_ino == before.st_ino
    # Young again, so that the sweeper knows that somebody needs them.
    assert after.st_mtime_ns > before.st_mtime_ns
    assert len(contents(root)) == 1


def test_the_same_bytes_again_mend_a_damaged_copy(root: Path) -> None:
    stored = storage.put(io.BytesIO(b"abc"), root=root, limit=LIMIT)
    storage.path_of(root, stored.sha256).write_bytes(b"abd")
    storage.put(io.BytesIO(b"abc"), root=root, limit=LIMIT)
    assert list(contents(root).values()) == [b"abc"]


@pytest.mark.parametrize("size", [0, LIMIT - 1, LIMIT])
def test_up_to_the_limit_is_taken(size: int, root: Path) -> None:
    assert storage.put(io.BytesIO(bytes(size)), root=root, limit=LIMIT).size == size


@pytest.mark.parametrize(
    "stream", [io.BytesIO(bytes(LIMIT + 1)), Pieces(bytes(LIMIT), b"x", AssertionError("read on"))]
)
def test_one_byte_more_is_refused_at_once_and_leaves_nothing(stream: io.RawIOBase, root: Path) -> None:
    with pytest.raises(errors.TooLarge) as refusal:
        storage.put(stream, root=root, limit=LIMIT)
    assert (refusal.value.code, refusal.value.details) == ("file_too_large", {"limit": LIMIT})
    assert contents(root) == {}


def test_a_client_that_goes_away_leaves_nothing(root: Path) -> None:
    with pytest.raises(ConnectionResetError):
        storage.put(Pieces(b"abc", ConnectionResetError()), root=root, limit=LIMIT)
    assert contents(root) == {}


def test_a_file_refused_by_the_check_leaves_nothing(root: Path) -> None:
    with (
        pytest.raises(errors.Invalid),
        storage.receive(io.BytesIO(b"<html>"), root, LIMIT) as incoming,
    ):
        filecheck.check(incoming.path, "a.pdf")
        incoming.keep()
    assert contents(root) == {}


def test_a_file_that_passes_the_check_is_kept(root: Path) -> None:
    content = files.pdf()
    with storage.receive(io.BytesIO(content), root, LIMIT) as incoming:
        kind = filecheck.check(incoming.path, "Uchwała.pdf")
        stored = incoming.keep()
    assert (kind.media_type, list(contents(root).values())) == ("application/pdf", [content])
    assert stored == storage.Stored(incoming.sha256, incoming.size)


def test_received_but_not_kept_is_gone(root: Path) -> None:
    with storage.receive(io.BytesIO(b"abc"), root, LIMIT) as incoming:
        assert incoming.path.read_bytes() == b"abc"
    assert contents(root) == {}


@pytest.mark.parametrize(
    "change", [lambda content: content[:-1], lambda content: b"\x00" + content[1:], lambda content: b""]
)
def test_other_bytes_than_recorded_are_never_handed_out(change: object, root: Path) -> None:
    assert callable(change)
    stored = storage.put(io.BytesIO(b"decision"), root=root, limit=LIMIT)
    storage.path_of(root, stored.sha256).write_bytes(change(b"decision"))
    with pytest.raises(errors.Unavailable) as refusal:
        storage.open_verified(root, stored.sha256)
    assert refusal.value.code == "blob_damaged"


def test_missing_bytes_and_a_missing_store_are_told_apart(root: Path) -> None:
    for folder, code in [(root, "blob_missing"), (root / "gone", "storage_unavailable")]:
        with pytest.raises(errors.Unavailable) as refusal:
            storage.open_verified(folder, "0" * 64)
        assert refusal.value.code == code


@given(st.text(max_size=70) | st.from_regex(r"[0-9a-fA-F]{63,65}\n?", fullmatch=True))
def test_only_a_digest_makes_a_path(text: str) -> None:
    root = Path("/store")
    try:
        path = storage.path_of(root, text)
    except ValueError:
        return
    assert path == root / text[:2] / text[2:4] / text
    assert len(text) == 64
    assert set(text) <= set("0123456789abcdef")


# A disk that refuses


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB, where the test may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "certify-test", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root outside a container may mount a small disk; the limit on file size is tested instead")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_refuses_keeps_the_rest_and_recovers(small_disk: Path) -> None:
    kept = storage.put(io.BytesIO(b"before"), root=small_disk, limit=10**6)
    with pytest.raises(errors.StorageFull) as refusal:
        storage.put(io.BytesIO(bytes(300_000)), root=small_disk, limit=10**6)
    assert refusal.value.code == "storage_full"
    assert list(contents(small_disk).values()) == [b"before"]
    storage.open_verified(small_disk, kept.sha256).close()
    assert storage.put(io.BytesIO(bytes(100_000)), root=small_disk, limit=10**6).size == 100_000


def test_a_disk_that_turns_read_only_refuses_and_still_reads(small_disk: Path) -> None:
    kept = storage.put(io.BytesIO(b"before"), root=small_disk, limit=LIMIT)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(errors.Unavailable) as refusal:
        storage.put(io.BytesIO(b"after"), root=small_disk, limit=LIMIT)
    assert refusal.value.code == "storage_unavailable"
    with storage.open_verified(small_disk, kept.sha256) as handle:
        assert handle.read() == b"before"


def test_a_store_that_is_missing_is_not_made_anew(root: Path) -> None:
    with pytest.raises(errors.Unavailable) as refusal:
        storage.put(io.BytesIO(b"abc"), root=root / "unmounted", limit=LIMIT)
    assert refusal.value.code == "storage_unavailable"
    assert list(root.iterdir()) == []


def test_a_file_in_place_of_the_store_is_a_fault_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(errors.Unavailable) as refusal:
        storage.put(io.BytesIO(b"abc"), root=tmp_path / "file", limit=LIMIT)
    assert refusal.value.code == "storage_unavailable"


IN_A_CHILD = """
import io, os, resource, signal, sys
from pathlib import Path
from certify import storage
from certify.domain import errors
root = Path(sys.argv[1])
if sys.argv[2] == "file size":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
else:
    os.chmod(root, 0o555)
    os.setgid(65534), os.setuid(65534)
try:
    storage.put(io.BytesIO(bytes(9000)), root=root, limit=100000)
except errors.CertifyError as refusal:
    sys.stdout.write(refusal.code)
"""


@pytest.mark.parametrize(("fault", "code"), [("file size", "storage_full"), ("folder", "storage_unavailable")])
def test_a_process_that_may_not_write_says_so(fault: str, code: str) -> None:
    # Not below tmp_path: another user could not even look into that.
    if fault == "folder" and os.geteuid() != 0:
        pytest.skip("needs root, to become another user")
    folder = Path("/var/tmp") / f"certify-store-{os.getpid()}"
    folder.mkdir()
    try:
        child = subprocess.run(
            [sys.executable, "-c", IN_A_CHILD, str(folder), fault], capture_output=True, text=True, check=False
        )
        assert (child.stdout, child.stderr) == (code, "")
        assert contents(folder) == {}
    finally:
        for path in [*folder.iterdir(), folder]:
            path.rmdir()


def test_a_large_upload_is_not_held_in_memory(root: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pieces = (os.urandom(1024 * 1024) for _ in range(25))

    class Generated(Pieces):
        def read(self, size: int = -1) -> bytes:
            return next(pieces, b"")

    assert storage.put(Generated(), root=root, limit=25 * 1024 * 1024).size == 25 * 1024 * 1024
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024


def test_bytes_their_name_and_new_folders_are_on_disk_before_they_count(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each real fsync is noted: the bytes under their temporary name, the folders above, the folder of the name."""
    real, seen = os.fsync, []

    def noted(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        seen.append((path, path.stat().st_size if path.is_file() else None, stored.exists()))
        real(descriptor)

    content = b"%PDF-" * 100
    stored = storage.path_of(root, hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(os, "fsync", noted)
    storage.put(io.BytesIO(content), root=root, limit=LIMIT)
    bytes_synced = [(path.parent.name, size, there) for path, size, there in seen if size is not None]
    assert bytes_synced == [(storage.INCOMING, len(content), False)]
    folders = [(path, there) for path, size, there in seen if size is None]
    assert {path for path, there in folders if not there} == {root, stored.parent.parent}
    assert folders[-1] == (stored.parent, True)
