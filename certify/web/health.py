"""For machines that watch the service."""

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from certify.db import db
from certify.web.access import PUBLIC, access

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@access(PUBLIC)
def show() -> tuple[Response, int]:
    """200 when the database answers, 503 when it does not."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        current_app.logger.error("healthz: %s", type(error).__name__)
        return jsonify(status="unavailable"), 503
    return jsonify(status="ok"), 200
