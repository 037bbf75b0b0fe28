"""Answers may come from an earlier application, to be confirmed."""

from alembic import op
import sqlalchemy as sa


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("carried_from_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("carried_on", sa.Date(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_answer_carried_from_id"), "application", ["carried_from_id"], ["id"]
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_answer_carried_with_its_day"), "(carried_from_id IS NULL) = (carried_on IS NULL)"
        )


def downgrade():
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_answer_carried_with_its_day"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_answer_carried_from_id"), type_="foreignkey")
        batch_op.drop_column("carried_on")
        batch_op.drop_column("carried_from_id")
