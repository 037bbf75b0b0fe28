"""Each file of evidence knows what the malware scanner said of it."""

from alembic import op
import sqlalchemy as sa


revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("evidence_revision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scan", sa.String(length=10), nullable=False, server_default="none"))
        batch_op.add_column(sa.Column("scan_detail", sa.String(length=100), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_evidence_revision_scan_known"), "scan IN ('none', 'pending', 'clean', 'infected')"
        )
        batch_op.create_index(batch_op.f("ix_evidence_revision_scan"), ["scan"])


def downgrade():
    with op.batch_alter_table("evidence_revision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_revision_scan"))
        batch_op.drop_constraint(batch_op.f("ck_evidence_revision_scan_known"), type_="check")
        for name in ("scanned_at", "scan_detail", "scan"):
            batch_op.drop_column(name)
