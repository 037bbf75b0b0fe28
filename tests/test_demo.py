"""The demo: a region in every status by the real verbs, built once, rebuilt on request, never over somebody's data."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from certify import create_app, demo, instance, storage
from certify.db import db
from certify.demo_region import CENTRES
from certify.demo_texts import sentences
from certify.domain.lifecycle import Status
from certify.domain.policy import Role
from certify.domain.supplement import changed
from certify.domain.validity import Validity
from certify.models.account import User
from certify.models.application import Answer, Application
from certify.models.audit import Assignment, HearingItem, Score
from certify.models.certificate import Certificate
from certify.models.decision import Condition, Decision
from certify.models.desk import AnswerRevision, CriterionComment
from certify.models.event import GENESIS, Event, event_digest
from certify.models.evidence import Evidence, EvidenceRevision
from certify.models.organisation import Organisation, Unit
from certify.passwords import is_guessable
from certify.queries import certificates, chain, desk, library, self_assessment, supplements
from certify.rubrics import find
from certify.timing import now, today
from certify.workflows import verification
from certify.workflows.applications import content_of
from tests.conftest import CHEAP_HASHES
from tests.databases import let_go

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


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Result]]:
    """The whole demo, built once by its command."""
    app = make_app(tmp_path_factory.mktemp("demo"))
    yield app, run(app, "--json")
    let_go(app)


@pytest.fixture
def region(built: tuple[Flask, Result]) -> Iterator[Flask]:
    with built[0].app_context():
        yield built[0]
        db.session.rollback()


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
    people = [(one["email"], one["name"]) for one in answer["logins"]]
    assert not any(is_guessable(answer["password"], words, today()) for words in people)
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
    with db.engine.connect() as connection:
        found = chain.verify(connection, Path(region.config["STORAGE"]))
    assert (found.fault, found.events, found.older_rows) == (None, len(events), 0)
    assert found.files > 0


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
            found = verification.verify(file)
        assert (found.answer, found.certificate) == ("genuine", one)
    assert {Validity.VALID, Validity.EXPIRING, Validity.EXPIRED} <= {certificates.validity(one) for one in issued}


def test_the_entry_of_libiaz_says_only_what_its_source_says(region: Flask) -> None:
    entry = certificates.by_number("ARCH-2017-0001")
    assert {column.key: getattr(entry, column.key) for column in Certificate.__table__.columns} == {
        "id": entry.id,
        "number": "ARCH-2017-0001",
        "path_number": "ARCH-2017-0001",
        "parts_key": "arch/2017/1",
        "bare_key": "arch20170001",
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
        instance.make(app)
        digests.append(_build(app, 1))
        let_go(app)
    assert digests[0] == digests[1]


def test_each_indicator_has_its_own_words() -> None:
    for standard in (("osl", "1.0"), ("wolontariat", "1.0")):
        rubric = find(Path(__file__).parent.parent / "rubrics", *standard)
        for criterion in rubric.criteria:
            for indicator in criterion.indicators:
                assert {"+", "-"} <= set(sentences()[indicator.id])
        for area in rubric.areas:
            assert {"*", "~"} <= set(sentences()[area.id])


def _case_of(centre: str, status: str, unit: str = "") -> Application:
    """The one case of a centre in a status; `unit` narrows it to one of its units."""
    rows = (
        select(Application)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .join(Unit, Unit.id == Application.unit_id)
        .where(Organisation.name == centre, Application.status == status)
    )
    return db.session.scalars(rows.where(Unit.name == unit) if unit else rows).one()


MODRZEWIN = "Gminny Ośrodek Pomocy Społecznej w Modrzewinie"
SREBRNOGAJ = "Ośrodek Pomocy Społecznej w Srebrnogaju"
RUMIANKOW = "Gminny Ośrodek Pomocy Społecznej w Rumiankowie"
CICHOMOST = "Miejsko-Gminny Ośrodek Pomocy Społecznej w Cichomoście"
ASKED = [("missing", ["O1.1"]), ("unclear", ["O2.1", "O2.2"]), ("outdated", ["O4.3"])]


def test_a_supplement_round_is_open_with_a_request_for_each_fault(region: Flask) -> None:
    case = _case_of(SREBRNOGAJ, "supplement")
    assert [(one.kind, one.criteria) for one in supplements.open_requests(case)] == ASKED
    assert case.due_on is not None
    assert case.due_on > today()
    sealed = supplements.submissions_of(case)[-1].content
    living = content_of(case)
    assert changed(sealed, living, sorted(living["answers"])) == ("O1.1",)


def test_a_resubmission_changed_what_was_asked_for_and_nothing_else(region: Flask) -> None:
    case = _case_of(RUMIANKOW, "submitted")
    first, second = supplements.submissions_of(case)
    assert [(one.kind, one.criteria) for one in supplements.requests_of(case)] == ASKED
    assert changed(first.content, second.content, sorted(second.content["answers"])) == ("O1.1", "O2.1", "O2.2", "O4.3")


def test_the_audit_has_supplements_with_one_change_accepted_one_declined_one_waiting(region: Flask) -> None:
    case = _case_of(CICHOMOST, "audit", "Filia w Zakolu")
    offered = supplements.supplements_of(case)
    assert [(one.number, [(item.criterion, item.accepted) for item in one.items]) for one in offered] == [
        (1, [("O1.4", True), ("O4.2", False)]),
        (2, [("O5.1", None)]),
    ]
    content = supplements.as_read(case).content
    living = content_of(case)
    assert changed(content, living, sorted(living["answers"])) == ("O4.2", "O5.1", "O7.1")


def test_the_draft_shows_a_centre_at_work(region: Flask) -> None:
    case = _case_of(MODRZEWIN, "draft")
    given = {area: (one.user.name, one.due_on > today()) for area, one in desk.delegations(case).items() if one.due_on}
    assert given == {
        "O4": ("Paweł Żmijan", True),
        "O5": ("Paweł Żmijan", True),
        "O6": ("Danuta Okrasa", True),
    }
    assert list(desk.sign_offs(case)) == ["O1"]
    rows = select(CriterionComment).where(CriterionComment.application_id == case.id).order_by(CriterionComment.id)
    talk = [(one.criterion, one.written_by.name, one.resolved_at is not None) for one in db.session.scalars(rows)]
    assert talk == [
        ("O1.4", "Danuta Okrasa", True),
        ("O1.4", "Paweł Żmijan", False),
        ("O2.1", "Danuta Okrasa", False),
        ("O4.2", "Paweł Żmijan", False),
    ]
    versions = select(AnswerRevision).where(
        AnswerRevision.application_id == case.id, AnswerRevision.criterion == "O2.1"
    )
    assert [(one.number, one.restored) for one in db.session.scalars(versions.order_by(AnswerRevision.number))] == [
        (1, None),
        (2, None),
        (3, None),
        (4, 2),
    ]


def test_the_draft_carries_answers_of_the_earlier_application_to_be_confirmed(region: Flask) -> None:
    case = _case_of(MODRZEWIN, "draft")
    found = self_assessment.answers_of(case)
    waiting = sorted(key for key, one in found.items() if one.carried_from_id is not None)
    assert waiting == ["O4.1", "O4.2", "O4.3", "O4.4", "O4.5", "O5.1", "O5.2", "O5.3", "O5.4", "O5.5", "O5.6"]
    assert {found[key].carried_from_id for key in waiting} == {_case_of(MODRZEWIN, "rejected").id}
    progress = self_assessment.readiness_of(case).areas
    assert {area: (one.answered, one.total) for area, one in progress.items()} == {
        "O1": (5, 5),
        "O2": (4, 4),
        "O3": (4, 4),
        "O4": (0, 5),
        "O5": (0, 6),
        "O6": (0, 4),
        "O7": (0, 5),
    }


def test_the_library_holds_several_kinds_one_too_old_one_revised_one_not_described(region: Flask) -> None:
    home = _case_of(MODRZEWIN, "draft").organisation_id
    rows = select(Evidence).where(Evidence.organisation_id == home, Evidence.version > 1).order_by(Evidence.id)
    ages = library.age_rule_of([home])
    shelf = [
        (one.title, one.kind, len(one.revisions), library.period_of(one).is_old(today(), ages.months(one.kind)))
        for one in db.session.scalars(rows)
    ]
    assert shelf == [
        ("Piknik sąsiedzki nad Nidką", "photo_film", 1, False),
        ("Porozumienie z biblioteką o sali", "agreement", 1, False),
        ("Ankieta wśród mieszkańców", "survey_data", 1, True),
        ("Protokół zebrania grupy „Nasze Podwórko”", "minutes", 2, False),
    ]
    last = db.session.scalars(select(Evidence).where(Evidence.organisation_id == home).order_by(Evidence.id)).all()[-1]
    assert (last.title, last.current.traces, last.names_people, library.places(last)) == (
        "Lista obecności – warsztat diagnozy.txt",
        "attendance",
        None,
        [],
    )
