"""What the same work costs without us: bare Flask pages and JSON on the same rows, the floor of `bench.py`."""

import os
from typing import Any

from flask import Flask, Response, jsonify, render_template_string, request
from sqlalchemy import Engine, create_engine, inspect, select, text
from sqlalchemy.orm import Session

from certify.models.application import Application
from certify.models.certificate import Certificate
from certify.models.organisation import Organisation, Unit

LIST = """<!doctype html>
<html lang="pl"><head><meta charset="utf-8"><title>Sprawy</title></head><body><h1>Sprawy</h1>
<table><thead><tr><th>Ośrodek</th><th>Status</th><th>Termin</th></tr></thead><tbody>
{% for row in rows %}<tr><th><a href="/cases/{{ row.id }}">{{ row.holder }}</a> {{ row.number }} {{ row.unit }}</th>
<td>{{ row.status }}</td><td>{{ row.due_on }}</td></tr>
{% endfor %}</tbody></table></body></html>"""
CERTIFICATE = """<!doctype html>
<html lang="pl"><head><meta charset="utf-8"><title>{{ found.number }}</title></head><body>
<h1>{{ found.holder_name }}</h1>
<p>{{ found.number }}, {{ found.title }}</p><p>{{ found.valid_from }} – {{ found.valid_until }}</p></body></html>"""


def create_floor(url: str) -> Flask:
    """Two pages and a save, and nothing else: no sign-in, no languages, no headers, no layout, no history."""
    app = Flask("floor")
    engine = create_engine(url)
    add_json(app, engine)

    @app.get("/list")
    def fifty() -> str:
        rows = (
            select(
                Application.id,
                Application.number,
                Application.status,
                Application.due_on,
                Organisation.name.label("holder"),
                Unit.name.label("unit"),
            )
            .join(Organisation, Application.organisation_id == Organisation.id)
            .join(Unit, Application.unit_id == Unit.id)
            .order_by(Application.due_on, Application.id)
            .limit(50)
        )
        with Session(engine) as session:
            return render_template_string(LIST, rows=session.execute(rows).all())

    @app.get("/certificates/<number>")
    def certificate(number: str) -> str:
        with Session(engine) as session:
            found = session.scalar(select(Certificate).where(Certificate.path_number == number))
            return render_template_string(CERTIFICATE, found=found)

    @app.post("/save")
    def save() -> str:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS bare_answer (id INTEGER PRIMARY KEY, text TEXT)"))
            connection.execute(text("INSERT INTO bare_answer (text) VALUES (:text)"), {"text": request.form["text"]})
        return "{}"

    @app.get("/healthz")
    def health() -> str:
        return "ok"

    return app


def add_json(app: Flask, engine: Engine) -> None:
    """One certificate and all of them, as JSON."""

    @app.get("/api/v1/certificates/<number>")
    def entry(number: str) -> Response:
        with Session(engine) as session:
            found = session.scalar(select(Certificate).where(Certificate.path_number == number))
            return jsonify(row_of(found))

    @app.get("/api/v1/register.json")
    def register() -> Response:
        with Session(engine) as session:
            return jsonify([row_of(one) for one in session.scalars(select(Certificate))])


def row_of(row: Certificate | None) -> dict[str, Any]:
    """All columns of a row, as they come."""
    return {column.key: getattr(row, column.key) for column in inspect(Certificate).columns}


def served() -> Flask:
    """For gunicorn; the database is the one in DATABASE_URL."""
    return create_floor(os.environ["DATABASE_URL"])
