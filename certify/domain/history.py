"""Which step of a case's history whom may know, and when: one line a kind, and what is not listed nobody knows."""

from collections.abc import Callable
from dataclasses import dataclass

from certify.domain.lifecycle import Action
from certify.domain.policy import Actor, Case, Role

# How the centre writes its own copy.
WRITING = frozenset(
    {
        *("answer_saved", "answer_confirmed", "answers_carried", "answers_imported"),
        *("evidence_attached", "evidence_detached", "comment_written", "comment_resolved"),
    }
)
# How the centre's people share the work is their own business.
INTERNAL = frozenset({"comment_written", "comment_resolved", "area_delegated", "area_taken_back", "areas_confirmed"})
RATING = frozenset({Action.SCORE.value, Action.SETTLE.value})
# What the centre writes against an auditor is between it and the coordinator.
OBJECTIONS = frozenset({Action.OBJECT.value, Action.OVERRULE.value})
# Steps that every reader of the case may know as soon as they are taken: the case has moved, or its team has.
OPEN = frozenset(
    {
        "application_created",
        *(Action.SUBMIT, Action.WITHDRAW, Action.RETURN, Action.ACCEPT, Action.REJECT, Action.RESUBMIT),
        *(Action.APPOINT, Action.RELEASE, Action.DECLARE, Action.AGREE_TEAM, Action.START_AUDIT),
        *(Action.OFFER_SUPPLEMENT, Action.ANSWER_SUPPLEMENT, Action.RECORD_VISIT, Action.CLOSE_SCORING, Action.AGREE),
        *(Action.SEND_REPORT, Action.COMMENT, Action.END_HEARING, Action.ANSWER_COMMENT, Action.FINALISE),
        *(Action.GRANT, Action.GRANT_CONDITIONALLY, Action.REFUSE, Action.ISSUE),
        *(Action.REPORT_CONDITION, Action.CONFIRM_CONDITIONS, Action.EXTEND_CONDITIONS, Action.FAIL_CONDITIONS),
        *(Action.APPEAL, Action.UPHOLD, Action.DISMISS),
        # What the malware scanner said of a file that the case leans on.
        *("evidence_cleared", "evidence_closed", "evidence_released"),
    }
)


@dataclass(frozen=True)
class Step:
    """A step as the rules see it. `sealed`: it was taken after the centre had handed the file over."""

    kind: str
    actor_id: int | None
    sealed: bool = False


Rule = Callable[[Actor, Case, Step], bool]


def _own_centre(actor: Actor, case: Case) -> bool:
    return case.organisation_id in actor.centres


def _office(actor: Actor, case: Case) -> bool:
    """The office, but for those of it who sit in the team: they are judged or blind themselves."""
    return bool(actor.roles & {Role.COORDINATOR, Role.ADMIN}) and case.member(actor.user_id) is None


def _writing(actor: Actor, case: Case, step: Step) -> bool:
    """What the centre writes in its own copy after it handed the file over is its own business."""
    return _own_centre(actor, case) or (_office(actor, case) and not step.sealed)


def _sheet(actor: Actor, case: Case, step: Step) -> bool:
    """The sheets are blind to each other, and the centre does not see them at all."""
    return not _own_centre(actor, case) and (step.actor_id == actor.user_id or case.all_handed_in)


RULES: dict[str, Rule] = {
    **dict.fromkeys(map(str, OPEN), lambda actor, case, step: True),
    **dict.fromkeys(WRITING, _writing),
    **dict.fromkeys(INTERNAL, lambda actor, case, step: _own_centre(actor, case)),
    **dict.fromkeys(RATING, _sheet),
    # Who has closed a sheet and when tells the centre how far each auditor is (`policy.open_of_member`).
    Action.HAND_IN.value: lambda actor, case, step: not _own_centre(actor, case),
    **dict.fromkeys(OBJECTIONS, lambda actor, case, step: _own_centre(actor, case) or _office(actor, case)),
}
# Details of an open step that are part of the blind sheets.
_OF_SHEETS = frozenset({"divergences"})


def may_know(actor: Actor, case: Case, step: Step) -> bool:
    """Whether this reader of the case may know of the step now."""
    rule = RULES.get(step.kind)
    return rule is not None and rule(actor, case, step)


def hidden_details(actor: Actor, case: Case) -> frozenset[str]:
    """The details of known steps that this reader does not learn."""
    return _OF_SHEETS if _own_centre(actor, case) else frozenset()
