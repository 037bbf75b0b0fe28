"""Keeps the words under which things are found in step with the things; verbs call it in their transaction."""

from collections.abc import Iterable

from sqlalchemy import delete, insert, select

from certify.db import db
from certify.domain.search_words import index_words, voivodeship_word
from certify.domain.voivodeships import VOIVODESHIPS
from certify.models.application import Application
from certify.models.certificate import Certificate
from certify.models.organisation import Organisation, Unit
from certify.models.search import Kind, SearchWord


def write(kind: Kind, owner_id: int, words: Iterable[str]) -> None:
    """The words of one thing, instead of those that it had."""
    db.session.execute(delete(SearchWord).where(SearchWord.kind == kind, SearchWord.owner_id == owner_id))
    rows = [{"kind": kind, "word": word, "owner_id": owner_id} for word in sorted(words)]
    db.session.execute(insert(SearchWord), rows)


def of_organisation(organisation: Organisation) -> None:
    """A centre that was registered or changed, and its applications, which are found by it."""
    units = organisation.units
    write(Kind.ORGANISATION, organisation.id, index_words(_texts(organisation, units)))
    for application in db.session.scalars(select(Application).where(Application.organisation_id == organisation.id)):
        of_application(application, organisation, application.unit)


def of_application(application: Application, organisation: Organisation, unit: Unit) -> None:
    """An application that was opened."""
    words = index_words(_texts(organisation, [unit]), [application.number])
    write(Kind.APPLICATION, application.id, words)


def of_certificate(certificate: Certificate, unit: Unit | None = None) -> None:
    """A certificate that was issued to the unit, or taken over: the words are those of its copies, for good."""
    gminas = [gmina.name for gmina in unit.gminas] if unit else []
    copies = [certificate.holder_name, certificate.unit_name, certificate.holder_address, certificate.title]
    texts = [*copies, *gminas, VOIVODESHIPS.get(certificate.voivodeship, "")]
    words = index_words(texts, [certificate.number])
    write(Kind.CERTIFICATE, certificate.id, words | {voivodeship_word(certificate.voivodeship)})


def _texts(organisation: Organisation, units: Iterable[Unit]) -> list[str]:
    names = [organisation.name, organisation.kind, organisation.address, VOIVODESHIPS[organisation.voivodeship]]
    # The main unit is the centre itself.
    parts = [unit.name for unit in units if not unit.is_main]
    return [*names, *parts, *(gmina.name for unit in units for gmina in unit.gminas)]
