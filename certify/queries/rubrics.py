"""Published rubric versions as frozen objects."""

from sqlalchemy import select

from certify.db import db
from certify.domain.errors import NotFound
from certify.domain.rubric import Rubric, Text
from certify.models.application import Application
from certify.models.rubric import RubricVersion
from certify.rubrics import read

# By the hash of the content: a published source never changes, so each is read once a process.
_parsed: dict[str, Rubric] = {}
_MANY = 64


def parsed(version: RubricVersion) -> Rubric:
    """The rubric of a published row."""
    found = _parsed.get(version.content_hash)
    if found is None:
        found = read(version.source, version.content_hash, published=True)
        if len(_parsed) >= _MANY:
            _parsed.clear()
        _parsed[version.content_hash] = found
    return found


def rubric_of(application: Application) -> Rubric:
    """The version that the application began with."""
    return parsed(application.rubric_version)


def published() -> list[RubricVersion]:
    """All published versions, by scheme, the newest first."""
    return list(
        db.session.scalars(select(RubricVersion).order_by(RubricVersion.scheme, RubricVersion.published_at.desc()))
    )


def current_versions() -> list[RubricVersion]:
    """The newest published version of each scheme: what a new application begins with."""
    newest: dict[str, RubricVersion] = {}
    for version in published():
        newest.setdefault(version.scheme, version)
    return list(newest.values())


def centre_kinds() -> dict[str, Text]:
    """The types of centre that the newest published standards know, with their names."""
    known: dict[str, Text] = {}
    for version in current_versions():
        for kind in parsed(version).centre_types:
            known.setdefault(kind.id, kind.title)
    return known


def get(scheme: str, version: str) -> RubricVersion:
    """A published version by its names; raises `NotFound("rubric_not_found")`."""
    row = db.session.scalar(
        select(RubricVersion).where(RubricVersion.scheme == scheme, RubricVersion.version == version)
    )
    if row is None:
        raise NotFound("rubric_not_found")
    return row
