"""Whom a coordinator may appoint, and how busy they are."""

from dataclasses import dataclass

from sqlalchemy import func, select

from certify.db import db
from certify.domain.collation import sort_key
from certify.domain.lifecycle import CLOSED
from certify.domain.policy import Role
from certify.models.account import RoleRow, User
from certify.models.application import Application
from certify.models.audit import Assignment


@dataclass(frozen=True)
class Auditor:
    """An active auditor and the number of open cases that they work on."""

    id: int
    name: str
    cases: int


def auditors() -> list[Auditor]:
    """All active auditors in Polish alphabetical order."""
    open_cases = (
        select(Assignment.auditor_id, func.count().label("cases"))
        .join(Application, Application.id == Assignment.application_id)
        .where(
            Assignment.released_at.is_(None),
            Application.status.not_in([status.value for status in CLOSED]),
        )
        .group_by(Assignment.auditor_id)
        .subquery()
    )
    rows = (
        select(User.id, User.name, func.coalesce(open_cases.c.cases, 0))
        .join(User.roles)
        .outerjoin(open_cases, open_cases.c.auditor_id == User.id)
        .where(RoleRow.name == Role.AUDITOR.value, User.active)
    )
    found = [Auditor(*row) for row in db.session.execute(rows)]
    return sorted(found, key=lambda one: (sort_key(one.name), one.id))
