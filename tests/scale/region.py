"""Thousands of applications for measuring lists: rows written in bulk, since walking so many cases takes days."""

from datetime import timedelta

from sqlalchemy import insert, select

from certify.db import db, transaction
from certify.domain.collation import sort_key
from certify.domain.lifecycle import Status
from certify.domain.search_words import index_words, voivodeship_word
from certify.models.account import User
from certify.models.application import Application
from certify.models.certificate import Certificate, CertificateEvent
from certify.models.organisation import Organisation, Unit
from certify.models.rubric import RubricVersion
from certify.models.search import Kind, SearchWord
from certify.timing import now, today

# Ids far above those of the cases that were walked.
FIRST = 1_000_000
PLACES = ("Żarki", "Łask", "Ćmielów", "Śrem", "Ostrów", "Dęblin", "Kępno", "Błonie")
# A centre has its whole history here: most of its cases have ended.
STATUSES = (*Status, Status.CERTIFIED, Status.CERTIFIED, Status.CERTIFIED, Status.REFUSED)


def fill(cases: int) -> None:
    """Add so many applications, each of a centre of its own, in all statuses and with dates around today."""
    person = db.session.scalars(select(User.id).limit(1)).one()
    rubric = db.session.scalars(select(RubricVersion).limit(1)).one()
    numbers = range(FIRST, FIRST + cases)
    moment, day = now(), today()
    names = {number: f"Ośrodek Pomocy Społecznej w m. {PLACES[number % len(PLACES)]} nr {number}" for number in numbers}
    centres = [
        {"id": number, "name": names[number], "kind": "OPS", "city": PLACES[number % len(PLACES)], "voivodeship": "10",
         "sort_key": sort_key(names[number])}
        for number in numbers
    ]  # fmt: skip
    units = [{"id": number, "organisation_id": number, "name": names[number], "is_main": True} for number in numbers]
    applications = [
        {
            "id": number,
            "number": f"S/{day.year}/{number}",
            "organisation_id": number,
            "unit_id": number,
            "rubric_version_id": rubric.id,
            "scheme": rubric.scheme,
            "centre_type": "OPS",
            "status": STATUSES[number % len(STATUSES)].value,
            "status_since": moment,
            "due_on": day + timedelta(days=number * 7 % 120 - 20),
            "created_at": moment,
            "created_by_id": person,
            "submitted_at": moment,
            "submitted_by_id": person,
            "accepted_at": moment,
            "accepted_by_id": person,
            "decided_at": moment,
            "decided_by_id": person,
        }
        for number in numbers
    ]
    with transaction():
        for table, rows in ((Organisation, centres), (Unit, units), (Application, applications)):
            db.session.execute(insert(table), rows)
        _write_words(Kind.ORGANISATION, names, {})
        _write_words(Kind.APPLICATION, names, {one: f"S/{day.year}/{one}" for one in numbers})


def _write_words(kind: Kind, names: dict[int, str], numbers: dict[int, str]) -> None:
    """The words under which so many things are found, as the verbs would write them."""
    rows = [
        {"kind": kind, "word": word, "owner_id": owner}
        for owner, name in names.items()
        for word in index_words([name, "łódzkie", voivodeship_word("10")], [numbers[owner]] if numbers else [])
    ]
    for start in range(0, len(rows), 50_000):
        db.session.execute(insert(SearchWord), rows[start : start + 50_000])


def fill_register(entries: int) -> None:
    """Add so many certificates from before this register, each with its beginning as an event."""
    numbers = range(FIRST, FIRST + entries)
    names = {number: f"Ośrodek Pomocy Społecznej w m. {PLACES[number % len(PLACES)]} nr {number}" for number in numbers}
    rows = [
        {
            "id": number,
            "number": f"R/2017/{number}",
            "path_number": f"R-2017-{number}",
            "scheme": "osl-before",
            "year": 2017,
            "serial": number,
            "holder_name": names[number],
            "holder_sort_key": sort_key(names[number]),
            "voivodeship": "10",
            "title": "Certyfikat Jakości OSL",
            "scope": "Organizowanie społeczności lokalnej",
            "standard_title": "Model OSL",
            "standard_version": "",
            "issuer_name": "Stowarzyszenie",
            "awarded": "w 2017 roku",
            "expiring_months": 0,
            "issued_at": now(),
            "source": "Strona ośrodka",
        }
        for number in numbers
    ]
    events = [
        {"certificate_id": number, "kind": "issued", "on": today(), "reason": "", "recorded_at": now()}
        for number in numbers
    ]
    with transaction():
        db.session.execute(insert(Certificate), rows)
        db.session.execute(insert(CertificateEvent), events)
        _write_words(Kind.CERTIFICATE, names, {one: f"R/2017/{one}" for one in numbers})
