"""The consensus: all sheets side by side where they diverge, one row for each criterion to settle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from certify.domain.agreement import joint
from certify.domain.errors import Conflict, FieldError, Invalid, NotFound
from certify.domain.lifecycle import Action
from certify.domain.policy import Actor, Case, Role, may_compare_sheets, why_not
from certify.domain.rubric import Criterion, Rubric
from certify.http_errors import status_of
from certify.models.application import Application
from certify.models.audit import Assignment, Consensus, Score
from certify.queries import audits as queries
from certify.queries import cases, scoring, supplements
from certify.queries.rubrics import rubric_of
from certify.sentences import fault_sentence, sentence
from certify.web.access import access, actor, keeps_text
from certify.web.answer_form import Draft, sealed, slug
from certify.web.audits import bp, receipt_at
from certify.web.case_parts import CaseForm, case_head
from certify.web.forms import chosen, visible
from certify.workflows import audits as verbs
from certify.workflows.answers import asked
from certify.workflows.step import check
from certify.workflows.texts import NOTE

READERS = (Role.AUDITOR, Role.COORDINATOR, Role.DECISION_MAKER)


@dataclass(frozen=True)
class Typed:
    """A settlement that was not accepted: what was typed, and what is wrong with it."""

    criterion: str
    points: str
    note: str
    faults: Sequence[FieldError] = ()


@dataclass(frozen=True)
class Table:
    """Everything that the comparison is made from."""

    rubric: Rubric
    centre_type: str
    sheets: Sequence[tuple[Assignment, Mapping[str, Score]]]
    claims: Mapping[str, Draft]
    settled: Mapping[str, Consensus]
    typed: Typed | None


@bp.get("/cases/<id:case_id>/consensus")
@access(*READERS)
def consensus(case_id: int) -> str:
    """The comparison; the auditors settle here, the office reads."""
    return _page(case_id, None)


@bp.post("/cases/<id:case_id>/consensus/<criterion_id>")
@access(Role.AUDITOR)
@keeps_text
def settle(case_id: int, criterion_id: str) -> Response:
    """Write down what was agreed for one criterion."""
    application = cases.get(actor(), case_id)
    scoring.own(actor(), application)
    start = slug(asked(rubric_of(application), application, criterion_id))
    points = request.form.get(f"{start}-points", "")
    note = request.form.get(f"{start}-note", "").replace("\r\n", "\n")
    typed = Typed(criterion_id, points, note)
    not_applicable = points == "na"
    try:
        verbs.settle(
            actor(),
            case_id,
            criterion_id,
            points=chosen(points) if points and not not_applicable else None,
            not_applicable=not_applicable,
            note=note,
            version=chosen(request.form.get("version")),
        )
    except Conflict as error:
        if error.code != "stale_version":
            raise
        fault = FieldError("note", "stale_version")
        return make_response(_page(case_id, replace(typed, faults=(fault,))), status_of(error))
    except Invalid as error:
        return make_response(_page(case_id, replace(typed, faults=error.errors)), status_of(error))
    flash(gettext("Criterion %(id)s is settled.", id=criterion_id), "success")
    return redirect(url_for("audits.consensus", case_id=case_id, _anchor=criterion_id), 303)


@bp.post("/cases/<id:case_id>/agree")
@access(Role.AUDITOR)
def agree(case_id: int) -> Response:
    """Everything is settled: the report can be written."""
    verbs.agree(actor(), case_id, version=CaseForm().seen)
    return receipt_at(case_id, "agree")


def _opened(who: Actor, application: Application) -> Case:
    """The facts, when the actor may see all sheets of the case; before that the refusal says what is allowed."""
    case = cases.facts(application)
    if not may_compare_sheets(who, case):
        # Settling is out of turn in every status that hides a sheet, so that this names the stage and what is possible.
        check(who, application, Action.SETTLE)
        raise NotFound
    return case


def _page(case_id: int, typed: Typed | None) -> str:
    who = actor()
    application = cases.get(who, case_id)
    case = _opened(who, application)
    rubric = rubric_of(application)
    table = Table(
        rubric=rubric,
        centre_type=application.centre_type,
        sheets=[(one, queries.sheet(one)) for one in cases.team(application)],
        claims=sealed(supplements.as_read(application).content),
        settled=queries.consensus_of(application),
        typed=typed,
    )
    divergent = set(queries.divergent(application))
    rows = [_row(table, one) for one in rubric.criteria_for(application.centre_type)]
    reason = why_not(who, Action.AGREE, case)
    return render_template(
        "audits/consensus.html",
        case=application,
        head=case_head(who, application, case, gettext("Consensus")),
        rubric=rubric,
        rows=[row for row in rows if row["criterion"].id in divergent],
        same=[row for row in rows if row["criterion"].id not in divergent],
        names=[one.auditor.name for one, _ in table.sheets],
        open=why_not(who, Action.SETTLE, case) is None,
        left=case.divergences_open,
        may_agree=reason in {None, "divergence_open"},
        reason=sentence(reason) if reason else None,
        summary=[item for row in rows for item in row["summary"]],
        limit=NOTE,
    )


def _row(table: Table, criterion: Criterion) -> dict[str, Any]:
    mine = table.typed if table.typed is not None and table.typed.criterion == criterion.id else None
    settled = table.settled.get(criterion.id)
    scores = [(one, found.get(criterion.id)) for one, found in table.sheets]
    critical = criterion.critical_to(table.centre_type)
    scale = table.rubric.scale
    faults: dict[str, list[str]] = {}
    for fault in mine.faults if mine else ():
        place = "note" if fault.field in {"note", "reason"} else "points"
        faults.setdefault(place, []).append(fault_sentence(fault))
    start = slug(criterion)
    targets = {"points": f"{start}-points-{scale.levels[0].points}", "note": f"{start}-note"}
    return {
        "criterion": criterion,
        "slug": start,
        "critical": critical,
        "allow_na": scale.na_allowed and not (critical and scale.na_never_for_critical),
        "scores": scores,
        "claim": table.claims.get(criterion.id, Draft()),
        "settled": settled,
        "joint": joint([one.points for _, one in scores if one is not None]),
        "points": mine.points if mine else _points(settled),
        "note": visible(mine.note) if mine else (settled.note if settled else ""),
        "faults": faults,
        "refused": mine is not None,
        "summary": [(targets[field], f"{criterion.id}: {' '.join(said)}") for field, said in faults.items()],
    }


def _points(settled: Consensus | None) -> str:
    if settled is None:
        return ""
    return "na" if settled.not_applicable else str(settled.points)
