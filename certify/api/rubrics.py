"""Published standards, and a trial score that stores nothing."""

from typing import Any

from sqlalchemy import select

from certify.api.operation import Blueprint, operation
from certify.api.paging import PageQuery, decoded, encoded, page_of
from certify.api.schemas import rubrics as shapes
from certify.domain.scoring import score
from certify.models.rubric import RubricVersion
from certify.queries import rubrics
from certify.queries.paging import page_after
from certify.web.access import PUBLIC

bp = Blueprint("rubrics", __name__, "Published standards.")

SCORE_FAULTS = (
    "centre_type_not_found",
    "criterion_not_found",
    "points_off_scale",
    "points_and_not_applicable",
    "not_applicable_critical",
    "not_applicable_reason_missing",
    "not_applicable_not_allowed",
)


@operation(
    bp,
    "GET",
    "/rubrics",
    PUBLIC,
    query=PageQuery,
    answer=page_of(shapes.StandardShort),
    errors={422: ("bad_cursor",)},
)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """List the published standards, by scheme and version."""
    last = decoded(query["cursor"], str, str)
    found, end = page_after(select(RubricVersion), (RubricVersion.scheme, RubricVersion.version), last, query["limit"])
    current = {row.id for row in rubrics.current_versions()}
    return {"items": [shapes.short(row, row.id in current) for row in found], "next": encoded(end)}


@operation(bp, "GET", "/rubrics/<scheme>/<version>", PUBLIC, answer=shapes.Standard)
def show(scheme: str, version: str) -> dict[str, Any]:
    """Read a whole standard."""
    row = rubrics.get(scheme, version)
    return shapes.whole(row, row.id in {one.id for one in rubrics.current_versions()})


@operation(
    bp,
    "POST",
    "/rubrics/<scheme>/<version>/score",
    PUBLIC,
    body=shapes.ScoreBody,
    answer=shapes.ScoreAnswer,
    errors={422: SCORE_FAULTS},
)
def trial(body: dict[str, Any], scheme: str, version: str) -> dict[str, Any]:
    """Score answers by a standard; nothing is stored."""
    rubric = rubrics.parsed(rubrics.get(scheme, version))
    return shapes.result(score(rubric, body["points"], body["centre_type"], body["not_applicable"]))
