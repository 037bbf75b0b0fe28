"""What is missing before an application can be handed in, what the self-rating would come to, and the sign-off."""

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from certify.domain.errors import Conflict, WrongState
from certify.domain.forecast import Forecast, Raise, Way
from certify.domain.lifecycle import Action, Status
from certify.domain.readiness import Readiness
from certify.domain.rubric import Rubric
from certify.http_errors import status_of
from certify.i18n import language
from certify.models.application import Application
from certify.queries import cases, self_assessment, supplements
from certify.queries.rubrics import rubric_of
from certify.sentences import sentence
from certify.web.access import access, actor
from certify.web.applications import CENTRE, own_case, why_closed
from certify.web.case_parts import case_head
from certify.web.desk_parts import desk_of
from certify.web.formats import NBSP
from certify.web.traces import gate_text, level_name, thing_name
from certify.web.words import GAP
from certify.workflows import desk as verbs

bp = Blueprint("readiness", __name__, url_prefix="/cases/<id:case_id>")


@bp.get("/readiness")
@access(*CENTRE)
def show(case_id: int) -> str:
    """What blocks handing in, with a link to each card; sign-off of the areas; the forecast; progress in numbers."""
    return _page(own_case(case_id))


@bp.post("/confirm")
@access(*CENTRE)
def confirm(case_id: int) -> Response:
    """Confirm the areas that the form names, as they were shown: "area:fingerprint" once for each."""
    application = own_case(case_id)
    pairs = [one.rpartition(":") for one in request.form.getlist("seen") if one]
    try:
        signed = verbs.confirm(actor(), application.id, {area: shown for area, _, shown in pairs})
    except WrongState:
        raise
    except Conflict as error:
        fault = f"{error.details['area']}: {sentence(error.code)}"
        return make_response(_page(own_case(case_id), fault), status_of(error))
    flash(ngettext("The area is confirmed.", "%(num)d areas are confirmed.", len(signed)), "success")
    return redirect(url_for("readiness.show", case_id=case_id, _anchor="confirm"), 303)


def _page(application: Application, fault: str | None = None) -> str:
    case = cases.facts(application)
    rubric = rubric_of(application)
    found = self_assessment.readiness_of(application)
    action = Action.RESUBMIT if case.status is Status.SUPPLEMENT else Action.SUBMIT
    return render_template(
        "readiness/show.html",
        head=case_head(actor(), application, case, gettext("What is missing")),
        case=application,
        rubric=rubric,
        desk=desk_of(application),
        areas=_areas(rubric, found),
        whole=found.whole,
        narrowed=supplements.open_criteria(application) is not None,
        closed=why_closed(action, case),
        forecast=_forecast(rubric, self_assessment.forecast_of(application)),
        fault=fault,
    )


def _areas(rubric: Rubric, found: Readiness) -> list[dict[str, Any]]:
    """The areas that this centre answers, each with what its criteria lack."""
    missing: dict[str, list[str]] = {}
    for gap in found.gaps:
        missing.setdefault(gap.criterion, []).append(str(GAP[gap.code]))
    return [
        {
            "area": area,
            "progress": found.areas[area.id],
            "criteria": [(one, missing[one.id]) for one in area.criteria if one.id in missing],
        }
        for area in rubric.areas
        if found.areas[area.id].total
    ]


def _forecast(rubric: Rubric, found: Forecast) -> dict[str, Any]:
    return {
        "outcome": found.outcome,
        "total": found.result.total,
        "missing": len(found.missing),
        "lowest": level_name(rubric, rubric.scale.levels[0].points, language()),
        "way": _way(rubric, found.way) if found.way else None,
    }


def _way(rubric: Rubric, way: Way) -> dict[str, Any]:
    lang = language()
    return {
        "outcome": way.outcome,
        "steps": None if way.raises is None else [_step(rubric, one) for one in way.raises],
        "gates": [
            {
                "text": gate_text(rubric, one.gate, lang),
                "against": [thing_name(rubric, thing, lang) for thing in one.against],
                "needs": [f"{step.criterion}{NBSP}→{NBSP}{step.needed}" for step in one.raises or ()],
            }
            for one in way.obstacles
        ],
    }


def _step(rubric: Rubric, one: Raise) -> dict[str, Any]:
    return {
        "criterion": rubric.criterion(one.criterion),
        "area": rubric.area_of(one.criterion).id,
        "now": level_name(rubric, one.now, language()),
        "needed": level_name(rubric, one.needed, language()),
    }
