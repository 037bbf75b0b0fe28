"""The smallest demo: the office and one centre, a token for everybody, one empty case; for trying out the API."""

from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from certify import demo
from certify.db import transaction
from certify.demo_region import CENTRES, COORDINATORS, OSL
from certify.domain.policy import Role
from certify.domain.scopes import Scope
from certify.queries.accounts import actor_of, find_user, get_user
from certify.rubrics import source_of
from certify.workflows import applications, rubrics, tokens
from certify.workflows.step import record

DAYS = 30
_WRITES: dict[Role, tuple[Scope, ...]] = {
    Role.CENTRE_MANAGER: (Scope.CENTRE,),
    Role.CENTRE_EDITOR: (Scope.CENTRE,),
    Role.AUDITOR: (Scope.AUDIT,),
    Role.COORDINATOR: (Scope.COORDINATION,),
    Role.DECISION_MAKER: (Scope.DECISION,),
    Role.ADMIN: (Scope.COORDINATION,),
}


@dataclass(frozen=True)
class Made:
    """What was built; `tokens` are the secrets by the address of their owner, known only now."""

    organisation_id: int
    application_id: int
    tokens: dict[str, str]


def build() -> Made:
    """Fill an empty database by the real verbs. Raises `DemoRefused`."""
    if demo.state() is not demo.DemoState.EMPTY:
        raise demo.DemoRefused("database_not_demo")
    demo.check_storage()
    with demo.quick_disk():
        return _build()


def _build() -> Made:
    centre = CENTRES[0]
    with transaction():
        record(demo.CREATED, None, centres=1)
    ids = demo.staff()
    path = Path(current_app.config["RUBRICS_DIR"]) / OSL[0] / f"{OSL[1]}.yaml"
    rubrics.publish(actor_of(get_user(ids[COORDINATORS[0]])), source_of(path), str(path))
    house = demo.settle(centre, ids)
    manager = actor_of(get_user(ids[f"kierownik.{centre.slug}"]))
    made = applications.create(manager, house.units[0].id, *OSL)
    organisation_id, application_id = house.id, made.id
    secrets = {one.email: _token(one.email, one.role) for one in demo.logins()}
    with transaction():
        record(demo.COMPLETED, None, cases=1)
    return Made(organisation_id, application_id, secrets)


def _token(email: str, role: Role) -> str:
    """A token that can do all that its owner's role can."""
    user = find_user(email)
    assert user is not None  # noqa: S101 - it was made a moment ago
    scopes = [scope.value for scope in (Scope.READ, *_WRITES[role])]
    return tokens.create(actor_of(user), "flask demo --fast", scopes, DAYS)[1]
