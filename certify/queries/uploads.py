"""Uploads that are on their way, each for the person alone who began it."""

from sqlalchemy import func, select

from certify.db import db
from certify.domain.errors import Gone, NotFound
from certify.domain.policy import Actor
from certify.models.upload import Upload
from certify.timing import now


def mine(actor: Actor, token: str) -> Upload:
    """The person's own upload; raises `NotFound` alike for none and for another's, `Gone("upload_expired")`."""
    found = db.session.scalar(select(Upload).where(Upload.token == token))
    if found is None or found.owner_id != actor.user_id or found.organisation_id not in actor.centres:
        raise NotFound
    if found.expires_at <= now():
        raise Gone("upload_expired")
    if found.finished_at is not None and found.evidence_id is None:
        # The piece was taken out of the library since: the same file may come in again.
        raise NotFound
    return found


def unfinished(owner_id: int) -> int:
    """How many partial files the person has."""
    rows = select(func.count()).where(Upload.owner_id == owner_id, Upload.finished_at.is_(None))
    return db.session.scalar(rows) or 0
