"""Who may do what: actors, the facts of a case that rules look at, and the reason when the answer is no."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from certify.domain.lifecycle import (
    BY_STATUS,
    DECIDING,
    REPORTED,
    Action,
    Guard,
    Party,
    Status,
    Transition,
    transition,
    whose_move,
)


class Role(StrEnum):
    """What a person may be; the first two belong to a centre, the rest to the scheme."""

    CENTRE_EDITOR = "centre_editor"
    CENTRE_MANAGER = "centre_manager"
    AUDITOR = "auditor"
    COORDINATOR = "coordinator"
    DECISION_MAKER = "decision_maker"
    ADMIN = "admin"


CENTRE_ROLES = frozenset({Role.CENTRE_EDITOR, Role.CENTRE_MANAGER})


@dataclass(frozen=True)
class Actor:
    """A person at the moment of acting: global `roles`, and the role in each centre (organisation id → role)."""

    user_id: int
    name: str
    roles: frozenset[Role] = frozenset()
    centres: Mapping[int, Role] = field(default_factory=dict)

    def has(self, *roles: Role) -> bool:
        """True when the actor holds one of the roles, globally or in any centre."""
        return bool((self.roles | set(self.centres.values())) & set(roles))


@dataclass(frozen=True)
class Member:
    """An auditor of the case, as the rules see it."""

    user_id: int
    lead: bool = False
    declared: bool = False
    tie: bool = False
    objected: bool = False
    sheet_complete: bool = False
    handed_in: bool = False


@dataclass(frozen=True)
class Case:
    """The facts on which the guards judge; `queries.cases.facts()` reads them, tests write them by hand.

    Sets of people are user ids. `team` is the present one; the sets below remember everybody who ever had that part:
    `audited` stood in the team, `coordinated` took a coordinator's step before the certificate is issued, `deciders`
    decided, `panel` ruled on an appeal. `tied`: declared a tie with this centre in any case, or once belonged to it.
    `bound`: person → those who handed them the link of their account, and those to whom they handed one.
    """

    status: Status
    organisation_id: int
    ready: bool = True
    rounds_used: int = 0
    rounds_allowed: int = 1
    auditors_needed: int = 2
    team: tuple[Member, ...] = ()
    team_agreed: bool = False
    objection_over: bool = True
    supplement_items_open: int = 0
    visit_missing: bool = False
    divergences_open: int = 0
    hearing_held: bool = False
    hearing_over: bool = False
    hearing_items_open: int = 0
    audited: frozenset[int] = frozenset()
    coordinated: frozenset[int] = frozenset()
    deciders: frozenset[int] = frozenset()
    panel: frozenset[int] = frozenset()
    tied: frozenset[int] = frozenset()
    bound: Mapping[int, frozenset[int]] = field(default_factory=dict)
    conditions_unreported: int = 0
    conditions_over: bool = False
    extended: bool = False
    appeal_over: bool = False
    appeal_used: bool = False

    def member(self, user_id: int) -> Member | None:
        """The actor's place in the team, if there is one."""
        return next((one for one in self.team if one.user_id == user_id), None)

    def hands(self, user_id: int) -> frozenset[int]:
        """The people who count as this one person where duties are separate.

        Who hands out the link of an account may have opened it too, so both together have one part in a case.
        """
        return frozenset({user_id}) | self.bound.get(user_id, frozenset())

    @property
    def ever_in_team(self) -> frozenset[int]:
        """Everybody who stands or stood in the team, with or without a sheet."""
        return self.audited | {one.user_id for one in self.team}

    @property
    def all_handed_in(self) -> bool:
        """True when no auditor can be influenced by another's sheet any more."""
        return bool(self.team) and all(one.handed_in for one in self.team)


def is_party(actor: Actor, party: Party, case: Case) -> bool:
    """True when the actor stands in that relation to the case."""
    in_centre = actor.centres.get(case.organisation_id)
    member = case.member(actor.user_id)
    return {
        Party.CENTRE: in_centre is not None,
        Party.CENTRE_MANAGER: in_centre is Role.CENTRE_MANAGER,
        Party.COORDINATOR: Role.COORDINATOR in actor.roles,
        Party.AUDITOR: member is not None and Role.AUDITOR in actor.roles,
        Party.LEAD_AUDITOR: member is not None and member.lead and Role.AUDITOR in actor.roles,
        Party.DECISION_MAKER: Role.DECISION_MAKER in actor.roles,
        Party.APPEAL_PANEL: Role.DECISION_MAKER in actor.roles,
        Party.NOBODY: False,
    }[party]


def _bars(case: Case, actor: Actor, action: Action, party: Party) -> bool:
    """True when an earlier part of this person in the case bars them from acting as `party` now.

    Who ever stood in the team neither coordinates, decides nor issues. Who coordinated does not decide. Who decided
    neither decides anew, rules on the appeal, extends the conditions nor issues, but may say that they were not met.
    Who ruled on an appeal does not issue (ISO/IEC 17065, 7.5-7.6, 7.13).
    """
    evaluated = case.ever_in_team | case.coordinated
    parts: dict[Party, frozenset[int]] = {
        Party.COORDINATOR: case.ever_in_team | case.deciders | case.panel,
        Party.DECISION_MAKER: evaluated if action is Action.FAIL_CONDITIONS else evaluated | case.deciders,
        Party.APPEAL_PANEL: evaluated | case.deciders,
    }
    return bool(case.hands(actor.user_id) & parts.get(party, frozenset()))


def _involved(case: Case, actor: Actor, action: Action) -> bool:
    """True when every relation in which the actor could act here is barred."""
    row = transition(case.status, action)
    parties = [party for party in row.by if is_party(actor, party, case)] if row else []
    return all(_bars(case, actor, action, party) for party in parties)


def _outsider_needed(row: Transition, actor: Actor, case: Case) -> bool:
    """True when the step asks for somebody without a tie to the centre, and this person has one.

    Auditors are judged before the audit starts, when one with a tie can still be released (`tie_open`).
    """
    if CENTRE_PARTIES & set(row.by):
        return False
    ruling = any(is_party(actor, party, case) for party in row.by if party not in AUDITING)
    return case.organisation_id in actor.centres or (ruling and actor.user_id in case.tied)


def _own(case: Case, actor: Actor) -> Member:
    return case.member(actor.user_id) or Member(actor.user_id)


Objection = Callable[[Case, Actor, Action], bool]

# True means that the guard objects.
GUARDS: dict[Guard, Objection] = {
    Guard.NOT_READY: lambda case, actor, action: not case.ready,
    Guard.ROUNDS_USED_UP: lambda case, actor, action: case.rounds_used >= case.rounds_allowed,
    Guard.TEAM_INCOMPLETE: lambda case, actor, action: len(case.team) < case.auditors_needed,
    Guard.LEAD_MISSING: lambda case, actor, action: not any(one.lead for one in case.team),
    Guard.DECLARATION_MISSING: lambda case, actor, action: not all(one.declared for one in case.team),
    Guard.TIE_OPEN: lambda case, actor, action: any(one.tie or one.user_id in case.tied for one in case.team),
    Guard.OBJECTION_OPEN: lambda case, actor, action: any(one.objected for one in case.team),
    Guard.OBJECTION_TIME_RUNNING: lambda case, actor, action: not case.objection_over,
    Guard.TEAM_AGREED: lambda case, actor, action: case.team_agreed,
    Guard.OBJECTION_TIME_OVER: lambda case, actor, action: case.objection_over,
    Guard.DECLARED_ALREADY: lambda case, actor, action: _own(case, actor).declared,
    # What one auditor has closed a sheet on must be what the others score.
    Guard.SUPPLEMENT_LATE: lambda case, actor, action: any(one.handed_in for one in case.team),
    Guard.NOTHING_OFFERED: lambda case, actor, action: case.supplement_items_open == 0,
    Guard.SUPPLEMENT_OPEN: lambda case, actor, action: case.supplement_items_open > 0,
    Guard.SHEET_HANDED_IN: lambda case, actor, action: _own(case, actor).handed_in,
    Guard.SHEET_INCOMPLETE: lambda case, actor, action: not _own(case, actor).sheet_complete,
    Guard.SHEETS_OUT: lambda case, actor, action: not case.all_handed_in,
    Guard.VISIT_MISSING: lambda case, actor, action: case.visit_missing,
    Guard.DIVERGENCE_OPEN: lambda case, actor, action: case.divergences_open > 0,
    Guard.HEARING_HELD: lambda case, actor, action: case.hearing_held,
    Guard.HEARING_MISSING: lambda case, actor, action: not case.hearing_held,
    # The centre may say at once that it has no more comments; others wait until its time is over.
    Guard.HEARING_TIME_RUNNING: lambda case, actor, action: (
        not case.hearing_over and not is_party(actor, Party.CENTRE, case)
    ),
    Guard.HEARING_ITEM_OPEN: lambda case, actor, action: case.hearing_items_open > 0,
    Guard.SEPARATION: _involved,
    Guard.CONDITION_UNREPORTED: lambda case, actor, action: case.conditions_unreported > 0,
    Guard.EXTENDED_ALREADY: lambda case, actor, action: case.extended,
    Guard.CONDITIONS_TIME_RUNNING: lambda case, actor, action: not case.conditions_over,
    Guard.APPEAL_TIME_OVER: lambda case, actor, action: case.appeal_over,
    Guard.APPEAL_USED: lambda case, actor, action: case.appeal_used,
}

CENTRE_PARTIES = frozenset({Party.CENTRE, Party.CENTRE_MANAGER})
AUDITING = frozenset({Party.AUDITOR, Party.LEAD_AUDITOR})


def may_ever(actor: Actor, row: Transition, case: Case) -> bool:
    """True when the action belongs to the actor's role in this case; only then a button stands on the page."""
    return any(is_party(actor, party, case) for party in row.by)


def why_not(actor: Actor, action: Action, case: Case) -> str | None:
    """The reason code why the actor can't take the action now, or None when nothing stands against it."""
    row = transition(case.status, action)
    if row is None:
        return "illegal_transition"
    if not may_ever(actor, row, case):
        return "not_your_role"
    if _outsider_needed(row, actor, case):
        return "own_centre"
    return next((guard.value for guard in row.guards if GUARDS[guard](case, actor, action)), None)


def why_not_appoint(actor: Actor, auditor_id: int, case: Case) -> str | None:
    """The reason code why this coordinator can't put this auditor into the team, as far as people are concerned."""
    if auditor_id in case.tied:
        return "auditor_tied"
    if case.hands(auditor_id) & (case.coordinated | case.deciders | case.panel | {actor.user_id}):
        return "auditor_coordinates"
    return None


def available(actor: Actor, case: Case) -> dict[Action, str | None]:
    """Every action of the actor's role in this status, each with its reason code or None; in the table's order."""
    return {
        action: why_not(actor, action, case)
        for action, row in BY_STATUS[case.status].items()
        if may_ever(actor, row, case)
    }


BARRED = frozenset({"separation_of_duties", "own_centre"})


def move_of(case: Case) -> Party:
    """The party that the case waits for; nobody when a refusal can't be appealed against any more."""
    if case.status is Status.REFUSED and (case.appeal_used or case.appeal_over):
        return Party.NOBODY
    return whose_move(case.status)


def has_move(actor: Actor, case: Case) -> bool:
    """True when the case waits for this person; not for one whom an earlier part in it bars from every action now."""
    reasons = set(available(actor, case).values())
    return is_party(actor, move_of(case), case) and not (reasons and reasons <= BARRED)


def may_see_case(actor: Actor, case: Case) -> bool:
    """True when the case exists for this actor; what a list shows and what a page opens follow the same rule."""
    return (
        case.organisation_id in actor.centres
        or bool(actor.roles & {Role.COORDINATOR, Role.ADMIN})
        or is_party(actor, Party.AUDITOR, case)
        or (Role.DECISION_MAKER in actor.roles and case.status in DECIDING)
    )


def may_see_sheet(actor: Actor, case: Case, owner_id: int) -> bool:
    """Blind scoring: one's own sheet always, the others' only when all are handed in; the centre reads the report."""
    if case.member(actor.user_id) is not None:
        return actor.user_id == owner_id or case.all_handed_in
    if case.organisation_id in actor.centres:
        return False
    return case.all_handed_in and bool(actor.roles & {Role.COORDINATOR, Role.DECISION_MAKER})


def may_see_results(actor: Actor, case: Case) -> bool:
    """The agreed ratings and the report: auditors and office when all sheets are in, the centre when it is asked."""
    if case.organisation_id in actor.centres:
        return case.status in REPORTED or (case.status is Status.REPORT and case.hearing_held)
    return case.all_handed_in


def may_read_submission(actor: Actor, case: Case) -> bool:
    """The auditors read the file when the audit has started, not while they are still asked whether they may."""
    office = bool(actor.roles & {Role.COORDINATOR, Role.ADMIN, Role.DECISION_MAKER})
    return office or case.organisation_id in actor.centres or case.status is not Status.TEAMING


def may_compare_sheets(actor: Actor, case: Case) -> bool:
    """All sheets side by side: for those who may see each, when the lead auditor has closed the scoring."""
    closed = case.all_handed_in and case.status is not Status.AUDIT
    return closed and all(may_see_sheet(actor, case, one.user_id) for one in case.team)


def may_read_report(actor: Actor, case: Case) -> bool:
    """The report and the common rating beneath it, which is not there before the auditors have confirmed it."""
    return case.status not in {Status.AUDIT, Status.CONSENSUS} and may_see_results(actor, case)


def may_read_trace(actor: Actor, case: Case) -> bool:
    """How the result was computed: the centre reads it with the decision, the others as soon as they see the result."""
    own_centre = case.organisation_id in actor.centres
    return may_read_report(actor, case) and (bool(case.deciders) or not own_centre)


def open_of_member(actor: Actor, case: Case, owner_id: int) -> frozenset[str]:
    """What of an auditor's place in the team the actor may know, beyond who it is.

    What the centre writes against an auditor is between it and the coordinator; what a tie is, it does not learn.
    """
    own_centre = case.organisation_id in actor.centres
    on_team = case.member(actor.user_id) is not None
    # Who is judged reads no objection as the office, whatever other roles they hold.
    office = bool(actor.roles & {Role.COORDINATOR, Role.ADMIN}) and not on_team
    found = {
        "declaration": own_centre or office or on_team,
        "objection": own_centre or office,
        "tie_note": (office or actor.user_id == owner_id) and not own_centre,
        "handed_in": (office or on_team) and not own_centre,
    }
    return frozenset(name for name, known in found.items() if known)
