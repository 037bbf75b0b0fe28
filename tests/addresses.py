"""Addresses of the running application, filled in with the numbers of the world's rows."""

import re

from certify.config import ROOT
from certify.domain.lifecycle import Status
from certify.web.access import Route
from tests.authorisation import OUTSIDE, Line, theirs_at
from tests.world import MISSING, World

MISSABLE = (
    "case_id", "application_id", "revision_id", "evidence_id", "user_id", "organisation_id", "token_id", "session_id",
    "webhook_id", "delivery_id", "invitation_id",
)  # fmt: skip
STATIC = ROOT / "certify" / "static"


def values(world: World, line: Line, thing: str, stage: Status | None = None) -> dict[str, object]:
    """What stands in the address: numbers of our rows or theirs; `missing` is ours but for the object itself."""
    stage = stage or line.stage
    side = world.side("theirs" if thing == "theirs" else "ours")
    rows = world.side("ours").rows | side.rows
    case_id = side.cases.get(theirs_at(stage) if thing == "theirs" else stage)
    found: dict[str, object] = {
        "case_id": case_id,
        "application_id": case_id,
        "token_id": world.spare[thing if thing == "theirs" else "ours"],
        "session_id": world.spare_sessions[thing if thing == "theirs" else "ours"],
        "webhook_id": world.hooks[thing if thing == "theirs" else "ours"][0],
        "invitation_id": world.offers[thing if thing == "theirs" else "ours", line.kind == "offer"],
        "delivery_id": world.hooks[thing if thing == "theirs" else "ours"][1],
        "criterion_id": rows["criterion"],
        "area_id": rows["area"],
        "condition_id": rows["condition"],
        "item_id": rows["item"],
        "assignment_id": rows["assignment"],
        # Nothing is looked up before what is sent has been read.
        "comment_id": 1,
        "submission": 1,
        "step": {Status.CONSENSUS: "close_scoring"}.get(stage, "submit" if "centre_editor" in line.door else "return"),
        "revision_id": rows["file"],
        "evidence_id": rows["proof" if line.kind == "proof" else "evidence"],
        "link_id": rows["link"],
        "user_id": world.ids["other_manager" if thing == "theirs" else "centre_editor"],
        "organisation_id": side.organisation_id,
        "scheme": "wolontariat",
        "version": "1.0",
        "path_number": rows["number"],
        "written": f"nr/{rows['number']}",
        "token": world.invitation,
        "upload_token": rows["upload"],
        "filename": next(STATIC.rglob("*.css")).relative_to(STATIC),
    }
    if thing == "missing":
        found |= dict.fromkeys(MISSABLE, MISSING)
        found |= {"scheme": "nieznany", "path_number": "OSL-2026-9999", "written": "OSL/2026/9999"}
        found |= {"token": "nieznany", "filename": "no.css"}
        found |= {"upload_token": "nieznany"}
    return found


def path(route: Route, given: dict[str, object]) -> str:
    """The address, filled in."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(given[match[1]]), route.rule)


def allowed(line: Line) -> str:
    """Somebody who gets through; nobody in particular where everybody does."""
    return next((one for one in sorted(line.door & line.only - set(OUTSIDE)) if line.sees(one, "ours")), "anonymous")
