"""Who may do what, judged on facts written by hand: every guard with its reason, and who sees which sheet."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from certify.domain.lifecycle import Action, Party, Status
from certify.domain.policy import (
    Actor,
    Case,
    Member,
    Role,
    available,
    has_move,
    is_party,
    may_compare_sheets,
    may_read_report,
    may_read_submission,
    may_read_trace,
    may_see_case,
    may_see_results,
    may_see_sheet,
    move_of,
    open_of_member,
    why_not,
)

HOME, ELSEWHERE = 1, 2
MANAGER = Actor(1, "Maria", centres={HOME: Role.CENTRE_MANAGER})
EDITOR = Actor(2, "Ewa", centres={HOME: Role.CENTRE_EDITOR})
STRANGER = Actor(3, "Stanisław", centres={ELSEWHERE: Role.CENTRE_MANAGER})
COORDINATOR = Actor(4, "Krystyna", frozenset({Role.COORDINATOR}))
LEAD = Actor(5, "Wanda", frozenset({Role.AUDITOR}))
SECOND = Actor(6, "Adam", frozenset({Role.AUDITOR}))
OUTSIDER = Actor(7, "Olga", frozenset({Role.AUDITOR}))
DECIDER = Actor(8, "Daria", frozenset({Role.DECISION_MAKER}))
ADMIN = Actor(9, "Alina", frozenset({Role.ADMIN}))
ALL = (MANAGER, EDITOR, STRANGER, COORDINATOR, LEAD, SECOND, OUTSIDER, DECIDER, ADMIN)

TEAM = (
    Member(LEAD.user_id, lead=True, declared=True, sheet_complete=True, handed_in=True),
    Member(SECOND.user_id, declared=True, sheet_complete=True, handed_in=True),
)


def case(status: Status, **facts: object) -> Case:
    return replace(Case(status=status, organisation_id=HOME, team=TEAM), **facts)  # type: ignore[arg-type]


def with_second(**facts: bool) -> tuple[Member, ...]:
    return (TEAM[0], replace(TEAM[1], **facts))


REASONS = [
    (MANAGER, Action.SUBMIT, case(Status.DRAFT, ready=False), "not_ready"),
    (MANAGER, Action.SUBMIT, case(Status.DRAFT), None),
    (EDITOR, Action.SUBMIT, case(Status.DRAFT), "not_your_role"),
    (MANAGER, Action.SUBMIT, case(Status.AUDIT), "illegal_transition"),
    (MANAGER, Action.WITHDRAW, case(Status.DRAFT), None),
    (COORDINATOR, Action.RETURN, case(Status.SUBMITTED, rounds_used=1), "supplement_rounds_used_up"),
    (COORDINATOR, Action.RETURN, case(Status.SUBMITTED), None),
    (COORDINATOR, Action.START_AUDIT, case(Status.TEAMING, team=()), "team_incomplete"),
    (COORDINATOR, Action.START_AUDIT, case(Status.TEAMING, team=(TEAM[1], TEAM[1])), "lead_missing"),
    (COORDINATOR, Action.START_AUDIT, case(Status.TEAMING, team=with_second(declared=False)), "declaration_missing"),
    (COORDINATOR, Action.START_AUDIT, case(Status.TEAMING, team=with_second(tie=True)), "tie_open"),
    (COORDINATOR, Action.START_AUDIT, case(Status.TEAMING, team=with_second(objected=True)), "objection_open"),
    (COORDINATOR, Action.START_AUDIT, case(Status.TEAMING, objection_over=False), "objection_time_running"),
    (COORDINATOR, Action.START_AUDIT, case(Status.TEAMING), None),
    (MANAGER, Action.OBJECT, case(Status.TEAMING), "objection_time_over"),
    (MANAGER, Action.OBJECT, case(Status.TEAMING, team_agreed=True), "team_agreed_already"),
    (MANAGER, Action.AGREE_TEAM, case(Status.TEAMING, team_agreed=True), "team_agreed_already"),
    (MANAGER, Action.AGREE_TEAM, case(Status.TEAMING, objection_over=False), None),
    (MANAGER, Action.AGREE_TEAM, case(Status.TEAMING, objection_over=False, team=TEAM[:1]), "team_incomplete"),
    (LEAD, Action.DECLARE, case(Status.TEAMING), "declared_already"),
    (SECOND, Action.DECLARE, case(Status.TEAMING, team=with_second(declared=False)), None),
    (OUTSIDER, Action.DECLARE, case(Status.TEAMING), "not_your_role"),
    (SECOND, Action.SCORE, case(Status.AUDIT), "sheet_handed_in"),
    (SECOND, Action.SCORE, case(Status.AUDIT, team=with_second(handed_in=False)), None),
    (
        SECOND,
        Action.HAND_IN,
        case(Status.AUDIT, team=with_second(handed_in=False, sheet_complete=False)),
        "sheet_incomplete",
    ),
    (
        SECOND,
        Action.HAND_IN,
        case(Status.AUDIT, team=with_second(handed_in=False), supplement_items_open=1),
        "supplement_open",
    ),
    (MANAGER, Action.OFFER_SUPPLEMENT, case(Status.AUDIT, team=with_second(handed_in=False)), "supplement_too_late"),
    (MANAGER, Action.OFFER_SUPPLEMENT, case(Status.AUDIT, team=()), None),
    (EDITOR, Action.OFFER_SUPPLEMENT, case(Status.AUDIT, team=()), "not_your_role"),
    (LEAD, Action.ANSWER_SUPPLEMENT, case(Status.AUDIT), "nothing_offered"),
    (LEAD, Action.ANSWER_SUPPLEMENT, case(Status.AUDIT, supplement_items_open=1), None),
    (SECOND, Action.ANSWER_SUPPLEMENT, case(Status.AUDIT, supplement_items_open=1), "not_your_role"),
    (MANAGER, Action.OFFER_SUPPLEMENT, case(Status.DECISION), "illegal_transition"),
    (SECOND, Action.RECORD_VISIT, case(Status.AUDIT), "not_your_role"),
    (LEAD, Action.CLOSE_SCORING, case(Status.AUDIT, team=with_second(handed_in=False)), "sheets_not_handed_in"),
    (COORDINATOR, Action.CLOSE_SCORING, case(Status.AUDIT, team=()), "sheets_not_handed_in"),
    (LEAD, Action.CLOSE_SCORING, case(Status.AUDIT, visit_missing=True), "visit_missing"),
    (LEAD, Action.CLOSE_SCORING, case(Status.AUDIT), None),
    (LEAD, Action.AGREE, case(Status.CONSENSUS, divergences_open=1), "divergence_open"),
    (LEAD, Action.AGREE, case(Status.CONSENSUS), None),
    (LEAD, Action.SEND_REPORT, case(Status.REPORT, hearing_held=True), "hearing_already_held"),
    (LEAD, Action.FINALISE, case(Status.REPORT), "hearing_not_held"),
    (LEAD, Action.FINALISE, case(Status.REPORT, hearing_held=True, hearing_items_open=2), "hearing_item_open"),
    (LEAD, Action.FINALISE, case(Status.REPORT, hearing_held=True), None),
    (MANAGER, Action.END_HEARING, case(Status.HEARING), None),
    (COORDINATOR, Action.END_HEARING, case(Status.HEARING), "hearing_time_running"),
    (COORDINATOR, Action.END_HEARING, case(Status.HEARING, hearing_over=True), None),
    (DECIDER, Action.GRANT, case(Status.DECISION), None),
    (DECIDER, Action.GRANT, case(Status.DECISION, deciders=frozenset({8})), "separation_of_duties"),
    (Actor(5, "Wanda", frozenset({Role.DECISION_MAKER})), Action.GRANT, case(Status.DECISION), "separation_of_duties"),
    (
        Actor(8, "Daria", frozenset({Role.DECISION_MAKER}), {HOME: Role.CENTRE_EDITOR}),
        Action.GRANT,
        case(Status.DECISION),
        "own_centre",
    ),
    (LEAD, Action.CONFIRM_CONDITIONS, case(Status.CONDITIONAL, conditions_unreported=1), "condition_not_reported"),
    (COORDINATOR, Action.EXTEND_CONDITIONS, case(Status.CONDITIONAL, extended=True), "extended_already"),
    (DECIDER, Action.FAIL_CONDITIONS, case(Status.CONDITIONAL, deciders=frozenset({8})), "conditions_time_running"),
    (
        DECIDER,
        Action.FAIL_CONDITIONS,
        case(Status.CONDITIONAL, deciders=frozenset({8}), conditions_over=True),
        None,
    ),
    (COORDINATOR, Action.ISSUE, case(Status.GRANTED, deciders=frozenset({8})), None),
    (
        Actor(8, "Daria", frozenset({Role.COORDINATOR})),
        Action.ISSUE,
        case(Status.GRANTED, deciders=frozenset({8})),
        "separation_of_duties",
    ),
    (MANAGER, Action.APPEAL, case(Status.REFUSED, appeal_over=True), "appeal_time_over"),
    (MANAGER, Action.APPEAL, case(Status.REFUSED, appeal_used=True, appeal_over=True), "appeal_used"),
    (MANAGER, Action.APPEAL, case(Status.REFUSED), None),
    (DECIDER, Action.UPHOLD, case(Status.APPEAL, deciders=frozenset({8})), "separation_of_duties"),
    (DECIDER, Action.DISMISS, case(Status.APPEAL, deciders=frozenset({99})), None),
    (ADMIN, Action.ISSUE, case(Status.GRANTED), "not_your_role"),
]


@pytest.mark.parametrize(("actor", "action", "facts", "reason"), REASONS)
def test_reason(actor: Actor, action: Action, facts: Case, reason: str | None) -> None:
    assert why_not(actor, action, facts) == reason


def test_a_page_shows_the_actions_of_the_role_with_their_reasons() -> None:
    assert available(MANAGER, case(Status.DRAFT, ready=False)) == {Action.SUBMIT: "not_ready", Action.WITHDRAW: None}
    assert available(EDITOR, case(Status.DRAFT)) == {}
    assert available(STRANGER, case(Status.DRAFT)) == {}


def test_nobody_is_the_party_nobody() -> None:
    assert not any(is_party(actor, Party.NOBODY, case(Status.CERTIFIED)) for actor in ALL)


def test_has_looks_at_both_kinds_of_roles() -> None:
    assert MANAGER.has(Role.CENTRE_MANAGER, Role.ADMIN)
    assert ADMIN.has(Role.ADMIN)
    assert not EDITOR.has(Role.CENTRE_MANAGER)


@pytest.mark.parametrize(
    ("status", "seers"),
    [
        (Status.DRAFT, ["Maria", "Ewa", "Krystyna", "Wanda", "Adam", "Alina"]),
        (Status.AUDIT, ["Maria", "Ewa", "Krystyna", "Wanda", "Adam", "Alina"]),
        (Status.DECISION, ["Maria", "Ewa", "Krystyna", "Wanda", "Adam", "Daria", "Alina"]),
    ],
)
def test_who_sees_the_case(status: Status, seers: list[str]) -> None:
    assert [actor.name for actor in ALL if may_see_case(actor, case(status))] == seers


def seers_of_the_leads_sheet(facts: Case) -> list[str]:
    return [actor.name for actor in ALL if may_see_sheet(actor, facts, LEAD.user_id)]


def test_scoring_is_blind_until_every_sheet_is_in() -> None:
    running = case(Status.AUDIT, team=with_second(handed_in=False))
    assert seers_of_the_leads_sheet(running) == ["Wanda"]
    assert seers_of_the_leads_sheet(case(Status.AUDIT)) == ["Krystyna", "Wanda", "Adam", "Daria"]


def test_the_centre_sees_results_when_it_is_asked() -> None:
    assert not may_see_results(MANAGER, case(Status.REPORT))
    assert may_see_results(MANAGER, case(Status.REPORT, hearing_held=True))
    assert may_see_results(MANAGER, case(Status.HEARING))
    assert may_see_results(COORDINATOR, case(Status.REPORT))
    assert not may_see_results(COORDINATOR, case(Status.AUDIT, team=with_second(handed_in=False)))


def names(may: Callable[[Actor, Case], bool], facts: Case) -> list[str]:
    """Of those who see the case, who may."""
    return [actor.name for actor in ALL if may_see_case(actor, facts) and may(actor, facts)]


def test_the_file_is_closed_to_auditors_who_are_still_asked_whether_they_may() -> None:
    teaming = case(Status.TEAMING, team=with_second(handed_in=False))
    assert names(may_read_submission, teaming) == ["Maria", "Ewa", "Krystyna", "Alina"]
    running = replace(teaming, status=Status.AUDIT)
    assert names(may_read_submission, running) == ["Maria", "Ewa", "Krystyna", "Wanda", "Adam", "Alina"]


def test_sheets_are_compared_when_the_scoring_is_closed() -> None:
    assert names(may_compare_sheets, case(Status.AUDIT)) == []
    assert names(may_compare_sheets, case(Status.CONSENSUS)) == ["Krystyna", "Wanda", "Adam"]
    assert names(may_compare_sheets, case(Status.DECISION)) == ["Krystyna", "Wanda", "Adam", "Daria"]
    assert names(may_compare_sheets, case(Status.WITHDRAWN, team=())) == []


def test_the_report_and_the_trace_come_one_after_the_other_to_the_centre() -> None:
    office = ["Krystyna", "Wanda", "Adam", "Alina"]
    assert names(may_read_report, case(Status.CONSENSUS)) == []
    assert names(may_read_report, case(Status.REPORT)) == office
    assert names(may_read_report, case(Status.HEARING)) == ["Maria", "Ewa", *office]
    assert names(may_read_trace, case(Status.HEARING)) == office
    decided = case(Status.REFUSED, deciders=frozenset({DECIDER.user_id}))
    assert names(may_read_trace, decided) == ["Maria", "Ewa", "Krystyna", "Wanda", "Adam", "Daria", "Alina"]


def test_what_one_may_know_of_an_auditor() -> None:
    facts = case(Status.DECISION)
    own_coordinator = replace(COORDINATOR, centres={HOME: Role.CENTRE_EDITOR})
    everything = {"declaration", "objection", "tie_note", "handed_in"}
    assert open_of_member(COORDINATOR, facts, LEAD.user_id) == everything
    assert open_of_member(ADMIN, facts, LEAD.user_id) == everything
    assert open_of_member(LEAD, facts, LEAD.user_id) == {"declaration", "tie_note", "handed_in"}
    assert open_of_member(SECOND, facts, LEAD.user_id) == {"declaration", "handed_in"}
    assert open_of_member(MANAGER, facts, LEAD.user_id) == {"declaration", "objection"}
    assert open_of_member(own_coordinator, facts, LEAD.user_id) == {"declaration", "objection"}
    assert open_of_member(DECIDER, facts, LEAD.user_id) == set()


def test_the_move_is_not_of_those_whom_their_part_bars() -> None:
    decided = case(Status.DECISION, deciders=frozenset({8}))
    assert not has_move(DECIDER, decided)
    assert has_move(DECIDER, case(Status.DECISION))
    assert has_move(EDITOR, case(Status.DRAFT))
    assert not has_move(COORDINATOR, case(Status.DRAFT))


def test_a_refusal_waits_for_the_centre_until_its_appeal_is_used_or_late() -> None:
    assert move_of(case(Status.REFUSED)) is Party.CENTRE
    assert move_of(case(Status.REFUSED, appeal_used=True)) is Party.NOBODY
    assert move_of(case(Status.REFUSED, appeal_over=True)) is Party.NOBODY
    assert move_of(case(Status.CERTIFIED, appeal_used=True)) is Party.NOBODY
    assert not has_move(MANAGER, case(Status.REFUSED, appeal_used=True))
