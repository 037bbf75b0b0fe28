"""What is counted so that nobody fills the service."""

from alembic import op

# revision identifiers, used by Alembic.
revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


INDEX = "ix_answer_revision_application_id_saved_by_id_saved_at"


def upgrade():
    op.create_index(INDEX, "answer_revision", ["application_id", "saved_by_id", "saved_at"])


def downgrade():
    op.drop_index(INDEX, "answer_revision")
