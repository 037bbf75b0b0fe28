"""Background work: `./run.sh worker` runs each verb of SCHEDULE at its times, until SIGTERM.

Huey holds the clock and the threads, nothing else: what is to be done stands in our tables, so its own small database
may be lost at any moment. Each handler is one call of a verb that can be repeated; a new one is a line of SCHEDULE.
"""

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from huey import SqliteHuey, crontab
from huey.consumer import Consumer
from huey.exceptions import TaskLockedException

from certify import create_app, instance, kept_prints
from certify.config import EXIT_CONFIG, StartRefused
from certify.db import db
from certify.workflows import deliveries, scans, sweep, uploads

THREADS = 2
# A run that nobody came to before the next one is dropped.
STALE = 50


@dataclass(frozen=True)
class Handler:
    """A verb and when it runs, in UTC; Huey looks once a minute."""

    name: str
    when: Callable[..., bool]
    verb: Callable[[], object]


SCHEDULE = (
    Handler("deliver_waiting", crontab(), deliveries.deliver_waiting),
    Handler("forget_messages", crontab(hour="3", minute="23"), deliveries.forget),
    Handler("scan_waiting", crontab(), scans.check_waiting),
    Handler("scan_all", crontab(hour="2", minute="17"), scans.check_all),
    Handler("sweep", crontab(minute="41"), sweep.sweep),
    Handler("sweep_printed", crontab(minute="47"), kept_prints.sweep),
    Handler("sweep_uploads", crontab(minute="43"), uploads.sweep),
)


def make_queue(app: Flask, schedule: tuple[Handler, ...] = SCHEDULE) -> SqliteHuey:
    """A queue with the schedule; each run has an application context of its own, and never a second one beside it."""
    path = Path(app.config["INSTANCE"]) / "worker.sqlite3"
    instance.closed_file(path)
    queue = SqliteHuey("certify", filename=str(path), results=False)
    for handler in schedule:
        queue.periodic_task(handler.when, name=handler.name, expires=STALE)(_in_context(app, queue, handler))
    return queue


def _in_context(app: Flask, queue: SqliteHuey, handler: Handler) -> Callable[[], None]:
    def run() -> None:
        try:
            with queue.lock_task(handler.name), app.app_context():
                try:
                    app.logger.info("%s: %s", handler.name, handler.verb())
                finally:
                    db.session.remove()
        except TaskLockedException:
            # The one before is not done yet.
            app.logger.info("%s: still at it", handler.name)

    return run


def main() -> None:
    """Work until SIGTERM (what is begun is finished) or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    # Its own lines tell of each look at the clock.
    logging.getLogger("huey").setLevel(logging.WARNING)
    try:
        app = create_app(check_rubrics=False, commands=False)
        instance.enter(app)
    except StartRefused as refusal:
        for sentence in refusal.sentences:
            sys.stderr.write(f"{sentence}\n")
        sys.exit(EXIT_CONFIG)
    app.logger.setLevel(logging.INFO)
    app.logger.info("the worker has begun: %s", ", ".join(one.name for one in SCHEDULE))
    Consumer(make_queue(app), workers=THREADS, flush_locks=True, graceful_signal="TERM").run()


if __name__ == "__main__":
    main()
