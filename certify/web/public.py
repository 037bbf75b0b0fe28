"""What everybody may read: the start page, the standards, how a decision comes about, the register and its check."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from markupsafe import Markup
from werkzeug.wrappers import Response

from certify import pdf
from certify.domain.collation import sort_key
from certify.domain.errors import NotFound, TooLarge
from certify.domain.lifecycle import Status
from certify.domain.rubric import Rubric
from certify.domain.validity import Validity
from certify.domain.voivodeships import VOIVODESHIPS
from certify.http_errors import answer, wants_json
from certify.i18n import language
from certify.models.certificate import Certificate
from certify.queries import certificates, rubrics
from certify.sentences import SENTENCES, sentence
from certify.timing import WARSAW, now
from certify.web.access import PUBLIC, access, body_limit, often, says
from certify.web.downloads import certificate_response
from certify.web.standard_words import actors_in, days_text, outcome_lines, process_facts, step_rows
from certify.workflows import verification
from certify.workflows.certificates import verify_url
from certify.workflows.verification import MAX_PDF

bp = Blueprint("public", __name__)

# The file itself may have MAX_PDF bytes; the rest is the form around it.
BODY = MAX_PDF + 64 * 1024
ANSWER_STATUS = {"genuine": 200, "altered": 200, "unknown": 404, "unreadable": 422}
STATEMENT_DATE = date(2026, 11, 22)

MEANING: dict[Validity, LazyString] = {
    Validity.VALID: _l("The holder meets the standard; the certificate is in force today."),
    Validity.EXPIRING: _l("The certificate is in force today. Its term ends soon."),
    Validity.EXPIRED: _l("The term of this certificate is over. It confirms the past, not the present."),
    Validity.SUSPENDED: _l(
        "For the time being the holder may not refer to this certificate. It can come back into force."
    ),
    Validity.REVOKED: _l("This certificate was taken back for good and confirms nothing any more."),
    Validity.SUPERSEDED: _l("A newer certificate has replaced this one."),
    Validity.RESIGNED: _l("The holder has given this certificate up. It is not in force."),
    Validity.HISTORICAL: _l(
        "This certificate was awarded before this register was begun. We repeat what a public source says;"
        " its term is not known to us, so we can't say whether it is in force today."
    ),
}
HAPPENED: dict[str, LazyString] = {
    "issued": _l("Certificate issued"),
    "suspended": _l("Certificate suspended"),
    "reinstated": _l("Certificate back in force"),
    "revoked": _l("Certificate revoked"),
    "superseded": _l("Certificate superseded"),
    "resigned": _l("Certificate given up"),
}


class FileForm(FlaskForm):
    """The file to be compared with the register."""

    file = FileField(_l("Certificate file (PDF)"), validators=[FileRequired(message=SENTENCES["required"])])


@dataclass(frozen=True)
class Standard:
    """A published standard as the list shows it."""

    rubric: Rubric
    criteria: int
    critical: int
    indicators: int


def _standard(rubric: Rubric) -> Standard:
    shown = [one for one in rubric.criteria if one.status != "retired"]
    return Standard(rubric, len(shown), sum(one.critical for one in shown), sum(len(one.indicators) for one in shown))


@bp.get("/")
@access(PUBLIC)
def start() -> str:
    """What this is, for whom, and the three doors."""
    return render_template("public/start.html")


@bp.get("/standards")
@access(PUBLIC)
def standards() -> str:
    """Every published standard and version."""
    current = {row.id for row in rubrics.current_versions()}
    rows = [(_standard(rubrics.parsed(row)), row.id in current) for row in rubrics.published()]
    return render_template("public/standards.html", standards=rows)


@bp.get("/standards/<scheme>/<version>")
@access(PUBLIC)
def standard(scheme: str, version: str) -> str:
    """One standard, whole, to be read."""
    row = rubrics.get(scheme, version)
    rubric = rubrics.parsed(row)
    return render_template(
        "public/standard.html",
        rubric=rubric,
        counts=_standard(rubric),
        row=row,
        kinds={kind.id: kind.title for kind in rubric.evidence_kinds},
        types={kind.id: kind.title for kind in rubric.centre_types},
        outcomes=outcome_lines(rubric, language()),
        process=process_facts(rubric),
        steps=step_rows(rubric),
    )


@bp.get("/standards/<scheme>/<version>/terms")
@access(PUBLIC)
def terms(scheme: str, version: str) -> str:
    """The words of a standard and what they mean in it; not found where its file explains none."""
    rubric = rubrics.parsed(rubrics.get(scheme, version))
    if not rubric.terms:
        raise NotFound
    lang = language()
    found = sorted(rubric.terms, key=lambda one: sort_key(one.title.get(lang)))
    return render_template("public/terms.html", rubric=rubric, terms=found)


@bp.get("/method")
@access(PUBLIC)
def method() -> str:
    """How a decision comes about under one standard: `?standard=osl`, the first one unless told."""
    current = {row.scheme: rubrics.parsed(row) for row in rubrics.current_versions()}
    wanted = request.args.get("standard", "")
    rubric = current.get(wanted) or next(iter(current.values()), None)
    if rubric is None:
        return render_template("public/method.html", rubric=None)
    days = {key: days_text(rubric, number) for key, number in rubric.process.days.items()}
    return render_template(
        "public/method.html",
        rubric=rubric,
        others=[one for one in current.values() if one.scheme != rubric.scheme],
        outcomes=outcome_lines(rubric, language()),
        deciders=actors_in(Status.DECISION),
        appellants=actors_in(Status.REFUSED),
        panel=actors_in(Status.APPEAL),
        days=days,
    )


@bp.get("/register")
@access(PUBLIC)
def register() -> str:
    """All certificates in Polish alphabetical order of their holders, each with today's status."""
    words = request.args.get("words", "").strip()[:200]
    chosen = request.args.get("voivodeship", "")
    voivodeship = chosen if chosen in VOIVODESHIPS else ""
    found = certificates.register(voivodeship, words, request.args.get("page", 1, type=int))
    return render_template(
        "public/register.html",
        found=found,
        statuses={one.id: certificates.validity(one).value for one in found.entries},
        years={one.id: _years(one) for one in found.entries},
        words=words,
        voivodeship=voivodeship,
        voivodeships=VOIVODESHIPS,
    )


def _years(certificate: Certificate) -> str:
    if certificate.valid_from is None or certificate.valid_until is None:
        return ""
    return pdf.years(certificate.valid_from, certificate.valid_until)


@bp.get("/certificates/<path_number>")
@access(PUBLIC)
def certificate(path_number: str) -> Response | tuple[str, int] | str:
    """One certificate with the status of today; another way of writing its number leads to the same address."""
    found = certificates.find(path_number)
    if found is None:
        return _unknown(path_number)
    if found.path_number != path_number:
        return redirect(url_for("public.certificate", path_number=found.path_number), 302)
    validity = certificates.validity(found)
    moment = now().astimezone(WARSAW)
    standards = {(row.scheme, row.version) for row in rubrics.published()}
    origin = current_app.config["PUBLIC_URL"].rstrip("/")
    badge = url_for("api_certificates.badge", path_number=found.path_number)
    return render_template(
        "public/certificate.html",
        certificate=found,
        status=validity.value,
        meaning=MEANING[validity],
        years=_years(found),
        voivodeship=VOIVODESHIPS.get(found.voivodeship, ""),
        hour=f"{moment.hour}:{moment.minute:02}",
        address=verify_url(found.path_number),
        about=gettext(
            "%(holder)s. The page shows whether the certificate is in force today.", holder=found.holder_name
        ),
        badge=badge,
        # Lines to be copied: what stands in them is escaped here, and once more where they are shown.
        embedding=str(
            Markup('<a href="{}"><img src="{}" alt="{}, {}"></a>').format(
                verify_url(found.path_number), f"{origin}{badge}", found.title, found.number
            )
        ),
        published=(found.scheme, found.standard_version) in standards,
        happened=[(HAPPENED[event.kind], event) for event in reversed(found.events)],
    )


@bp.get("/certificates", strict_slashes=False)
@access(PUBLIC)
def certificates_begin() -> Response:
    """What is left of a printed address that was broken in two."""
    return redirect(url_for("public.register"), 302)


@bp.get("/certificates/<path:written>")
@access(PUBLIC)
def certificate_written(written: str) -> Response | tuple[str, int]:
    """A number with its slashes, typed into the address bar: OSL/2026/0012."""
    found = certificates.find(written)
    if found is None:
        return _unknown(written)
    return redirect(url_for("public.certificate", path_number=found.path_number), 302)


@bp.get("/certificates/<path_number>/pdf")
@access(PUBLIC)
def certificate_pdf(path_number: str) -> Response:
    """The very bytes that were issued; `?download=1` saves them. An entry from before this register has no file."""
    found = certificates.by_number(path_number)
    return certificate_response(found, save=request.args.get("download") == "1")


@bp.get("/verify")
@access(PUBLIC)
def verify() -> str:
    """Two ways to check a certificate: by its number and by its file."""
    return _verify_page()


def _verify_page(number: str = "", fault: str | None = None, form: FileForm | None = None) -> str:
    return render_template("public/verify.html", number=number, fault=fault, form=form or FileForm())


def _unknown(number: str) -> Response | tuple[str, int]:
    """The register knows no such number: the page keeps it, so that a slip can be mended."""
    if wants_json():
        return answer(404, "certificate_not_found")
    return _verify_page(number[: certificates.MAX_TEXT], sentence("certificate_not_found")), 404


@bp.get("/verify/number")
@access(PUBLIC)
def verify_number() -> Response | tuple[str, int]:
    """Leads to the page of the certificate with the typed number."""
    number = request.args.get("number", "").strip()
    if not number:
        return _verify_page(fault=sentence("required")), 422
    found = certificates.find(number)
    if found is None:
        return _unknown(number)
    return redirect(url_for("public.certificate", path_number=found.path_number), 303)


@bp.post("/verify/file")
@access(PUBLIC)
@body_limit(BODY)
@often("API_RATE_VERIFY")
@says("check")
def verify_file() -> tuple[str, int]:
    """Compares a file with the register; nothing of it is kept."""
    form = FileForm()
    if not form.validate_on_submit():
        return _verify_page(form=form), 422
    stream = form.file.data.stream
    if stream.seek(0, 2) > MAX_PDF:
        raise TooLarge("file_too_large", limit=MAX_PDF)
    stream.seek(0)
    found = verification.verify(stream)
    current_app.logger.info("a file was compared with the register: %s", found.answer)
    page = render_template(
        "public/verified.html",
        found=found,
        fault=sentence(found.fault, "check"),
        name=form.file.data.filename,
        status=certificates.validity(found.certificate).value if found.certificate else None,
    )
    return page, ANSWER_STATUS[found.answer]


@bp.get("/accessibility")
@access(PUBLIC)
def accessibility() -> str:
    """The accessibility statement that the Polish act of 4 April 2019 asks for, ready for the operator to complete."""
    return render_template("public/accessibility.html", published=STATEMENT_DATE)
