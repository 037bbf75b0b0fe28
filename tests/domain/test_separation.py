"""Nobody has two parts of the chain that must be apart: every ordered pair, with the answer written by hand (R9)."""

from dataclasses import replace

import pytest

from certify.domain.lifecycle import Action, Status
from certify.domain.policy import Actor, Case, Member, Role, available, open_of_member, why_not, why_not_appoint

HOME, ELSEWHERE = 1, 2
# One person with every role of the scheme, so that only the earlier part can stand in the way.
EVERY = frozenset({Role.AUDITOR, Role.COORDINATOR, Role.DECISION_MAKER})
PERSON = Actor(1, "Jola", EVERY)
LINKED = 2
LEAD, SECOND, COORDINATOR, DECIDER, PANEL = 11, 12, 13, 14, 15

DONE = {"declared": True, "sheet_complete": True, "handed_in": True}
WHOLE = Case(
    status=Status.TEAMING,
    organisation_id=HOME,
    team=(Member(LEAD, lead=True, **DONE), Member(SECOND, **DONE)),
    audited=frozenset({LEAD, SECOND}),
    coordinated=frozenset({COORDINATOR}),
)
DECIDED = replace(WHOLE, deciders=frozenset({DECIDER}))


def having_done(part: str, who: int, case: Case) -> Case:
    """The same case in which this person has had the part."""
    others = tuple(one for one in case.team if one.user_id != SECOND)
    plain = Member(who, declared=True)
    added = {
        "assign": lambda: replace(case, coordinated=case.coordinated | {who}),
        "score": lambda: replace(case, team=(*others, plain), audited=case.audited | {who}),
        "review": lambda: replace(case, team=(replace(plain, lead=True),), audited=case.audited | {who}),
        "released": lambda: replace(case, audited=case.audited | {who}),
        "decide": lambda: replace(case, deciders=case.deciders | {who}),
        "appeal": lambda: replace(case, panel=case.panel | {who}),
        "tie": lambda: replace(case, tied=case.tied | {who}),
        "issue": lambda: replace(case, status=Status.CERTIFIED),
        "nothing": lambda: case,
    }
    return added[part]()


# What the person tries, in which state of the case.
TRIES: dict[str, tuple[Action, Case]] = {
    "assign": (Action.OVERRULE, WHOLE),
    "score": (Action.APPOINT, WHOLE),
    "review": (Action.APPOINT, WHOLE),
    "decide": (Action.GRANT, replace(DECIDED, status=Status.DECISION)),
    "issue": (Action.ISSUE, replace(DECIDED, status=Status.GRANTED)),
    "appeal": (Action.DISMISS, replace(DECIDED, status=Status.APPEAL)),
}
APART, COORDINATES, TIED, CLOSED = "separation_of_duties", "auditor_coordinates", "auditor_tied", "illegal_transition"
OWN = "own_centre"
# earlier part → what the person hears in each later one: assign, score, review, decide, issue, appeal.
PAIRS: dict[str, tuple[str | None, ...]] = {
    "nothing":  (None,   None,        None,        None,   None,   None),
    "assign":   (None,   COORDINATES, COORDINATES, APART,  None,   APART),
    "score":    (APART,  None,        None,        APART,  APART,  APART),
    "review":   (APART,  None,        None,        APART,  APART,  APART),
    "released": (APART,  None,        None,        APART,  APART,  APART),
    "decide":   (APART,  COORDINATES, COORDINATES, APART,  APART,  APART),
    "appeal":   (APART,  COORDINATES, COORDINATES, None,   APART,  None),
    "tie":      (OWN,    TIED,        TIED,        OWN,    OWN,    OWN),
    "issue":    (CLOSED, CLOSED,      CLOSED,      CLOSED, CLOSED, CLOSED),
}  # fmt: skip
CELLS = [(earlier, later, row[place]) for earlier, row in PAIRS.items() for place, later in enumerate(TRIES)]


def heard(later: str, earlier: str, who: int) -> str | None:
    """What PERSON hears when trying `later` in the case in which `who` has had the earlier part."""
    action, start = TRIES[later]
    case = having_done(earlier, who, start)
    if action is not Action.APPOINT:
        return why_not(PERSON, action, case)
    office = Actor(99, "Krystyna", frozenset({Role.COORDINATOR}))
    return why_not(office, action, case) or why_not_appoint(office, PERSON.user_id, case)


def test_the_table_is_whole() -> None:
    assert len(TRIES) == 6 and set(TRIES) < set(PAIRS) and len(CELLS) == 54


@pytest.mark.parametrize(("earlier", "later", "expected"), CELLS)
def test_a_pair_of_parts_of_one_person(earlier: str, later: str, expected: str | None) -> None:
    assert heard(later, earlier, PERSON.user_id) == expected


# Who handed out the link of an account counts as one person with it. A tie is a person's own.
BOUND = [(earlier, later, None if expected in {TIED, OWN} else expected) for earlier, later, expected in CELLS]


@pytest.mark.parametrize(("earlier", "later", "expected"), BOUND)
def test_a_pair_of_parts_of_inviter_and_invited(
    monkeypatch: pytest.MonkeyPatch, earlier: str, later: str, expected: str | None
) -> None:
    both = {PERSON.user_id: frozenset({LINKED}), LINKED: frozenset({PERSON.user_id})}
    action, start = TRIES[later]
    monkeypatch.setitem(TRIES, later, (action, replace(start, bound=both)))
    assert heard(later, earlier, LINKED) == expected
    # Others are not concerned.
    monkeypatch.setitem(TRIES, later, (action, replace(start, bound={77: frozenset({78})})))
    assert heard(later, earlier, LINKED) == (CLOSED if earlier == "issue" else None)


def test_nobody_appoints_oneself_or_an_account_that_they_made() -> None:
    office = Actor(5, "Kora", EVERY)
    assert why_not_appoint(office, 5, WHOLE) == "auditor_coordinates"
    assert why_not_appoint(office, 6, WHOLE) is None
    assert why_not_appoint(office, 6, replace(WHOLE, bound={6: frozenset({5})})) == "auditor_coordinates"


@pytest.mark.parametrize(
    ("action", "status", "facts"),
    [
        (Action.APPOINT, Status.TEAMING, {}),
        (Action.RELEASE, Status.TEAMING, {}),
        (Action.START_AUDIT, Status.TEAMING, {}),
        (Action.CLOSE_SCORING, Status.AUDIT, {}),
        (Action.END_HEARING, Status.HEARING, {"hearing_over": True}),
        (Action.EXTEND_CONDITIONS, Status.CONDITIONAL, {}),
    ],
)
def test_a_coordinators_step_is_closed_to_auditors_and_deciders(
    action: Action, status: Status, facts: dict[str, bool]
) -> None:
    case = replace(WHOLE, status=status, **facts)
    assert why_not(PERSON, action, case) is None
    for part in ("released", "decide", "appeal"):
        assert why_not(PERSON, action, having_done(part, PERSON.user_id, case)) == APART


def test_the_lead_auditor_closes_the_scoring_as_lead_whatever_else_they_are() -> None:
    case = having_done("review", PERSON.user_id, replace(WHOLE, status=Status.AUDIT))
    done = replace(case, team=tuple(replace(one, handed_in=True) for one in case.team))
    assert why_not(PERSON, Action.CLOSE_SCORING, done) is None


def test_the_centre_ends_its_own_hearing() -> None:
    manager = Actor(3, "Maria", centres={HOME: Role.CENTRE_MANAGER})
    assert why_not(manager, Action.END_HEARING, replace(WHOLE, status=Status.HEARING)) is None


def test_who_decided_may_say_that_the_conditions_were_not_met() -> None:
    case = replace(DECIDED, status=Status.CONDITIONAL, conditions_over=True)
    assert why_not(PERSON, Action.FAIL_CONDITIONS, having_done("decide", PERSON.user_id, case)) is None
    assert why_not(PERSON, Action.FAIL_CONDITIONS, having_done("released", PERSON.user_id, case)) == APART


def test_a_tie_of_another_case_stops_the_start_but_not_a_running_audit() -> None:
    office = Actor(99, "Krystyna", frozenset({Role.COORDINATOR}))
    tied = having_done("tie", SECOND, WHOLE)
    assert why_not(office, Action.START_AUDIT, tied) == "tie_open"
    second = Actor(SECOND, "Adam", frozenset({Role.AUDITOR}))
    running = replace(tied, status=Status.AUDIT, team=(Member(SECOND, declared=True),))
    assert why_not(second, Action.SCORE, running) is None
    assert available(PERSON, having_done("tie", 1, replace(DECIDED, status=Status.GRANTED))) == {Action.ISSUE: OWN}


def test_an_auditor_who_is_of_the_office_too_does_not_read_the_objection() -> None:
    case = having_done("score", PERSON.user_id, WHOLE)
    assert "objection" not in open_of_member(PERSON, case, PERSON.user_id)
    assert "objection" in open_of_member(PERSON, WHOLE, SECOND)
