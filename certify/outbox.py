"""Jobs in the database: written in the caller's transaction, taken under a lease, repeated until done or given up.

The row is the truth; whatever wakes the worker only makes it look. A job is done at least once: who dies between the
doing and the mark leaves it to the next one, so what is done must carry a number by which a repeat is known.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from certify.db import db, transaction
from certify.models.outbox import OPEN, Job

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
# How long to wait after the first failure, the second…; after the failure behind the last wait the job is given up.
WAITS = (
    _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 6 * _HOUR, 12 * _HOUR, 24 * _HOUR,
)  # fmt: skip
MOST = len(WAITS) + 1
# Longer than any handler takes, or two of them would be at the same job.
LEASE = timedelta(minutes=3)


@dataclass(frozen=True)
class Claimed:
    """A job in a worker's hands: no row, so that nothing is read from the database while it is done."""

    id: int
    payload: dict[str, Any]
    lane: str
    attempt: int


def put(kind: str, payload: dict[str, Any], moment: datetime, *, lane: str = "", key: str | None = None) -> Job:
    """Write a job in the caller's transaction; the one that stands already when `key` is known.

    `payload` holds ids and codes. Two that write the same new key at once: the second one's transaction fails.
    """
    if key is not None:
        known = db.session.scalar(select(Job).where(Job.key == key))
        if known is not None:
            return known
    job = Job(kind=kind, payload=payload, lane=lane, key=key, created_at=moment, not_before=moment)
    db.session.add(job)
    db.session.flush()
    return job


def claim(owner: str, kind: str, moment: datetime, without: Collection[str] = ()) -> Claimed | None:
    """Take the job that waits longest, for `owner` alone until the lease ends; a transaction of its own.

    `without`: lanes to leave out. One that was taken ten times and never came back is given up here.
    """
    with transaction():
        while True:
            rows = select(Job).where(OPEN, Job.kind == kind, _free(moment), Job.lane.not_in(without))
            # SQLite has no such lock and needs none: there the transaction began with the lock of the only writer.
            job = db.session.scalar(rows.order_by(Job.not_before, Job.id).limit(1).with_for_update(skip_locked=True))
            if job is None:
                return None
            if job.attempts < MOST:
                break
            give_up(job, "abandoned", moment)
            db.session.flush()
        job.attempts += 1
        job.leased_by, job.leased_until = owner, moment + LEASE
        return Claimed(job.id, dict(job.payload), job.lane, job.attempts)


def held(claimed: Claimed, owner: str) -> Job | None:
    """The job's row, locked in the caller's transaction; None when the lease ended and somebody else has taken it."""
    job = db.session.scalar(
        select(Job).where(Job.id == claimed.id).with_for_update().execution_options(populate_existing=True)
    )
    return job if job is not None and job.leased_by == owner and job.attempts == claimed.attempt else None


def done(job: Job, moment: datetime) -> None:
    """Mark it; in the transaction that keeps the result."""
    job.done_at, job.last_error = moment, None
    _let_go(job)


def failed(job: Job, error: str, moment: datetime) -> None:
    """Let it wait for the next try, or give it up after the tenth. `error` is a code."""
    if job.attempts >= MOST:
        give_up(job, error, moment)
        return
    job.last_error = error
    job.not_before = moment + WAITS[job.attempts - 1]
    _let_go(job)


def give_up(job: Job, error: str, moment: datetime) -> None:
    """No further try can help."""
    job.dead_at, job.last_error = moment, error
    _let_go(job)


def hurry(job: Job, moment: datetime) -> None:
    """Let a waiting job wait no longer; it keeps its count of attempts."""
    job.not_before = moment
    # The row is locked now, before any other lock: whoever marks a job takes them in this order too.
    db.session.flush()


def _let_go(job: Job) -> None:
    job.leased_by = job.leased_until = None


def _free(moment: datetime) -> ColumnElement[bool]:
    return (Job.not_before <= moment) & or_(Job.leased_until.is_(None), Job.leased_until <= moment)
