"""Issuing: the certificate is printed and stored first, then number, row, status and event come in one transaction."""

import io
from datetime import date
from typing import cast

from flask import current_app
from sqlalchemy import func, select

from certify import pdf, pdf_letters, storage
from certify.db import db, transaction
from certify.domain.collation import sort_key
from certify.domain.errors import Conflict, FieldError, Invalid, Unavailable
from certify.domain.lifecycle import Action
from certify.domain.policy import Actor, Role
from certify.domain.rubric import CertificateRules, Rubric
from certify.domain.voivodeships import VOIVODESHIPS
from certify.models.application import Application
from certify.models.certificate import Certificate, CertificateEvent
from certify.models.decision import Decision
from certify.models.organisation import Unit
from certify.queries import cases, certificates
from certify.queries.deadlines import years_after
from certify.queries.rubrics import rubric_of
from certify.timing import WARSAW, now, today
from certify.workflows import search_words
from certify.workflows.evidence import root
from certify.workflows.step import check, lock_history, move, opened, record, seen_last

MAX_PDF = 10 * 1024 * 1024
TRIES = 5


def _next_serial(scheme: str, year: int, rules: CertificateRules | None = None) -> int:
    """The next free one. With `rules` also a number that another scheme's certificate has is passed over: two standards
    with one pattern may stand published from before there was a rule against it."""
    used = select(func.max(Certificate.serial)).where(Certificate.scheme == scheme, Certificate.year == year)
    serial = (db.session.scalar(used) or 0) + 1
    while rules is not None and _taken(rules.number_for(year, serial)):
        serial += 1
    return serial


def _taken(number: str) -> bool:
    path = certificates.path_form(number)
    return db.session.scalar(select(Certificate.id).where(Certificate.path_number == path)) is not None


def _grade(rubric: Rubric, decision: Decision) -> str:
    """The outcome's title where the standard knows several grades; empty where it knows one."""
    grades = [one for one in rubric.outcomes if one.leads_to == "granted"]
    chosen = [one.title.pl for one in grades if one.id == decision.outcome]
    return chosen[0] if len(grades) > 1 and chosen else ""


def area_line(unit: Unit, voivodeship: str) -> str:
    """The gminas that the unit serves, and the voivodeship."""
    names = [gmina.name for gmina in unit.gminas]
    gminas = [("gmina " if len(names) == 1 else "gminy ") + ", ".join(names)] if names else []
    return ", ".join([*gminas, f"województwo {VOIVODESHIPS[voivodeship]}"])


def _draft(application: Application, actor: Actor) -> Certificate:
    """The certificate as it would be issued now, with the next free number; nothing is written yet."""
    rubric = rubric_of(application)
    decision = cases.decisions(application)[-1]
    year = today().year
    serial = _next_serial(application.scheme, year, rubric.certificate)
    number = rubric.certificate.number_for(year, serial)
    holder = application.organisation
    return Certificate(
        number=number,
        path_number=certificates.path_form(number),
        scheme=application.scheme,
        year=year,
        serial=serial,
        application_id=application.id,
        decision_id=decision.id,
        organisation_id=holder.id,
        holder_name=holder.name,
        holder_sort_key=sort_key(holder.name),
        holder_address=holder.address,
        voivodeship=holder.voivodeship,
        unit_name="" if application.unit.is_main else application.unit.name,
        title=rubric.certificate.title.pl,
        grade=_grade(rubric, decision),
        scope=rubric.certificate.scope.pl,
        standard_title=rubric.title.pl,
        standard_version=rubric.version,
        issuer_name=rubric.certificate.issuer.name,
        decision_number=decision.number,
        decision_date=decision.decided_at.astimezone(WARSAW).date(),
        valid_from=today(),
        valid_until=years_after(today(), rubric.certificate.valid_years),
        expiring_months=rubric.certificate.expiring_months,
        issued_at=now(),
        issued_by_id=actor.user_id,
    )


def verify_url(path_number: str) -> str:
    """The public address of a certificate, as it is printed and coded in the QR."""
    return f"{current_app.config['PUBLIC_URL'].rstrip('/')}/certificates/{path_number}"


def _face(certificate: Certificate, application: Application) -> pdf.CertificateFace:
    rubric = rubric_of(application)
    return pdf.CertificateFace(
        title=certificate.title,
        number=certificate.number,
        holder_name=certificate.holder_name,
        holder_address=certificate.holder_address,
        unit_name=certificate.unit_name or None,
        area=area_line(application.unit, certificate.voivodeship),
        scope=certificate.scope,
        standard_title=certificate.standard_title,
        standard_version=certificate.standard_version,
        standard_date=rubric.date,
        decision_number=certificate.decision_number,
        decision_date=cast(date, certificate.decision_date),
        valid_from=cast(date, certificate.valid_from),
        valid_until=cast(date, certificate.valid_until),
        issuer_name=certificate.issuer_name,
        issuer_address=rubric.certificate.issuer.address,
        place=rubric.certificate.issuer.city,
        issued_on=today(),
        signatories=tuple((one.role.pl, "") for one in rubric.certificate.signatories),
        verify_url=verify_url(certificate.path_number),
        grade=certificate.grade or None,
        demo=bool(current_app.config["DEMO"]),
    )


def issue(actor: Actor, application_id: int, *, version: int | None = None) -> Certificate:
    """Issue the certificate of a granted case.

    The file is printed with the next free number and safe on disk before the transaction begins; should somebody else
    take that number meanwhile, it is printed again with the next. Whoever loses the race for the same case gets
    `Conflict("already_issued")`. Raises `Invalid("letters_not_printable")`, `Unavailable` (no engine, storage) or
    `StorageFull`; the case stays granted.
    """
    for _ in range(TRIES):
        application = cases.get(actor, application_id)
        _refuse_second(actor, application)
        check(actor, application, Action.ISSUE)
        # An old form is refused before anything is printed and stored.
        seen_last(version, application.version)
        certificate = _draft(application, actor)
        face = _face(certificate, application)
        _refuse_boxes(face)
        printed = pdf.render_certificate(face, engine=current_app.config["PDF_ENGINE"])
        certificate.pdf_sha256 = storage.put(io.BytesIO(printed), root=root(), limit=MAX_PDF).sha256
        if _publish(actor, application_id, certificate, version):
            return certificate
    raise Unavailable("busy")


def _refuse_boxes(face: pdf.CertificateFace) -> None:
    """What is issued stays as it is printed for good, so that a sign which would be a box is named before."""
    signs = pdf_letters.unprintable_on(face)
    if signs:
        raise Invalid([FieldError("holder_name", "letters_not_printable", signs=pdf_letters.named(signs))])


def boxes(application: Application) -> str:
    """The signs of the holder's texts that the certificate could not show, with their numbers; to be told early."""
    holder, unit = application.organisation, application.unit
    texts = [holder.name, holder.address, unit.name, *(gmina.name for gmina in unit.gminas)]
    return pdf_letters.named(pdf_letters.unprintable(texts))


def _refuse_second(actor: Actor, application: Application) -> None:
    """A second coordinator, or a second click, learns that it is done, not that the case stands elsewhere."""
    issued = certificates.of_application(application.id) if Role.COORDINATOR in actor.roles else None
    if issued is not None:
        raise Conflict("already_issued", link=verify_url(issued.path_number))


def _publish(actor: Actor, application_id: int, certificate: Certificate, version: int | None) -> bool:
    """Write everything at once; False when the number was taken meanwhile."""
    with transaction():
        application = opened(actor, application_id)
        # Who lost the race hears that it is done and where, not that something has changed.
        _refuse_second(actor, application)
        seen_last(version, application.version)
        check(actor, application, Action.ISSUE)
        lock_history()
        rules = rubric_of(application).certificate
        if _next_serial(certificate.scheme, certificate.year, rules) != certificate.serial:
            return False
        certificate.events = [
            CertificateEvent(kind="issued", on=today(), recorded_at=now(), recorded_by_id=actor.user_id)
        ]
        db.session.add(certificate)
        db.session.flush()
        search_words.of_certificate(certificate, application.unit)
        move(actor, application, Action.ISSUE, number=certificate.number, sha256=certificate.pdf_sha256)
    return True


def take_over(
    actor: Actor | None,
    *,
    reference: str,
    scheme: str,
    year: int,
    holder_name: str,
    voivodeship: str,
    title: str,
    scope: str,
    standard_title: str,
    awarded: str,
    source: str,
    issuer_name: str = "",
) -> Certificate:
    """Enter a certificate from before this register, with only what its public source says.

    `reference` is this register's own mark for the entry, not the number of the certificate; the issuer stays empty
    when the source does not name one.
    """
    with transaction():
        lock_history()
        if _taken(reference):
            raise Conflict("already_issued")
        entry = Certificate(
            number=reference,
            path_number=certificates.path_form(reference),
            scheme=f"{scheme}-before",
            year=year,
            serial=_next_serial(f"{scheme}-before", year),
            holder_name=holder_name,
            holder_sort_key=sort_key(holder_name),
            voivodeship=voivodeship,
            title=title,
            scope=scope,
            standard_title=standard_title,
            standard_version="",
            issuer_name=issuer_name,
            awarded=awarded,
            expiring_months=0,
            issued_at=now(),
            source=source,
        )
        db.session.add(entry)
        db.session.flush()
        search_words.of_certificate(entry)
        record("certificate_taken_over", actor.user_id if actor else None, reference=reference)
    return entry
