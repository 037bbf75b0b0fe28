"""A file comes in parts (tus 1.0); with its last byte it goes the way of every other upload, once and whole.

Bytes on their way are nobody's record yet: the event is written by the verb that takes the whole file in.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO, cast

from sqlalchemy import delete, select

from certify import filecheck, storage
from certify.db import db, transaction
from certify.domain.errors import (
    CertifyError,
    Conflict,
    Garbled,
    Invalid,
    NotFound,
    StorageFull,
    TooLarge,
    Unavailable,
)
from certify.domain.policy import Actor
from certify.domain.rubric import Rubric
from certify.models.account import User
from certify.models.evidence import Evidence
from certify.models.upload import Upload
from certify.queries import cases
from certify.queries import uploads as queries
from certify.queries.rubrics import rubric_of
from certify.storage import Incoming
from certify.timing import now
from certify.workflows import evidence, library
from certify.workflows.answers import writable
from certify.workflows.evidence import MAX_FILE, Passport, check_quota, check_room, checked, root

LIFETIME = timedelta(hours=24)
# Of one person: so that nobody fills the disk with beginnings of files.
MAX_OPEN = 20
ALGORITHMS = ("sha1", "sha256")
NO_PASSPORT = Passport()
# After these the bytes stay, because the same file may be taken a moment later.
PASSING = (Unavailable, StorageFull)


@dataclass(frozen=True)
class Place:
    """Where the file is to go: a criterion of an application, or the library of a centre."""

    organisation_id: int = 0
    application_id: int | None = None
    criterion: str = ""


@dataclass(frozen=True)
class Checksum:
    """What the sender says of one part; `algorithm` is one of ALGORITHMS."""

    algorithm: str
    digest: bytes


class _Hashed:
    """A stream whose bytes are summed as they are read."""

    def __init__(self, stream: BinaryIO, checksum: Checksum | None) -> None:
        self.stream = stream
        self.checksum = checksum
        self.sum = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None

    def read(self, size: int) -> bytes:
        chunk = self.stream.read(size)
        if self.sum is not None:
            self.sum.update(chunk)
        return chunk

    def verify(self) -> None:
        if self.checksum is not None and self.sum is not None and self.sum.digest() != self.checksum.digest:
            raise Garbled("checksum_mismatch")


def begin(actor: Actor, place: Place, filename: str, length: int, passport: Passport = NO_PASSPORT) -> Upload:
    """Open an upload of `length` bytes; what name, size and room forbid is refused before any byte is sent.

    Raises as `evidence.attach` and `library.upload` do, and `Conflict("too_many_uploads")`.
    """
    organisation_id, rubric = _allowed(actor, place)
    name = filecheck.clean_name(filename)
    filecheck.kind_of(name)
    passport = checked(passport, rubric, name) if rubric else NO_PASSPORT
    if length < 1:
        raise Invalid({"file": "file_empty"})
    if length > MAX_FILE:
        raise TooLarge("file_too_large", limit=MAX_FILE)
    sweep(owner_id=actor.user_id)
    with transaction():
        # One beginning at a time, so that no two count the same free place.
        db.session.execute(select(User.id).where(User.id == actor.user_id).with_for_update(key_share=True))
        if queries.unfinished(actor.user_id) >= MAX_OPEN:
            raise Conflict("too_many_uploads", limit=MAX_OPEN)
        check_room(organisation_id, length)
        if place.application_id is not None:
            check_quota(place.application_id, 1, length)
        upload = Upload(
            token=secrets.token_urlsafe(32),
            owner_id=actor.user_id,
            organisation_id=organisation_id,
            application_id=place.application_id,
            criterion=place.criterion,
            filename=name,
            title=passport.title,
            kind=passport.kind,
            pages=passport.pages,
            personal_data=passport.personal_data,
            length=length,
            received=0,
            created_at=now(),
            expires_at=now() + LIFETIME,
        )
        db.session.add(upload)
        storage.begin_partial(root(), upload.token)
    return upload


def _allowed(actor: Actor, place: Place) -> tuple[int, Rubric | None]:
    """The centre whose file it will be and the standard of its application; refuses as the verbs of evidence do."""
    if place.application_id is None:
        if place.organisation_id not in actor.centres:
            raise NotFound
        return place.organisation_id, None
    application = cases.get(actor, place.application_id)
    writable(actor, application, place.criterion)
    return application.organisation_id, rubric_of(application)


def append(actor: Actor, token: str, offset: int, body: BinaryIO, checksum: Checksum | None = None) -> Upload:
    """Add one part, which must begin where the file ends so far; with the last byte the file is checked and kept.

    Raises as `mine` does; `Conflict` "offset_mismatch" or "upload_busy" (details: current); `Garbled`;
    `TooLarge` for more bytes than were announced; and, at the end, whatever the verb of the whole file raises. A file
    that is refused is gone with its upload; when only the time was wrong (`PASSING`), the last byte can be sent again.
    """
    upload = _at(actor, token, offset)
    room = upload.length - offset
    # The line may be slow; meanwhile this request must not keep a connection to the database.
    db.session.rollback()
    sent = _Hashed(body, checksum)
    # The part lands in a file of its own first: nobody waits for a line that is cut, and what is wrong is not added.
    with storage.receive(cast(BinaryIO, sent), root(), room) as incoming:
        sent.verify()
        try:
            with storage.partial(root(), token) as kept:
                if kept is None:
                    raise Conflict("upload_busy", current=queries.mine(actor, token).received)
                _add(actor, token, offset, incoming, kept)
        except NotFound:
            # Another writer may have brought the last part meanwhile: then there is no partial file any more.
            _at(actor, token, offset)
            raise
    return queries.mine(actor, token)


def _add(actor: Actor, token: str, offset: int, incoming: Incoming, kept: BinaryIO) -> None:
    """Add a part to the file, which nobody else writes now, and finish when it was the last one."""
    _at(actor, token, offset)
    storage.write_partial(kept, offset, incoming.path)
    with transaction():
        upload = queries.mine(actor, token)
        # The last byte counts when the file is kept; a crash before that lets it be sent, and tried, again.
        upload.received = min(offset + incoming.size, upload.length - 1)
        whole = offset + incoming.size == upload.length
    if whole:
        kept.seek(0)
        _finish(actor, queries.mine(actor, token), kept)


def _at(actor: Actor, token: str, offset: int) -> Upload:
    """The upload, when the actor may go on with it at this place now (R10: judged anew for each part)."""
    upload = queries.mine(actor, token)
    if upload.finished_at is None:
        _allowed(actor, Place(upload.organisation_id, upload.application_id, upload.criterion))
    if upload.finished_at is not None or offset != upload.received:
        raise Conflict("offset_mismatch", current=upload.received)
    return upload


def _finish(actor: Actor, upload: Upload, stream: BinaryIO) -> None:
    """Hand the whole file to the verb of its place; what the upload became is noted in the verb's own transaction."""
    token, name = upload.token, upload.filename

    def note(made: Evidence) -> None:
        row = queries.mine(actor, token)
        row.received, row.finished_at, row.evidence_id = row.length, now(), made.id

    try:
        if upload.application_id is None:
            library.upload(actor, upload.organisation_id, stream, name, then=note)
        else:
            passport = Passport(upload.title, upload.kind, upload.pages, upload.personal_data)
            evidence.attach(actor, upload.application_id, upload.criterion, stream, name, passport, then=note)
    except PASSING:
        raise
    except CertifyError:
        _drop([token])
        raise
    storage.drop_partial(root(), token)


def end(actor: Actor, token: str) -> None:
    """Give an upload up: its bytes go. What a finished one became stays where it is."""
    queries.mine(actor, token)
    _drop([token])


def sweep(*, owner_id: int | None = None) -> int:
    """Remove uploads whose time is over, of everybody or of one person, with their bytes; answers how many."""
    rows = select(Upload.token).where(Upload.expires_at <= now())
    lapsed = list(db.session.scalars(rows if owner_id is None else rows.where(Upload.owner_id == owner_id)))
    if lapsed:
        _drop(lapsed)
    if owner_id is None:
        # Bytes whose row was never written, or went first when the program was stopped between the two.
        old = storage.old_partials(root(), (now() - LIFETIME).timestamp())
        known = set(db.session.scalars(select(Upload.token).where(Upload.token.in_(old))))
        for token in set(old) - known:
            storage.drop_partial(root(), token)
    return len(lapsed)


def _drop(tokens: Sequence[str]) -> None:
    with transaction():
        db.session.execute(delete(Upload).where(Upload.token.in_(tokens)))
    for token in tokens:
        storage.drop_partial(root(), token)
