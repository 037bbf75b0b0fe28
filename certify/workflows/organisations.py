"""Registering centres and their units. What may be written of a centre is ruled here, for pages and programs alike."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from stdnum.exceptions import ValidationError
from stdnum.pl import nip as nip_number
from stdnum.pl import regon as regon_number

from certify.db import db, transaction
from certify.domain.collation import sort_key
from certify.domain.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from certify.domain.policy import Actor, Role
from certify.domain.voivodeships import VOIVODESHIPS
from certify.models.organisation import Organisation, Unit, UnitGmina
from certify.queries.rubrics import centre_kinds
from certify.timing import today
from certify.workflows import search_words
from certify.workflows.step import record
from certify.workflows.texts import SHORT, fault_of, line

GMINA_KINDS = "123"
# The most characters of each field; a postcode or number may be typed with spaces, which are not kept.
LIMITS = {
    "name": SHORT,
    "kind": 20,
    "street": SHORT,
    "postcode": 20,
    "city": 100,
    # Its codes have two digits; what is a little longer is no such code rather than too long a text.
    "voivodeship": 20,
    "nip": 20,
    "regon": 20,
}
GMINA_NAME = 100
MAX_GMINAS = 400
_REQUIRED = {"name", "city"}
# Spaces of every kind and the dashes that a keyboard, Word or a copied page puts between the digits.
_BETWEEN = re.compile(r"[\s\u2010-\u2015\u2212-]*")


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


def postcode_of(text: str) -> str | None:
    """`26-001` for any way of writing these five digits; the empty text stays empty; None when it is no postcode."""
    digits = _BETWEEN.sub("", text)
    if len(digits) == 5 and digits.isascii() and digits.isdigit():
        return f"{digits[:2]}-{digits[2:]}"
    return None if digits else ""


def _number(module: object, value: str) -> str | None:
    """The compact form of a NIP or REGON, where hyphens, spaces and the PL prefix are fine; "" when it is none."""
    if not value.strip():
        return None
    try:
        return str(module.validate(value.strip()))  # type: ignore[attr-defined]
    except ValidationError:
        return ""


def _text_fault(field: str, value: str) -> str | None:
    return fault_of(value, limit=LIMITS[field], required=field in _REQUIRED)


def _gmina_faults(gminas: Sequence[Gmina]) -> list[str | None]:
    """Faults of the list as a whole, each once."""
    faults: list[str | None] = ["too_many" if len(gminas) > MAX_GMINAS else None]
    if len({one.terc for one in gminas}) < len(gminas):
        faults.append("gmina_twice")
    for one in gminas:
        faults.append(terc_fault(one.terc))
        name = fault_of(one.name, limit=GMINA_NAME, required=True)
        faults.append("gmina_name_missing" if name == "required" else name)
    return list(dict.fromkeys(faults))


def _faults(data: OrganisationData) -> list[FieldError]:
    """Every fault, at most one a field but for the gminas; a field that is no storable text is judged no further."""
    found: dict[str, str | None] = {field: _text_fault(field, getattr(data, field)) for field in LIMITS}
    rules: dict[str, tuple[str, Callable[[], bool]]] = {
        "kind": ("not_a_choice", lambda: data.kind in centre_kinds()),
        "postcode": ("bad_postcode", lambda: postcode_of(data.postcode) is not None),
        "voivodeship": ("not_a_choice", lambda: data.voivodeship in VOIVODESHIPS),
        "nip": ("bad_nip", lambda: _number(nip_number, data.nip) != ""),
        "regon": ("bad_regon", lambda: _number(regon_number, data.regon) != ""),
    }
    for field, (code, holds) in rules.items():
        if found[field] is None and not holds():
            found[field] = code
    faults = [(field, code) for field, code in found.items() if code]
    faults += [("gminas", code) for code in _gmina_faults(data.gminas) if code]
    return [FieldError(field, code, LIMITS.get(field)) for field, code in faults]


def register(actor: Actor, data: OrganisationData) -> Organisation:
    """Register a centre with its main unit; raises `Invalid`, or `Conflict("regon_known")` for a known REGON."""
    if not actor.has(Role.COORDINATOR, Role.ADMIN):
        raise Forbidden
    faults = _faults(data)
    if faults:
        raise Invalid(faults)
    with transaction():
        organisation = Organisation()
        _write(organisation, data)
        unit = Unit(name=organisation.name, is_main=True)
        unit.gminas = [UnitGmina(terc=one.terc, name=line(one.name), as_of=today()) for one in data.gminas]
        organisation.units = [unit]
        db.session.add(organisation)
        db.session.flush()
        search_words.of_organisation(organisation)
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
        before = _data_of(found)
        data = replace(before, **dict[str, Any](changes))
        # What stands in an old row is not judged anew: its type may be one that the newest standards dropped.
        faults = [one for one in _faults(data) if getattr(data, one.field) != getattr(before, one.field)]
        if faults:
            raise Invalid(faults)
        _write(found, data)
        found.version += 1
        search_words.of_organisation(found)
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


def _write(organisation: Organisation, data: OrganisationData) -> None:
    regon = _number(regon_number, data.regon)
    same = select(Organisation.id).where(Organisation.regon == regon, Organisation.id != organisation.id)
    if regon and db.session.scalar(same):
        raise Conflict("regon_known")
    organisation.name = line(data.name)
    organisation.kind = data.kind
    organisation.street = line(data.street)
    # A postcode from before there was a rule stays as it is written, until somebody corrects it.
    organisation.postcode = postcode_of(data.postcode) or data.postcode
    organisation.city = line(data.city)
    organisation.voivodeship = data.voivodeship
    organisation.nip = _number(nip_number, data.nip)
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
        search_words.of_organisation(organisation)
        record("unit_added", actor.user_id, organisation=organisation.id, unit=unit.id)
    return unit
