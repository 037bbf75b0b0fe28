"""What tests start from: people, centres, and cases that were walked to a status through the real verbs."""

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from flask_security import hash_password
from sqlalchemy import select

from certify.db import db, transaction
from certify.domain.lifecycle import Status
from certify.domain.policy import Actor, Role
from certify.models.account import Membership, RoleRow, User
from certify.models.application import Application
from certify.models.organisation import Organisation
from certify.queries.accounts import actor_of
from certify.queries.rubrics import published
from certify.timing import now
from certify.walk import PATHS, Cast, Script, Walk
from certify.workflows import organisations, rubrics
from certify.workflows.sign_in import normalised
from tests import kept_states

RUBRICS = Path(__file__).parent.parent / "rubrics"
OSL = ("osl", "1.0")
SMALL = ("wolontariat", "1.0")
PASSWORD = "długie hasło do prób"

_numbers = count(1)


def make_user(
    name: str = "", *roles: Role, centre: Organisation | None = None, centre_role: Role | None = None
) -> User:
    """An account with global roles, and a role in a centre when one is given (manager unless told)."""
    number = next(_numbers)
    with transaction():
        user = User(
            name=name or f"Osoba {number}",
            email=f"osoba{number}.o-dosyc-dlugim-nazwisku@osrodek.example.org",
            password=hash_password(normalised(PASSWORD)),
            fs_uniquifier=f"osoba-{number}-{now().timestamp()}",
            created_at=now(),
        )
        for role in roles:
            row = db.session.scalar(select(RoleRow).where(RoleRow.name == role.value))
            user.roles.append(row or RoleRow(name=role.value))
        if centre is not None:
            user.memberships.append(
                Membership(organisation_id=centre.id, role=(centre_role or Role.CENTRE_MANAGER).value)
            )
        db.session.add(user)
    return user


def fresh_actor(user: User) -> Actor:
    """The person's rights as they stand now."""
    found = db.session.get_one(User, user.id)
    db.session.refresh(found)
    return actor_of(found)


def make_organisation(name: str = "", kind: str = "OPS", **data: str) -> Organisation:
    """A registered centre with its main unit; its type is one of a published standard, so there has to be one."""
    if not published():
        publish()
    office = make_user("Rejestr", Role.COORDINATOR)
    return organisations.register(
        fresh_actor(office),
        organisations.OrganisationData(
            name=name or f"Ośrodek Pomocy Społecznej nr {next(_numbers)}",
            kind=kind,
            city=data.pop("city", "Żary"),
            voivodeship=data.pop("voivodeship", "08"),
            **data,
        ),
    )


def publish(standard: tuple[str, str] = SMALL) -> None:
    """Publish a standard of the rubrics folder."""
    scheme, version = standard
    rubrics.publish(None, (RUBRICS / scheme / f"{version}.yaml").read_bytes(), f"{scheme}/{version}")


@dataclass
class Made:
    """A case, its people by part, and a whole second centre with its manager, who must see nothing of it."""

    case_id: int
    cast: Cast
    organisation: Organisation
    people: dict[str, User] = field(default_factory=dict)

    @property
    def application(self) -> Application:
        """The case as it stands in the database now."""
        return db.session.get_one(Application, self.case_id, populate_existing=True)

    def actor(self, part: str) -> Actor:
        """The person who plays the part, with the rights of this moment."""
        return fresh_actor(self.people[part])


def make_people(organisation: Organisation) -> dict[str, User]:
    """One person for each part around a case; `stranger` belongs to another centre."""
    return {
        "manager": make_user("Maria Zarządca", centre=organisation),
        "editor": make_user("Ewa Redaktorka", centre=organisation, centre_role=Role.CENTRE_EDITOR),
        "stranger": make_user("Stanisław Obcy", centre=make_organisation("Inny Ośrodek w Łasku")),
        "coordinator": make_user("Krystyna Koordynatorka", Role.COORDINATOR),
        "lead": make_user("Wanda Wiodąca", Role.AUDITOR),
        "auditor": make_user("Adam Audytor", Role.AUDITOR),
        "outsider": make_user("Olga Audytorka", Role.AUDITOR),
        "decider": make_user("Daria Decydująca", Role.DECISION_MAKER),
        "panel": make_user("Paweł Odwoławczy", Role.DECISION_MAKER),
        "admin": make_user("Alina Administratorka", Role.ADMIN),
    }


def make_walk(
    standard: tuple[str, str] = SMALL, script: Script | None = None, kind: str = "OPS"
) -> tuple[Walk, dict[str, User], Organisation]:
    """A case that has not begun, ready to be walked."""
    chosen = script or small_script(standard)
    return kept_states.once((standard, kind), chosen, lambda: _gathered(standard, chosen, kind))


def _gathered(standard: tuple[str, str], script: Script, kind: str) -> tuple[Walk, dict[str, User], Organisation]:
    publish(standard)
    organisation = make_organisation(kind=kind)
    people = make_people(organisation)
    cast = Cast(
        manager=fresh_actor(people["manager"]),
        coordinator=fresh_actor(people["coordinator"]),
        auditors=(fresh_actor(people["lead"]), fresh_actor(people["auditor"])),
        decider=fresh_actor(people["decider"]),
    )
    return Walk(cast, organisation.units[0].id, standard, script), people, organisation


def small_script(standard: tuple[str, str]) -> Script:
    """Everybody rates the level above "met" by none: all criteria stand at the standard's "met"."""
    met = 2 if standard == OSL else 3
    return Script(self_points=lambda criterion: met, audit_points=lambda criterion, auditor: met)


def diverging_script(standard: tuple[str, str] = SMALL) -> Script:
    """The second auditor finds nothing for one criterion, so that a consensus is needed."""
    met, low = (2, 0) if standard == OSL else (3, 1)

    def points(criterion: object, auditor: int) -> int:
        first = getattr(criterion, "id", "") in {"O1.3", "P.2"}
        return low if auditor == 1 and first else met

    return Script(self_points=lambda criterion: met, audit_points=points)


def make_application(
    at: Status = Status.DRAFT, standard: tuple[str, str] = SMALL, script: Script | None = None
) -> Made:
    """A case at a status, reached by the verbs."""
    if script is not None:
        walk, people, organisation = make_walk(standard, script)
        walk.to(at)
        return Made(walk.case_id, walk.cast, organisation, people)
    return _walked(PATHS[at], standard, diverging=at is Status.CONSENSUS)


def make_audit(standard: tuple[str, str] = SMALL) -> Made:
    """A case whose audit has just begun: nobody has scored anything."""
    return _walked((*PATHS[Status.SUBMITTED], "accept", "team", "start"), standard)


def _walked(stages: tuple[str, ...], standard: tuple[str, str], *, diverging: bool = False) -> Made:
    script = diverging_script(standard) if diverging else small_script(standard)
    walk, people, organisation = _after(stages, standard, script, diverging)
    return Made(walk.case_id, walk.cast, organisation, people)


def _after(stages: tuple[str, ...], standard: tuple[str, str], script: Script, diverging: bool) -> kept_states.Start:
    """The case after these stages; what two ways have in common is walked once."""

    def go_on() -> kept_states.Start:
        start = _after(stages[:-1], standard, script, diverging)
        start[0].take(stages[-1])
        return start

    return kept_states.once((standard, stages, diverging), script, go_on) if stages else make_walk(standard, script)
