"""Registering centres and their units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from stdnum.exceptions import ValidationError
from stdnum.pl import nip as nip_number
from stdnum.pl import regon as regon_number

from certify.db import db, transaction
from certify.domain.collation import sort_key
from certify.domain.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from certify.domain.policy import Actor, Role
from certify.models.organisation import Organisation, Unit, UnitGmina
from certify.workflows.step import record
from certify.workflows.texts import SHORT, fault_of, line

VOIVODESHIPS = {
    "02": "dolnośląskie",
    "04": "kujawsko-pomorskie",
    "06": "lubelskie",
    "08": "lubuskie",
    "10": "łódzkie",
    "12": "małopolskie",
    "14": "mazowieckie",
    "16": "opolskie",
    "18": "podkarpackie",
    "20": "podlaskie",
    "22": "pomorskie",
    "24": "śląskie",
    "26": "świętokrzyskie",
    "28": "warmińsko-mazurskie",
    "30": "wielkopolskie",
    "32": "zachodniopomorskie",
}
GMINA_KINDS = "123"


@dataclass(frozen=True)
class Gmina:
    """A gmina that a unit serves: TERC code and name."""

    terc: str
    name: str


@dataclass(frozen=True)
class OrganisationData:
    """What is known of a centre when it is registered; NIP and REGON are optional, as informal groups have none."""

    name: str
    kind: str
    city: str
    voivodeship: str
    street: str = ""
    postcode: str = ""
    nip: str = ""
    regon: str = ""
    gminas: Sequence[Gmina] = ()


def terc_fault(code: str) -> str | None:
    """`bad_terc` unless it is a gmina's TERC code: 7 digits, a known voivodeship, kind 1, 2 or 3."""
    good = len(code) == 7 and code.isascii() and code.isdigit() and code[:2] in VOIVODESHIPS and code[6] in GMINA_KINDS
    return None if good else "bad_terc"


def _faults(data: OrganisationData) -> list[FieldError]:
    required = {"name": data.name, "kind": data.kind, "city": data.city}
    optional = {"street": data.street, "postcode": data.postcode}
    faults = [(field, fault_of(value, limit=SHORT, required=True)) for field, value in required.items()]
    faults += [(field, fault_of(value, limit=SHORT, required=False)) for field, value in optional.items()]
    faults.append(("voivodeship", None if data.voivodeship in VOIVODESHIPS else "not_a_choice"))
    faults += [("gminas", terc_fault(gmina.terc)) for gmina in data.gminas]
    return [FieldError(field, fault, SHORT) for field, fault in faults if fault]


def _number(module: object, field: str, value: str) -> str | None:
    """The compact form of a NIP or REGON; hyphens, spaces and the PL prefix are fine."""
    if not value.strip():
        return None
    try:
        return str(module.validate(value.strip()))  # type: ignore[attr-defined]
    except ValidationError as error:
        raise Invalid({field: f"bad_{field}"}) from error


def register(actor: Actor, data: OrganisationData) -> Organisation:
    """Register a centre with its main unit; raises `Invalid`, or `Conflict("regon_known")` for a known REGON."""
    if not actor.has(Role.COORDINATOR, Role.ADMIN):
        raise Forbidden
    faults = _faults(data)
    if faults:
        raise Invalid(faults)
    nip, regon = _number(nip_number, "nip", data.nip), _number(regon_number, "regon", data.regon)
    with transaction():
        if regon and db.session.scalar(select(Organisation.id).where(Organisation.regon == regon)):
            raise Conflict("regon_known")
        organisation = Organisation()
        _write(organisation, data, nip, regon)
        unit = Unit(name=organisation.name, is_main=True)
        unit.gminas = [UnitGmina(terc=one.terc, name=one.name, as_of=date(2026, 1, 1)) for one in data.gminas]
        organisation.units = [unit]
        db.session.add(organisation)
        db.session.flush()
        record("organisation_registered", actor.user_id, organisation=organisation.id)
    return organisation


def change(
    actor: Actor, organisation_id: int, changes: Mapping[str, str], *, version: int | None = None
) -> Organisation:
    """Change what is known of a centre: `changes` names fields of `OrganisationData`, without the gminas.

    Raises `Conflict("stale_version")` when somebody changed it since `version`, `Invalid` and `regon_known` as
    `register` does. Certificates and running applications keep what they were made with.
    """
    if not actor.has(Role.COORDINATOR, Role.ADMIN):
        raise Forbidden
    with transaction():
        found = db.session.scalar(select(Organisation).where(Organisation.id == organisation_id).with_for_update())
        if found is None:
            raise NotFound
        if version is not None and version != found.version:
            raise Conflict("stale_version", current=found.version)
        data = replace(_data_of(found), **dict[str, Any](changes))
        faults = _faults(data)
        if faults:
            raise Invalid(faults)
        nip, regon = _number(nip_number, "nip", data.nip), _number(regon_number, "regon", data.regon)
        same = select(Organisation.id).where(Organisation.regon == regon, Organisation.id != found.id)
        if regon and db.session.scalar(same):
            raise Conflict("regon_known")
        _write(found, data, nip, regon)
        found.version += 1
        record("organisation_changed", actor.user_id, organisation=found.id, fields=sorted(changes))
    return found


def _data_of(organisation: Organisation) -> OrganisationData:
    return OrganisationData(
        name=organisation.name,
        kind=organisation.kind,
        city=organisation.city,
        voivodeship=organisation.voivodeship,
        street=organisation.street,
        postcode=organisation.postcode,
        nip=organisation.nip or "",
        regon=organisation.regon or "",
    )


def _write(organisation: Organisation, data: OrganisationData, nip: str | None, regon: str | None) -> None:
    organisation.name = line(data.name)
    organisation.kind = data.kind
    organisation.street = line(data.street)
    organisation.postcode = data.postcode.strip()[:6]
    organisation.city = line(data.city)
    organisation.voivodeship = data.voivodeship
    organisation.nip = nip
    organisation.regon = regon
    organisation.sort_key = sort_key(data.name)


def add_unit(actor: Actor, organisation_id: int, name: str) -> Unit:
    """Add a unit that may hold a certificate of its own."""
    if not actor.has(Role.COORDINATOR, Role.ADMIN):
        raise Forbidden
    fault = fault_of(name, limit=SHORT, required=True)
    if fault:
        raise Invalid([FieldError("name", fault, SHORT)])
    with transaction():
        organisation = db.session.get(Organisation, organisation_id)
        if organisation is None:
            raise NotFound
        unit = Unit(name=line(name), organisation=organisation)
        db.session.add(unit)
        db.session.flush()
        record("unit_added", actor.user_id, organisation=organisation.id, unit=unit.id)
    return unit
