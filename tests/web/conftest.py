"""What several tests of pages start from: an issued certificate, its file, and a visitor who reads English."""

import pytest
from flask import Flask

from certify import storage
from certify.domain.lifecycle import Status
from certify.models.certificate import Certificate
from certify.queries import certificates
from certify.workflows.evidence import root
from tests.factories import make_application
from tests.pages import CheckingClient


@pytest.fixture
def issued(app: Flask) -> Certificate:
    """A certificate that went the whole way."""
    found = certificates.of_application(make_application(at=Status.CERTIFIED).case_id)
    assert found is not None
    return found


@pytest.fixture
def english(client: CheckingClient) -> CheckingClient:
    with client.session_transaction() as session:
        session["language"] = "en"
    return client


def content_of(certificate: Certificate) -> bytes:
    assert certificate.pdf_sha256 is not None
    with storage.open_verified(root(), certificate.pdf_sha256) as stream:
        return stream.read()
