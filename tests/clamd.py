"""A scanner for the tests: the real clamd with one signature of our own, and stand-ins that misbehave."""

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# In two parts, so that no scanner takes the repository itself for the test file.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = "Test.Eicar.UNOFFICIAL"
# More than any sample but those of the size limit.
STREAM_LIMIT = 1024 * 1024
Talk = Callable[[socket.socket], None]


@contextmanager
def server() -> Iterator[str]:
    """Run clamd for the block; yields its address as CLAMD takes it. It knows EICAR and nothing else."""
    # A socket's path may have a hundred characters, which pytest's own folders exceed.
    folder = Path(tempfile.mkdtemp(prefix="certify-clamd-", dir="/tmp"))
    (folder / "db").mkdir()
    teach(folder, EICAR)
    (folder / "clamd.conf").write_text(
        f"LocalSocket {folder}/ctl\nDatabaseDirectory {folder}/db\nForeground yes\nLogFile {folder}/log\n"
        f"StreamMaxLength {STREAM_LIMIT}\nMaxThreads 2\nDisableCertCheck yes\n"
    )
    program = shutil.which("clamd") or "/usr/sbin/clamd"
    running = subprocess.Popen(
        [program, "--config-file", str(folder / "clamd.conf")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(running, folder)
        yield f"unix:{folder}/ctl"
    finally:
        running.terminate()
        running.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def teach(folder: Path, content: bytes) -> None:
    """Let the scanner of this folder know one signature: these bytes, anywhere in any file."""
    (folder / "db" / "own.ndb").write_text(f"Test.Eicar:0:*:{content.hex()}\n")


def _wait(running: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and running.poll() is None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link, contextlib.suppress(OSError):
            link.connect(str(folder / "ctl"))
            link.sendall(b"zPING\0")
            if link.recv(10) == b"PONG\0":
                return
        time.sleep(0.05)
    log = folder / "log"
    raise RuntimeError(f"clamd did not start: {log.read_text() if log.exists() else 'apt-get install clamav-daemon'}")


@contextmanager
def stand_in(talk: Talk) -> Iterator[str]:
    """A server that leads every conversation as `talk` does; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    link, _ = listening.accept()
                    with link, contextlib.suppress(OSError):
                        talk(link)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


def received(link: socket.socket) -> bytes:
    """Read one whole INSTREAM request; the bytes of the file."""
    with link.makefile("rb") as stream:
        assert stream.read(len(b"zINSTREAM\0")) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!I", stream.read(4))[0]:
            content += stream.read(size)
    return content


def says(answer: bytes) -> Talk:
    """A scanner that listens to the end and then says this, and hangs up."""

    def talk(link: socket.socket) -> None:
        received(link)
        link.sendall(answer)

    return talk


def hangs(link: socket.socket) -> None:
    """Takes everything and says nothing until the other side gives up."""
    received(link)
    while link.recv(1024):
        pass


def never_reads(link: socket.socket) -> None:
    """Accepts and does nothing at all, until the other side must have given up."""
    time.sleep(1)


def dribbles(link: socket.socket) -> None:
    """Sends a letter now and then, each in time, the whole never."""
    received(link)
    for letter in b"stream: OK stream: OK stream: OK":
        link.sendall(bytes([letter]))
        time.sleep(0.1)


def hangs_up(link: socket.socket) -> None:
    """Is killed while the file comes in."""
    link.recv(16)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextmanager
def closed_port() -> Iterator[str]:
    """An address on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"tcp://127.0.0.1:{held.getsockname()[1]}"


def is_there() -> bool:
    """True where clamd is installed; CI must have it."""
    return bool(os.environ.get("CI")) or shutil.which("clamd") is not None or Path("/usr/sbin/clamd").exists()
