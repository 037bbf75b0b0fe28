"""The demo: a region in every status by the real verbs, built once, rebuilt on request, never over somebody's data."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from certify import create_app, demo, storage
from certify.db import db, transaction
from certify.demo_region import CENTRES
from certify.demo_texts import sentences
from certify.domain.accounts import password_fault
from certify.domain.lifecycle import Status
from certify.domain.policy import Role
from certify.domain.validity import Validity
from certify.models.account import User
from certify.models.application import Answer, Application
from certify.models.audit import Assignment, HearingItem, Score
from certify.models.certificate import Certificate
from certify.models.decision import Condition, Decision
from certify.models.event import Event
from certify.models.evidence import EvidenceRevision
from certify.queries import certificates
from certify.rubrics import find
from certify.timing import now
from certify.workflows.step import GENESIS, event_digest, record
from tests.conftest import CHEAP_HASHES

SMALL_REGION = CENTRES[9:10]  # one centre with a certificate, a hearing and an audit

pytestmark = pytest.mark.xdist_group("demo")


def make_app(folder: Path, url: str = "") -> Flask:
    """An application in a folder of its own, with a database that has no tables yet."""
    settings = {
        "TESTING": True,
        "INSTANCE": folder,
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": CHEAP_HASHES,
        "PUBLIC_URL": "http://localhost",
        "SQLALCHEMY_DATABASE_URI": url or f"sqlite:///{folder / 'demo.sqlite3'}",
    }
    return create_app(settings, check_rubrics=False)


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["demo", *arguments])


def dispose(app: Flask) -> None:
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Result]]:
    """The whole demo, built once by its command."""
    app = make_app(tmp_path_factory.mktemp("demo"))
    yield app, run(app, "--json")
    dispose(app)


@pytest.fixture
def region(built: tuple[Flask, Result]) -> Iterator[Flask]:
    with built[0].app_context():
        yield built[0]
        db.session.rollback()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Flask]:
    app = make_app(tmp_path)
    yield app
    dispose(app)


def test_every_status_is_there(built: tuple[Flask, Result], region: Flask) -> None:
    answer = json.loads(built[1].stdout)
    assert built[1].exit_code == 0
    assert answer["built"] is True
    assert set(answer["statuses"]) == {status.value for status in Status}
    assert answer["statuses"] == demo.statuses()


def test_there_is_one_login_for_each_role_and_the_password_opens_them(
    built: tuple[Flask, Result], region: Flask
) -> None:
    answer = json.loads(built[1].stdout)
    assert {one["role"] for one in answer["logins"]} == {role.value for role in Role}
    assert {one["email"] for one in answer["logins"]} == set(db.session.scalars(select(User.email)))
    assert all(password_fault(answer["password"], (one["email"], one["name"])) is None for one in answer["logins"])
    client = region.test_client()
    region.config["WTF_CSRF_ENABLED"] = False
    sent = client.post("/sign-in", data={"email": "audytor@demo.example", "password": answer["password"]})
    assert sent.status_code in {302, 303}


def test_the_history_is_one_unbroken_chain_in_the_order_of_time(region: Flask) -> None:
    events = list(db.session.scalars(select(Event).order_by(Event.id)))
    previous, at = GENESIS, events[0].at
    for event in events:
        assert event.previous_hash == previous
        assert event.hash == event_digest(event)
        assert event.at >= at, event.kind
        previous, at = event.hash, event.at
    assert events[0].kind == demo.CREATED
    assert events[-1].kind == demo.COMPLETED
    assert at <= now()


def test_the_verbs_were_used_as_people_would(region: Flask) -> None:
    kinds = set(db.session.scalars(select(Event.kind)))
    assert {
        "return",
        "resubmit",
        "release",
        "object",
        "overrule",
        "settle",
        "confirm_conditions",
        "uphold",
        "dismiss",
    } <= kinds
    assert db.session.scalar(select(Assignment.id).where(Assignment.tie, Assignment.released_at.is_not(None)))
    assert db.session.scalar(select(Condition.id).where(Condition.reported_at.is_(None)))
    assert db.session.scalar(select(HearingItem.id).where(HearingItem.answered_at.is_(None)))
    assert {one.computed_outcome for one in db.session.scalars(select(Decision))} >= {
        "granted",
        "conditional",
        "refused",
    }
    assert not db.session.scalars(select(Decision).where(Decision.outcome != Decision.computed_outcome)).all()


def test_the_certificates_are_genuine_files_and_some_are_past_their_time(region: Flask) -> None:
    issued = list(db.session.scalars(select(Certificate).where(Certificate.source == "")))
    assert {one.scheme for one in issued} == {"osl", "wolontariat"}
    for one in issued:
        with storage.open_verified(Path(region.config["STORAGE"]), str(one.pdf_sha256)) as file:
            found = certificates.verify(file)
        assert (found.answer, found.certificate) == ("genuine", one)
    assert {Validity.VALID, Validity.EXPIRING, Validity.EXPIRED} <= {certificates.validity(one) for one in issued}


def test_the_entry_of_libiaz_says_only_what_its_source_says(region: Flask) -> None:
    entry = certificates.by_number("ARCH-2017-0001")
    assert {column.key: getattr(entry, column.key) for column in Certificate.__table__.columns} == {
        "id": entry.id,
        "number": "ARCH-2017-0001",
        "path_number": "ARCH-2017-0001",
        "scheme": "osl-before",
        "year": 2017,
        "serial": 1,
        "application_id": None,
        "decision_id": None,
        "organisation_id": None,
        "holder_name": "Ośrodek Pomocy Społecznej w Libiążu",
        "holder_sort_key": entry.holder_sort_key,
        "holder_address": "",
        "voivodeship": "12",
        "unit_name": "",
        "title": "Certyfikat Jakości OSL",
        "grade": "",
        "scope": "Wdrażanie modelu Organizowania Społeczności Lokalnej.",
        "standard_title": "Model Organizowania Społeczności Lokalnej",
        "standard_version": "",
        "issuer_name": "",
        "decision_number": "",
        "decision_date": None,
        "valid_from": None,
        "valid_until": None,
        "awarded": "maj 2017",
        "expiring_months": 0,
        "issued_at": entry.issued_at,
        "issued_by_id": None,
        "pdf_sha256": None,
        "source": (
            "„Certyfikat Jakości OSL dla Ośrodka Pomocy Społecznej za wdrażanie modelu Organizowania Społeczności "
            "Lokalnej”, tekst publiczny z 2017-05-31"
        ),
    }
    assert certificates.validity(entry) is Validity.HISTORICAL


def test_a_second_run_changes_nothing_and_prints_the_logins(built: tuple[Flask, Result], region: Flask) -> None:
    before = db.session.scalars(select(Event.hash)).all()
    second = run(built[0])
    assert second.exit_code == 0
    assert "koordynator@demo.example" in second.stdout
    assert demo.PASSWORD in second.stdout
    db.session.rollback()
    assert db.session.scalars(select(Event.hash)).all() == before


def _build(app: Flask, seed: int = demo.SEED) -> str:
    """The digest of all that the people of a small region wrote and gave."""
    with app.app_context():
        db.create_all()
        demo.build(centres=SMALL_REGION, seed=seed)
        told: list[Any] = [
            list(db.session.scalars(select(Application.status).order_by(Application.id))),
            [
                (one.criterion, one.points, one.narratives)
                for one in db.session.scalars(select(Answer).order_by(Answer.id))
            ],
            list(
                map(tuple, db.session.execute(select(Score.criterion, Score.points, Score.reason).order_by(Score.id)))
            ),
            list(db.session.scalars(select(EvidenceRevision.sha256).order_by(EvidenceRevision.id))),
        ]
        assert demo.state() is demo.DemoState.COMPLETE
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def test_the_same_seed_tells_the_same_story(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "same"):
        app = make_app(tmp_path / name)
        digests.append(_build(app, 1))
        dispose(app)
    assert digests[0] == digests[1]


def test_fresh_builds_the_region_anew(bare: Flask) -> None:
    assert run(bare, "--centres", "1").exit_code == 0
    with bare.app_context():
        first = db.session.scalars(select(Application.number)).all()
        with transaction():
            record("something_else", None)
        db.session.remove()
    again = run(bare, "--fresh", "--centres", "1")
    assert again.exit_code == 0, again.output
    with bare.app_context():
        assert db.session.scalars(select(Application.number)).all() == first
        assert not db.session.scalars(select(Event.id).where(Event.kind == "something_else")).all()
        assert db.session.execute(text("SELECT version_num FROM alembic_version")).scalar()


@pytest.mark.parametrize("arguments", [(), ("--fresh",)])
def test_somebody_elses_database_is_refused(bare: Flask, arguments: tuple[str, ...]) -> None:
    with bare.app_context():
        db.create_all()
        with transaction():
            db.session.add(
                User(name="Jan Prawdziwy", email="jan@example.org", password="x", fs_uniquifier="x", created_at=now())
            )
        db.session.remove()
    refused = run(bare, *arguments)
    assert refused.exit_code == 1
    assert len(refused.stderr.strip().splitlines()) == 1
    with bare.app_context():
        assert db.session.scalars(select(User.email)).all() == ["jan@example.org"]


def test_a_database_of_another_program_is_refused(bare: Flask) -> None:
    with bare.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("CREATE TABLE invoices (id INTEGER)"))
        assert demo.state() is demo.DemoState.FOREIGN
    assert json.loads(run(bare, "--fresh", "--json").stdout)["code"] == "database_not_demo"


def test_a_history_that_did_not_begin_as_a_demo_is_refused(bare: Flask) -> None:
    with bare.app_context():
        db.create_all()
        with transaction():
            record("organisation_registered", None)
            record(demo.CREATED, None)
        assert demo.state() is demo.DemoState.FOREIGN
        with pytest.raises(demo.DemoRefused):
            demo.build()
        with pytest.raises(demo.DemoRefused):
            demo.erase()


def test_somebody_elses_files_are_refused(bare: Flask) -> None:
    stranger = Path(bare.config["STORAGE"]) / "ab" / "own"
    stranger.parent.mkdir()
    stranger.write_text("somebody's file")
    for arguments in ((), ("--fresh",)):
        assert json.loads(run(bare, "--json", *arguments).stdout)["code"] == "storage_not_demo"
    assert stranger.exists()


def test_a_build_that_was_cut_short_is_noticed(bare: Flask) -> None:
    with bare.app_context():
        db.create_all()
        with transaction():
            record(demo.CREATED, None)
        db.session.remove()
    cut = run(bare)
    assert cut.exit_code == 1
    assert "--fresh" in cut.stderr


def test_each_indicator_has_its_own_words() -> None:
    for standard in (("osl", "1.0"), ("wolontariat", "1.0")):
        rubric = find(Path(__file__).parent.parent / "rubrics", *standard)
        for criterion in rubric.criteria:
            for indicator in criterion.indicators:
                assert {"+", "-"} <= set(sentences()[indicator.id])
        for area in rubric.areas:
            assert {"*", "~"} <= set(sentences()[area.id])
