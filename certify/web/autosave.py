"""What the self-assessment's script is told: that a text is kept, or which newer text stands in its way."""

import json

from flask import jsonify
from werkzeug.wrappers import Response

from certify.domain.rubric import Criterion
from certify.http_errors import answer
from certify.models.application import Answer
from certify.queries import self_assessment
from certify.timing import WARSAW, now
from certify.web.access import actor
from certify.web.answer_form import Draft, fields, stored


def confirmed(case_id: int, criterion_id: str) -> Response:
    """The answer is kept as it was sent; an empty one that was never kept has no version yet."""
    kept = self_assessment.answer_to(case_id, criterion_id)
    version, at = (kept.version, kept.saved_at) if kept else (0, now())
    local = at.astimezone(WARSAW)
    return jsonify(ok=True, version=version, saved_at=f"{local.hour}:{local.minute:02}")


def newer(criterion: Criterion, theirs: Answer | None) -> Response:
    """409 with the text that was saved in between, so that the page can show both without losing either."""
    response = answer(409, "stale_version")
    local = theirs.saved_at.astimezone(WARSAW) if theirs else None
    body = {
        **response.get_json(),
        "theirs": {
            "version": theirs.version if theirs else 0,
            "who": theirs.saved_by.name if theirs else "",
            "own": theirs is not None and theirs.saved_by_id == actor().user_id,
            "saved_at": f"{local.hour}:{local.minute:02}" if local else "",
            "values": fields(criterion, stored(theirs)),
        },
    }
    response.set_data(json.dumps(body))
    return response


def names(criterion: Criterion) -> str:
    """The form's fields that make the answer; no id holds a space."""
    return " ".join(fields(criterion, Draft()))


def stored_text(criterion: Criterion, draft: Draft) -> str:
    """What the database holds, for a form that shows a refused text instead."""
    return json.dumps(fields(criterion, draft), ensure_ascii=False)
