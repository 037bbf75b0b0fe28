"""What is known of a centre is changed by the office, whole and by version."""

import pytest
from flask import Flask

from certify.domain.errors import Conflict, Forbidden, Invalid, NotFound
from certify.workflows import organisations
from tests.factories import fresh_actor, make_organisation, make_people

REGON = "123456785"


def test_a_centre_is_changed_by_the_office(app: Flask) -> None:
    centre = make_organisation()
    people = make_people(centre)
    office = fresh_actor(people["coordinator"])
    before = centre.version
    changed = organisations.change(office, centre.id, {"city": "Łódź", "regon": REGON}, version=before)
    assert (changed.city, changed.regon, changed.version) == ("Łódź", REGON, before + 1)
    assert organisations.change(office, centre.id, {"regon": REGON}).version == before + 2


def test_what_does_not_change_a_centre(app: Flask) -> None:
    centre = make_organisation(regon=REGON)
    people = make_people(centre)
    office = fresh_actor(people["coordinator"])
    other = make_organisation().id
    with pytest.raises(Forbidden):
        organisations.change(fresh_actor(people["manager"]), centre.id, {"city": "Łódź"})
    with pytest.raises(NotFound):
        organisations.change(office, 10**6, {"city": "Łódź"})
    with pytest.raises(Conflict) as stale:
        organisations.change(office, centre.id, {"city": "Łódź"}, version=centre.version + 1)
    with pytest.raises(Invalid) as bad:
        organisations.change(office, centre.id, {"nip": "1"})
    with pytest.raises(Invalid) as empty:
        organisations.change(office, centre.id, {"city": " ", "voivodeship": "99"})
    assert [(one.field, one.code) for one in empty.value.errors] == [
        ("city", "required"),
        ("voivodeship", "not_a_choice"),
    ]
    with pytest.raises(Conflict) as taken:
        organisations.change(office, other, {"regon": REGON})
    assert (stale.value.code, bad.value.errors[0].code, taken.value.code) == ("stale_version", "bad_nip", "regon_known")
    assert (centre.city, centre.nip) == ("Żary", None)
