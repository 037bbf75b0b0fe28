"""Terms and numbers with their dates written out: holidays of the next year, terms that are over, the new year."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import select

from certify import timing
from certify.db import db
from certify.domain.lifecycle import Status
from certify.domain.rubric import Rubric
from certify.models.application import Application
from certify.queries import audits, cases, deadlines
from certify.queries.rubrics import get, parsed
from certify.rubrics import read_file
from certify.workflows import applications, decisions
from certify.workflows.decisions import DecisionData
from tests.factories import OSL, RUBRICS, SMALL, Made, make_application


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return read_file(RUBRICS / "wolontariat" / "1.0.yaml")


def term(rubric: Rubric, days: int, calendar: str, start: date) -> date | None:
    process = replace(rubric.process, days={"audit": days}, calendar=calendar)  # type: ignore[arg-type]
    return deadlines.term(replace(rubric, process=process), "audit", start)


@pytest.mark.parametrize(
    ("days", "calendar", "start", "expected"),
    [
        # Free: 24 to 27 December, 1 January, 6 January, weekends.
        (14, "working", date(2026, 12, 20), date(2027, 1, 13)),
        (1, "working", date(2026, 12, 31), date(2027, 1, 4)),
        # Easter Monday 29 March 2027, then 3 May; Corpus Christi 27 May 2027.
        (1, "working", date(2027, 3, 26), date(2027, 3, 30)),
        (1, "working", date(2027, 5, 26), date(2027, 5, 28)),
        # A calendar term that ends on a free day ends on the next working one.
        (12, "calendar", date(2026, 12, 20), date(2027, 1, 4)),
        (17, "calendar", date(2026, 12, 20), date(2027, 1, 7)),
        # Years ahead: 1 January 2030 is a Tuesday.
        (1461, "calendar", date(2026, 1, 1), date(2030, 1, 2)),
        (3650, "calendar", date(2026, 1, 9), date(2036, 1, 7)),
        (30, "calendar", date(2026, 9, 1), date(2026, 10, 1)),
    ],
)
def test_a_term_ends_on_a_working_day(rubric: Rubric, days: int, calendar: str, start: date, expected: date) -> None:
    assert term(rubric, days, calendar, start) == expected


def test_what_has_no_term(rubric: Rubric) -> None:
    assert deadlines.term(rubric, "nothing", date(2026, 1, 1)) is None


@pytest.mark.parametrize("late", [0, 10])
def test_an_extension_runs_from_the_later_of_today_and_the_end_of_the_term(app: Flask, late: int) -> None:
    made = make_application(Status.CONDITIONAL, OSL)
    due = made.application.due_on
    assert due is not None
    now = datetime.combine(due + timedelta(days=late), datetime.min.time(), UTC) + timedelta(hours=10)
    start = due + timedelta(days=late)
    expected = deadlines.term(parsed(get(*OSL)), "conditions", start)
    with timing.fixed(now):
        changed = decisions.extend_conditions(made.cast.coordinator, made.case_id, "Rada zbiera się w marcu.")
    (condition,) = cases.decisions(changed)[-1].conditions
    assert (changed.due_on, condition.due_on) == (expected, expected)
    assert expected is not None
    assert expected > start


def test_an_extension_before_the_end_adds_to_the_term(app: Flask) -> None:
    made = make_application(Status.CONDITIONAL, OSL)
    due = made.application.due_on
    assert due is not None
    changed = decisions.extend_conditions(made.cast.coordinator, made.case_id, "Rada zbiera się w marcu.")
    assert changed.due_on == deadlines.term(parsed(get(*OSL)), "conditions", due)


def grant(made: Made) -> str:
    outcome = audits.result(made.application).outcome
    assert outcome is not None
    return decisions.grant(made.cast.decider, made.case_id, DecisionData(outcome.id, "Wszystko spełnione.")).number


def test_decisions_are_numbered_from_one_each_year(app: Flask) -> None:
    first, second, third = (make_application(Status.DECISION) for _ in range(3))
    year = timing.today().year
    assert grant(first) == f"D/{year}/0001"
    with timing.fixed(datetime(year + 1, 1, 4, 12, tzinfo=UTC)):
        assert (grant(second), grant(third)) == (f"D/{year + 1}/0001", f"D/{year + 1}/0002")


def test_numbers_go_on_behind_the_largest_one(app: Flask) -> None:
    made = make_application(Status.WITHDRAWN)
    year, unit = timing.today().year, made.organisation.units[0].id
    for taken, next_one in pairwise(["0009", "0010", "9999", "10000"]):
        latest = db.session.scalars(select(Application).order_by(Application.id.desc()).limit(1)).one()
        latest.number = f"W/{year}/{taken}"
        db.session.commit()
        if taken == "0010":
            continue
        opened = applications.create(made.cast.manager, unit, *SMALL)
        assert opened.number == f"W/{year}/{next_one}"
        applications.withdraw(made.cast.manager, opened.id)
