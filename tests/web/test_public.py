"""What everybody may read: start, standards, method, register, certificate, its file, and the check of both."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import html5lib
import pytest
from babel.dates import format_date
from flask import Flask
from sqlalchemy import event

from certify import storage
from certify.db import db, transaction
from certify.models.certificate import Certificate, CertificateEvent
from certify.timing import fixed, now, today
from certify.web import charts
from certify.workflows.certificates import take_over
from certify.workflows.evidence import root
from certify.workflows.step import record
from tests.factories import OSL, SMALL, publish
from tests.pages import CheckingClient
from tests.web.conftest import content_of

LIBIAZ = "Ośrodek Pomocy Społecznej w Libiążu"


def enter(holder: str, reference: str, voivodeship: str = "12", title: str = "Certyfikat Jakości OSL") -> Certificate:
    """An entry from before this register: the quickest way to fill it."""
    return take_over(
        None,
        reference=reference,
        scheme="osl",
        year=2017,
        holder_name=holder,
        voivodeship=voivodeship,
        title=title,
        scope="Wdrażanie modelu OSL",
        standard_title="Model OSL",
        issuer_name="Stowarzyszenie",
        awarded="w maju 2017 roku",
        source="Strona ośrodka z 31 maja 2017",
    )


def happen(certificate: Certificate, kind: str, on: date) -> None:
    with transaction():
        db.session.add(
            CertificateEvent(certificate_id=certificate.id, kind=kind, on=on, reason="Powód.", recorded_at=now())
        )
        record(f"certificate_{kind}", None, certificate=certificate.id)


@pytest.mark.parametrize("path", ["/", "/standards", "/method", "/register", "/verify", "/accessibility"])
def test_pages_of_an_empty_service(english: CheckingClient, path: str) -> None:
    page = english.get(path)
    assert page.status_code == 200
    assert page.text.count("<h1") == 1


def test_the_start_page_has_three_doors(english: CheckingClient) -> None:
    page = english.get("/").text
    assert [page.count(door) for door in ("For a centre", "For an auditor", "For everybody")] == [1, 1, 1]
    assert page.count("button--primary") == 1


def test_the_whole_standard_can_be_read(app: Flask, english: CheckingClient) -> None:
    publish(OSL)
    page = english.get("/standards/osl/1.0").text
    assert page.count('class="reading-criterion"') == 33
    assert page.count('class="indicator-id"') == 56
    assert page.count('class="reading-area"') == 7
    for text in ("<q lang=", "Our own interpretation:", "14 working days", "The total is at least"):
        assert text in page
    assert "/standards/osl/1.0" in english.get("/standards").text


def test_a_standard_of_another_shape_is_told_by_its_own_numbers(app: Flask, english: CheckingClient) -> None:
    publish(SMALL)
    page = english.get("/standards/wolontariat/1.0").text
    assert "3 years from issue." in page
    assert "The auditors always visit the centre." in page
    assert "The application may be returned for supplement 2 times." in page
    method = english.get("/method").text
    assert [method.count(title) for title in (">Gold<", ">Silver<", ">Bronze<")] == [1, 1, 1]


@pytest.mark.parametrize("path", ["/standards/osl/9.9", "/standards/none/1.0"])
def test_an_unknown_standard_is_not_found(client: CheckingClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_method_follows_the_chosen_standard(app: Flask, english: CheckingClient) -> None:
    publish(OSL)
    publish(SMALL)
    assert "OSL standard 1.0" in english.get("/method?standard=osl").text
    assert english.get("/method?standard=nothing").status_code == 200
    assert "decision maker" in english.get("/method").text


def test_the_register_is_in_polish_order(app: Flask, client: CheckingClient) -> None:
    names = ["Źródlice", "Łask", "Lublin", "Żary", "Ćmielów", "Czersk"]
    for number, name in enumerate(names):
        enter(name, f"D/{number}")
    page = client.get("/register").text
    assert sorted(names, key=page.index) == ["Czersk", "Ćmielów", "Lublin", "Łask", "Źródlice", "Żary"]


def test_the_register_is_searched(app: Flask, client: CheckingClient) -> None:
    enter(LIBIAZ, "D/1")
    enter("Ośrodek w Łodzi", "D/2", voivodeship="10")
    found = client.get("/register?words=OŚRODEK+ŁODZI").text
    assert "Ośrodek w&nbsp;Łodzi" in found or "Ośrodek w\u00a0Łodzi" in found
    assert "Libiążu" not in found
    assert "Libiążu" in client.get("/register?voivodeship=12").text
    assert 'role="rowheader"' not in client.get("/register?voivodeship=10&words=Libiążu").text
    assert "Libiążu" in client.get("/register?voivodeship=99&page=x").text


def test_the_register_has_pages_and_a_constant_number_of_queries(app: Flask, client: CheckingClient) -> None:
    def queries(path: str) -> int:
        seen: list[str] = []

        def see(connection: object, cursor: object, statement: str, *rest: object) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", see)
        client.get(path)
        event.remove(db.engine, "before_cursor_execute", see)
        return len([one for one in seen if one.startswith("SELECT")])

    enter("Ośrodek 0", "D/0")
    few = queries("/register"), queries("/register?words=ośrodek")
    for number in range(1, 53):
        enter(f"Ośrodek {number}", f"D/{number}")
    assert (queries("/register"), queries("/register?words=ośrodek")) == few
    assert client.get("/register").text.count('role="rowheader"') == 50
    assert client.get("/register?page=2").text.count('role="rowheader"') == 3
    assert client.get("/register?page=99").text.count('role="rowheader"') == 3


def test_a_certificate_with_all_facts(issued: Certificate, english: CheckingClient) -> None:
    page = english.get(f"/certificates/{issued.path_number}").text
    assert issued.valid_from is not None
    year = issued.valid_from.year
    for text in (issued.number, issued.scope, issued.issuer_name, issued.decision_number, f"{year}–{year + 2}"):
        assert text in page
    for text in ("Valid", "in force today", "Checked today at", str(issued.pdf_sha256), "Certificate issued"):
        assert text in page


def test_the_lines_for_a_website_hold_any_title(app: Flask, english: CheckingClient) -> None:
    entry = enter("OPS", "D/1", title='Certyfikat "Dobre <Wolontariaty>"')
    address = f"/certificates/{entry.path_number}"
    page = english.get(address).text
    lines = html5lib.parse(page, namespaceHTMLElements=False).find(".//code[@class='break']").text
    link = html5lib.parseFragment(lines, namespaceHTMLElements=False).find("a")
    assert link.get("href") == f"http://localhost{address}"
    picture = dict(link.find("img").items())
    assert picture == {
        "src": f"http://localhost/api/v1{address}/badge.svg", "alt": f"{entry.title}, {entry.number}"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "word"),
    [("suspended", "Suspended"), ("revoked", "Revoked"), ("superseded", "Superseded"), ("resigned", "Given up")],
)
def test_the_status_is_computed(issued: Certificate, english: CheckingClient, kind: str, word: str) -> None:
    happen(issued, kind, today())
    page = english.get(f"/certificates/{issued.path_number}").text
    assert f'verdict--{kind}"' in page
    assert f"<span>{word}</span>" in page
    assert "Powód." in page
    assert f"<span>{word}</span>" in english.get("/register").text


def test_an_expired_certificate(issued: Certificate, english: CheckingClient) -> None:
    until = issued.valid_until
    assert until is not None
    with fixed(datetime.combine(until + timedelta(days=1), time(12), UTC)):
        assert 'verdict--expired"' in english.get(f"/certificates/{issued.path_number}").text
        picture = english.get(f"/api/v1/certificates/{issued.path_number}/badge.svg", headers={"Accept-Language": "en"})
    said = picture.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Expired<tspan" in said
    assert f"{format_date(until, 'd MMMM y', locale='en')}</tspan>" in said


def test_an_entry_from_before_the_register_says_so(app: Flask, english: CheckingClient) -> None:
    entry = enter(LIBIAZ, "DAWNY/1")
    page = english.get(f"/certificates/{entry.path_number}").text
    for text in ("From before this register", "its term is not known to us", "w maju 2017 roku", "31 maja 2017"):
        assert text in page
    assert "/pdf" not in page
    assert english.get(f"/certificates/{entry.path_number}/pdf").status_code == 404


def test_the_file_is_served_byte_for_byte(issued: Certificate, client: CheckingClient) -> None:
    content = content_of(issued)
    inline = client.get(f"/certificates/{issued.path_number}/pdf")
    assert (inline.status_code, inline.data, inline.mimetype) == (200, content, "application/pdf")
    assert inline.headers["Content-Disposition"] == f"inline; filename={issued.path_number}.pdf"
    assert inline.headers["X-Content-Type-Options"] == "nosniff"
    assert "public" in inline.headers["Cache-Control"]
    saved = client.get(f"/certificates/{issued.path_number}/pdf?download=1")
    assert saved.headers["Content-Disposition"].startswith("attachment; ")
    again = client.get(f"/certificates/{issued.path_number}/pdf", headers={"If-None-Match": inline.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/certificates/nothing/pdf").status_code == 404


def test_damaged_bytes_are_not_served(issued: Certificate, client: CheckingClient) -> None:
    path = storage.path_of(Path(root()), str(issued.pdf_sha256))
    path.write_bytes(content_of(issued)[:-1])
    assert client.get(f"/certificates/{issued.path_number}/pdf").status_code == 503


@pytest.mark.parametrize("change", [str, str.lower, lambda text: text.replace("-", " "), lambda text: f" {text} "])
def test_a_number_is_found_however_it_is_written(issued: Certificate, client: CheckingClient, change: object) -> None:
    typed = change(issued.number.replace("0", "o"))  # type: ignore[operator]
    answer = client.get("/verify/number", query_string={"number": typed})
    assert (answer.status_code, answer.location) == (303, f"/certificates/{issued.path_number}")


@pytest.mark.parametrize(
    "written",
    ["nr {number}", "Dobre miejsce nr {number}.", "http://localhost/certificates/{path}", "„{path}”", "{short}"],
)
def test_a_number_is_found_as_it_is_printed(issued: Certificate, client: CheckingClient, written: str) -> None:
    parts = issued.number.split("-")
    text = written.format(
        number=issued.number, path=issued.path_number, short="/".join([*parts[:-1], str(int(parts[-1]))])
    )
    page = client.get("/verify/number", query_string={"number": text})
    assert (page.status_code, page.location) == (303, f"/certificates/{issued.path_number}")
    told = client.post("/api/v1/verify", json={"number": text})
    assert (told.status_code, told.json["certificate"]["number"]) == (200, issued.number)  # type: ignore[index]


def test_another_way_of_writing_leads_to_the_one_address(issued: Certificate, client: CheckingClient) -> None:
    number = issued.path_number
    for written in (number.lower(), f"{number}/", number.replace("-", "/"), f"nr%20{number}", f"{number}."):
        answer = client.get(f"/certificates/{written}")
        assert (answer.status_code, answer.location) == (302, f"/certificates/{number}")
    for half in ("/certificates", "/certificates/"):
        assert client.get(half).location == "/register"
    assert client.get("/certificates/OSL/1999/7").status_code == 404


def test_a_text_without_end_holds_no_number(issued: Certificate, english: CheckingClient) -> None:
    typed = f"{'x ' * 500}{issued.number}"
    page = english.get("/verify/number", query_string={"number": typed})
    assert (page.status_code, "The register holds no certificate" in page.text) == (404, True)
    assert english.post("/api/v1/verify", json={"number": typed}).status_code == 422


def test_a_number_that_could_mean_two_means_none(app: Flask, client: CheckingClient) -> None:
    enter("Pierwszy", "A-10")
    enter("Drugi", "A-IO")
    assert client.get("/verify/number?number=a10").status_code == 404
    assert client.get("/verify/number?number=A-10").status_code == 303


def test_an_unknown_number_is_kept_on_the_page(english: CheckingClient) -> None:
    for path in ("/verify/number?number=OSL/1999/<7>", "/certificates/OSL-1999-<7>"):
        page = english.get(path)
        assert page.status_code == 404
        assert "The register holds no certificate with this number." in page.text
        assert "1999" in page.text
        assert "&lt;7&gt;" in page.text
    problem = english.get("/certificates/NO-1", headers={"Accept": "application/json"})
    assert (problem.status_code, problem.json["code"]) == (404, "certificate_not_found")  # type: ignore[index]


@pytest.mark.parametrize("number", ["", "   "])
def test_a_number_is_needed(english: CheckingClient, number: str) -> None:
    page = english.get("/verify/number", query_string={"number": number})
    assert (page.status_code, "Fill in this field." in page.text) == (422, True)


def test_the_radar_is_a_picture_and_nothing_else() -> None:
    picture = charts.radar(
        [("O1", 66.7), ("O2", None), ("O3", 100)], 50, "Samoocena", ("samoocena", "próg & reszta")
    ).decode()
    for unwanted in ("<script", "<style", "style=", "class=", "href", "<!--"):
        assert unwanted not in picture
    for text in ("<title>Samoocena</title>", ">O1<", "67%", "–", "stroke-dasharray", "próg &amp; reszta"):
        assert text in picture
    assert "stroke-dasharray" not in charts.radar([("O1", 1.0)], None, "x", ("a", "b")).decode()
