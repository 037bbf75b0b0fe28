"""Walks one case from its draft to the certificate by the HTTP API alone, with everybody who has a part in it.

    export CERTIFY_DEMO=1 CERTIFY_INSTANCE=instance/api
    flask --app wsgi demo --fast --json > people.json
    ./run.sh serve                                          (in another window, with the same two variables)
    python examples/walk.py http://127.0.0.1:8000 people.json

Prints each step, and as its last line the result as JSON. Each function below is the part of one of the parties.
"""

import json
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from client import Client, Problem

Thing = dict[str, Any]


@dataclass(frozen=True)
class Cast:
    """The people of the case, each with a client of their own; `public` has no token. The lead auditor comes first."""

    public: Client
    editor: Client
    manager: Client
    coordinator: Client
    auditors: dict[str, Client]
    decider: Client


@dataclass(frozen=True)
class Case:
    """One application, by its address."""

    path: str

    def take(self, who: Client, action: str, **body: object) -> Thing:
        """Take a step: read the case, so as to name the version that one saw, and send the action."""
        case: Thing = who.post(f"{self.path}/actions/{action}", body, seen=who.get(self.path))
        print(f"{action:14} → {case['status']}")
        return case


def fill(cast: Cast, case: Case, organisation_id: int) -> None:
    """The centre's worker answers every criterion and attaches evidence."""
    application = cast.editor.get(case.path)
    standard = cast.public.get(f"/rubrics/{application['scheme']}/{application['rubric_version']}")
    indicators = {one["id"]: one["indicators"] for area in standard["areas"] for one in area["criteria"]}
    said = {"organisation_id": organisation_id, "title": "Uchwała Rady Gminy w sprawie strategii", "kind": "resolution"}
    file = "Uchwała nr 7 Rady Gminy w sprawie strategii rozwiązywania problemów społecznych.\n".encode()
    piece = cast.editor.upload("/evidence", "file", "uchwała.txt", file, said)
    for answer in cast.editor.items(f"{case.path}/answers"):
        criterion = answer["id"]
        texts = {one["id"]: "Działamy stale; opis jest w załączniku." for one in indicators[criterion]}
        cast.editor.put(
            f"{case.path}/answers/{criterion}",
            {"points": standard["scale"]["met"], "narratives": texts},
            seen=answer,
        )
        cast.editor.post(f"{case.path}/evidence-links", {"evidence_id": piece["id"], "criterion": criterion})
    progress = cast.manager.get(case.path)["progress"]
    print(f"{progress['ready']} of {progress['total']} criteria are ready")


def submit(cast: Cast, case: Case) -> None:
    """Only the manager hands over; whoever may not is told why."""
    try:
        case.take(cast.editor, "submit")
    except Problem as problem:
        print(f"the editor may not submit: {problem.status} {problem.code}")
    case.take(cast.manager, "submit")
    case.take(cast.coordinator, "accept")


def gather_team(cast: Cast, case: Case) -> None:
    """The coordinator appoints, the auditors declare that nothing ties them to the centre, the centre agrees."""
    ids = {one["name"]: one["id"] for one in cast.coordinator.items("/auditors")}
    for place, (name, auditor) in enumerate(cast.auditors.items()):
        seen = cast.coordinator.get(case.path)
        body = {"auditor_id": ids[name], "lead": place == 0}
        appointed = cast.coordinator.post(f"{case.path}/assignments", body, seen=seen)
        declaration = f"{case.path}/assignments/{appointed['id']}/declaration"
        auditor.post(declaration, {"tie": False}, seen=auditor.get(case.path))
    case.take(cast.manager, "agree_team")
    case.take(cast.coordinator, "start_audit")


def audit(cast: Cast, case: Case) -> None:
    """Both auditors rate blind; where their sheets diverge they agree."""
    standard = _standard(cast, case)
    met = standard["scale"]["met"]
    lead = next(iter(cast.auditors.values()))
    asked = list(lead.get(f"{case.path}/submission")["answers"])
    for place, auditor in enumerate(cast.auditors.values()):
        for criterion in asked:
            # The second auditor sees less in one place.
            points = 0 if place and criterion == asked[0] else met
            rating = auditor.get(f"{case.path}/scores/{criterion}")
            body = {"points": points, "reason": "" if points == met else "Uchwała jest sprzed trzech lat."}
            auditor.put(f"{case.path}/scores/{criterion}", body, seen=rating)
        sheets = list(auditor.items(f"{case.path}/scores"))
        print(f"{len(asked)} criteria rated; this auditor sees {len(sheets)} of {len(cast.auditors)} sheets")
        case.take(auditor, "hand_in")
    case.take(lead, "record_visit", held_on=date.today().isoformat(), minutes="Rozmowy i obejście ośrodka.")
    case.take(lead, "close_scoring")
    for divergent in lead.items(f"{case.path}/consensus"):
        body = {"points": met, "note": "Rozstrzyga protokół z wizyty."}
        lead.post(f"{case.path}/consensus/{divergent['id']}", body, seen=divergent)
        print(f"settled        {divergent['id']}")
    case.take(lead, "agree")


def hear(cast: Cast, case: Case) -> None:
    """The report, what the centre says of it, and the final report."""
    lead = next(iter(cast.auditors.values()))
    summary = "Ośrodek pracuje ze społecznością lokalną w sposób stały i opisany."
    case.take(lead, "send_report", summary=summary)
    comment = cast.manager.post(
        f"{case.path}/hearing-items", {"kind": "slip", "text": "W opisie podano błędną datę uchwały."}
    )
    case.take(cast.manager, "end_hearing")
    reply = {"accepted": True, "answer": "Poprawiono datę."}
    lead.post(f"{case.path}/hearing-items/{comment['id']}/answer", reply, seen=comment)
    case.take(lead, "finalise", summary=summary)


def decide(cast: Cast, case: Case) -> None:
    """The decision follows the computed result; a departure from it would need reasons of its own."""
    result = cast.decider.get(f"{case.path}/trace")
    print(f"computed       {result['outcome']} with {result['total']['percent']} %")
    reasons = "Zespół audytorów potwierdził spełnienie wymagań standardu."
    case.take(cast.decider, "grant", outcome=result["outcome"], reasons=reasons)
    case.take(cast.coordinator, "issue")


def verify(cast: Cast, holder: str) -> Thing:
    """Anybody may check a certificate: by its number, and by the very file."""
    (certificate,) = cast.public.items("/certificates", words=holder)
    by_number = cast.public.post("/verify", {"number": certificate["number"]})
    file = cast.public.read(f"/certificates/{certificate['id']}/pdf")
    changed = file.replace(b"%%EOF", b"%%eOF", 1)
    return {
        "number": certificate["number"],
        "status": certificate["status"],
        "by_number": by_number["answer"],
        "by_file": _checked(cast.public, file),
        "by_changed_file": _checked(cast.public, changed),
        "sha256": certificate["pdf_sha256"],
    }


def _checked(public: Client, file: bytes) -> str:
    """What the register says of a file; for one that is not of the register that is a refusal."""
    try:
        answer: Thing = public.upload("/verify", "pdf", "certificate.pdf", file)
    except Problem as problem:
        return f"{problem.status} {problem.answer['answer']}"
    return str(answer["answer"])


def _standard(cast: Cast, case: Case) -> Thing:
    application = cast.coordinator.get(case.path)
    found: Thing = cast.public.get(f"/rubrics/{application['scheme']}/{application['rubric_version']}")
    return found


def cast_of(address: str, people: Thing) -> Cast:
    """A client for everybody who is needed, from what `flask demo --fast --json` printed."""

    def of(role: str) -> list[Thing]:
        return [one for one in people["logins"] if one["role"] == role]

    def client(role: str) -> Client:
        return Client(address, of(role)[0]["token"])

    auditors = {one["name"]: Client(address, one["token"]) for one in of("auditor")[:2]}
    office = client("coordinator"), auditors, client("decision_maker")
    return Cast(Client(address), client("centre_editor"), client("centre_manager"), *office)


def main(address: str, people_file: str) -> None:
    """The whole way."""
    people = json.loads(Path(people_file).read_text("utf-8"))
    cast = cast_of(address, people)
    case = Case(f"/applications/{people['application_id']}")
    fill(cast, case, people["organisation_id"])
    submit(cast, case)
    gather_team(cast, case)
    audit(cast, case)
    hear(cast, case)
    decide(cast, case)
    holder = cast.manager.get(case.path)["organisation"]["name"]
    print(json.dumps(verify(cast, holder), ensure_ascii=False))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: walk.py ADDRESS PEOPLE.json")
    main(sys.argv[1], sys.argv[2])
