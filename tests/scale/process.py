"""A web process as `./run.sh serve` starts it, and a client that counts requests: for measuring, not for testing."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
# Longer than any start takes; a process that has not answered by then will not.
PATIENCE = 60


@dataclass(frozen=True)
class Served:
    """A server that answers: its port, the master's process number, and the seconds from its start to the first 200."""

    port: int
    pid: int
    seconds: float

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{HOST}:{self.port}"

    def worker(self) -> int:
        """The process number of the one that serves pages."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()
        assert len(children) == 1, children
        return int(children[0])

    def memory(self, kind: str = "VmRSS") -> float:
        """MiB that the serving process holds in memory now; `VmHWM`: the most since `forget_peak`."""
        status = Path(f"/proc/{self.worker()}/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith(f"{kind}:")) / 1024

    def forget_peak(self) -> None:
        """Count the peak of memory anew from here."""
        Path(f"/proc/{self.worker()}/clear_refs").write_text("5")


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.create_server((HOST, 0)) as opened:
        return int(opened.getsockname()[1])


@contextmanager
def serve(app: str, environment: Mapping[str, str], port: int = 0) -> Iterator[Served]:
    """Start `app` under gunicorn; its options come from run.sh in GUNICORN_CMD_ARGS, as those of `serve` do."""
    port = port or free_port()
    # A service that was started before has its bytecode ready.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", app, "--bind", f"{HOST}:{port}", "--log-level", "error"],
        env={**kept, **environment, "PORT": str(port)},
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - begun > PATIENCE:
                raise SystemExit(f"{app} did not start; its own message stands above.")
            time.sleep(0.01)
        yield Served(port, process.pid, time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@dataclass(frozen=True)
class Page:
    """What is asked for again and again."""

    server: Served
    path: str
    cookie: str = ""

    def text(self) -> str:
        """What the page says."""
        connection = http.client.HTTPConnection(HOST, self.server.port, timeout=PATIENCE)
        connection.request("GET", self.path, headers={"Cookie": self.cookie} if self.cookie else {})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        assert answer.status == 200, (self.path, answer.status, body[:200])
        return body

    def seconds(self, times: int) -> float:
        """How long so many requests took, one after the other on one connection; every one must answer 200."""
        connection = http.client.HTTPConnection(HOST, self.server.port, timeout=PATIENCE)
        headers = {"Cookie": self.cookie} if self.cookie else {}
        begun = time.perf_counter()
        for _ in range(times):
            connection.request("GET", self.path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, (self.path, answer.status, body[:200])
        spent = time.perf_counter() - begun
        connection.close()
        return spent


def compare(pages: Mapping[str, Page], *, rounds: int = 9, times: int = 40) -> dict[str, list[float]]:
    """Milliseconds a request for each page and round; the pages take turns, so that a slow moment meets all alike."""
    for page in pages.values():
        page.seconds(times)
    found: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(rounds):
        for name, page in pages.items():
            found[name].append(page.seconds(times) / times * 1000)
    return found


def ratio(found: Mapping[str, list[float]], above: str, below: str) -> float:
    """The median over the rounds of one page's time by another's."""
    return statistics.median(one / other for one, other in zip(found[above], found[below], strict=True))
