"""Names that are found: clean texts, their order, their words, and certificate numbers in any way of writing."""

from alembic import op
import sqlalchemy as sa

from certify.domain.certificate_numbers import bare_key, parts_key
from certify.domain.collation import sort_key
from certify.domain.plain_text import one_line
from certify.domain.search_words import index_words, voivodeship_word
from certify.domain.voivodeships import VOIVODESHIPS


# revision identifiers, used by Alembic.
revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEYS = {"parts_key": parts_key, "bare_key": bare_key}
# Names that people typed: table → columns. What a certificate copied stays as it was printed.
NAMES = {"organisation": ("name", "street", "city"), "unit": ("name",), "unit_gmina": ("name",), "user": ("name",)}
ORDERED = {"organisation": ("name", "sort_key"), "certificate": ("holder_name", "holder_sort_key")}
CERTIFICATE, APPLICATION, ORGANISATION = 1, 2, 3


def upgrade():
    for name in KEYS:
        op.add_column("certificate", sa.Column(name, sa.String(length=80), nullable=False, server_default=""))
    fill_keys()
    for name in KEYS:
        op.create_index(op.f(f"ix_certificate_{name}"), "certificate", [name])
    op.create_table(
        "search_word",
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column(
            "word", sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "word", "owner_id", name="pk_search_word"),
        sqlite_with_rowid=False,
    )
    clean_names()
    sort_anew()
    words = sa.table("search_word", sa.column("kind"), sa.column("word"), sa.column("owner_id"))
    for rows in (words_of_centres(), words_of_certificates()):
        for start in range(0, len(rows), 5_000):
            op.bulk_insert(words, rows[start : start + 5_000])
    op.create_index("ix_search_word_owner", "search_word", ["kind", "owner_id", "word"])


def read(statement):
    return op.get_bind().execute(sa.text(statement)).all()


def change(name, row_id, values):
    table = sa.table(name, sa.column("id"), *map(sa.column, values))
    op.execute(sa.update(table).where(table.c.id == row_id).values(values))


def fill_keys():
    for row in read("SELECT id, number FROM certificate"):
        change("certificate", row.id, {name: key(row.number) for name, key in KEYS.items()})


def clean_names():
    for name, columns in NAMES.items():
        for row in read(f'SELECT id, {", ".join(columns)} FROM "{name}"'):
            texts = {column: one_line(getattr(row, column)) for column in columns}
            # A name that would be empty stays as it is.
            changed = {column: text for column, text in texts.items() if text and text != getattr(row, column)}
            if changed:
                change(name, row.id, changed)


def sort_anew():
    for name, (text, key) in ORDERED.items():
        for row in read(f"SELECT id, {text} AS name, {key} AS old FROM {name}"):
            if row.old != sort_key(row.name):
                change(name, row.id, {key: sort_key(row.name)})


def gminas_by_unit():
    found = {}
    for row in read("SELECT unit_id, name FROM unit_gmina"):
        found.setdefault(row.unit_id, []).append(row.name)
    return found


def rows_of(kind, owner, texts, numbers=()):
    return [{"kind": kind, "word": word, "owner_id": owner} for word in index_words(texts, numbers)]


def words_of_centres():
    gminas, units, named = gminas_by_unit(), {}, {}
    for row in read("SELECT id, organisation_id, name, is_main FROM unit"):
        own = [*([] if row.is_main else [row.name]), *gminas.get(row.id, [])]
        units[row.id] = own
        named.setdefault(row.organisation_id, []).extend(own)
    texts, rows = {}, []
    for row in read("SELECT id, name, kind, street, postcode, city, voivodeship FROM organisation"):
        texts[row.id] = [row.name, row.kind, row.street, row.postcode, row.city, VOIVODESHIPS.get(row.voivodeship, "")]
        rows += rows_of(ORGANISATION, row.id, [*texts[row.id], *named.get(row.id, [])])
    for row in read("SELECT id, number, organisation_id, unit_id FROM application"):
        rows += rows_of(APPLICATION, row.id, [*texts[row.organisation_id], *units[row.unit_id]], [row.number])
    return rows


def words_of_certificates():
    gminas, rows = gminas_by_unit(), []
    statement = (
        "SELECT c.id, c.number, c.holder_name, c.unit_name, c.holder_address, c.title, c.voivodeship, a.unit_id"
        " FROM certificate c LEFT JOIN application a ON a.id = c.application_id"
    )
    for row in read(statement):
        texts = [row.holder_name, row.unit_name, row.holder_address, row.title, VOIVODESHIPS.get(row.voivodeship, "")]
        texts += [voivodeship_word(row.voivodeship), *gminas.get(row.unit_id, [])]
        rows += rows_of(CERTIFICATE, row.id, texts, [row.number])
    return rows


def downgrade():
    op.drop_table("search_word")
    for name in KEYS:
        op.drop_index(op.f(f"ix_certificate_{name}"), "certificate")
        op.drop_column("certificate", name)
