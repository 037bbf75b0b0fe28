"""People and their rights: accounts, global roles, membership of centres, invitations, and tries to sign in."""

from datetime import datetime

from flask_security import RoleMixin, UserMixin
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certify.db import Base
from certify.domain.policy import CENTRE_ROLES, Role

GLOBAL_ROLES = tuple(role for role in Role if role not in CENTRE_ROLES)

NAME_LENGTH = 120
EMAIL_LENGTH = 254


def _one_of(column: str, roles: tuple[Role, ...]) -> str:
    return f"{column} IN ({', '.join(repr(role.value) for role in roles)})"


_CENTRE = (Role.CENTRE_EDITOR, Role.CENTRE_MANAGER)

user_role = Table(
    "user_role",
    Base.metadata,
    Column("user_id", Integer, ForeignKey("user.id"), primary_key=True),
    Column("role_id", Integer, ForeignKey("role.id"), primary_key=True),
)


class RoleRow(Base, RoleMixin):
    """A role that holds in the whole scheme; roles in a centre are memberships."""

    __tablename__ = "role"
    __table_args__ = (UniqueConstraint("name"), CheckConstraint(_one_of("name", GLOBAL_ROLES), "global_role"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(32))


class User(Base, UserMixin):
    """A person who signs in. Written for Flask-Security, with only the columns that its used parts read."""

    __tablename__ = "user"
    __table_args__ = (
        UniqueConstraint("email"),
        UniqueConstraint("fs_uniquifier"),
        # Addresses are kept in small letters, so that the unique key above ignores case in both databases.
        CheckConstraint("email = lower(email)", "email_lower"),
        CheckConstraint("language IN ('pl', 'en')", "language"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    password: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(2), default="pl")
    created_at: Mapped[datetime]
    # Counts the changes of the global roles, so that of two administrators nobody overwrites what they did not see.
    roles_version: Mapped[int] = mapped_column(default=1, server_default="1")
    roles: Mapped[list[RoleRow]] = relationship(  # type: ignore[assignment]  # a list of the parent in the mixin
        secondary=user_role, order_by=RoleRow.name
    )
    memberships: Mapped[list["Membership"]] = relationship(back_populates="user", order_by="Membership.id")


class Membership(Base):
    """A person's role in one organisation."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("user_id", "organisation_id"),
        CheckConstraint(_one_of("role", _CENTRE), "centre_role"),
        Index(None, "organisation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[str] = mapped_column(String(32))
    user: Mapped[User] = relationship(back_populates="memberships")


class Invitation(Base):
    """The right to make one account, by a link of which only the digest is kept."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("token_sha256"),
        CheckConstraint(_one_of("role", tuple(Role)), "role"),
        CheckConstraint(f"({_one_of('role', _CENTRE)}) = (organisation_id IS NOT NULL)", "centre_role_has_centre"),
        CheckConstraint("(used_at IS NULL) = (used_by IS NULL)", "used_by_somebody"),
        CheckConstraint("email = lower(email)", "email_lower"),
        Index(None, "email"),
        Index(None, "organisation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    role: Mapped[str] = mapped_column(String(32))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    token_sha256: Mapped[str] = mapped_column(String(64))
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    # A role in the scheme is confirmed by a second person; without a person it was the operator, on the server.
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    # False when somebody who had an account joined a centre: then nobody else ever held the link of their account.
    made_account: Mapped[bool] = mapped_column(default=True, server_default=true())


class RoleProposal(Base):
    """Roles in the scheme that an administrator wants to give; they hold when a second person has confirmed them."""

    __tablename__ = "role_proposal"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (confirmed IS NULL)", name="closed_somehow"),
        Index(
            "uq_role_proposal_open",
            "user_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    roles: Mapped[list[str]] = mapped_column(JSON)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    proposed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    confirmed: Mapped[bool | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id])


class PastMembership(Base):
    """Who once belonged to a centre: as a declared tie, it bars from that centre's cases."""

    __tablename__ = "past_membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[str] = mapped_column(String(32))
    ended_at: Mapped[datetime]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class SignInAttempt(Base):
    """One try to sign in, so that every web process counts the same tries; keyed digests, no address in clear."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index(None, "account_key", "at"),
        Index(None, "address_key", "at"),
        Index(None, "known_key", "at"),
        Index(None, "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_key: Mapped[str] = mapped_column(String(64))
    address_key: Mapped[str] = mapped_column(String(64))
    known_key: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]
    succeeded: Mapped[bool] = mapped_column(default=False)
