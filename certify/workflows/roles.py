"""The rows of the global roles."""

from sqlalchemy import select

from certify.db import db
from certify.domain.policy import Role
from certify.models.account import RoleRow


def role_row(role: Role) -> RoleRow:
    row = db.session.scalar(select(RoleRow).where(RoleRow.name == role.value))
    if row is None:
        row = RoleRow(name=role.value)
        db.session.add(row)
    return row
