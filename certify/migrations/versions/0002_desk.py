"""Working together in a centre: areas given to people, comments, every version of an answer, the manager's sign-off."""

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


TABLE = "answer_revision"


def _protect():
    """As in 0001: the database itself refuses to rewrite a version that was saved."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} "
                f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {TABLE}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{TABLE} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_append_only()"
    )


def _reference(table, column, target):
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade():
    op.create_table(
        "area_delegation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=False),
        _reference("area_delegation", "application_id", "application"),
        _reference("area_delegation", "user_id", "user"),
        _reference("area_delegation", "given_by_id", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_delegation")),
        sa.UniqueConstraint("application_id", "area", name="uq_area_delegation_application_id_area"),
    )
    op.create_table(
        "criterion_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("criterion", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(resolved_at IS NULL) = (resolved_by_id IS NULL)", name=op.f("ck_criterion_comment_resolved_by_somebody")
        ),
        _reference("criterion_comment", "application_id", "application"),
        _reference("criterion_comment", "written_by_id", "user"),
        _reference("criterion_comment", "resolved_by_id", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criterion_comment")),
    )
    op.create_index(
        op.f("ix_criterion_comment_application_id_criterion"), "criterion_comment", ["application_id", "criterion"]
    )
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("criterion", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("not_applicable", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("narratives", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by_id", sa.Integer(), nullable=False),
        sa.Column("restored", sa.Integer(), nullable=True),
        _reference(TABLE, "application_id", "application"),
        _reference(TABLE, "saved_by_id", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_revision")),
        sa.UniqueConstraint("application_id", "criterion", "number", name="uq_answer_revision_number"),
    )
    op.create_table(
        "area_sign_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by_id", sa.Integer(), nullable=False),
        _reference("area_sign_off", "application_id", "application"),
        _reference("area_sign_off", "signed_by_id", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_sign_off")),
        sa.UniqueConstraint("application_id", "area", name="uq_area_sign_off_application_id_area"),
    )
    # Answers from before have one version: the present one.
    op.execute(
        f"INSERT INTO {TABLE} (application_id, criterion, number, points, not_applicable, reason, narratives,"
        " saved_at, saved_by_id) SELECT application_id, criterion, version, points, not_applicable, reason,"
        " narratives, saved_at, saved_by_id FROM answer"
    )
    _protect()


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {TABLE}_append_only() CASCADE")
    op.drop_table("area_sign_off")
    op.drop_table(TABLE)
    op.drop_table("criterion_comment")
    op.drop_table("area_delegation")
