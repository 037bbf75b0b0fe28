"""Shapes of organisations, their units and gminas."""

from typing import Any

from marshmallow import fields

from certify.api.etags import etag_of
from certify.api.fields import Answer, Body, Choice, Inner, Rows, Words
from certify.api.paging import PageQuery
from certify.api.schemas.shared import Versioned
from certify.domain.voivodeships import VOIVODESHIPS
from certify.models.organisation import Organisation, Unit
from certify.workflows.organisations import GMINA_NAME, LIMITS, MAX_GMINAS
from certify.workflows.texts import SHORT

_NAME = "Ośrodek Pomocy Społecznej w Żarach"


class OrganisationQuery(PageQuery):
    """Which organisations."""

    words = Words(
        200,
        load_default="",
        metadata={"description": "All must stand in the name, a unit, the address, the area or the type."},
    )


class GminaBody(Body):
    """A gmina that is served."""

    terc = Words(7, required=True, metadata={"example": "0811011", "description": "The TERC code, 7 digits."})
    name = Words(GMINA_NAME, required=True, metadata={"example": "Żary"})


class GminaAnswer(Answer):
    """A gmina that is served."""

    terc = fields.String(required=True, metadata={"example": "0811011"})
    name = fields.String(required=True, metadata={"example": "Żary"})


class UnitAnswer(Answer):
    """A part of an organisation that may hold a certificate; the main unit is the organisation as a whole."""

    id = fields.Integer(required=True, metadata={"example": 9})
    name = fields.String(required=True, metadata={"example": _NAME})
    is_main = fields.Boolean(required=True, metadata={"example": True})
    gminas = fields.List(Inner(GminaAnswer), required=True)


class OrganisationShort(Versioned):
    """One line of the list."""

    name = fields.String(required=True, metadata={"example": _NAME})
    kind = fields.String(required=True, metadata={"example": "OPS"})
    city = fields.String(required=True, metadata={"example": "Żary"})
    voivodeship = fields.String(required=True, metadata={"example": "08"})


class OrganisationAnswer(OrganisationShort):
    """A legal holder with its units."""

    street = fields.String(required=True, metadata={"example": "Rynek 1"})
    postcode = fields.String(required=True, metadata={"example": "68-200"})
    nip = fields.String(required=True, allow_none=True, metadata={"example": None})
    regon = fields.String(required=True, allow_none=True, metadata={"example": None})
    units = fields.List(Inner(UnitAnswer), required=True)


class OrganisationChange(Body):
    """What of an organisation can be changed; what is left out stays."""

    name = Words(LIMITS["name"], metadata={"example": _NAME})
    kind = Words(LIMITS["kind"], metadata={"example": "OPS"})
    street = Words(LIMITS["street"], metadata={"example": "Rynek 1"})
    postcode = Words(LIMITS["postcode"], metadata={"example": "68-200"})
    city = Words(LIMITS["city"], metadata={"example": "Żary"})
    voivodeship = Choice(list(VOIVODESHIPS), metadata={"example": "08"})
    nip = Words(LIMITS["nip"], metadata={"example": ""})
    regon = Words(LIMITS["regon"], metadata={"example": ""})


class OrganisationBody(OrganisationChange):
    """A new organisation."""

    name = Words(LIMITS["name"], required=True, metadata={"example": _NAME})
    kind = Words(LIMITS["kind"], required=True, metadata={"example": "OPS"})
    city = Words(LIMITS["city"], required=True, metadata={"example": "Żary"})
    voivodeship = Choice(list(VOIVODESHIPS), required=True, metadata={"example": "08"})
    gminas = Rows(Inner(GminaBody), most=MAX_GMINAS, load_default=list)


class UnitBody(Body):
    """A new unit."""

    name = Words(SHORT, required=True, metadata={"example": "Filia w Kunicach"})


def short(row: Organisation) -> dict[str, Any]:
    """One line of the list."""
    return {
        "id": row.id,
        "version": row.version,
        "etag": etag_of(row.id, row.version),
        "name": row.name,
        "kind": row.kind,
        "city": row.city,
        "voivodeship": row.voivodeship,
    }


def whole(row: Organisation) -> dict[str, Any]:
    """One organisation."""
    return {
        **short(row),
        "street": row.street,
        "postcode": row.postcode,
        "nip": row.nip,
        "regon": row.regon,
        "units": [unit(one) for one in row.units],
    }


def unit(row: Unit) -> dict[str, Any]:
    """One unit."""
    return {
        "id": row.id,
        "name": row.name,
        "is_main": row.is_main,
        "gminas": [{"terc": one.terc, "name": one.name} for one in row.gminas],
    }
