"""Issuing a certificate, and the receipt of it."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from certify.domain.errors import NotFound
from certify.domain.policy import Role
from certify.queries import cases
from certify.queries import certificates as queries
from certify.web.access import access, actor
from certify.web.forms import CaseForm
from certify.workflows import certificates

bp = Blueprint("certificates", __name__)


@bp.post("/cases/<id:case_id>/issue")
@access(Role.COORDINATOR)
def issue(case_id: int) -> Response:
    """Print, store and register the certificate; every refusal is one sentence on the error page."""
    certificates.issue(actor(), case_id, version=CaseForm().seen)
    return redirect(url_for("certificates.issued", case_id=case_id), 303)


@bp.get("/cases/<id:case_id>/issued")
@access(Role.COORDINATOR, Role.ADMIN)
def issued(case_id: int) -> str:
    """The receipt: the number, the public page and the file."""
    application = cases.get(actor(), case_id)
    certificate = queries.of_application(application.id)
    if certificate is None:
        raise NotFound
    return render_template("certificates/issued.html", application=application, certificate=certificate)
