"""The check of a certificate by its file or its number, as on the public page (R28)."""

from typing import Any

from flask import Response, current_app

from certify.api.fields import moment
from certify.api.operation import Blueprint, operation
from certify.api.schemas import certificates as shapes
from certify.api.uploads import Received, Upload
from certify.domain.errors import TooLarge
from certify.http_errors import answer
from certify.models.certificate import Certificate
from certify.queries import certificates as queries
from certify.timing import now
from certify.web.access import PUBLIC
from certify.workflows import verification as verbs
from certify.workflows.verification import MAX_PDF

bp = Blueprint("verification", __name__, "The check of a certificate.")

LIMIT = MAX_PDF + 64 * 1024
# The two answers without a certificate.
REFUSED = {"unknown": 404, "unreadable": 422}


@operation(
    bp,
    "POST",
    "/verify",
    PUBLIC,
    body=shapes.NumberBody,
    upload=Upload("pdf", LIMIT, words="check"),
    answer=shapes.VerificationAnswer,
    rate="API_RATE_VERIFY",
    errors={
        404: ("certificate_not_found",),
        415: ("json_or_file_expected",),
        422: ("file_damaged", "file_too_complex"),
    },
)
def verify(sent: Received | dict[str, Any]) -> dict[str, Any] | Response:
    """Check a file (genuine, altered, unknown, unreadable) or a number (registered, unknown); nothing is kept."""
    if isinstance(sent, dict):
        found = queries.find(sent["number"])
        return _answered("registered" if found else "unknown", found)
    if sent.stream.seek(0, 2) > MAX_PDF:
        raise TooLarge("file_too_large", limit=MAX_PDF)
    sent.stream.seek(0)
    checked = verbs.verify(sent.stream)
    current_app.logger.info("a file was compared with the register: %s", checked.answer)
    return _answered(checked.answer, checked.certificate, checked.fault, sha256=checked.sha256)


def _answered(said: str, certificate: Certificate | None, fault: str = "", **more: str) -> dict[str, Any] | Response:
    if certificate is not None:
        return {"answer": said, "checked_at": now(), "certificate": shapes.shown(certificate), **more}
    response = answer(REFUSED[said], fault or "certificate_not_found")
    body: dict[str, Any] = response.get_json()
    response.set_data(current_app.json.dumps({**body, "answer": said, "checked_at": moment(now()), **more}) + "\n")
    return response
