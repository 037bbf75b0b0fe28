"""Asks clamd whether a file holds malware, by its INSTREAM command over a Unix socket or TCP.

Own code, because the kept client (clamav-client) is under the GPL and takes half an answer for a whole one; ADR 14.
Whatever is not a whole, plain "OK" is not clean: this never fails open.
"""

import re
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Literal
from urllib.parse import urlsplit

# What a person waits for at most; clamd has the whole file and must answer within it.
PATIENCE = 10.0
_CHUNK = 256 * 1024
_ANSWER = 4096
_FOUND = re.compile(rb"stream: (.+) FOUND")
# clamd reports as found what it gave up on (AlertExceedsMax): that is no answer, neither good nor bad.
_GAVE_UP = b"Heuristics.Limits.Exceeded"
_NOT_A_NAME = re.compile(r"[^\w.:/()+-]+", re.ASCII)


@dataclass(frozen=True)
class Address:
    """Where clamd listens: `path` of a Unix socket, or host and port."""

    path: str = ""
    host: str = ""
    port: int = 0


@dataclass(frozen=True)
class Verdict:
    """What the scanner said. `detail`: the signature that was found, or why there is no answer.

    Reasons: unreachable, timeout, broken_off, size_limit, garbled; all of them leave the file unchecked.
    """

    state: Literal["clean", "infected", "error"]
    detail: str = ""


class _NoAnswer(Exception):
    """The conversation ended without a word that we know."""


def address_of(text: str) -> Address:
    """Read `unix:/run/clamav/clamd.ctl` or `tcp://127.0.0.1:3310`. ValueError for anything else."""
    url = urlsplit(text)
    if url.scheme == "unix" and url.path.startswith("/") and not url.netloc:
        return Address(path=url.path)
    if url.scheme == "tcp" and url.hostname and url.path in {"", "/"}:
        return Address(host=url.hostname, port=url.port or 3310)
    raise ValueError(f"no address of clamd: {text!r}")


def scan(stream: BinaryIO, where: Address, patience: float = PATIENCE) -> Verdict:
    """Send the bytes and read the verdict, in `patience` seconds altogether; raises nothing for what clamd does."""
    deadline = time.monotonic() + patience
    try:
        with _connected(where, deadline) as link:
            _send(link, stream, deadline)
            return _judged(_answer(link, deadline))
    except _NoAnswer as fault:
        return Verdict("error", str(fault))
    except TimeoutError:
        return Verdict("error", "timeout")


@contextmanager
def _connected(where: Address, deadline: float) -> Iterator[socket.socket]:
    try:
        if where.path:
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                link.settimeout(_left(deadline))
                link.connect(where.path)
            except BaseException:
                link.close()
                raise
        else:
            link = socket.create_connection((where.host, where.port), _left(deadline))
    except TimeoutError:
        raise
    except OSError as fault:
        raise _NoAnswer("unreachable") from fault
    with closing(link):
        yield link


def _send(link: socket.socket, stream: BinaryIO, deadline: float) -> None:
    try:
        _sendall(link, b"zINSTREAM\0", deadline)
        while chunk := stream.read(_CHUNK):
            _sendall(link, struct.pack("!I", len(chunk)) + chunk, deadline)
        _sendall(link, struct.pack("!I", 0), deadline)
    except (BrokenPipeError, ConnectionResetError):
        # clamd says why it hangs up (its size limit, for example), and the answer may still be read.
        return


def _sendall(link: socket.socket, data: bytes, deadline: float) -> None:
    link.settimeout(_left(deadline))
    link.sendall(data)


def _answer(link: socket.socket, deadline: float) -> bytes:
    """The answer up to its NUL; half of one could say "OK" of a file that it was about to name."""
    answer = b""
    while not answer.endswith(b"\0"):
        link.settimeout(_left(deadline))
        try:
            piece = link.recv(_ANSWER)
        except ConnectionResetError:
            piece = b""
        if not piece:
            raise _NoAnswer("broken_off")
        answer += piece
        if len(answer) > _ANSWER:
            raise _NoAnswer("garbled")
    return answer[:-1].strip()


def _judged(answer: bytes) -> Verdict:
    if answer == b"stream: OK":
        return Verdict("clean")
    found = _FOUND.fullmatch(answer)
    if found and not found[1].startswith(_GAVE_UP):
        return Verdict("infected", _NOT_A_NAME.sub("_", found[1].decode("ascii", "replace"))[:100])
    if found or b"size limit exceeded" in answer:
        return Verdict("error", "size_limit")
    return Verdict("error", "garbled")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
