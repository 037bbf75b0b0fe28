"""Names that are found: folded texts, and certificate numbers in any way of writing."""

from alembic import op
import sqlalchemy as sa

from certify.domain.certificate_numbers import bare_key, parts_key


# revision identifiers, used by Alembic.
revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEYS = {"parts_key": parts_key, "bare_key": bare_key}


def upgrade():
    for name in KEYS:
        op.add_column("certificate", sa.Column(name, sa.String(length=80), nullable=False, server_default=""))
    fill_keys()
    for name in KEYS:
        op.create_index(op.f(f"ix_certificate_{name}"), "certificate", [name])


def fill_keys():
    table = sa.table("certificate", sa.column("id"), sa.column("number"), *map(sa.column, KEYS))
    rows = op.get_bind().execute(sa.select(table.c.id, table.c.number)).all()
    for row in rows:
        values = {name: key(row.number) for name, key in KEYS.items()}
        op.execute(sa.update(table).where(table.c.id == row.id).values(values))


def downgrade():
    for name in KEYS:
        op.drop_index(op.f(f"ix_certificate_{name}"), "certificate")
        op.drop_column("certificate", name)
