"""The worker: a real Huey consumer runs the schedule, one run at a time, and ends when it is told to."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from huey import crontab
from huey.consumer import Consumer

from certify import create_app, instance, worker
from certify.config import SECRETS
from certify.worker import SCHEDULE, Handler, make_queue

ROOT = Path(__file__).parent.parent
MakeApp = Callable[..., Flask]


def test_the_schedule(app: Flask) -> None:
    assert [(one.name, one.verb.__module__, one.verb.__name__) for one in SCHEDULE] == [
        ("deliver_waiting", "certify.workflows.deliveries", "deliver_waiting"),
        ("forget_messages", "certify.workflows.deliveries", "forget"),
        ("scan_waiting", "certify.workflows.scans", "check_waiting"),
        ("scan_all", "certify.workflows.scans", "check_all"),
        ("sweep", "certify.workflows.sweep", "sweep"),
        ("sweep_printed", "certify.kept_prints", "sweep"),
        ("sweep_uploads", "certify.workflows.uploads", "sweep"),
    ]
    for handler in SCHEDULE:
        handler.verb()


@pytest.fixture
def installed(settings: dict[str, Any]) -> dict[str, str]:
    """The environment of a whole installation, with keys of its own."""
    own = {name: value for name, value in settings.items() if name not in SECRETS}
    instance.make(create_app(own, check_rubrics=False))
    return {
        **os.environ,
        "CERTIFY_INSTANCE": str(settings["INSTANCE"]),
        "STORAGE": str(settings["STORAGE"]),
        "DATABASE_URL": str(settings["SQLALCHEMY_DATABASE_URI"]),
        "CLAMD": "",
    }


def until(done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if done():
            return True
        time.sleep(0.02)
    return False


def test_handlers_run_with_the_application_and_a_failing_one_stops_nothing(make_app: MakeApp) -> None:
    app = make_app()
    instance.make(app)
    ran: list[str] = []

    def broken() -> None:
        raise RuntimeError("a handler failed")

    schedule = (
        Handler("broken", crontab(), broken),
        Handler("works", crontab(), lambda: ran.append(current_app.name)),
    )
    queue = make_queue(app, schedule)
    consumer = Consumer(queue, workers=2, flush_locks=True)
    consumer.start()
    try:
        # The first look at the clock comes at once.
        assert until(lambda: ran == ["certify"])
        queue.enqueue(queue._registry.periodic_tasks[0])
        queue.enqueue(queue._registry.periodic_tasks[1])
        assert until(lambda: len(ran) == 2)
    finally:
        consumer.stop(graceful=True)
    assert stat.S_IMODE((Path(app.config["INSTANCE"]) / "worker.sqlite3").stat().st_mode) == 0o600


def test_a_handler_never_runs_beside_itself(make_app: MakeApp) -> None:
    app = make_app()
    instance.make(app)
    free, begun = threading.Event(), []

    def slow() -> None:
        begun.append(1)
        free.wait(10)

    queue = make_queue(app, (Handler("slow", crontab(), slow),))
    (task,) = queue._registry.periodic_tasks
    first = threading.Thread(target=task.execute)
    first.start()
    assert until(lambda: begun == [1])
    task.execute()
    free.set()
    first.join()
    assert begun == [1]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_process_works_and_ends(installed: dict[str, str], tmp_path: Path, ending: signal.Signals) -> None:
    log = tmp_path / "log"
    with log.open("w") as said:
        running = subprocess.Popen(
            [sys.executable, "-m", "certify.worker"],
            cwd=ROOT,
            env=installed,
            stderr=said,
            stdout=said,
            # Who runs the tests in the background has SIGINT ignored, and children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
        )
    try:
        assert until(lambda: "scan_waiting: Checked(clean=0" in log.read_text()), log.read_text()
        running.send_signal(ending)
        assert running.wait(timeout=60) == 0
    finally:
        running.kill()
        running.wait()
    names = "deliver_waiting, forget_messages, scan_waiting, scan_all, sweep, sweep_printed, sweep_uploads"
    assert f"the worker has begun: {names}" in log.read_text()


def test_bad_settings_forbid_a_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CERTIFY_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CLAMD", "clamd.ctl")
    with pytest.raises(SystemExit) as ended:
        worker.main()
    assert ended.value.code == 78
    assert "CLAMD must be unix:/run/clamav/clamd.ctl" in capsys.readouterr().err
