"""Sessions and tokens that end."""

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=60), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_why = '')", name=op.f("ck_user_session_ended_for_a_reason")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("sha256", name=op.f("uq_user_session_sha256")),
    )
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"])
    op.create_index(op.f("ix_user_session_begun_at"), "user_session", ["begun_at"])

    # What vouches for the browser has a count of its own: tries are rows of five minutes, so none is filled in.
    op.add_column("sign_in_attempt", sa.Column("known_key", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_sign_in_attempt_known_key_at"), "sign_in_attempt", ["known_key", "at"])


def downgrade():
    op.drop_index(op.f("ix_sign_in_attempt_known_key_at"), table_name="sign_in_attempt")
    with op.batch_alter_table("sign_in_attempt") as batch_op:
        batch_op.drop_column("known_key")
    op.drop_table("user_session")
