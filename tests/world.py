"""One database with a case at every stage, a second centre beside it, and all people; tests only read it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from certify import create_app
from certify.db import db, transaction
from certify.domain.lifecycle import Status
from certify.domain.policy import Role
from certify.domain.scopes import Scope
from certify.models.account import User
from certify.models.application import Answer, Application
from certify.models.event import Event
from certify.models.evidence import EvidenceRevision
from certify.models.organisation import Organisation
from certify.queries import audits, cases, certificates, sessions
from certify.queries.rubrics import rubric_of
from certify.walk import Cast, Script, Walk
from certify.workflows import accounts, confirmations, organisations, rubrics, tokens, uploads, webhooks
from certify.workflows.sessions import digest
from certify.workflows.webhooks import WebhookData
from tests.databases import let_go
from tests.factories import (
    RUBRICS,
    SMALL,
    diverging_script,
    fresh_actor,
    make_organisation,
    make_user,
    publish,
    small_script,
)
from tests.measuring import unmeasured
from tests.pages import PackingClient
from tests.signing_in import give, secret_for

OURS = (
    Status.DRAFT,
    Status.SUBMITTED,
    Status.TEAMING,
    Status.AUDIT,
    Status.CONSENSUS,
    Status.REPORT,
    Status.HEARING,
    Status.DECISION,
    Status.CONDITIONAL,
    Status.GRANTED,
    Status.REFUSED,
    Status.APPEAL,
    Status.CERTIFIED,
)
# The other centre needs one case before, one in and one after the audit.
THEIRS = (Status.DRAFT, Status.AUDIT, Status.GRANTED)
# A scheme of its own with the same criteria.
CONDITIONS = ("warunki", "1.0")
MISSING = 999_999_999


@dataclass
class Side:
    """A centre with its people, its auditors and its cases."""

    organisation: Organisation
    lead: User
    auditor: User
    manager: User
    organisation_id: int = 0
    cases: dict[Status, int] = field(default_factory=dict)
    # Numbers of rows that hang on a case: what an address or a form may name.
    rows: dict[str, Any] = field(default_factory=dict)


@dataclass
class World:
    """Everything, by number only: rows belong to a session, and each request has its own."""

    app: Flask
    keys: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    ours: Side | None = None
    theirs: Side | None = None
    invitation: str = ""
    # Open invitations to a centre, by side: to a stranger, and (True) to somebody who has an account.
    offers: dict[tuple[str, bool], int] = field(default_factory=dict)
    # Access tokens with every scope by person, and one of each side that a page may revoke.
    secrets: dict[str, str] = field(default_factory=dict)
    spare: dict[str, int] = field(default_factory=dict)
    # A session of each side that a page may end.
    spare_sessions: dict[str, int] = field(default_factory=dict)
    # Two subscriptions, each with a message that waits to be sent.
    hooks: dict[str, tuple[int, int]] = field(default_factory=dict)

    def client(self, actor: str) -> FlaskClient:
        """A browser in which the person is signed in; `anonymous` is nobody."""
        client = FlaskClient(self.app, self.app.response_class)
        if actor in self.ids:
            give(client, self._key(actor))
        return client

    def _key(self, actor: str) -> str:
        """The secret of the person's session; a new one when a request of a test has ended it."""
        with self.app.app_context():
            found = sessions.by_digest(digest(self.keys.get(actor, "")))
            if found is None or found.ended_at is not None:
                self.keys[actor] = secret_for(self.ids[actor])
        return self.keys[actor]

    def call(self, actor: str, method: str, address: str, *, secret: str | None = None, **more: Any) -> TestResponse:
        """A request of a program that acts for the person; `anonymous` sends no token."""
        token = secret or self.secrets.get(actor)
        headers = {**more.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        client = PackingClient(self.app, self.app.response_class)
        return client.open(address, method=method, headers=headers, buffered=True, **more)

    def side(self, name: str) -> Side:
        """`ours` or `theirs`."""
        found: Side | None = getattr(self, name)
        assert found is not None
        return found

    def version(self, case_id: int) -> int:
        """The case's version as a form would carry it."""
        with self.app.app_context():
            return db.session.get_one(Application, case_id).version

    def picture(self) -> tuple[object, ...]:
        """What must be the same after any number of refused requests."""
        with self.app.app_context():
            rows = db.session.execute(select(Application.id, Application.status, Application.version))
            moves = db.session.scalar(select(func.count(Event.id)).where(Event.application_id.is_not(None)))
            return tuple(rows.all()), moves, db.session.scalar(select(func.sum(Answer.version)))


def _people(world: World, ours: Side, theirs: Side) -> None:
    people = {
        "centre_editor": make_user("Ewa Redaktorka", centre=ours.organisation, centre_role=Role.CENTRE_EDITOR),
        "centre_manager": ours.manager,
        "other_manager": theirs.manager,
        "lead_auditor": ours.lead,
        "assigned_auditor": ours.auditor,
        "other_auditor": theirs.lead,
        "coordinator": make_user("Krystyna Koordynatorka", Role.COORDINATOR),
        "decision_maker": make_user("Daria Decydująca", Role.DECISION_MAKER),
        "admin": make_user("Alina Administratorka", Role.ADMIN),
        "disabled": make_user("Dawna Zarządczyni", centre=ours.organisation),
    }
    for name, user in people.items():
        _, world.secrets[name] = tokens.create(fresh_actor(user), "wszystko", [scope.value for scope in Scope], 30)
    for side, owner in (("ours", "centre_editor"), ("theirs", "other_manager")):
        opened = sessions.by_digest(digest(secret_for(people[owner])))
        assert opened is not None
        world.spare_sessions[side] = opened.id
        world.spare[side] = tokens.create(fresh_actor(people[owner]), "zbędny", [Scope.READ.value], 30)[0].id
    with transaction():
        people["disabled"].active = False
    world.ids = {name: user.id for name, user in people.items()}


def _side(name: str) -> Side:
    organisation = make_organisation(name)
    return Side(
        organisation,
        lead=make_user("Wanda Wiodąca", Role.AUDITOR),
        auditor=make_user("Adam Audytor", Role.AUDITOR),
        manager=make_user("Maria Zarządca", centre=organisation),
        organisation_id=organisation.id,
    )


def publish_with_conditions() -> None:
    """The small standard with a conditional outcome, which only the large one has: its 33 criteria cost seconds."""
    source = (RUBRICS / "wolontariat" / "1.0.yaml").read_text("utf-8")
    source = source.replace("scheme: wolontariat", f"scheme: {CONDITIONS[0]}", 1).replace('"WOL-', '"WAR-', 1)
    outcome = """  - id: conditional
    leads_to: conditional
    title: {pl: "Warunkowy", en: "Conditional"}
    gates: {total: 40}
    conditions: {critical_below: 3}
"""
    refusal = source.index("  - id: refused")
    rubrics.publish(None, (source[:refusal] + outcome + source[refusal:]).encode(), CONDITIONS[0])


def _script(status: Status) -> tuple[tuple[str, str], Script]:
    standard = CONDITIONS if status is Status.CONDITIONAL else SMALL
    return standard, diverging_script(standard) if status is Status.CONSENSUS else small_script(standard)


def _walk(world: World, side: Side, status: Status) -> None:
    def actor(name: str) -> Any:
        return fresh_actor(db.session.get_one(User, world.ids[name]))

    unit = organisations.add_unit(actor("coordinator"), side.organisation_id, f"Oddział {status.value}")
    standard, script = _script(status)
    cast = Cast(
        manager=fresh_actor(side.manager),
        coordinator=actor("coordinator"),
        auditors=(fresh_actor(side.lead), fresh_actor(side.auditor)),
        decider=actor("decision_maker"),
    )
    walk = Walk(cast, unit.id, standard, script)
    side.cases[status] = walk.to(status)


def _application(side: Side, status: Status) -> Application:
    return db.session.get_one(Application, side.cases[status])


def _note_rows(side: Side) -> None:
    draft, heard = _application(side, Status.DRAFT), _application(side, Status.GRANTED)
    rubric = rubric_of(heard)
    piece = next(iter(heard.submissions[-1].content["evidence"].values()))[0]
    link = next(iter(cases.self_assessment.links_of(draft).values()))[0]
    asked_about = Status.TEAMING if Status.TEAMING in side.cases else Status.AUDIT
    manager = fresh_actor(side.manager)
    side.rows = {
        "criterion": rubric.criteria[0].id,
        "unanswered": rubric.criteria[-1].id,
        "unit": heard.unit_id,
        "area": rubric.areas[0].id,
        "file": piece["revision"],
        "evidence": link.evidence_id,
        "proof": db.session.get_one(EvidenceRevision, piece["revision"]).evidence_id,
        "link": link.id,
        "upload": uploads.begin(manager, uploads.Place(side.organisation_id), "a.txt", 3).token,
        "item": audits.hearing_items(heard)[0].id,
        "assignment": cases.team(_application(side, asked_about))[0].id,
    }
    if Status.CERTIFIED in side.cases:
        certificate = certificates.of_application(side.cases[Status.CERTIFIED])
        assert certificate is not None
        side.rows["number"] = certificate.path_number
        side.rows["condition"] = cases.decisions(_application(side, Status.CONDITIONAL))[-1].conditions[0].id


def _fill(world: World) -> None:
    publish(SMALL)
    publish_with_conditions()
    world.ours, world.theirs = _side("Ośrodek Pomocy Społecznej w Żarach"), _side("Inny Ośrodek w Łasku")
    _people(world, world.ours, world.theirs)
    for status in OURS:
        _walk(world, world.ours, status)
    for status in THEIRS:
        _walk(world, world.theirs, status)
    for side in (world.ours, world.theirs):
        _note_rows(side)
    _subscribe(world, "ours", "93.184.216.34")
    _subscribe(world, "theirs", "93.184.216.35")
    _invite(world)


def _invite(world: World) -> None:
    def actor(name: str) -> Any:
        return fresh_actor(db.session.get_one(User, world.ids[name]))

    made, world.invitation = accounts.invite(actor("admin"), "nowa@example.org", "Nowa Osoba", Role.AUDITOR, None)
    confirmations.confirm(actor("coordinator"), made.id)
    for side, known in (("ours", "decision_maker"), ("theirs", "other_auditor")):
        person = db.session.get_one(User, world.ids[known])
        for email, has_account in ((person.email, True), (f"{side}@example.org", False)):
            centre = world.side(side).organisation_id
            offered, _ = accounts.invite(actor("coordinator"), email, "Osoba", Role.CENTRE_EDITOR, centre)
            world.offers[side, has_account] = offered.id


def _subscribe(world: World, side: str, host: str) -> None:
    office = fresh_actor(db.session.get_one(User, world.ids["coordinator"]))
    made, _ = webhooks.create(office, WebhookData(side, f"https://{host}/hook", ["issue"]))
    # Past its first version, so that no request of a test has the right one by chance.
    webhooks.change(office, made.id, {"name": f"Rejestr {side}"})
    world.hooks[side] = (made.id, webhooks.ping(office, made.id).id)


@contextmanager
def build(settings: dict[str, Any], **overrides: Any) -> Iterator[World]:
    """Make the application and fill its database."""
    app = create_app({**settings, **overrides}, check_rubrics=False)
    world = World(app)
    # The verbs that fill it are measured by their own tests.
    with unmeasured(), app.app_context():
        _fill(world)
    yield world
    let_go(app)
