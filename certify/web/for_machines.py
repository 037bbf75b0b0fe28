"""What browsers and search engines ask for by themselves: an icon, and what may be read by whom."""

from pathlib import Path

from flask import Blueprint, Response, current_app

from certify.web.access import PUBLIC, access

_ICON = Path(__file__).parent.parent / "static" / "img" / "favicon.ico"
_DAY = 24 * 3600

bp = Blueprint("for_machines", __name__)

# What is public may be found by everybody; all else needs an account, and its addresses are nobody's business.
OPEN = (
    "/$",
    "/standards",
    "/method",
    "/register",
    "/certificates/",
    "/verify$",
    "/accessibility",
    "/api/v1/docs",
    "/static/",
)


@bp.get("/robots.txt")
@access(PUBLIC)
def robots() -> Response:
    """Nothing of a demonstration may be found: its certificates are worthless."""
    allowed = () if current_app.config["DEMO"] else OPEN
    lines = ["User-agent: *", *(f"Allow: {path}" for path in allowed), "Disallow: /"]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@bp.get("/favicon.ico")
@access(PUBLIC)
def favicon() -> Response:
    """For browsers that do not read the page's own line about it."""
    response = Response(_ICON.read_bytes(), mimetype="image/x-icon")
    response.cache_control.max_age = _DAY
    return response
