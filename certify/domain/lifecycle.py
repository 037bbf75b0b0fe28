"""The whole process on one screen: statuses, actions and the table from which everything else is derived."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where a case stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    SUPPLEMENT = "supplement"
    TEAMING = "teaming"
    AUDIT = "audit"
    CONSENSUS = "consensus"
    REPORT = "report"
    HEARING = "hearing"
    DECISION = "decision"
    CONDITIONAL = "conditional"
    GRANTED = "granted"
    REFUSED = "refused"
    APPEAL = "appeal"
    CERTIFIED = "certified"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What somebody can do with a case; the values are the codes of the API, of the events and of the texts."""

    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    RETURN = "return"
    ACCEPT = "accept"
    REJECT = "reject"
    RESUBMIT = "resubmit"
    APPOINT = "appoint"
    RELEASE = "release"
    DECLARE = "declare"
    OBJECT = "object"
    OVERRULE = "overrule"
    AGREE_TEAM = "agree_team"
    START_AUDIT = "start_audit"
    OFFER_SUPPLEMENT = "offer_supplement"
    ANSWER_SUPPLEMENT = "answer_supplement"
    SCORE = "score"
    HAND_IN = "hand_in"
    RECORD_VISIT = "record_visit"
    CLOSE_SCORING = "close_scoring"
    SETTLE = "settle"
    AGREE = "agree"
    SEND_REPORT = "send_report"
    COMMENT = "comment"
    END_HEARING = "end_hearing"
    ANSWER_COMMENT = "answer_comment"
    FINALISE = "finalise"
    GRANT = "grant"
    GRANT_CONDITIONALLY = "grant_conditionally"
    REFUSE = "refuse"
    REPORT_CONDITION = "report_condition"
    CONFIRM_CONDITIONS = "confirm_conditions"
    EXTEND_CONDITIONS = "extend_conditions"
    FAIL_CONDITIONS = "fail_conditions"
    ISSUE = "issue"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    DISMISS = "dismiss"


class Party(StrEnum):
    """Who acts: a role, narrowed to the people of this case."""

    CENTRE = "centre"
    CENTRE_MANAGER = "centre_manager"
    COORDINATOR = "coordinator"
    AUDITOR = "auditor"
    LEAD_AUDITOR = "lead_auditor"
    DECISION_MAKER = "decision_maker"
    APPEAL_PANEL = "appeal_panel"
    NOBODY = "nobody"


class Guard(StrEnum):
    """A condition of a transition; its value is the reason code that a refusal carries."""

    NOT_READY = "not_ready"
    ROUNDS_USED_UP = "supplement_rounds_used_up"
    TEAM_INCOMPLETE = "team_incomplete"
    LEAD_MISSING = "lead_missing"
    DECLARATION_MISSING = "declaration_missing"
    TIE_OPEN = "tie_open"
    OBJECTION_OPEN = "objection_open"
    OBJECTION_TIME_RUNNING = "objection_time_running"
    TEAM_AGREED = "team_agreed_already"
    OBJECTION_TIME_OVER = "objection_time_over"
    DECLARED_ALREADY = "declared_already"
    SUPPLEMENT_LATE = "supplement_too_late"
    NOTHING_OFFERED = "nothing_offered"
    SUPPLEMENT_OPEN = "supplement_open"
    SHEET_HANDED_IN = "sheet_handed_in"
    SHEET_INCOMPLETE = "sheet_incomplete"
    SHEETS_OUT = "sheets_not_handed_in"
    VISIT_MISSING = "visit_missing"
    DIVERGENCE_OPEN = "divergence_open"
    HEARING_HELD = "hearing_already_held"
    HEARING_MISSING = "hearing_not_held"
    HEARING_TIME_RUNNING = "hearing_time_running"
    HEARING_ITEM_OPEN = "hearing_item_open"
    SEPARATION = "separation_of_duties"
    CONDITION_UNREPORTED = "condition_not_reported"
    EXTENDED_ALREADY = "extended_already"
    CONDITIONS_TIME_RUNNING = "conditions_time_running"
    APPEAL_TIME_OVER = "appeal_time_over"
    APPEAL_USED = "appeal_used"


# Steps that leave the case where it is and still make an older picture of it stale: all its readers know of them at
# once. The others have versions of their own (a rating, an answer to a comment) or are judged by the facts: counting
# them would tell how busy an auditor is, and refuse forms that they do not concern.
COUNTED = frozenset(
    {
        *(Action.APPOINT, Action.RELEASE, Action.AGREE_TEAM, Action.COMMENT),
        *(Action.REPORT_CONDITION, Action.EXTEND_CONDITIONS),
    }
)


@dataclass(frozen=True)
class Transition:
    """One row: in `source`, one of `by` may take `action`, unless a guard objects; the case then stands in a target.

    Several targets mean that the facts choose (`close_scoring` skips the consensus when nothing diverges);
    the source itself as the target means that the case stays where it is.
    """

    source: Status
    action: Action
    targets: tuple[Status, ...]
    by: tuple[Party, ...]
    guards: tuple[Guard, ...] = ()

    @property
    def stays(self) -> bool:
        """True when the action records something and moves nothing."""
        return self.targets == (self.source,)


S, A, P, G = Status, Action, Party, Guard
TEAM_GUARDS = (
    G.SEPARATION,
    G.TEAM_INCOMPLETE,
    G.LEAD_MISSING,
    G.DECLARATION_MISSING,
    G.TIE_OPEN,
    G.OBJECTION_OPEN,
    G.OBJECTION_TIME_RUNNING,
)

TRANSITIONS: tuple[Transition, ...] = (
    Transition(S.DRAFT, A.SUBMIT, (S.SUBMITTED,), (P.CENTRE_MANAGER,), (G.NOT_READY,)),
    Transition(S.DRAFT, A.WITHDRAW, (S.WITHDRAWN,), (P.CENTRE_MANAGER,)),
    Transition(S.SUBMITTED, A.ACCEPT, (S.TEAMING,), (P.COORDINATOR,)),
    Transition(S.SUBMITTED, A.RETURN, (S.SUPPLEMENT,), (P.COORDINATOR,), (G.ROUNDS_USED_UP,)),
    Transition(S.SUBMITTED, A.REJECT, (S.REJECTED,), (P.COORDINATOR,)),
    Transition(S.SUPPLEMENT, A.RESUBMIT, (S.SUBMITTED,), (P.CENTRE_MANAGER,), (G.NOT_READY,)),
    Transition(S.SUPPLEMENT, A.WITHDRAW, (S.WITHDRAWN,), (P.CENTRE_MANAGER,)),
    Transition(S.TEAMING, A.START_AUDIT, (S.AUDIT,), (P.COORDINATOR,), TEAM_GUARDS),
    Transition(S.TEAMING, A.APPOINT, (S.TEAMING,), (P.COORDINATOR,), (G.SEPARATION,)),
    Transition(S.TEAMING, A.RELEASE, (S.TEAMING,), (P.COORDINATOR,), (G.SEPARATION,)),
    Transition(S.TEAMING, A.OVERRULE, (S.TEAMING,), (P.COORDINATOR,), (G.SEPARATION,)),
    Transition(S.TEAMING, A.DECLARE, (S.TEAMING,), (P.AUDITOR,), (G.DECLARED_ALREADY,)),
    Transition(
        S.TEAMING,
        A.AGREE_TEAM,
        (S.TEAMING,),
        (P.CENTRE_MANAGER,),
        (G.TEAM_INCOMPLETE, G.TEAM_AGREED, G.OBJECTION_TIME_OVER),
    ),
    Transition(S.TEAMING, A.OBJECT, (S.TEAMING,), (P.CENTRE_MANAGER,), (G.TEAM_AGREED, G.OBJECTION_TIME_OVER)),
    Transition(S.AUDIT, A.SCORE, (S.AUDIT,), (P.AUDITOR,), (G.SHEET_HANDED_IN,)),
    Transition(
        S.AUDIT, A.HAND_IN, (S.AUDIT,), (P.AUDITOR,), (G.SHEET_HANDED_IN, G.SUPPLEMENT_OPEN, G.SHEET_INCOMPLETE)
    ),
    Transition(S.AUDIT, A.OFFER_SUPPLEMENT, (S.AUDIT,), (P.CENTRE_MANAGER,), (G.SUPPLEMENT_LATE,)),
    Transition(S.AUDIT, A.ANSWER_SUPPLEMENT, (S.AUDIT,), (P.LEAD_AUDITOR,), (G.NOTHING_OFFERED,)),
    Transition(S.AUDIT, A.RECORD_VISIT, (S.AUDIT,), (P.LEAD_AUDITOR,)),
    Transition(
        S.AUDIT,
        A.CLOSE_SCORING,
        (S.CONSENSUS, S.REPORT),
        (P.LEAD_AUDITOR, P.COORDINATOR),
        (G.SEPARATION, G.SHEETS_OUT, G.VISIT_MISSING),
    ),
    Transition(S.CONSENSUS, A.SETTLE, (S.CONSENSUS,), (P.AUDITOR,)),
    Transition(S.CONSENSUS, A.AGREE, (S.REPORT,), (P.LEAD_AUDITOR,), (G.DIVERGENCE_OPEN,)),
    Transition(S.REPORT, A.SEND_REPORT, (S.HEARING,), (P.LEAD_AUDITOR,), (G.HEARING_HELD,)),
    Transition(S.REPORT, A.ANSWER_COMMENT, (S.REPORT,), (P.LEAD_AUDITOR,), (G.HEARING_MISSING,)),
    Transition(S.REPORT, A.FINALISE, (S.DECISION,), (P.LEAD_AUDITOR,), (G.HEARING_MISSING, G.HEARING_ITEM_OPEN)),
    Transition(S.HEARING, A.COMMENT, (S.HEARING,), (P.CENTRE,)),
    Transition(
        S.HEARING, A.END_HEARING, (S.REPORT,), (P.CENTRE_MANAGER, P.COORDINATOR), (G.SEPARATION, G.HEARING_TIME_RUNNING)
    ),
    Transition(S.DECISION, A.GRANT, (S.GRANTED,), (P.DECISION_MAKER,), (G.SEPARATION,)),
    Transition(S.DECISION, A.GRANT_CONDITIONALLY, (S.CONDITIONAL,), (P.DECISION_MAKER,), (G.SEPARATION,)),
    Transition(S.DECISION, A.REFUSE, (S.REFUSED,), (P.DECISION_MAKER,), (G.SEPARATION,)),
    Transition(S.CONDITIONAL, A.REPORT_CONDITION, (S.CONDITIONAL,), (P.CENTRE,)),
    Transition(S.CONDITIONAL, A.CONFIRM_CONDITIONS, (S.GRANTED,), (P.AUDITOR,), (G.CONDITION_UNREPORTED,)),
    Transition(
        S.CONDITIONAL, A.EXTEND_CONDITIONS, (S.CONDITIONAL,), (P.COORDINATOR,), (G.SEPARATION, G.EXTENDED_ALREADY)
    ),
    Transition(
        S.CONDITIONAL,
        A.FAIL_CONDITIONS,
        (S.REFUSED,),
        (P.DECISION_MAKER,),
        (G.SEPARATION, G.CONDITIONS_TIME_RUNNING),
    ),
    Transition(S.GRANTED, A.ISSUE, (S.CERTIFIED,), (P.COORDINATOR,), (G.SEPARATION,)),
    Transition(S.REFUSED, A.APPEAL, (S.APPEAL,), (P.CENTRE_MANAGER,), (G.APPEAL_USED, G.APPEAL_TIME_OVER)),
    Transition(S.APPEAL, A.UPHOLD, (S.DECISION,), (P.APPEAL_PANEL,), (G.SEPARATION,)),
    Transition(S.APPEAL, A.DISMISS, (S.REFUSED,), (P.APPEAL_PANEL,), (G.SEPARATION,)),
)

# Whose move it is when the case stands there, and which number of days of the rubric's `process` block runs.
MOVES: dict[Status, tuple[Party, str | None]] = {
    S.DRAFT: (P.CENTRE, None),
    S.SUBMITTED: (P.COORDINATOR, "formal_check"),
    S.SUPPLEMENT: (P.CENTRE, "supplement"),
    S.TEAMING: (P.COORDINATOR, "objection"),
    S.AUDIT: (P.AUDITOR, "audit"),
    S.CONSENSUS: (P.AUDITOR, "consensus"),
    S.REPORT: (P.LEAD_AUDITOR, "report"),
    S.HEARING: (P.CENTRE, "hearing"),
    S.DECISION: (P.DECISION_MAKER, "decision"),
    S.CONDITIONAL: (P.CENTRE, "conditions"),
    S.GRANTED: (P.COORDINATOR, "issue"),
    S.REFUSED: (P.CENTRE, "appeal"),
    S.APPEAL: (P.APPEAL_PANEL, "appeal_decision"),
    S.CERTIFIED: (P.NOBODY, None),
    S.REJECTED: (P.NOBODY, None),
    S.WITHDRAWN: (P.NOBODY, None),
}

# What a coordinator does before there is anything to issue: all of it is part of the evaluation.
COORDINATING = frozenset(row.action for row in TRANSITIONS if P.COORDINATOR in row.by) - {A.ISSUE}

CLOSED = frozenset({S.CERTIFIED, S.REFUSED, S.REJECTED, S.WITHDRAWN})
# Here the living copy can be handed over, whole or in part.
EDITABLE = frozenset({S.DRAFT, S.SUPPLEMENT})
# Here the centre goes on in its own copy; what was handed over stays sealed.
LIVING = frozenset(Status) - CLOSED
# From here on the decision maker reads the file.
DECIDING = frozenset({S.DECISION, S.CONDITIONAL, S.GRANTED, S.REFUSED, S.APPEAL, S.CERTIFIED})
# From here on the centre reads the auditors' results.
REPORTED = frozenset({S.HEARING}) | DECIDING

BY_STATUS: dict[Status, dict[Action, Transition]] = {
    status: {row.action: row for row in TRANSITIONS if row.source is status} for status in Status
}


def transition(status: Status, action: Action) -> Transition | None:
    """The row for an action in a status, or None when the action is not of this status."""
    return BY_STATUS[status].get(action)


def whose_move(status: Status) -> Party:
    """The party that the case waits for."""
    return MOVES[status][0]
