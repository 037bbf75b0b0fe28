"""Who may know which step of a history, and when; and which steps make an older picture of a case stale."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from certify.domain.history import OPEN, RULES, Step, hidden_details, may_know
from certify.domain.lifecycle import COUNTED, TRANSITIONS, Action, Status
from certify.domain.policy import Actor, Case, Member, Role

HOME = 1
CENTRE = Actor(1, "Maria", centres={HOME: Role.CENTRE_MANAGER})
OFFICE = Actor(2, "Krystyna", frozenset({Role.COORDINATOR}))
LEAD = Actor(3, "Wanda", frozenset({Role.AUDITOR}))
SECOND = Actor(4, "Adam", frozenset({Role.AUDITOR, Role.COORDINATOR}))
DECIDER = Actor(5, "Daria", frozenset({Role.DECISION_MAKER}))
READERS = (CENTRE, OFFICE, LEAD, SECOND, DECIDER)

RUNNING = Case(Status.AUDIT, HOME, team=(Member(3, lead=True, handed_in=True), Member(4)))
ALL_IN = replace(RUNNING, team=(Member(3, lead=True, handed_in=True), Member(4, handed_in=True)))

# kind, who took it, sealed → who knows: centre, office, lead, second auditor (who is of the office), decision maker.
DURING: list[tuple[str, int, bool, str]] = [
    ("start_audit", 2, False, "yyyyy"),
    ("declare", 3, False, "yyyyy"),
    ("record_visit", 3, False, "yyyyy"),
    ("hand_in", 3, False, "nyyyy"),
    ("score", 3, False, "nnynn"),
    ("settle", 3, False, "nnynn"),
    ("object", 1, False, "yynnn"),
    ("overrule", 2, False, "yynnn"),
    ("answer_saved", 1, False, "yynnn"),
    ("answer_saved", 1, True, "ynnnn"),
    ("area_delegated", 1, False, "ynnnn"),
    ("comment_written", 1, False, "ynnnn"),
    ("something_new", 1, False, "nnnnn"),
]
AFTER = [("hand_in", 3, False, "nyyyy"), ("score", 3, False, "nyyyy"), ("settle", 4, False, "nyyyy")]


@pytest.mark.parametrize(
    ("case", "row"), [*((RUNNING, row) for row in DURING), *((ALL_IN, row) for row in AFTER)], ids=str
)
def test_who_knows(case: Case, row: tuple[str, int, bool, str]) -> None:
    kind, actor_id, sealed, expected = row
    assert "".join("y" if may_know(one, case, Step(kind, actor_id, sealed)) else "n" for one in READERS) == expected


def test_the_number_of_divergences_is_not_the_centres() -> None:
    assert [hidden_details(one, ALL_IN) for one in READERS] == [{"divergences"}, *[frozenset()] * 4]


def kinds_of_cases() -> set[str]:
    """The kind in every `record(…, application=…)` of the verbs, also where it is handed on, and every action."""
    found = {action.value for action in Action}
    for path in (Path(__file__).parents[2] / "certify" / "workflows").glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for call in calls_of(function, "record"):
                if any(one.arg == "application" for one in call.keywords):
                    found |= constants(tree, function, call.args[0])
    return found


def calls_of(tree: ast.AST, name: str) -> list[ast.Call]:
    return [one for one in ast.walk(tree) if isinstance(one, ast.Call) and getattr(one.func, "id", "") == name]


def constants(tree: ast.AST, function: ast.FunctionDef, value: ast.expr) -> set[str]:
    """The texts that the argument may be: itself, or what callers of the function give for it in this file."""
    if isinstance(value, ast.Constant):
        return {str(value.value)}
    names = [one.arg for one in function.args.args]
    if not isinstance(value, ast.Name) or value.id not in names:
        # An action's own name, which the table has.
        return set()
    given = [one.args[names.index(value.id)] for one in calls_of(tree, function.name)]
    return {str(one.value) for one in given if isinstance(one, ast.Constant)}


def test_every_step_of_a_case_has_its_line() -> None:
    assert kinds_of_cases() == set(RULES)


def test_a_step_that_counts_is_known_to_every_reader() -> None:
    """The version of a case tells nothing that its history would not tell the same reader."""
    moving = {row.action for row in TRANSITIONS if not row.stays}
    assert moving | COUNTED <= OPEN
    assert not COUNTED & {Action.SCORE, Action.HAND_IN, Action.SETTLE, Action.OBJECT, Action.OVERRULE}
