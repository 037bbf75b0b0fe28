"""Versions of comments and conditions, the second hand for rights in the scheme, and who once belonged to a centre."""

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Plain columns are added without making the table anew, so that SQLite keeps its triggers and checks.
COLUMNS = {
    "hearing_item": {"version": "INTEGER DEFAULT 1 NOT NULL"},
    "condition": {"version": "INTEGER DEFAULT 1 NOT NULL"},
    "user": {"roles_version": "INTEGER DEFAULT 1 NOT NULL"},
}
ENDINGS = ("confirmed", "cancelled")


def _moment(name, nullable=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade():
    for table, columns in COLUMNS.items():
        for name, kind in columns.items():
            op.execute(f'ALTER TABLE "{table}" ADD COLUMN {name} {kind}')

    with op.batch_alter_table("invitation", schema=None) as batch_op:
        for ending in ENDINGS:
            batch_op.add_column(_moment(f"{ending}_at"))
            batch_op.add_column(sa.Column(f"{ending}_by", sa.Integer(), nullable=True))
            batch_op.create_foreign_key(batch_op.f(f"fk_invitation_{ending}_by"), "user", [f"{ending}_by"], ["id"])
        batch_op.add_column(sa.Column("made_account", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.create_index(batch_op.f("ix_invitation_invited_by"), ["invited_by"])
        batch_op.create_index(batch_op.f("ix_invitation_used_by"), ["used_by"])

    op.create_table(
        "role_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        _moment("proposed_at", nullable=False),
        _moment("closed_at"),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=True),
        sa.CheckConstraint("(closed_at IS NULL) = (confirmed IS NULL)", name=op.f("ck_role_proposal_closed_somehow")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_role_proposal_user_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["user.id"], name=op.f("fk_role_proposal_proposed_by")),
        sa.ForeignKeyConstraint(["closed_by"], ["user.id"], name=op.f("fk_role_proposal_closed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_proposal")),
    )
    op.create_index(
        "uq_role_proposal_open", "role_proposal", ["user_id"], unique=True,
        sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL"),
    )  # fmt: skip

    op.create_table(
        "past_membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        _moment("ended_at", nullable=False),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_past_membership_user_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_past_membership_organisation_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["user.id"], name=op.f("fk_past_membership_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_membership")),
    )
    op.create_index(op.f("ix_past_membership_organisation_id"), "past_membership", ["organisation_id"])


def downgrade():
    op.drop_table("past_membership")
    op.drop_table("role_proposal")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitation_used_by"))
        batch_op.drop_index(batch_op.f("ix_invitation_invited_by"))
        batch_op.drop_column("made_account")
        for ending in ENDINGS:
            batch_op.drop_constraint(batch_op.f(f"fk_invitation_{ending}_by"), type_="foreignkey")
            batch_op.drop_column(f"{ending}_by")
            batch_op.drop_column(f"{ending}_at")
    for table, columns in COLUMNS.items():
        for name in columns:
            op.execute(f'ALTER TABLE "{table}" DROP COLUMN {name}')
