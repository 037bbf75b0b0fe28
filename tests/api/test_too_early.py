"""What is not yet anybody's business: operation, stage → the only people whose programs read it; written by hand."""

import pytest

from certify.domain.lifecycle import Status as S
from certify.web.access import routes
from tests.addresses import path, values
from tests.api.matrix import API_MATRIX
from tests.authorisation import ACTORS, OFFICE, Actors
from tests.world import World

pytestmark = pytest.mark.no_cover

NOBODY: Actors = frozenset()
OURS: Actors = frozenset({"centre_editor", "centre_manager"})
TEAM: Actors = frozenset({"lead_auditor", "assigned_auditor"})
COORDINATOR: Actors = frozenset({"coordinator"})
TOO_EARLY: dict[tuple[str, S], Actors] = {
    # A draft is the centre's own, and nothing is sealed yet.
    ("api_answers.index", S.DRAFT): OURS,
    ("api_supplements.submission", S.DRAFT): NOBODY,
    # Auditors read nothing of the file while they are still asked whether they may (declaration of impartiality).
    ("api_supplements.submission", S.TEAMING): OURS | OFFICE,
    ("api_supplements.requests", S.TEAMING): OURS | OFFICE,
    ("api_supplements.index", S.TEAMING): OURS | OFFICE,
    ("api_supplements.submission", S.AUDIT): OURS | OFFICE | TEAM,
    # Blind scoring: no common rating and no report before the scoring is closed and the divergences are settled.
    ("api_scores.consensus", S.AUDIT): NOBODY,
    **{(f"api_reports.{name}", stage): NOBODY for name in ("index", "ratings", "hearing_items")
       for stage in (S.TEAMING, S.AUDIT, S.CONSENSUS)},
    # The centre reads results when it is asked about them.
    ("api_reports.index", S.REPORT): COORDINATOR | TEAM,
    ("api_reports.ratings", S.REPORT): COORDINATOR | TEAM,
    ("api_reports.index", S.HEARING): COORDINATOR | TEAM | OURS,
    ("api_decisions.trace", S.AUDIT): NOBODY,
    ("api_decisions.trace", S.HEARING): OFFICE | TEAM,
    ("api_decisions.show", S.DECISION): NOBODY,
}  # fmt: skip


@pytest.mark.parametrize(
    ("endpoint", "stage", "actor"),
    [pytest.param(*key, actor, id=f"{key[0]}-{key[1]}-{actor}") for key in TOO_EARLY for actor in ACTORS],
)
def test_no_program_reads_too_early(world: World, endpoint: str, stage: S, actor: str) -> None:
    (route,) = [one for one in routes(world.app) if one.endpoint == endpoint]
    given = values(world, API_MATRIX[endpoint], "ours", stage)
    answer = world.call(actor, "GET", path(route, given))
    if actor in TOO_EARLY[endpoint, stage]:
        assert answer.status_code == 200, answer.json
    else:
        assert answer.status_code in {401, 403, 404}
