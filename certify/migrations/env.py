"""Runs the migrations on the application's own connection."""

from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db

if context.is_offline_mode():
    raise SystemExit("Migrations need the database: run `flask --app wsgi db upgrade` without --sql.")

with database.engine.connect() as connection:
    # batch mode: SQLite can't alter a constraint in place
    context.configure(connection=connection, target_metadata=database.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
