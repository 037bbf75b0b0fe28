"""The register for spreadsheets, and what machines ask for: icon, robots, the preview of a link."""

import csv
import io
from datetime import date

import html5lib
import openpyxl
import pytest
from flask import Flask

from certify.domain.lifecycle import Status
from certify.models.certificate import Certificate
from certify.queries import certificates
from certify.web import register_files
from certify.workflows import certificates as verbs
from tests.factories import make_application
from tests.pages import CheckingClient
from tests.web.test_public import enter


@pytest.fixture
def issued(app: Flask) -> Certificate:
    found = certificates.of_application(make_application(at=Status.CERTIFIED).case_id)
    assert found is not None
    enter('=HYPERLINK("http://localhost";"x")', "D/1")
    return found


def rows_of_csv(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_csv_holds_every_entry_and_no_formula(issued: Certificate, client: CheckingClient) -> None:
    answer = client.get("/register.csv")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Content-Disposition"].endswith(".csv")
    heads, *rows = rows_of_csv(answer.data)
    assert (heads[0], heads[1], len(rows)) == ("Numer", "Status dzisiaj", 2)
    assert rows[0][2].startswith("'=HYPERLINK")
    mine = dict(zip(heads, next(one for one in rows if one[0] == issued.number), strict=True))
    assert mine["Posiadacz"] == issued.holder_name
    assert mine["Ważny od"] == str(issued.valid_from)
    assert issued.pdf_sha256 in mine.values()
    assert verbs.verify_url(issued.path_number) in mine.values()


def test_xlsx_holds_the_same_with_days_as_days(issued: Certificate, client: CheckingClient) -> None:
    answer = client.get("/register.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    heads, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [heads, len(rows)] == [rows_of_csv(client.get("/register.csv").data)[0], 2]
    mine = dict(zip(heads, next(one for one in rows if one[0] == issued.number), strict=True))
    assert mine["Posiadacz"] == issued.holder_name
    first = mine["Ważny od"]
    assert isinstance(first, date) and first.strftime("%Y-%m-%d") == str(issued.valid_from)
    types = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "f" not in types


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_has_not_changed_is_neither_made_nor_sent(
    issued: Certificate, client: CheckingClient, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get(f"/register.{kind}")
    monkeypatch.setattr(register_files, "_row", None)
    same = client.get(f"/register.{kind}", headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    assert client.get(f"/register.{kind}").data == first.data
    monkeypatch.undo()
    enter("Nowy ośrodek", "D/2")
    after = client.get(f"/register.{kind}", headers={"If-None-Match": first.headers["ETag"]})
    assert (after.status_code, after.headers["ETag"] != first.headers["ETag"]) == (200, True)


def test_in_the_language_of_the_visitor(issued: Certificate, client: CheckingClient) -> None:
    polish = client.get("/register.csv")
    with client.session_transaction() as session:
        session["language"] = "en"
    english = client.get("/register.csv", headers={"If-None-Match": polish.headers["ETag"]})
    assert rows_of_csv(english.data)[0][0] == "Number"


def test_one_file_is_made_at_a_time(issued: Certificate, client: CheckingClient) -> None:
    with register_files._making:
        answer = client.get("/register.xlsx")
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert client.get("/register.xlsx").status_code == 200


def test_the_register_links_its_files(issued: Certificate, client: CheckingClient) -> None:
    page = client.get("/register").text
    for address in ("/register.csv", "/register.xlsx", "/api/v1/register.json"):
        assert f'href="{address}"' in page


def test_a_shared_link_tells_what_it_is_and_no_status(issued: Certificate, client: CheckingClient) -> None:
    page = html5lib.parse(client.get(f"/certificates/{issued.path_number}").text, namespaceHTMLElements=False)
    said = {one.get("property"): one.get("content") for one in page.iter("meta") if one.get("property")}
    assert said["og:title"] == f"{issued.title} {issued.number}"
    assert said["og:url"] == verbs.verify_url(issued.path_number)
    assert said["og:description"].startswith(issued.holder_name)
    assert "Ważny" not in " ".join(said.values())


def test_robots_may_read_what_is_public(app: Flask, client: CheckingClient) -> None:
    answer = client.get("/robots.txt")
    lines = answer.text.splitlines()
    assert (answer.mimetype, lines[0], lines[-1]) == ("text/plain", "User-agent: *", "Disallow: /")
    assert {"Allow: /register", "Allow: /certificates/", "Allow: /$"} <= set(lines)
    app.config["DEMO"] = True
    assert client.get("/robots.txt").text.splitlines() == ["User-agent: *", "Disallow: /"]


def test_the_icon(client: CheckingClient) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.data[:4]) == (200, b"\x00\x00\x01\x00")
