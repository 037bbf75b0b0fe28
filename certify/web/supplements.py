"""What follows a submission on the pages: the coordinator's requests and what the centre changed for each."""

from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext

from certify.domain.errors import NotFound
from certify.domain.policy import Role
from certify.models.application import Application
from certify.models.supplement import SupplementRequest
from certify.queries import cases
from certify.queries import supplements as queries
from certify.queries.rubrics import rubric_of
from certify.web.access import access, actor
from certify.web.case_parts import case_head
from certify.web.cases import may_read_submission
from certify.web.differences import changes
from certify.web.words import REQUEST_KIND

bp = Blueprint("supplements", __name__, url_prefix="/cases/<id:case_id>")

READERS = (Role.CENTRE_EDITOR, Role.CENTRE_MANAGER, Role.AUDITOR, Role.COORDINATOR, Role.DECISION_MAKER, Role.ADMIN)


@bp.get("/supplement-requests")
@access(*READERS)
def requests(case_id: int) -> str:
    """What the coordinator asked for, and what the next submission changed for each request."""
    who = actor()
    application = cases.get(who, case_id)
    case = cases.facts(application)
    asked = queries.requests_of(application)
    if not asked or not may_read_submission(who, case):
        raise NotFound
    return render_template(
        "supplements/requests.html",
        head=case_head(who, application, case, gettext("Requests and what was changed")),
        case=application,
        rows=_answers(application, asked),
        kinds=REQUEST_KIND,
        own=application.organisation_id in who.centres,
    )


def _answers(application: Application, asked: list[SupplementRequest]) -> list[dict[str, Any]]:
    """Each request with the submission that answers it and the changes in it; no submission yet: None."""
    rubric = rubric_of(application)
    criteria = {one.id: one for one in rubric.criteria}
    by_number = {one.number: one for one in queries.submissions_of(application)}
    found = []
    for one in asked:
        reply = by_number.get(one.submission.number + 1)
        named = [criteria[key] for key in one.criteria]
        found.append(
            {
                "request": one,
                "reply": reply,
                "criteria": [(each, rubric.area_of(each.id).id) for each in named],
                "changes": changes(rubric, named, one.submission.content, reply.content) if reply else [],
            }
        )
    return found
