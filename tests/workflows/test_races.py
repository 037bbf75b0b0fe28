"""Two people at one moment: numbers are taken in turn, and what only the database can notice is a refusal."""

import threading
import time
from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from certify import timing
from certify.db import REFUSALS, Base, constraint_of, db, refusal_of, transaction
from certify.domain.errors import CertifyError, Invalid
from certify.domain.lifecycle import Status
from certify.models.account import User
from certify.models.application import CaseNote
from certify.models.decision import Decision
from certify.models.organisation import Organisation
from certify.queries import audits
from certify.timing import now
from certify.workflows import applications, certificates, decisions, organisations, reports, rubrics
from certify.workflows.decisions import DecisionData
from certify.workflows.organisations import OrganisationData
from certify.workflows.reports import ReportData
from certify.workflows.step import HISTORY_LOCK
from tests.factories import RUBRICS, SMALL, Made, make_application


def race(app: Flask, verbs: Sequence[Callable[[], str]]) -> list[str]:
    """What each verb answers, or its refusal. In PostgreSQL all stand at the history's lock before one goes on."""
    answers: list[str] = []
    start = threading.Barrier(len(verbs) + 1)

    def run(verb: Callable[[], str]) -> None:
        with app.app_context():
            start.wait()
            try:
                answers.append(verb())
            except CertifyError as error:
                faults = [one.code for one in error.errors] if isinstance(error, Invalid) else [error.code]
                answers.append(" ".join(faults))

    db.session.rollback()
    threads = [threading.Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    with db.engine.connect() as gate:
        if gate.dialect.name == "postgresql":
            gate.execute(sa.text(f"SELECT pg_advisory_lock({HISTORY_LOCK})"))
        start.wait()
        if gate.dialect.name == "postgresql":
            _wait_for(gate, len(verbs))
            gate.execute(sa.text(f"SELECT pg_advisory_unlock({HISTORY_LOCK})"))
    for thread in threads:
        thread.join()
    return sorted(answers)


def _wait_for(gate: sa.Connection, waiting: int) -> None:
    """Until so many wait for a lock; a verb that waits for another one's row counts too."""
    for _ in range(1000):
        if gate.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")) == waiting:
            return
        time.sleep(0.01)
    raise AssertionError("they do not wait for one another")


def granted(made: Made) -> Decision:
    outcome = audits.result(made.application).outcome
    assert outcome is not None
    return decisions.grant(made.cast.decider, made.case_id, DecisionData(outcome.id, "Wszystko spełnione."))


def both(status: Status) -> tuple[Made, Made]:
    return make_application(status), make_application(status)


def test_two_decisions_have_two_numbers(app: Flask) -> None:
    verbs = [
        lambda made=made: granted(made).number  # type: ignore[misc]
        for made in both(Status.DECISION)
    ]
    year = timing.today().year
    assert race(app, verbs) == [f"D/{year}/0001", f"D/{year}/0002"]


def test_two_applications_have_two_numbers(app: Flask) -> None:
    pair = both(Status.WITHDRAWN)
    before = max(int(made.application.number[-4:]) for made in pair)
    units = [made.organisation.units[0].id for made in pair]
    verbs = [
        lambda made=made, unit=unit: applications.create(made.cast.manager, unit, *SMALL).number  # type: ignore[misc]
        for made, unit in zip(pair, units, strict=True)
    ]
    year = timing.today().year
    assert race(app, verbs) == [f"W/{year}/{before + 1:04}", f"W/{year}/{before + 2:04}"]


def test_two_certificates_have_two_numbers(app: Flask) -> None:
    verbs = [
        lambda made=made: certificates.issue(made.cast.coordinator, made.case_id).number  # type: ignore[misc]
        for made in both(Status.GRANTED)
    ]
    year = timing.today().year
    assert race(app, verbs) == [f"WOL-{year}-001", f"WOL-{year}-002"]


def test_two_entries_from_before_have_one_reference(app: Flask) -> None:
    facts = {
        "holder_name": "OPS",
        "title": "C",
        "scope": "C",
        "standard_title": "M",
        "awarded": "w 2017",
        "source": "S",
    }

    def enter(reference: str) -> Callable[[], str]:
        return lambda: str(
            certificates.take_over(None, reference=reference, scheme="osl", year=2017, voivodeship="12", **facts).serial
        )

    assert race(app, [enter("OSL/2017/1"), enter("OSL/2017/2")]) == ["1", "2"]
    assert race(app, [enter("OSL/2017/3"), enter("OSL-2017-3")]) == ["3", "already_issued"]


def test_reports_of_one_case_are_numbered_in_turn(app: Flask) -> None:
    made = make_application(Status.REPORT)
    lead, case_id = made.cast.auditors[0], made.case_id
    send = [lambda: str(reports.send_report(lead, case_id, ReportData("Zgodnie."), version=None).number)] * 2
    assert race(app, send) == ["1", "illegal_transition"]


def test_one_regon_is_registered_once(app: Flask) -> None:
    made = make_application(Status.DRAFT)
    office = [made.actor("coordinator"), made.actor("admin")]
    verbs = [
        lambda who=who: str(  # type: ignore[misc]
            organisations.register(who, OrganisationData("OPS", "OPS", "Łask", "10", regon="123456785")).regon
        )
        for who in office
    ]
    assert race(app, verbs) == ["123456785", "regon_known"]
    assert db.session.scalar(sa.select(sa.func.count()).where(Organisation.regon == "123456785")) == 1


def test_one_version_of_a_standard_is_published_once(app: Flask) -> None:
    source = (RUBRICS / "wolontariat/1.0.yaml").read_bytes()
    verbs = [lambda: rubrics.publish(None, source, "a").version, lambda: rubrics.publish(None, source, "b").version]
    assert race(app, verbs) == ["1.0", "1.0"]


def test_what_only_the_database_notices_is_a_refusal(app: Flask) -> None:
    made = make_application(Status.DECISION)
    first = granted(made)
    user = db.session.scalars(sa.select(User).limit(1)).one()
    rows = {
        "uq_user_email": sa.insert(User).values(
            name="X", email=user.email, password="x", fs_uniquifier="x", created_at=now(), active=True, language="pl"
        ),
        "uq_decision_number": sa.insert(type(first)).values(
            {c.name: getattr(first, c.name) for c in type(first).__table__.columns if c.name != "id"}
        ),
        "ck_organisation_name_given": sa.insert(Organisation).values(
            name="", kind="OPS", city="X", voivodeship="10", sort_key="", street="", postcode=""
        ),
    }
    found = {}
    for name, statement in rows.items():
        with pytest.raises(CertifyError) as refused, transaction():
            db.session.execute(statement)
        found[name] = refused.value.code
        assert isinstance(refused.value.__cause__, IntegrityError)
        assert constraint_of(refused.value.__cause__) == name
    assert found == {
        "uq_user_email": "invalid",
        "uq_decision_number": "collision",
        "ck_organisation_name_given": "collision",
    }


def test_a_row_that_lacks_something_is_no_server_error(app: Flask) -> None:
    with pytest.raises(CertifyError) as refused, transaction():
        db.session.execute(sa.insert(CaseNote).values(application_id=1, action="x", text="x", written_at=now()))
    assert refused.value.code == "collision"


def test_the_constraints_of_the_table_exist() -> None:
    known = {str(one.name) for table in Base.metadata.tables.values() for one in (*table.constraints, *table.indexes)}
    assert set(REFUSALS) <= known
    assert refusal_of(IntegrityError("", {}, Exception("FOREIGN KEY constraint failed"))).code == "collision"
