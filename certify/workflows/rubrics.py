"""Publishing a rubric version: the file's bytes become a row that never changes."""

from sqlalchemy import select

from certify.db import db, transaction
from certify.domain.errors import Conflict
from certify.domain.policy import Actor
from certify.domain.rubric import Rubric
from certify.models.rubric import RubricVersion
from certify.queries.rubrics import parsed, published
from certify.rubrics import content_hash, read, structure_hash
from certify.timing import now
from certify.workflows.step import lock_history, record


def publish(actor: Actor | None, source: bytes, name: str) -> RubricVersion:
    """Publish a rubric file; publishing the same bytes again changes nothing.

    Raises `RubricFault` when the file is faulty, `Conflict("rubric_already_published")` when the version exists with
    other content, `Conflict("number_pattern_taken")` when another scheme's certificates would have the same numbers.
    """
    rubric = read(source, name)
    with transaction():
        lock_history()
        known = db.session.scalar(
            select(RubricVersion).where(RubricVersion.scheme == rubric.scheme, RubricVersion.version == rubric.version)
        )
        if known is not None:
            if known.content_hash == content_hash(source):
                return known
            raise Conflict("rubric_already_published", scheme=rubric.scheme, version=rubric.version)
        _refuse_same_numbers(rubric)
        row = RubricVersion(
            scheme=rubric.scheme,
            version=rubric.version,
            source=source.decode(),
            content_hash=content_hash(source),
            structure_hash=structure_hash(rubric),
            published_at=now(),
            published_by_id=actor.user_id if actor else None,
        )
        db.session.add(row)
        record(
            "rubric_published",
            row.published_by_id,
            scheme=row.scheme,
            version=row.version,
            content_hash=row.content_hash,
        )
    return row


def _refuse_same_numbers(rubric: Rubric) -> None:
    for other in published():
        if other.scheme != rubric.scheme and parsed(other).certificate.number_key == rubric.certificate.number_key:
            raise Conflict("number_pattern_taken", scheme=other.scheme)
