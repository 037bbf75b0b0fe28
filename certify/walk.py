"""Walks a case to a status through the real verbs; the demo and the tests reach every state this way only."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from certify import timing
from certify.domain.lifecycle import Status
from certify.domain.policy import Actor
from certify.domain.rubric import Criterion, Rubric
from certify.queries import audits as audit_queries
from certify.queries import cases
from certify.queries.rubrics import rubric_of
from certify.workflows import answers, applications, audits, certificates, decisions, evidence, reports, teams
from certify.workflows.answers import AnswerData
from certify.workflows.decisions import ConditionData, DecisionData
from certify.workflows.reports import ReportData

_AUDITED = ("create", "fill", "submit", "accept", "team", "start")
_REPORTED = (*_AUDITED, "score", "close", "settle", "report")
_HEARD = (*_REPORTED, "hearing", "finalise")
PATHS: dict[Status, tuple[str, ...]] = {
    Status.DRAFT: ("create", "fill_half"),
    Status.WITHDRAWN: ("create", "fill_half", "withdraw"),
    Status.SUBMITTED: ("create", "fill", "submit"),
    Status.SUPPLEMENT: ("create", "fill", "submit", "return"),
    Status.REJECTED: ("create", "fill", "submit", "reject"),
    Status.TEAMING: ("create", "fill", "submit", "accept", "team"),
    Status.AUDIT: (*_AUDITED, "score_half"),
    Status.CONSENSUS: (*_AUDITED, "score", "close"),
    Status.REPORT: (*_AUDITED, "score", "close", "settle"),
    Status.HEARING: _REPORTED,
    Status.DECISION: _HEARD,
    Status.GRANTED: (*_HEARD, "grant"),
    Status.CONDITIONAL: (*_HEARD, "grant_conditionally"),
    Status.REFUSED: (*_HEARD, "refuse"),
    Status.APPEAL: (*_HEARD, "refuse", "appeal"),
    Status.CERTIFIED: (*_HEARD, "grant", "issue"),
}


@dataclass(frozen=True)
class Cast:
    """The people of a case; the lead auditor comes first."""

    manager: Actor
    coordinator: Actor
    auditors: tuple[Actor, ...]
    decider: Actor


@dataclass(frozen=True)
class Script:
    """What the people of a case write and give; the defaults are short, the demo brings its own."""

    self_points: Callable[[Criterion], int] = lambda criterion: 2
    audit_points: Callable[[Criterion, int], int] = lambda criterion, auditor: 2
    narrative: Callable[[Criterion, str], str] = lambda criterion, indicator: f"Opis do wskaźnika {indicator}."
    file: Callable[[Criterion], tuple[str, bytes]] = lambda criterion: (
        "uchwała.txt",
        b"Uchwala Rady Gminy w sprawie strategii.\n",
    )
    reason: Callable[[Criterion, int], str] = lambda criterion, points: "Dowody nie potwierdzają stałego działania."
    consensus: Callable[[Criterion], str] = lambda criterion: "Po rozmowie: rozstrzyga protokół z wizyty."
    minutes: str = "Rozmowy z pracownikami, mieszkańcami i partnerami; obejrzano miejsce spotkań."
    note: str = "Brakuje załącznika do strategii."
    summary: str = "Ośrodek pracuje ze społecznością lokalną w sposób stały i opisany."
    reasons: str = "Zespół audytorów potwierdził spełnienie wymagań standardu."
    grounds: str = "Nie uwzględniono dowodów złożonych w uzupełnieniu."
    comment: str = "W opisie kryterium podano błędną datę uchwały."
    one_file_for_all: bool = True


class Walk:
    """One case on its way; each stage is a method named as in `PATHS`."""

    def __init__(
        self,
        cast: Cast,
        unit_id: int,
        standard: tuple[str, str],
        script: Script | None = None,
        when: Callable[[str], datetime] | None = None,
    ) -> None:
        self.cast = cast
        self.unit_id = unit_id
        self.standard = standard
        self.script = script or Script()
        self.when = when
        self.case_id = 0

    def to(self, status: Status) -> int:
        """Walk to the status and answer the case's id. A script without divergences can't stop in the consensus."""
        for stage in PATHS[status]:
            self.take(stage)
        return self.case_id

    def take(self, stage: str) -> None:
        """One stage, on the day that `when` names for it."""
        with self._at(stage):
            getattr(self, f"_{stage}")()

    @contextmanager
    def _at(self, stage: str) -> Iterator[None]:
        if self.when is None:
            yield
            return
        with timing.fixed(self.when(stage)):
            yield

    def _rubric(self) -> tuple[Rubric, tuple[Criterion, ...]]:
        application = cases.get(self.cast.manager, self.case_id)
        rubric = rubric_of(application)
        return rubric, rubric.criteria_for(application.centre_type)

    def _create(self) -> None:
        self.case_id = applications.create(self.cast.manager, self.unit_id, *self.standard).id

    def _answer(self, criteria: tuple[Criterion, ...]) -> None:
        shared: int | None = None
        for criterion in criteria:
            texts = {one.id: self.script.narrative(criterion, one.id) for one in criterion.indicators}
            data = AnswerData(points=self.script.self_points(criterion), narratives=texts)
            answers.save(self.cast.manager, self.case_id, criterion.id, data)
            if shared is not None and self.script.one_file_for_all:
                evidence.link(self.cast.manager, self.case_id, criterion.id, shared)
                continue
            name, content = self.script.file(criterion)
            passport = evidence.Passport(kind=criterion.evidence[0].kind if criterion.evidence else "")
            attached = evidence.attach(
                self.cast.manager, self.case_id, criterion.id, io.BytesIO(content), name, passport
            )
            shared = attached.evidence_id

    def _fill(self) -> None:
        self._answer(self._rubric()[1])

    def _fill_half(self) -> None:
        criteria = self._rubric()[1]
        self._answer(criteria[: len(criteria) // 2])

    def _submit(self) -> None:
        applications.submit(self.cast.manager, self.case_id)

    def _withdraw(self) -> None:
        applications.withdraw(self.cast.manager, self.case_id)

    def _return(self) -> None:
        applications.return_for_supplement(self.cast.coordinator, self.case_id, self.script.note)

    def _reject(self) -> None:
        applications.reject(self.cast.coordinator, self.case_id, self.script.note)

    def _accept(self) -> None:
        applications.accept(self.cast.coordinator, self.case_id)

    def _team(self) -> None:
        for position, auditor in enumerate(self.cast.auditors):
            teams.appoint(self.cast.coordinator, self.case_id, auditor.user_id, lead=position == 0)
            teams.declare(auditor, self.case_id, tie=False)
        teams.agree_team(self.cast.manager, self.case_id)

    def _start(self) -> None:
        teams.start_audit(self.cast.coordinator, self.case_id)

    def _rate(self, position: int, criteria: tuple[Criterion, ...]) -> None:
        rubric = self._rubric()[0]
        for criterion in criteria:
            points = self.script.audit_points(criterion, position)
            reason = self.script.reason(criterion, points) if points < rubric.scale.met else ""
            audits.score(self.cast.auditors[position], self.case_id, criterion.id, points=points, reason=reason)

    def _score(self) -> None:
        rubric, criteria = self._rubric()
        for position, auditor in enumerate(self.cast.auditors):
            self._rate(position, criteria)
            audits.hand_in(auditor, self.case_id)
        if rubric.process.visit != "none":
            audits.record_visit(self.cast.auditors[0], self.case_id, timing.today(), self.script.minutes)

    def _score_half(self) -> None:
        criteria = self._rubric()[1]
        self._rate(0, criteria)
        audits.hand_in(self.cast.auditors[0], self.case_id)
        for position in range(1, len(self.cast.auditors)):
            self._rate(position, criteria[: len(criteria) // 2])

    def _close(self) -> None:
        audits.close_scoring(self.cast.auditors[0], self.case_id)

    def _settle(self) -> None:
        application = cases.get(self.cast.auditors[0], self.case_id)
        rubric = rubric_of(application)
        for criterion_id in audit_queries.unsettled(application):
            criterion = rubric.criterion(criterion_id)
            points = max(self.script.audit_points(criterion, n) for n in range(len(self.cast.auditors)))
            audits.settle(
                self.cast.auditors[-1], self.case_id, criterion_id, points=points, note=self.script.consensus(criterion)
            )
        if application.status == Status.CONSENSUS:
            audits.agree(self.cast.auditors[0], self.case_id)

    def _report(self) -> None:
        reports.send_report(self.cast.auditors[0], self.case_id, ReportData(self.script.summary))

    def _hearing(self) -> None:
        criteria = self._rubric()[1]
        item = reports.comment(
            self.cast.manager, self.case_id, "slip", self.script.comment, criterion_id=criteria[0].id
        )
        reports.end_hearing(self.cast.manager, self.case_id)
        reports.answer_comment(self.cast.auditors[0], self.case_id, item.id, accepted=True, answer="Poprawiono datę.")

    def _finalise(self) -> None:
        reports.finalise(self.cast.auditors[0], self.case_id, ReportData(self.script.summary))

    def _decision(self, leads_to: str) -> DecisionData:
        application = cases.get(self.cast.decider, self.case_id)
        rubric = rubric_of(application)
        result = audit_queries.result(application)
        outcome = result.outcome
        if outcome is None or outcome.leads_to != leads_to:
            outcome = next(one for one in rubric.outcomes if one.leads_to == leads_to)
        departs = result.outcome is not None and outcome.id != result.outcome.id
        first = rubric.criteria_for(application.centre_type)[0]
        return DecisionData(
            outcome=outcome.id,
            reasons=self.script.reasons,
            departure_reasons="Komisja ocenia dowody inaczej niż wynik." if departs else "",
            conditions=[ConditionData("criterion", first.id, "Uzupełnić wpis w strategii gminy.")],
        )

    def _grant(self) -> None:
        decisions.grant(self.cast.decider, self.case_id, self._decision("granted"))

    def _grant_conditionally(self) -> None:
        decisions.grant_conditionally(self.cast.decider, self.case_id, self._decision("conditional"))

    def _refuse(self) -> None:
        decisions.refuse(self.cast.decider, self.case_id, self._decision("refused"))

    def _appeal(self) -> None:
        decisions.appeal(self.cast.manager, self.case_id, self.script.grounds)

    def _issue(self) -> None:
        certificates.issue(self.cast.coordinator, self.case_id)
