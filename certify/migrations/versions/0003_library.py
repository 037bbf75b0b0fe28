"""The library of evidence: passports with questions on personal data, and the digest of what was sent before cleaning."""

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("author", sa.String(length=200), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("proves", sa.Text(), nullable=False, server_default=""))
        for name in ("names_people", "shows_pesel", "shows_faces", "has_consent"):
            batch_op.add_column(sa.Column(name, sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))

    with op.batch_alter_table("evidence_revision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("original_sha256", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("original_size", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("traces", sa.String(length=40), nullable=False, server_default=""))
        batch_op.create_check_constraint(
            op.f("ck_evidence_revision_original_whole"), "(original_sha256 IS NULL) = (original_size IS NULL)"
        )


def downgrade():
    with op.batch_alter_table("evidence_revision", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_evidence_revision_original_whole"), type_="check")
        for name in ("traces", "original_size", "original_sha256"):
            batch_op.drop_column(name)

    with op.batch_alter_table("evidence", schema=None) as batch_op:
        for name in ("version", "has_consent", "shows_faces", "shows_pesel", "names_people", "proves", "author"):
            batch_op.drop_column(name)
