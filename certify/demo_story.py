"""Lives through one case of the demo: small stages on their own days, each verb some minutes after the one before."""

import io
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from certify import demo_voices, timing
from certify.demo_files import Paper
from certify.demo_region import Plan
from certify.demo_texts import Writer
from certify.domain.policy import Actor
from certify.domain.rubric import Criterion, Rubric
from certify.domain.scoring import Result
from certify.queries import audits as audit_queries
from certify.queries import cases
from certify.walk import Cast, Walk
from certify.workflows import answers, applications, audits, certificates, decisions, evidence, reports, teams
from certify.workflows.answers import AnswerData
from certify.workflows.decisions import ConditionData, DecisionData

PARTS = 3
# By how many points a criterion stands above "met": the first for critical criteria, the second for the others.
Spread = dict[int, int]
PROFILES: dict[str, tuple[Spread, Spread]] = {
    "exemplary": ({1: 5, 0: 5}, {1: 6, 0: 4}),
    "good": ({1: 3, 0: 7}, {1: 3, 0: 6, -1: 1}),
    "almost": ({0: 8, 1: 2}, {0: 6, -1: 3, 1: 1}),
    "conditional": ({0: 8, 1: 2}, {0: 7, -1: 2, 1: 1}),
    "weak": ({0: 6, -1: 4}, {0: 4, -1: 5, -2: 1}),
    "gold": ({2: 7, 1: 3}, {2: 7, 1: 3}),
    "silver": ({1: 8, 0: 2}, {1: 8, 0: 2}),
    "bronze": ({0: 8, 1: 2}, {0: 8, 1: 2}),
}
# How many critical criteria stand one, or two, below "met" whatever chance says: what decides the outcome.
WEAKNESSES: dict[str, tuple[int, ...]] = {"conditional": (-1, -1), "almost": (-2,), "weak": (-2, -1, -1)}


@dataclass(frozen=True)
class Rating:
    """What everybody thinks of one criterion: the centre, the two auditors, and what they agree on."""

    own: int
    first: int
    second: int
    agreed: int


def ratings(rubric: Rubric, kind: str, plan: Plan, chance: random.Random) -> dict[str, Rating]:
    """The ratings of a whole case; they lead to the outcome that the plan needs."""
    lowest, top, met = rubric.scale.levels[0].points, rubric.scale.top, rubric.scale.met
    asked = rubric.criteria_for(kind)
    critical = [one.id for one in asked if one.critical_to(kind)]
    weak = dict(zip(chance.sample(critical, k=len(critical)), WEAKNESSES.get(plan.profile, ()), strict=False))
    apart = set(chance.sample([one.id for one in asked if one.id not in weak], k=plan.divergences))

    def level(points: int) -> int:
        return min(max(points, lowest), top)

    found = {}
    for one in asked:
        spread = PROFILES[plan.profile][0 if one.id in critical else 1]
        offset = weak.get(one.id, chance.choices(list(spread), list(spread.values()))[0])
        true = level(met + offset)
        own = level(true + chance.choices((0, 1, -1), (72, 23, 5))[0])
        second = true if one.id in critical else level(true + chance.choices((0, -1, 1), (88, 6, 6))[0])
        if one.id in apart:
            second = true - 2 if true - 2 >= lowest else true + 2
        found[one.id] = Rating(own, true, second, true)
    return found


@dataclass
class Library:
    """The evidence of one centre: its files, and where they stand once they were uploaded."""

    papers: Callable[[int], tuple[Paper, ...]]
    known: dict[str, int] = field(default_factory=dict)


@dataclass
class Desk:
    """Where the centre writes: the person who fills the form, the hand, the shelf with the evidence."""

    editor: Actor
    writer: Writer
    library: Library


class Story(Walk):
    """One case with its people, its ratings and its words. Stages are "name" or "name:number"."""

    def __init__(self, plan: Plan, cast: Cast, unit_id: int, desk: Desk, panel: Actor, chance: random.Random) -> None:
        super().__init__(cast, unit_id, plan.standard)
        self.plan = plan
        self.desk = desk
        self.panel = panel
        self.chance = chance
        self.rated: dict[str, Rating] = {}
        self.team: list[int] = []
        self.moment = timing.now()

    def live(self, stage: str, moment: datetime) -> datetime:
        """One stage, from that moment on; answers when it was over."""
        self.moment = moment
        name, _, number = stage.partition(":")
        with timing.fixed(moment):
            (getattr(self, f"_{name}")(int(number)) if number else getattr(self, f"_{name}")())
        return self.moment

    @contextmanager
    def _next(self, least: int = 1, most: int = 6) -> Iterator[None]:
        """The next verb: the clock goes on by some minutes."""
        with timing.fixed(self.moment):
            yield
        self.moment += timedelta(minutes=self.chance.randint(least, most), seconds=self.chance.randrange(60))

    def _result(self) -> Result:
        return audit_queries.result(cases.get(self.cast.coordinator, self.case_id))

    def _create(self) -> None:
        super()._create()
        rubric, _ = self._rubric()
        kind = cases.get(self.cast.manager, self.case_id).centre_type
        self.rated = ratings(rubric, kind, self.plan, self.chance)

    def _answer_one(self, rubric: Rubric, criterion: Criterion) -> None:
        points = self.rated[criterion.id].own
        texts = {
            one.id: self.desk.writer.narrative(criterion, one.id, points, rubric.scale.met)
            for one in criterion.indicators
        }
        with self._next():
            answers.save(self.desk.editor, self.case_id, criterion.id, AnswerData(points=points, narratives=texts))

    def _prove(self, criterion: Criterion) -> None:
        kinds = {hint.kind for hint in criterion.evidence}
        papers = self.desk.library.papers(self.desk.writer.year)
        fitting = [one for one in papers if kinds & set(one.kinds)] or list(papers[:1])
        for paper in self.chance.sample(fitting, k=min(len(fitting), self.chance.choice((1, 1, 2)))):
            with self._next(1, 3):
                self._attach(criterion, paper, next((kind for kind in paper.kinds if kind in kinds), ""))

    def _attach(self, criterion: Criterion, paper: Paper, kind: str) -> None:
        pages = self.chance.choice(("", "1", "2", "1–2")) if paper.filename.endswith(".pdf") else ""
        known = self.desk.library.known.get(paper.filename)
        if known is not None:
            evidence.link(self.desk.editor, self.case_id, criterion.id, known, pages=pages)
            return
        attached = evidence.attach(
            self.desk.editor,
            self.case_id,
            criterion.id,
            io.BytesIO(paper.content),
            paper.filename,
            evidence.Passport(title=paper.title, kind=kind, pages=pages),
        )
        self.desk.library.known[paper.filename] = attached.evidence_id

    def _fill(self, part: int = 0) -> None:
        rubric, criteria = self._rubric()
        for criterion in criteria[part * len(criteria) // PARTS : (part + 1) * len(criteria) // PARTS]:
            self._answer_one(rubric, criterion)
            if self.rated[criterion.id].own >= rubric.scale.met:
                self._prove(criterion)

    def _resubmit(self) -> None:
        applications.resubmit(self.cast.manager, self.case_id)

    def _reject(self) -> None:
        applications.reject(self.cast.coordinator, self.case_id, demo_voices.REJECTION)

    def _assignment(self, position: int) -> int:
        team = cases.team(cases.get(self.cast.coordinator, self.case_id))
        return next(one.id for one in team if one.auditor_id == self.cast.auditors[position].user_id)

    def _appoint(self, position: int) -> None:
        auditor = self.cast.auditors[position]
        teams.appoint(self.cast.coordinator, self.case_id, auditor.user_id, lead=position == 0)
        self.team.append(position)

    def _declare(self, position: int) -> None:
        teams.declare(self.cast.auditors[position], self.case_id, tie=False)

    def _tie(self, position: int) -> None:
        teams.declare(self.cast.auditors[position], self.case_id, tie=True, note=demo_voices.TIE)

    def _release(self, position: int) -> None:
        teams.release(self.cast.coordinator, self.case_id, self._assignment(position))
        self.team.remove(position)

    def _object(self, position: int) -> None:
        teams.object_to(self.cast.manager, self.case_id, self._assignment(position), demo_voices.OBJECTION)

    def _overrule(self, position: int) -> None:
        teams.overrule(self.cast.coordinator, self.case_id, self._assignment(position), demo_voices.OVERRULED)

    def _agree_team(self) -> None:
        if cases.facts(cases.get(self.cast.manager, self.case_id)).objection_over:
            return  # the centre kept silent until its time was over, which is consent too
        teams.agree_team(self.cast.manager, self.case_id)

    def _score_some(self, position: int, criteria: tuple[Criterion, ...]) -> None:
        scale = self._rubric()[0].scale
        for criterion in criteria:
            rated = self.rated[criterion.id]
            points = rated.first if position == self.team[0] else rated.second
            why = demo_voices.reason(self.chance, points, scale.levels[0].points, scale.met)
            with self._next(2, 7):
                audits.score(self.cast.auditors[position], self.case_id, criterion.id, points=points, reason=why)

    def _sheet(self, position: int) -> None:
        self._score_some(position, self._rubric()[1])
        with self._next():
            audits.hand_in(self.cast.auditors[position], self.case_id)

    def _half_sheet(self, position: int) -> None:
        criteria = self._rubric()[1]
        self._score_some(position, criteria[: len(criteria) // 2])

    def _visit(self) -> None:
        minutes = demo_voices.MINUTES.format(n=self.chance.randrange(6, 20))
        audits.record_visit(self.cast.auditors[0], self.case_id, timing.today(), minutes)

    def _settle(self, keep: int = 0) -> None:
        """Settle all divergences but `keep` of them."""
        open_ones = audit_queries.unsettled(cases.get(self.cast.auditors[0], self.case_id))
        for criterion_id in open_ones[: len(open_ones) - keep]:
            with self._next(5, 20):
                audits.settle(
                    self.cast.auditors[1],
                    self.case_id,
                    criterion_id,
                    points=self.rated[criterion_id].agreed,
                    note=demo_voices.consensus(self.chance),
                )

    def _agree(self) -> None:
        audits.agree(self.cast.auditors[0], self.case_id)

    def _holder(self) -> str:
        return cases.get(self.cast.coordinator, self.case_id).organisation.name

    def _report(self) -> None:
        draft = demo_voices.report(self._holder(), self._result(), final=False)
        reports.send_report(self.cast.auditors[0], self.case_id, draft)

    def _comment(self, number: int) -> None:
        kind, text = demo_voices.COMMENTS[(number + self.plan.divergences) % len(demo_voices.COMMENTS)]
        criterion = self.chance.choice(self._rubric()[1])
        reports.comment(self.cast.manager, self.case_id, kind, text, criterion_id=criterion.id)

    def _end_hearing(self) -> None:
        reports.end_hearing(self.cast.manager, self.case_id)

    def _reply(self, number: int) -> None:
        items = audit_queries.hearing_items(cases.get(self.cast.auditors[0], self.case_id))
        accepted, text = demo_voices.answer(items[number].kind)
        reports.answer_comment(self.cast.auditors[0], self.case_id, items[number].id, accepted=accepted, answer=text)

    def _finalise(self) -> None:
        final = demo_voices.report(self._holder(), self._result(), final=True)
        reports.finalise(self.cast.auditors[0], self.case_id, final)

    def _decision(self, leads_to: str) -> DecisionData:
        rubric, result = self._rubric()[0], self._result()
        outcome = result.outcome
        departs = outcome is None or outcome.leads_to != leads_to
        if outcome is None or departs:
            outcome = next(one for one in rubric.outcomes if one.leads_to == leads_to)
        wanted = result.conditions or (("criterion", rubric.criteria[0].id), ("criterion", rubric.criteria[1].id))
        conditions = [ConditionData(kind, subject, self._to_mend(rubric, kind, subject)) for kind, subject in wanted]
        departure = demo_voices.DEPARTURE if departs else ""
        return DecisionData(outcome.id, demo_voices.reasons(leads_to, result), departure, conditions)

    @staticmethod
    def _to_mend(rubric: Rubric, kind: str, subject: str) -> str:
        return demo_voices.condition(rubric, subject) if kind == "criterion" else demo_voices.area_condition(subject)

    def _condition(self, number: int) -> None:
        set_ones = cases.decisions(cases.get(self.cast.manager, self.case_id))[-1].conditions
        # A whole area may have come on top of the two criteria: the last report covers all that is left.
        left = set_ones[number:] if number else set_ones[:1]
        for one in left:
            with self._next():
                decisions.report_condition(
                    self.cast.manager, self.case_id, one.id, demo_voices.CONDITION_REPORTS[number]
                )

    def _confirm(self) -> None:
        decisions.confirm_conditions(self.cast.auditors[0], self.case_id, demo_voices.CONFIRMED)

    def _appeal(self) -> None:
        decisions.appeal(self.cast.manager, self.case_id, demo_voices.GROUNDS)

    def _uphold(self) -> None:
        decisions.uphold(self.panel, self.case_id, demo_voices.UPHELD)

    def _dismiss(self) -> None:
        decisions.dismiss(self.panel, self.case_id, demo_voices.DISMISSED)

    def _issue(self) -> None:
        certificates.issue(self.cast.coordinator, self.case_id)
