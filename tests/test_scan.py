"""The talk with clamd: the real one, and stand-ins that refuse, hang, lie or die. Nothing but a whole OK is clean."""

import io
import time
from collections.abc import Iterator

import pytest

from certify.scan import Address, Verdict, address_of, scan
from tests import clamd

PATIENCE = 0.4


@pytest.mark.xdist_group("clamd")
def test_the_real_clamd(real_clamd: str) -> None:
    where = address_of(real_clamd)
    assert scan(io.BytesIO(b"Uchwala"), where) == Verdict("clean")
    assert scan(io.BytesIO(b"x" * 700_000 + clamd.EICAR + b"y"), where) == Verdict("infected", clamd.SIGNATURE)
    # Far more than the limit: clamd hangs up while we still send.
    assert scan(io.BytesIO(b"x" * 8 * clamd.STREAM_LIMIT), where) == Verdict("error", "size_limit")


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (clamd.says(b"stream: OK\0"), Verdict("clean")),
        (clamd.says(b"stream: Win.Test-1 (a) FOUND\0"), Verdict("infected", "Win.Test-1_(a)")),
        (clamd.says(b"stream: \xff\x00"), Verdict("error", "garbled")),
        (clamd.says(b"stream: <b>Z\xc5\x82y\r\nname</b> FOUND\0"), Verdict("error", "garbled")),
        (clamd.says(b"stream: <b>evil</b> FOUND\0"), Verdict("infected", "_b_evil_/b_")),
        (clamd.says(b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0"), Verdict("error", "size_limit")),
        (clamd.says(b"INSTREAM size limit exceeded. ERROR\0"), Verdict("error", "size_limit")),
        (clamd.says(b"stream: Can't allocate memory ERROR\0"), Verdict("error", "garbled")),
        (clamd.says(b"HTTP/1.1 200 OK\r\n\r\n\0"), Verdict("error", "garbled")),
        (clamd.says(b"stream: OK" * 1000), Verdict("error", "garbled")),
        # Half of "stream: OK.Worm FOUND" is no OK.
        (clamd.says(b"stream: OK"), Verdict("error", "broken_off")),
        (clamd.says(b""), Verdict("error", "broken_off")),
        (clamd.hangs, Verdict("error", "timeout")),
        (clamd.never_reads, Verdict("error", "timeout")),
        (clamd.dribbles, Verdict("error", "timeout")),
        (clamd.hangs_up, Verdict("error", "broken_off")),
    ],
)
def test_each_answer(talk: clamd.Talk, said: Verdict) -> None:
    # Large enough not to fit into the buffers of a connection.
    content = b"x" * (16 * 2**20 if talk in {clamd.never_reads, clamd.hangs_up} else 300_000)
    begun = time.monotonic()
    with clamd.stand_in(talk) as address:
        assert scan(io.BytesIO(content), address_of(address), PATIENCE if said.detail == "timeout" else 10) == said
    assert time.monotonic() - begun < 5


def test_the_file_arrives_whole_and_in_order() -> None:
    content = bytes(range(256)) * 4000
    seen: list[bytes] = []

    def talk(link: object) -> None:
        seen.append(clamd.received(link))  # type: ignore[arg-type]
        link.sendall(b"stream: OK\0")  # type: ignore[attr-defined]

    with clamd.stand_in(talk) as address:
        assert scan(io.BytesIO(content), address_of(address)).state == "clean"
    assert seen == [content]


def test_nobody_there(tmp_path: object) -> None:
    with clamd.closed_port() as address:
        assert scan(io.BytesIO(b"a"), address_of(address)) == Verdict("error", "unreachable")
    assert scan(io.BytesIO(b"a"), address_of(f"unix:{tmp_path}/ctl")) == Verdict("error", "unreachable")


def test_no_time_left() -> None:
    with clamd.stand_in(clamd.hangs) as address:
        assert scan(io.BytesIO(b"a"), address_of(address), 0) == Verdict("error", "timeout")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("unix:/run/clamav/clamd.ctl", Address(path="/run/clamav/clamd.ctl")),
        ("unix:///run/clamav/clamd.ctl", Address(path="/run/clamav/clamd.ctl")),
        ("tcp://127.0.0.1:3310", Address(host="127.0.0.1", port=3310)),
        ("tcp://scanner", Address(host="scanner", port=3310)),
        ("tcp://[::1]:99", Address(host="::1", port=99)),
    ],
)
def test_addresses(text: str, found: Address) -> None:
    assert address_of(text) == found


@pytest.mark.parametrize(
    "text", ["clamd", "unix:clamd.ctl", "unix://host/path", "tcp://", "tcp://a:b", "http://a", "tcp://a/b"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError):
        address_of(text)


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    """Each test here ends soon, whatever the other side does."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < 20
