"""The receipt of a submission as a PDF: what it says, for whom, the same each time, by either engine."""

import io
import shutil
from collections.abc import Callable

import pypdf
import pytest
from flask import Flask

from certify.domain.lifecycle import Status
from certify.i18n import SESSION_KEY
from certify.queries import supplements
from certify.workflows import answers, applications
from certify.workflows.answers import AnswerData
from tests.factories import make_application
from tests.pages import CheckingClient

Login = Callable[..., CheckingClient]


def words(content: bytes) -> str:
    """All text of the file without white space: the engines break lines at other places."""
    return "".join("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages).split())


def test_the_receipt_says_what_was_sealed(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.SUPPLEMENT)
    texts = {"P.1.a": "Dziewięć!"}
    answers.save(made.cast.manager, made.case_id, "P.1", AnswerData(points=5, narratives=texts))
    applications.resubmit(made.cast.manager, made.case_id)
    first, second = supplements.submissions_of(made.application)
    login(client, made.people["editor"])
    url = f"/cases/{made.case_id}/submissions/2/receipt.pdf"
    sent = client.get(url)
    assert (sent.status_code, sent.mimetype) == (200, "application/pdf")
    number = made.application.number.replace("/", "-")
    assert f"potwierdzenie-{number}-2.pdf" in sent.headers["Content-Disposition"]
    said = words(sent.data)
    pieces = [piece for found in second.content["evidence"].values() for piece in found]
    expected = [made.application.number, "nr2", second.sha256, "MariaZarządca", *(one["sha256"] for one in pieces)]
    assert [one for one in expected if "".join(one.split()) not in said] == []
    assert first.sha256 not in said and "uchwała.txt" in said
    # The page is in English, the paper is not, and asking again gives the same bytes.
    with client.session_transaction() as session:
        session[SESSION_KEY] = "en"
    assert client.get(url).data == sent.data
    assert url.replace("/2/", "/1/") != url and first.sha256 in words(client.get(url.replace("/2/", "/1/")).data)


@pytest.mark.skipif(shutil.which("wkhtmltopdf") is None, reason="wkhtmltopdf is not installed")
def test_the_other_engine_says_the_same(app: Flask, client: CheckingClient, login: Login) -> None:
    made = make_application(Status.SUBMITTED)
    app.config["PDF_ENGINE"] = "pdfkit"
    sent = login(client, made.people["coordinator"]).get(f"/cases/{made.case_id}/submissions/1/receipt.pdf")
    assert sent.status_code == 200
    assert supplements.submissions_of(made.application)[0].sha256 in words(sent.data)


def test_the_receipts_page_offers_it(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.SUBMITTED)
    login(client, made.people["manager"])
    address = f'href="/cases/{made.case_id}/submissions/1/receipt.pdf"'
    assert address in client.get(f"/cases/{made.case_id}/receipt/submit").text
    assert address in client.get(f"/cases/{made.case_id}").text
    assert client.get(f"/cases/{made.case_id}/submissions/2/receipt.pdf").status_code == 404
