"""The self-assessment by area: reading it, saving one criterion, and giving a refused or a stale text back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from certify.domain import readiness as rules
from certify.domain.coverage import Coverage, coverage
from certify.domain.errors import CertifyError, Conflict, FieldError, Invalid, NotFound
from certify.domain.lifecycle import EDITABLE, LIVING, Status
from certify.domain.policy import Role
from certify.domain.rubric import Area, Criterion, Rubric
from certify.domain.scoring import Result, score
from certify.filecheck import EXTENSIONS
from certify.http_errors import status_of, wants_json
from certify.i18n import language
from certify.models.application import Answer, Application, Submission
from certify.models.supplement import SupplementRequest
from certify.queries import cases, desk, self_assessment, supplements
from certify.queries import evidence as evidence_queries
from certify.queries.carry_over import source_of
from certify.queries.rubrics import rubric_of
from certify.sentences import fault_sentence
from certify.web.access import access, actor, keeps_text
from certify.web.answer_form import Draft, printable, sealed, slug, stored, typed
from certify.web.autosave import confirmed, names, newer, stored_text
from certify.web.case_parts import case_head, request_parts
from certify.web.charts import radar as radar_picture
from certify.web.desk_parts import desk_of
from certify.web.differences import compared
from certify.web.evidence_tiles import Tile, kind_words, living_tiles, sealed_tiles
from certify.web.kept_text import guard
from certify.web.words import GAP
from certify.workflows import answers as verbs
from certify.workflows.texts import LONG

bp = Blueprint("answers", __name__, url_prefix="/cases/<id:case_id>")
guard(bp)

CENTRE = (Role.CENTRE_EDITOR, Role.CENTRE_MANAGER)
# The office reads the sealed submission, the centre its living copy.
READERS = (*CENTRE, Role.COORDINATOR, Role.DECISION_MAKER)


@dataclass(frozen=True)
class Copy:
    """One state of a self-assessment: the centre's living one, or the newest sealed one."""

    application: Application
    rubric: Rubric
    drafts: Mapping[str, Draft]
    tiles: Mapping[str, list[Tile]]
    editable: bool
    sealed_number: int | None = None
    confirmed: frozenset[str] = frozenset()
    # What the coordinator asks for in the running round; when there is anything, only its criteria are open.
    requests: Sequence[SupplementRequest] = ()
    # Beside the living copy: the submission that everybody else reads.
    handed_over: Submission | None = None
    # What the round closes goes over as it was sealed, and every page counts it so.
    closed: Mapping[str, rules.AnswerFacts] | None = None

    @property
    def may_submit(self) -> bool:
        """True when what is filled in here can be handed over now."""
        return Status(self.application.status) in EDITABLE

    def open_to(self, criterion: Criterion) -> bool:
        """True when the criterion can be changed now."""
        return self.editable and (not self.requests or any(criterion.id in one.criteria for one in self.requests))

    @property
    def asked(self) -> tuple[Criterion, ...]:
        """The criteria that this centre answers."""
        return self.rubric.criteria_for(self.application.centre_type)

    def draft(self, criterion: Criterion) -> Draft:
        """The answer to a criterion, empty when there is none."""
        return self.drafts.get(criterion.id, Draft())

    def facts(self, criterion: Criterion) -> rules.AnswerFacts:
        """The answer as the rule on what is missing sees it."""
        if self.closed and criterion.id in self.closed:
            return self.closed[criterion.id]
        tiles = self.tiles.get(criterion.id, ())
        # What was handed over stays handed over, whatever a scanner says later.
        files = tuple(one["scan"] for one in tiles) if self.sealed_number is None else ()
        return replace(self.draft(criterion).facts(len(tiles)), confirmed=criterion.id in self.confirmed, scan=files)

    def readiness(self) -> rules.Readiness:
        """What is missing, and the progress by area."""
        facts = {one.id: self.facts(one) for one in self.asked}
        return rules.readiness(self.rubric, self.application.centre_type, facts)

    def coverage(self) -> dict[str, Coverage]:
        """How many of the claims of each area have evidence."""
        return coverage(self.rubric, self.application.centre_type, {one.id: self.facts(one) for one in self.asked})

    def rating(self) -> Result:
        """The centre's own rating of itself; it never enters a result."""
        drafts = {one.id: self.draft(one) for one in self.asked if self.draft(one).carried is None}
        return score(
            self.rubric,
            {key: one.value for key, one in drafts.items() if one.value is not None},
            self.application.centre_type,
            {key: one.reason for key, one in drafts.items() if one.not_applicable},
        )


@dataclass(frozen=True)
class Refusal:
    """What was not accepted: faults by field, the text as typed, and the newer answer that stands in its way."""

    criterion: str
    faults: Sequence[FieldError] = ()
    draft: Draft | None = None
    theirs: Answer | None = None
    fields: Mapping[str, str] | None = None


def copy_of(application: Application) -> Copy:
    """The copy that the person reads; raises `NotFound` when nothing was handed over yet."""
    rubric = rubric_of(application)
    if application.organisation_id in actor().centres:
        answers = self_assessment.answers_of(application)
        return Copy(
            application,
            rubric,
            {key: stored(one) for key, one in answers.items()},
            living_tiles(evidence_queries.attached(application), rubric),
            Status(application.status) in LIVING,
            handed_over=next(reversed(supplements.submissions_of(application)), None),
            requests=supplements.open_requests(application),
            confirmed=desk.confirmed(application),
            closed=self_assessment.closed_facts(application),
        )
    reading = supplements.as_read(application)
    return Copy(
        application, rubric, sealed(reading.content), sealed_tiles(reading.content), False, reading.submission.number
    )


@bp.get("/self-assessment")
@access(*READERS)
def overview(case_id: int) -> str:
    """All areas with their progress and the self-rating as a picture and as a table."""
    application = cases.get(actor(), case_id)
    copy = copy_of(application)
    found = copy.readiness()
    return render_template(
        "answers/overview.html",
        head=case_head(actor(), application, cases.facts(application), gettext("Self-assessment")),
        copy=copy,
        case=application,
        areas=_rail(copy, found),
        progress=found,
        coverage=copy.coverage(),
        rating=copy.rating(),
        desk=desk_of(application),
        threshold=_threshold(copy.rubric),
        **request_parts(application, copy.requests),
        earlier=source_of(application) if copy.editable else None,
    )


@bp.get("/self-assessment/radar.svg")
@access(*READERS)
def radar(case_id: int) -> Response:
    """The self-rating by area as a picture; its numbers stand in a table beside it."""
    copy = copy_of(cases.get(actor(), case_id))
    shares = copy.rating().areas
    picture = radar_picture(
        [(area.id, None if shares[area.id] is None else float(shares[area.id] or 0)) for area in copy.rubric.areas],
        float(_threshold(copy.rubric)),
        gettext("Self-rating by area"),
    )
    return make_response(picture, {"Content-Type": "image/svg+xml"})


@bp.get("/self-assessment/<area_id>")
@access(*READERS)
def area(case_id: int, area_id: str) -> str:
    """One area: each criterion with level, texts and evidence."""
    application = cases.get(actor(), case_id)
    return area_page(application, _area(rubric_of(application), area_id))


@bp.post("/answers/<criterion_id>")
@access(*CENTRE)
@keeps_text
def save(case_id: int, criterion_id: str) -> Response:
    """Save one criterion; a script gets the new version, a person the page again."""
    refused = keep(case_id, criterion_id, confirms=not wants_json())
    if refused is not None:
        return refused
    if wants_json():
        return confirmed(case_id, criterion_id)
    application = cases.get(actor(), case_id)
    if request.form.get("file"):
        # A form that is sent as text carries the name of the chosen file only.
        flash(gettext("The answer is saved. To add the file, choose it again and press “Add evidence”."), "warning")
    else:
        flash(gettext("Criterion %(id)s is saved.", id=criterion_id), "success")
    return back_to(application, criterion_id)


def keep(case_id: int, criterion_id: str, *, confirms: bool = False) -> Response | None:
    """Save the answer of the request's form; None when it is kept, else the page that says why not.

    An unchanged answer is not written again: the page's script was a moment faster than the button, or its reply was
    lost on the way; and adding a file gives nobody a false conflict. `confirms`: the person saves it as it stands,
    which says that an answer carried over from an earlier application is still true.
    """
    application = cases.get(actor(), case_id)
    criterion = verbs.asked(rubric_of(application), application, criterion_id)
    verbs.editable(actor(), application)
    draft = typed(criterion)
    before = stored(self_assessment.answer_to(case_id, criterion_id))
    if draft.says_the_same(before) and not (confirms and before.carried):
        return None
    try:
        verbs.save(actor(), case_id, criterion_id, draft.data, version=draft.version)
    except Invalid as error:
        if wants_json():
            raise
        return refuse(case_id, error, Refusal(criterion_id, error.errors, draft))
    except Conflict as error:
        if error.code != "stale_version":
            raise
        application = cases.get(actor(), case_id)
        theirs = self_assessment.answer_to(case_id, criterion_id)
        if draft.says_the_same(stored(theirs)):
            return None
        if wants_json():
            return newer(criterion, theirs)
        now = replace(draft, version=theirs.version if theirs else 0)
        return refuse(case_id, error, Refusal(criterion_id, (), now, theirs))
    return None


def refuse(case_id: int, error: CertifyError, refusal: Refusal) -> Response:
    """The area's page with the fault at its criterion; everything else on it is as it was stored."""
    application = cases.get(actor(), case_id)
    page = area_page(application, rubric_of(application).area_of(refusal.criterion), refusal)
    return make_response(page, status_of(error))


def back_to(application: Application, criterion_id: str) -> Response:
    """Redirect to the criterion on its page."""
    here = rubric_of(application).area_of(criterion_id).id
    return redirect(url_for("answers.area", case_id=application.id, area_id=here, _anchor=criterion_id), 303)


def area_page(application: Application, area: Area, refusal: Refusal | None = None) -> str:
    """The page of one area."""
    copy = copy_of(application)
    found = copy.readiness()
    cards = [_card(copy, one, refusal) for one in copy.asked if one in area.criteria]
    ids = [one.id for one in copy.rubric.areas]
    place = ids.index(area.id)
    return render_template(
        "answers/area.html",
        head=case_head(actor(), application, cases.facts(application), f"{area.id}. {area.title.get(language())}"),
        copy=copy,
        case=application,
        area=area,
        areas=_rail(copy, found),
        progress=found.areas[area.id],
        cards=cards,
        summary=[item for card in cards for item in card["summary"]],
        following=copy.rubric.areas[place + 1] if place + 1 < len(ids) else None,
        kinds=kind_words(copy.rubric),
        library=_library(application) if copy.editable else [],
        extensions=EXTENSIONS,
        limit=LONG,
        **request_parts(application, copy.requests),
        desk=desk_of(application),
    )


def _area(rubric: Rubric, area_id: str) -> Area:
    for area in rubric.areas:
        if area.id == area_id:
            return area
    raise NotFound


def _rail(copy: Copy, found: rules.Readiness) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "title": one.title.get(language()),
            "url": url_for("answers.area", case_id=copy.application.id, area_id=one.id),
            "done": found.areas[one.id].ready,
            "total": found.areas[one.id].total,
            "answered": found.areas[one.id].answered,
            "to_confirm": sum(gap.code == "to_confirm" for gap in found.gaps if gap.criterion in ids),
        }
        for one in copy.rubric.areas
        for ids in [{criterion.id for criterion in one.criteria}]
    ]


def _library(application: Application) -> list[tuple[int, str]]:
    pieces = evidence_queries.pieces([application.organisation_id])
    names = [(piece, piece.current.filename) for piece in pieces]
    return [(piece.id, name if piece.title == name else f"{piece.title} ({name})") for piece, name in names]


def _card(copy: Copy, criterion: Criterion, refusal: Refusal | None) -> dict[str, Any]:
    mine = refusal if refusal is not None and refusal.criterion == criterion.id else None
    draft = mine.draft if mine is not None and mine.draft is not None else copy.draft(criterion)
    tiles = copy.tiles.get(criterion.id, [])
    faults: dict[str, list[str]] = {}
    for fault in mine.faults if mine else ():
        faults.setdefault("points" if fault.field == "not_applicable" else fault.field, []).append(
            fault_sentence(fault)
        )
    gaps = rules.gaps_of(copy.rubric, criterion, copy.facts(criterion))
    critical = criterion.critical_to(copy.application.centre_type)
    scale = copy.rubric.scale
    return {
        "criterion": criterion,
        "slug": slug(criterion),
        "draft": printable(draft),
        "open": copy.open_to(criterion),
        "requests": [one for one in copy.requests if criterion.id in one.criteria],
        "names": names(criterion),
        # What the form shows is not what is kept; the script must know the difference.
        "stored": stored_text(criterion, copy.draft(criterion)) if mine and mine.draft else None,
        "tiles": tiles,
        "attached": {one.get("id") for one in tiles},
        "critical": critical,
        "allow_na": scale.na_allowed and not (critical and scale.na_never_for_critical),
        "gaps": [GAP[gap.code] for gap in gaps],
        "begun": gaps == () or gaps[0].code != "unanswered",
        "faults": faults,
        "fields": (mine.fields or {}) if mine else {},
        "conflict": _conflict(copy, criterion, mine) if mine and mine.theirs is not None else None,
        "summary": _summary(copy, criterion, mine, faults),
    }


def _summary(
    copy: Copy, criterion: Criterion, refusal: Refusal | None, faults: Mapping[str, list[str]]
) -> list[tuple[str, str]]:
    """Lines of the error summary: (id to jump to, sentence)."""
    if refusal is None:
        return []
    if refusal.theirs is not None:
        said = gettext("%(id)s: somebody saved a newer answer. Both texts stand side by side.", id=criterion.id)
        return [(f"{slug(criterion)}-conflict", said)]
    lines = []
    for field, said in faults.items():
        target = field.replace(".", "-") if field.startswith("narrative-") else f"{slug(criterion)}-{field}"
        if field == "points":
            target += f"-{copy.rubric.scale.levels[0].points}"
        lines.append((target, f"{criterion.id}: {' '.join(said)}"))
    return lines


def _conflict(copy: Copy, criterion: Criterion, refusal: Refusal) -> dict[str, Any] | None:
    """Their answer and mine, part by part; only parts that differ."""
    theirs, mine = stored(refusal.theirs), printable(refusal.draft or Draft())
    pairs = [(gettext("Level"), _level(copy, theirs), _level(copy, mine))]
    pairs.append((gettext("Reason why it is not applicable"), theirs.data.reason, mine.data.reason))
    for one in criterion.indicators:
        pairs.append((one.text.get(language()), theirs.narratives.get(one.id, ""), mine.narratives.get(one.id, "")))
    return {
        "who": refusal.theirs.saved_by.name if refusal.theirs else "",
        "at": theirs.saved_at,
        "pairs": [(label, *compared(left, right)) for label, left, right in pairs if left != right],
    }


def _level(copy: Copy, draft: Draft) -> str:
    if draft.not_applicable:
        return gettext("not applicable")
    for level in copy.rubric.scale.levels:
        if level.points == draft.value:
            return f"{level.points} – {level.title.get(language())}"
    return gettext("no answer yet")


def _threshold(rubric: Rubric) -> Fraction:
    """The share that every area needs for the certificate; without such a gate, the share where "met" begins."""
    gates = [
        gate.threshold
        for outcome in rubric.outcomes
        if outcome.leads_to == "granted"
        for gate in outcome.gates
        if gate.kind == "each_area"
    ]
    return min(gates, default=Fraction(100 * rubric.scale.met, rubric.scale.top))
