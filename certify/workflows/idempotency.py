"""A request that is repeated under its key has one effect and one answer (R32): both are kept in one transaction."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import TypeVar

from sqlalchemy import delete

from certify.db import db, joined, queue_up, transaction
from certify.domain.errors import Conflict, Invalid
from certify.models.idempotency import IdempotencyKey
from certify.queries.idempotency import find
from certify.timing import now

KEPT = timedelta(hours=48)

_running: set[tuple[int, str]] = set()
_guard = Lock()


@dataclass(frozen=True)
class Request:
    """Whose request, its key, and the digest of what was asked."""

    user_id: int
    key: str
    sha256: str


@dataclass(frozen=True)
class Kept:
    """An answer as it was given: HTTP status, headers that matter, body."""

    answer_code: int
    body: str
    etag: str = ""
    location: str = ""


Given = TypeVar("Given", bound=Kept | None)


class _Earlier(Exception):
    """Another process has answered the same request while this one waited for its lock."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self.kept = kept


def once(request: Request, answer: Callable[[], Kept]) -> tuple[Kept, bool]:
    """What `answer` gives, kept with its effect; or what it gave before, and True.

    Raises `Invalid("idempotency_key_reused")` when the key stands for another request, and
    `Conflict("idempotency_in_progress")` while the same one is running. A refusal is not kept: nothing has happened.
    """
    with _alone(request):
        return after_the_other(request, answer)


def after_the_other(request: Request, answer: Callable[[], Given]) -> tuple[Kept | Given, bool]:
    """As `once`, but while the same request is running this one waits for its answer.

    `answer` gives None when nothing happened that is to be kept.
    """
    kept = _kept(request)
    if kept is not None:
        return kept, True
    try:
        with joined(lambda: _look_again(request)):
            given = answer()
            if given is not None:
                with transaction():
                    _keep(request, given)
        return given, False
    except _Earlier as earlier:
        return earlier.kept, True


@contextmanager
def _alone(request: Request) -> Iterator[None]:
    """Refuse at once what runs in this very process; between processes the database decides."""
    mine = (request.user_id, request.key)
    with _guard:
        if mine in _running:
            raise Conflict("idempotency_in_progress")
        _running.add(mine)
    try:
        yield
    finally:
        with _guard:
            _running.discard(mine)


def _kept(request: Request) -> Kept | None:
    row = find(request.user_id, request.key)
    if row is None:
        return None
    if row.request_sha256 != request.sha256:
        raise Invalid((), code="idempotency_key_reused")
    return Kept(row.answer_code, row.body, row.etag, row.location)


def _look_again(request: Request) -> None:
    """With the lock of the effect in hand: whoever came first has committed by now."""
    queue_up(int(hashlib.sha256(f"{request.user_id}:{request.key}".encode()).hexdigest()[:15], 16))
    kept = _kept(request)
    if kept is not None:
        raise _Earlier(kept)


def _keep(request: Request, given: Kept) -> None:
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now() - KEPT))
    db.session.add(
        IdempotencyKey(
            user_id=request.user_id,
            key=request.key,
            request_sha256=request.sha256,
            answer_code=given.answer_code,
            etag=given.etag,
            location=given.location,
            body=given.body,
            created_at=now(),
        )
    )
