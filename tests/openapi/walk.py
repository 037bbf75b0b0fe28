"""Walks one case from its draft to the certificate with the client that openapi-python-client generates.

usage: walk.py ADDRESS PEOPLE.json; the last line that it prints is the result as JSON. The package `certify_client`
must be importable.
"""

import io
import json
import sys
import uuid
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from certify_client import AuthenticatedClient, Client, models
from certify_client.types import File

ADDRESS, PEOPLE = sys.argv[1], json.loads(Path(sys.argv[2]).read_text("utf-8"))
CASE = PEOPLE["application_id"]


def logins(role: str) -> list[dict[str, str]]:
    """Whoever has the role."""
    return [one for one in PEOPLE["logins"] if one["role"] == role]


def client(role: str, place: int = 0) -> AuthenticatedClient:
    """A program that acts for somebody with the role; it asks for packed answers, as httpx does by itself."""
    return AuthenticatedClient(base_url=ADDRESS, token=logins(role)[place]["token"], timeout=60)


def call(who: Client | AuthenticatedClient, name: str, *place: object, **sent: Any) -> Any:
    """The answer of an operation with its headers: `call(editor, "answers.show", CASE, "O1.1")`."""
    noun, _, operation = name.partition(".")
    module = import_module(f"certify_client.api.api_{noun}.{noun}_{operation}")
    found = module.sync_detailed(*place, client=who, **sent)
    if found.status_code >= 400:
        raise SystemExit(f"{name} {place}: {found.status_code} {found.content.decode()}")
    return found


def key() -> str:
    """A new key."""
    return uuid.uuid4().hex


def seen(who: AuthenticatedClient) -> dict[str, str]:
    """What a change of the case must name: the tag exactly as the answer bore it, and a new key."""
    return {"if_match": call(who, "applications.show", CASE).headers["ETag"], "idempotency_key": key()}


def take(who: AuthenticatedClient, action: str, body: Any = None) -> None:
    """Take a step of the case."""
    case = call(who, f"actions.{action}", CASE, body=body or models.NothingBody(), **seen(who)).parsed
    sys.stdout.write(f"{action} {case.status}\n")


def fill(editor: AuthenticatedClient) -> None:
    """The centre answers and attaches evidence."""
    said = models.PieceBody(organisation_id=PEOPLE["organisation_id"], title="Uchwała Rady Gminy", kind="resolution")
    file = File(io.BytesIO("Uchwała nr 7 Rady Gminy.\n".encode()), "uchwala.txt", "text/plain")
    body = models.EvidenceCreateBody(file=file, meta=said)
    piece = call(editor, "evidence.create", body=body, idempotency_key=key()).parsed
    case = call(editor, "applications.show", CASE).parsed
    standard = call(editor, "rubrics.show", case.scheme, case.rubric_version).parsed
    asked = {one.id: one.indicators for area in standard.areas for one in area.criteria}
    for answer in call(editor, "answers.index", CASE).parsed.items:
        read = call(editor, "answers.show", CASE, answer.id)
        texts = dict.fromkeys([one.id for one in asked[answer.id]], "Działamy stale; opis jest w załączniku.")
        data = models.CriterionAnswerBody.from_dict({"points": 2, "narratives": texts})
        call(editor, "answers.save", CASE, answer.id, body=data, if_match=read.headers["ETag"])
        link = models.LinkBody(evidence_id=piece.id, criterion=answer.id)
        call(editor, "evidence.link", CASE, body=link, idempotency_key=key())


def gather(office: AuthenticatedClient, manager: AuthenticatedClient) -> None:
    """The team."""
    known = {one.name: one.id for one in call(office, "assignments.auditors").parsed.items}
    for place in (0, 1):
        body = models.AppointBody(auditor_id=known[logins("auditor")[place]["name"]], lead=place == 0)
        appointed = call(office, "assignments.appoint", CASE, body=body, **seen(office)).parsed
        mine = client("auditor", place)
        body = models.DeclarationBody(tie=False)
        call(mine, "assignments.declare", CASE, appointed.id, body=body, **seen(mine))
    take(manager, "agree_team")
    take(office, "start_audit")


def audit(lead: AuthenticatedClient, other: AuthenticatedClient, manager: AuthenticatedClient) -> None:
    """Two sheets that agree, a visit, the report."""
    for auditor in (lead, other):
        for criterion in call(auditor, "supplements.submission", CASE).parsed.answers.to_dict():
            tag = call(auditor, "scores.show", CASE, criterion).headers["ETag"]
            call(auditor, "scores.save", CASE, criterion, body=models.SheetScoreBody(points=2), if_match=tag)
        take(auditor, "hand_in")
    take(lead, "record_visit", models.VisitBody(held_on=date.today(), minutes="Rozmowy i obejście ośrodka."))
    take(lead, "close_scoring")
    report = models.ReportBody(summary="Ośrodek pracuje ze społecznością w sposób stały i opisany.")
    take(lead, "send_report", report)
    take(manager, "end_hearing")
    take(lead, "finalise", report)


def check() -> dict[str, str]:
    """Anybody checks the certificate, by its number and by its file."""
    anybody = Client(base_url=ADDRESS, timeout=60)
    (found,) = call(anybody, "certificates.index").parsed.items
    file = call(anybody, "certificates.pdf", found.id).parsed
    by_file = models.VerificationVerifyFilesBody(pdf=File(file.payload, "certificate.pdf"))
    return {
        "number": found.number,
        "by_number": call(anybody, "verification.verify", body=models.NumberBody(found.number)).parsed.answer,
        "by_file": call(anybody, "verification.verify", body=by_file).parsed.answer,
    }


def main() -> None:
    """The whole way."""
    editor, manager = client("centre_editor"), client("centre_manager")
    office, decider = client("coordinator"), client("decision_maker")
    fill(editor)
    take(manager, "submit")
    take(office, "accept")
    gather(office, manager)
    audit(client("auditor"), client("auditor", 1), manager)
    outcome = call(decider, "decisions.trace", CASE).parsed.outcome
    take(decider, "grant", models.DecisionBody(outcome=outcome, reasons="Zespół potwierdził spełnienie wymagań."))
    take(office, "issue")
    sys.stdout.write(json.dumps(check()) + "\n")


if __name__ == "__main__":
    main()
