"""Work in children with limits: what comes back, what each limit means, and how many work at once."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from certify import children
from certify.children import Costly, Crashed, Limits
from certify.domain import errors
from tests import limited_work

FEW = Limits(seconds=2, mebibytes=256, answer=1, wall=30)
WORKS = limited_work.__name__


def test_a_child_answers_with_values_and_with_bytes() -> None:
    assert children.call(f"{WORKS}:told", 1, "ż", None, limits=FEW) == [1, "ż", None]
    assert children.call(f"{WORKS}:told", 1, limits=FEW, content=bytes(300_000)) == [300_000, 1]
    assert children.call(f"{WORKS}:raw", 500_000, limits=FEW) == bytes(500_000)


def test_a_child_knows_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CERTIFY_SECRET_KEY", "a secret of the service")
    known = children.call(f"{WORKS}:seen", limits=FEW)
    assert "CERTIFY_SECRET_KEY" not in known["environment"]
    assert known["folder"] == []
    assert known["nice"] > os.nice(0)


@pytest.mark.parametrize(
    ("work", "arguments", "fault"),
    [
        ("spin", (), Costly),
        ("hoard", (), Costly),
        ("raw", (5_000_000,), Costly),
        ("fall", (int(signal.SIGSEGV),), Crashed),
        ("fall", (int(signal.SIGABRT),), Crashed),
        ("break_down", (), Crashed),
        ("be_killed", (), errors.Unavailable),
        ("fall", (int(signal.SIGTERM),), errors.Unavailable),
    ],
)
def test_how_a_child_ends_says_whose_fault_it_is(work: str, arguments: tuple[int, ...], fault: type[Exception]) -> None:
    with pytest.raises(fault) as met:
        children.call(f"{WORKS}:{work}", *arguments, limits=FEW)
    if isinstance(met.value, errors.Unavailable):
        assert met.value.code == "busy"


def test_the_clock_of_a_busy_machine_is_no_verdict() -> None:
    with pytest.raises(errors.Unavailable) as met:
        children.call(f"{WORKS}:sleep", 60, limits=Limits(seconds=2, wall=1))
    assert met.value.code == "busy"


def test_our_own_refusals_come_back_whole() -> None:
    with pytest.raises(errors.Invalid) as met:
        children.call(f"{WORKS}:refuse", limits=FEW)
    assert met.value.errors == (errors.FieldError("file", "active_content"),)
    assert met.value.details == {"feature": "launch"}
    with pytest.raises(errors.Unavailable) as absent:
        children.call(f"{WORKS}:be_unavailable", limits=FEW)
    assert (absent.value.code, absent.value.details) == ("pdf_engine_missing", {"engine": "x", "mend": "y"})


def test_nothing_that_a_child_started_outlives_it(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    with pytest.raises(errors.Unavailable):
        children.call(f"{WORKS}:start_program", str(mark), limits=Limits(seconds=2, wall=5))
    status = Path(f"/proc/{mark.read_text()}/stat")
    _until(lambda: not status.exists() or status.read_text().split()[2] == "Z")


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it never came true")


def _workers(app: Flask, count: int, work: str, *arguments: object) -> tuple[list[threading.Thread], list[str]]:
    heard: list[str] = []

    def one() -> None:
        with app.app_context():
            try:
                heard.append(str(children.call(f"{WORKS}:{work}", *arguments, limits=FEW)))
            except errors.Unavailable as fault:
                heard.append(fault.code)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, heard


def test_eight_at_once_work_or_hear_that_we_are_busy(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "PATIENCE", 60.0)
    threads, heard = _workers(app, 8, "sleep", 1)
    for thread in threads:
        thread.join()
    # As many as may stand in line get their turn; the others are sent away at once, so that their threads are free.
    assert sorted(heard) == ["busy"] * (8 - children.IN_LINE) + ["rested"] * children.IN_LINE


def test_two_works_are_all_that_the_machine_does(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marks = [tmp_path / str(number) for number in range(children.SLOTS)]
    started = [_workers(app, 1, "sleep", 20, str(mark)) for mark in marks]
    _until(lambda: all(mark.exists() and mark.read_text() for mark in marks))
    monkeypatch.setattr(children, "PATIENCE", 0.2)
    with app.app_context(), pytest.raises(errors.Unavailable) as met:
        children.call(f"{WORKS}:told", limits=FEW)
    assert met.value.code == "busy"
    for mark in marks:
        os.kill(int(mark.read_text()), signal.SIGKILL)
    for threads, heard in started:
        threads[0].join()
        assert heard == ["busy"]
    with app.app_context():
        assert children.call(f"{WORKS}:told", limits=FEW) == []
