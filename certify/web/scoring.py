"""The scoring page: the centre's sealed answer and evidence beside one's own score, criterion by criterion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from certify.domain.errors import CertifyError, Conflict, FieldError, Invalid, NotFound
from certify.domain.lifecycle import Action
from certify.domain.policy import Role, why_not
from certify.domain.rubric import Area, Criterion, Rubric
from certify.http_errors import status_of
from certify.i18n import language
from certify.models.application import Application
from certify.models.audit import Score
from certify.models.supplement import SupplementItem
from certify.queries import cases, scoring, supplements
from certify.queries.rubrics import rubric_of
from certify.sentences import fault_sentence
from certify.web.access import access, actor, keeps_text
from certify.web.answer_form import Draft, sealed, slug
from certify.web.audits import areas_of, bp, opened_to_auditors
from certify.web.case_parts import case_head
from certify.web.evidence_tiles import Tile, kind_words, sealed_tiles
from certify.web.forms import chosen, visible
from certify.workflows import audits as verbs
from certify.workflows.answers import asked
from certify.workflows.texts import NOTE


@dataclass(frozen=True)
class Entry:
    """What stands in the form of one criterion: digits, "na" or nothing; `number` is the score it was opened on."""

    points: str = ""
    reason: str = ""
    number: int = 0


@dataclass(frozen=True)
class Refusal:
    """A score that was not accepted: where, the faults by field, what was typed; `stale` when a newer one stands."""

    criterion: str
    entry: Entry
    faults: Sequence[FieldError] = ()
    stale: bool = False


@dataclass(frozen=True)
class Page:
    """What every card of an area is made from."""

    application: Application
    rubric: Rubric
    claims: Mapping[str, Draft]
    tiles: Mapping[str, list[Tile]]
    accepted: Mapping[str, SupplementItem]
    history: Mapping[str, list[Score]]
    open: bool
    refusal: Refusal | None


@bp.get("/cases/<id:case_id>/scoring/<area_id>", endpoint="scoring")
@access(Role.AUDITOR)
def scoring_page(case_id: int, area_id: str) -> str:
    """One area: what the centre says and shows on the left, one's own score on the right."""
    application = cases.get(actor(), case_id)
    for area in rubric_of(application).areas:
        if area.id == area_id:
            return _area_page(application, area, None)
    raise NotFound


@bp.post("/cases/<id:case_id>/scores/<criterion_id>")
@access(Role.AUDITOR)
@keeps_text
def score(case_id: int, criterion_id: str) -> Response:
    """Append one score; a refused one comes back with its text."""
    application = cases.get(actor(), case_id)
    scoring.own(actor(), application)
    criterion = asked(rubric_of(application), application, criterion_id)
    entry = _typed(criterion)
    not_applicable = entry.points == "na"
    try:
        verbs.score(
            actor(),
            case_id,
            criterion_id,
            # What the form never offers is off every scale.
            points=chosen(entry.points) if entry.points and not not_applicable else None,
            not_applicable=not_applicable,
            reason=entry.reason,
            number=entry.number,
        )
    except Invalid as error:
        return _refuse(case_id, error, Refusal(criterion_id, entry, error.errors))
    except Conflict as error:
        if error.code != "stale_version":
            raise
        current = Entry(entry.points, entry.reason, _number(error))
        return _refuse(case_id, error, Refusal(criterion_id, current, stale=True))
    flash(gettext("Criterion %(id)s is scored.", id=criterion_id), "success")
    area = rubric_of(application).area_of(criterion_id).id
    return redirect(url_for("audits.scoring", case_id=case_id, area_id=area, _anchor=criterion_id), 303)


def _number(error: Conflict) -> int:
    current = error.details.get("current")
    return current if isinstance(current, int) else 0


def _typed(criterion: Criterion) -> Entry:
    start = slug(criterion)
    return Entry(
        points=request.form.get(f"{start}-points", ""),
        reason=request.form.get(f"{start}-reason", "").replace("\r\n", "\n"),
        number=chosen(request.form.get("number")),
    )


def _refuse(case_id: int, error: CertifyError, refusal: Refusal) -> Response:
    application = cases.get(actor(), case_id)
    page = _area_page(application, rubric_of(application).area_of(refusal.criterion), refusal)
    return make_response(page, status_of(error))


def _area_page(application: Application, area: Area, refusal: Refusal | None) -> str:
    who = actor()
    assignment = scoring.own(who, application)
    case = opened_to_auditors(who, application)
    rubric = rubric_of(application)
    reading = supplements.as_read(application)
    history = scoring.history(assignment)
    page = Page(
        application=application,
        rubric=rubric,
        claims=sealed(reading.content),
        tiles=_tiles(rubric, reading.content, scoring.kinds(reading.content)),
        accepted=reading.accepted,
        history=history,
        open=why_not(who, Action.SCORE, case) is None,
        refusal=refusal,
    )
    asked_here = rubric.criteria_for(application.centre_type)
    cards = [_card(page, one) for one in area.criteria if one in asked_here]
    rail = areas_of(application, {key: found[0] for key, found in history.items()})
    place = rubric.areas.index(area)
    return render_template(
        "audits/scoring.html",
        case=application,
        head=case_head(who, application, case, f"{area.id}. {area.title.get(language())}"),
        rubric=rubric,
        submission=reading.submission,
        assignment=assignment,
        area=area,
        areas=[{**one, "title": one["area"].title.get(language())} for one in rail],
        progress=rail[place],
        cards=cards,
        open=page.open,
        summary=[item for card in cards for item in card["summary"]],
        following=rubric.areas[place + 1] if place + 1 < len(rubric.areas) else None,
        met=rubric.scale.level(rubric.scale.met).title.get(language()),
        limit=NOTE,
    )


def _tiles(rubric: Rubric, content: Mapping[str, Any], kinds: Mapping[int, str]) -> dict[str, list[Tile]]:
    """The sealed tiles, each with the kind that the library gives the piece."""
    words = kind_words(rubric)
    return {
        criterion: [
            {**tile, "kind": words.get(kinds.get(piece["revision"], ""), "")}
            for tile, piece in zip(tiles, content["evidence"][criterion], strict=True)
        ]
        for criterion, tiles in sealed_tiles(content).items()
    }


def _card(page: Page, criterion: Criterion) -> dict[str, Any]:
    scored = page.history.get(criterion.id, [])
    mine = page.refusal if page.refusal is not None and page.refusal.criterion == criterion.id else None
    critical = criterion.critical_to(page.application.centre_type)
    scale = page.rubric.scale
    faults: dict[str, list[str]] = {}
    for fault in mine.faults if mine else ():
        faults.setdefault("points" if fault.field == "not_applicable" else fault.field, []).append(
            fault_sentence(fault)
        )
    return {
        "criterion": criterion,
        "slug": slug(criterion),
        "critical": critical,
        "allow_na": scale.na_allowed and not (critical and scale.na_never_for_critical),
        "claim": page.claims.get(criterion.id, Draft()),
        "tiles": page.tiles.get(criterion.id, []),
        "accepted": page.accepted.get(criterion.id),
        "score": scored[0] if scored else None,
        "before": scored[1:],
        "entry": _entry(mine, scored),
        "faults": faults,
        "refused": mine is not None,
        "stale": mine is not None and mine.stale,
        "summary": _summary(page, criterion, mine, faults),
    }


def _entry(mine: Refusal | None, scored: Sequence[Score]) -> Entry:
    """What was typed, else the score that stands; its reason is not offered again: a change has a reason of its own."""
    if mine is not None:
        return Entry(mine.entry.points, visible(mine.entry.reason), mine.entry.number)
    if not scored:
        return Entry()
    newest = scored[0]
    return Entry("na" if newest.not_applicable else str(newest.points), "", newest.number)


def _summary(
    page: Page, criterion: Criterion, mine: Refusal | None, faults: Mapping[str, list[str]]
) -> list[tuple[str, str]]:
    """Lines of the error summary: (id to jump to, sentence)."""
    if mine is None:
        return []
    if mine.stale:
        said = gettext("%(id)s: you saved another score in the meantime. Your text is kept below.", id=criterion.id)
        return [(f"{slug(criterion)}-reason", said)]
    first = page.rubric.scale.levels[0].points
    targets = {"points": f"{slug(criterion)}-points-{first}"}
    return [
        (targets.get(field, f"{slug(criterion)}-reason"), f"{criterion.id}: {' '.join(said)}")
        for field, said in faults.items()
    ]
