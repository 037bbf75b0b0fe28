"""The public register over HTTP: entries, pages, what has not changed, the file, and the check (R28, R29)."""

import gzip
import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from certify import storage
from certify.db import db, transaction
from certify.domain.lifecycle import Status
from certify.models.certificate import Certificate, CertificateEvent
from certify.models.event import Event
from certify.queries import certificates
from certify.timing import now, today
from certify.workflows.certificates import take_over
from certify.workflows.evidence import root
from certify.workflows.step import record
from certify.workflows.verification import MAX_PDF
from tests import files
from tests.api.requests import FORM_WITH_BORDER, form, part
from tests.factories import make_application, make_user
from tests.pages import CheckingClient

BEFORE = {
    "scheme": "osl",
    "year": 2017,
    "title": "Certyfikat Jakości OSL",
    "scope": "Wdrażanie modelu OSL",
    "standard_title": "Model OSL",
    "awarded": "w maju 2017 roku",
    "source": "Strona ośrodka z 31 maja 2017",
}


SVG = "{http://www.w3.org/2000/svg}"


def enter(holder: str, reference: str, voivodeship: str = "12") -> Certificate:
    return take_over(None, reference=reference, holder_name=holder, voivodeship=voivodeship, **BEFORE)  # type: ignore[arg-type]


@pytest.fixture
def issued(app: Flask) -> Certificate:
    found = certificates.of_application(make_application(at=Status.CERTIFIED).case_id)
    assert found is not None
    return found


def content_of(certificate: Certificate) -> bytes:
    assert certificate.pdf_sha256 is not None
    with storage.open_verified(root(), certificate.pdf_sha256) as stream:
        return stream.read()


def happen(certificate: Certificate, kind: str, on: date) -> None:
    with transaction():
        db.session.add(
            CertificateEvent(certificate_id=certificate.id, kind=kind, on=on, reason="Powód.", recorded_at=now())
        )
        record(f"certificate_{kind}", None, certificate=certificate.id)


def get(client: CheckingClient, address: str, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(f"/api/v1{address}", headers=named, buffered=True)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def as_shown(row: Certificate) -> dict[str, Any]:
    """An entry of this register, written by hand from its row."""
    assert row.valid_from and row.valid_until and row.decision_date
    return {
        "id": row.path_number,
        "number": row.number,
        "status": "valid",
        "holder": {
            "name": row.holder_name, "unit": "", "address": row.holder_address, "voivodeship": row.voivodeship,
        },
        "standard": {"scheme": "wolontariat", "version": "1.0", "title": row.standard_title},
        "title": row.title,
        "grade": row.grade,
        "scope": row.scope,
        "issuer": row.issuer_name,
        "decision_number": row.decision_number,
        "decision_date": row.decision_date.isoformat(),
        "valid_from": today().isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "awarded": "",
        "source": "",
        "issued_at": row.issued_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "pdf_sha256": row.pdf_sha256,
        "pdf": f"/api/v1/certificates/{row.path_number}/pdf",
        "page": f"http://localhost/certificates/{row.path_number}",
        "events": [{"kind": "issued", "on": today().isoformat(), "reason": ""}],
    }  # fmt: skip


def assert_the_very_file(client: CheckingClient, issued: Certificate) -> None:
    answer = get(client, f"/certificates/{issued.path_number}/pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert hashlib.sha256(answer.data).hexdigest() == issued.pdf_sha256
    assert answer.headers["Content-Disposition"] == f"attachment; filename={issued.path_number}.pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = get(client, f"/certificates/{issued.path_number}/pdf", If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")


def test_one_certificate_everywhere(client: CheckingClient, issued: Certificate) -> None:
    whole, number = as_shown(issued), issued.path_number
    assert get(client, f"/certificates/{number}").json == whole
    assert get(client, "/certificates").json == {"items": [whole], "next": None}
    assert get(client, "/register.json").json == {"on": today().isoformat(), "count": 1, "items": [whole]}
    checked = client.post("/api/v1/verify", json={"number": issued.number}).json
    assert checked == {"answer": "registered", "checked_at": checked["checked_at"], "certificate": whole}
    for written in (number.lower(), number.replace("0", "O"), number.replace("-", ""), number.replace("-", "%20")):
        assert get(client, f"/certificates/{written}").json == whole
        assert client.post("/api/v1/verify", json={"number": written.replace("%20", " ")}).status_code == 200
    assert_the_very_file(client, issued)


def test_an_older_entry_says_what_its_source_says(app: Flask, client: CheckingClient) -> None:
    entry = enter("Ośrodek w Libiążu", "REJESTR/2017/1")
    shown = get(client, "/certificates/REJESTR-2017-1").json
    assert {name: shown[name] for name in ("status", "awarded", "source", "valid_from", "pdf_sha256", "events")} == {
        "status": "historical",
        "awarded": entry.awarded,
        "source": entry.source,
        "valid_from": None,
        "pdf_sha256": None,
        "events": [],
    }
    assert "pdf" not in shown and "issued_at" not in shown
    assert code(get(client, "/certificates/REJESTR-2017-1/pdf")) == (404, "certificate_file_missing")


def test_the_status_of_today(client: CheckingClient, issued: Certificate) -> None:
    first = get(client, "/register.json")
    told = as_shown(issued)["events"]
    # What happened, one after the other, and the status that follows; nothing comes back after a revocation.
    for kind, status in (
        ("suspended", "suspended"), ("reinstated", "valid"), ("revoked", "revoked"), ("reinstated", "revoked"),
    ):  # fmt: skip
        happen(issued, kind, today())
        told = [*told, {"kind": kind, "on": today().isoformat(), "reason": "Powód."}]
        shown = get(client, f"/certificates/{issued.path_number}").json
        assert (shown["status"], shown["events"]) == (status, told)
        second = get(client, "/register.json", If_None_Match=first.headers["ETag"])
        assert (second.status_code, second.json["items"]) == (200, [shown])
        first = second


NONE = ["OSL-2026-9999", "x" * 200, "%00", "-", "WOL-2026", "..", "%F0%9F%A6%84"]


def test_numbers_that_are_none(app: Flask, client: CheckingClient) -> None:
    enter("Ośrodek", "WOL/2026/1")
    for number in NONE:
        for address in (f"/certificates/{number}", f"/certificates/{number}/pdf"):
            answer = get(client, address)
            assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_the_list_in_pages_and_with_filters(app: Flask, client: CheckingClient) -> None:
    for number, name in enumerate(("Łask", "Żary", "Ćmielów", "Lubań", "Ósemka")):
        enter(f"Ośrodek {name}", f"R/2017/{number}", "10" if number % 2 else "12")
    seen, cursor = [], ""
    for _ in range(3):
        answer = get(client, f"/certificates?limit=2{cursor}").json
        seen += [one["holder"]["name"].removeprefix("Ośrodek ") for one in answer["items"]]
        cursor = f"&cursor={answer['next']}"
    assert (seen, answer["next"]) == (["Ćmielów", "Lubań", "Łask", "Ósemka", "Żary"], None)

    def names(query: str) -> list[str]:
        items = get(client, f"/certificates?{query}").json["items"]
        return [one["holder"]["name"].removeprefix("Ośrodek ") for one in items]

    assert names("voivodeship=10") == ["Lubań", "Żary"]
    assert names("words=ŁAS") == names("words=r/2017/0%20ośr") == ["Łask"]
    assert names("scheme=osl") == [] and len(names("scheme=osl-before")) == 5
    first = get(client, "/certificates?words=ośrodek&limit=3").json
    rest = get(client, f"/certificates?words=ośrodek&limit=3&cursor={first['next']}").json
    assert [one["id"][-1] for one in first["items"] + rest["items"]] == ["2", "3", "0", "4", "1"]
    assert rest["next"] is None


REFUSED = {
    "voivodeship=99": "not_a_choice",
    "status=valid": "unknown_field",
    "words=" + "x" * 201: "too_long",
    "cursor=WzFd": "bad_cursor",
    "limit=0": "bad_number",
}


def test_what_the_list_does_not_take(app: Flask, client: CheckingClient) -> None:
    for query, fault in REFUSED.items():
        assert code(get(client, f"/certificates?{query}")) == (422, fault)


def test_what_has_not_changed_is_not_sent_again(client: CheckingClient, issued: Certificate) -> None:
    addresses = ("/register.json", "/certificates", f"/certificates/{issued.path_number}")
    seen = {(one, how): get(client, one, Accept_Encoding=how) for one in addresses for how in ("identity", "gzip")}
    for (address, packed), first in seen.items():
        assert (first.status_code, first.headers["Cache-Control"]) == (200, "public, no-cache")
        assert "Accept-Encoding" in first.headers["Vary"]
        assert (first.headers.get("Content-Encoding") == "gzip") == (packed == "gzip")
        assert (gzip.decompress(first.data) if packed == "gzip" else first.data) == seen[address, "identity"].data
        tag = first.headers["ETag"]
        again = get(client, address, Accept_Encoding=packed, If_None_Match=tag)
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    enter("Nowy", "R/2017/9")
    happen(issued, "suspended", today())
    for (address, packed), first in seen.items():
        changed = get(client, address, Accept_Encoding=packed, If_None_Match=first.headers["ETag"])
        assert changed.status_code == 200


def read(picture: Any) -> list[str]:
    """The lines of a badge."""
    root = ElementTree.fromstring(picture.data)
    return ["".join(one.itertext()).replace("\N{NO-BREAK SPACE}", " ") for one in root.iter(f"{SVG}text")]


def test_the_badge_says_what_holds_today(client: CheckingClient, issued: Certificate) -> None:
    address = f"/certificates/{issued.path_number}/badge.svg"
    picture = get(client, address, Accept_Language="pl")
    assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")
    *facts, status = read(picture)
    assert facts == [issued.title, issued.holder_name, issued.number]
    assert status.startswith("Ważnydo ")
    assert read(get(client, address, Accept_Language="en"))[-1].startswith("Validuntil ")
    # Other people's pages show it, and ask again each time.
    assert picture.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert picture.headers["Access-Control-Allow-Origin"] == "*"
    assert picture.headers["Cache-Control"] == "public, no-cache"
    again = get(client, address, Accept_Language="pl", If_None_Match=picture.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    happen(issued, "suspended", today())
    changed = get(client, address, Accept_Language="pl", If_None_Match=picture.headers["ETag"])
    assert read(changed)[-1] == "Zawieszony"
    assert code(get(client, "/certificates/OSL-1999-0001/badge.svg")) == (404, "certificate_not_found")


def test_the_badge_holds_any_name(client: CheckingClient, issued: Certificate) -> None:
    number = enter("Ośrodek <b>&</b> " + "bardzo długa nazwa " * 12, "R/2017/9").path_number
    lines = read(get(client, f"/certificates/{number}/badge.svg"))
    assert lines[1].startswith("Ośrodek <b>&</b> bardzo")
    assert lines[3].endswith("…")
    assert len(lines) == 6
    assert max(map(len, lines)) <= 42


def test_the_register_turns_with_the_day(
    client: CheckingClient, issued: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = get(client, "/register.json")
    assert issued.valid_until is not None
    later = issued.valid_until + timedelta(days=1)
    for module in ("certify.queries.register", "certify.queries.certificates"):
        monkeypatch.setattr(f"{module}.today", lambda: later)
    second = get(client, "/register.json", If_None_Match=first.headers["ETag"])
    assert (second.status_code, second.json["on"]) == (200, later.isoformat())
    assert second.json["items"][0]["status"] == "expired"


def test_a_token_makes_public_answers_private(app: Flask, program: Callable[..., Any]) -> None:
    answer = program(make_user("Anna Czytelniczka"))("GET", "/register.json")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")


def test_the_checkpoint_is_the_head_of_the_history(app: Flask, client: CheckingClient) -> None:
    assert code(get(client, "/register/checkpoint")) == (404, "not_found")
    enter("Nowy", "R/2017/9")
    last = db.session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert last is not None
    assert get(client, "/register/checkpoint").json == {
        "position": last.id,
        "head": last.hash,
        "at": last.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }


def check(client: CheckingClient, content: bytes, name: str = "certyfikat żółty.pdf") -> Any:
    sent = form(part("pdf", content, name))
    return client.post("/api/v1/verify", data=sent, content_type=FORM_WITH_BORDER)


def test_a_file_is_checked(client: CheckingClient, issued: Certificate) -> None:
    content = content_of(issued)
    happen(issued, "revoked", today())
    for sent, said in ((content, "genuine"), (content + b"\n%", "altered")):
        answer = check(client, sent).json
        assert (answer["answer"], answer["sha256"]) == (said, hashlib.sha256(sent).hexdigest())
        assert (answer["certificate"]["number"], answer["certificate"]["status"]) == (issued.number, "revoked")
        assert set(answer) == {"answer", "sha256", "checked_at", "certificate"}


@pytest.mark.parametrize(
    ("kind", "status", "fault"), [("unknown", 404, "certificate_not_found"), ("unreadable", 422, "file_damaged")]
)
def test_files_of_which_the_register_knows_nothing(
    client: CheckingClient, app: Flask, kind: str, status: int, fault: str
) -> None:
    content = files.pdf() if kind == "unknown" else b"nothing"
    answer = check(client, content)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert (answer.json["code"], answer.json["answer"]) == (fault, kind)
    assert answer.json["sha256"] == hashlib.sha256(content).hexdigest()
    assert answer.headers["Cache-Control"] == "private, no-store"


NUMBERS: list[tuple[object, int, str]] = [
    ({"number": "OSL/2026/9999"}, 404, "certificate_not_found"),
    ({"number": ""}, 404, "certificate_not_found"),
    ({"number": "x" * 1_001}, 422, "too_long"),
    ({"number": 7}, 422, "bad_text"),
    ({}, 422, "required"),
    ({"number": "1", "code": "x"}, 422, "unknown_field"),
    ([], 422, "wrong_type"),
]


def test_numbers_that_are_checked(app: Flask, client: CheckingClient) -> None:
    for body, status, fault in NUMBERS:
        answer = client.post("/api/v1/verify", json=body)
        assert (*code(answer), "answer" in answer.json) == (status, fault, status == 404)


def test_a_file_that_is_too_large(app: Flask, client: CheckingClient) -> None:
    for size in (MAX_PDF + 1, MAX_PDF + 2**17):
        assert code(check(client, b"a" * size)) == (413, "file_too_large")
    assert code(client.post("/api/v1/verify", data="x", content_type="text/plain")) == (415, "json_or_file_expected")


def test_checking_has_a_limit_of_its_own(make_app: Callable[..., Flask]) -> None:
    app = make_app(API_RATE_VERIFY="2 per minute")
    client = FlaskClient(app, app.response_class)
    answers = [client.post("/api/v1/verify", json={"number": "x"}) for _ in range(3)]
    assert [code(one)[0] for one in answers] == [404, 404, 429]
    assert code(answers[-1])[1] == "too_many_requests"
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert client.get("/api/v1/certificates").status_code == 200
