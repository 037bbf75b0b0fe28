"""Units of an organisation over HTTP."""

from collections.abc import Callable

from flask import Flask

from certify.domain.policy import Role
from certify.models.account import User
from tests.api.conftest import Call
from tests.factories import make_organisation, make_user


def test_a_unit_is_added_once(app: Flask, program: Callable[[User], Call]) -> None:
    office = program(make_user("Krystyna Koordynatorka", Role.COORDINATOR))
    address = f"/organisations/{make_organisation('Ośrodek w Żarach').id}"
    answer = office("POST", f"{address}/units", {"name": "Filia w Kunicach"}, Idempotency_Key="a")
    unit = answer.json
    assert answer.status_code == 201
    assert unit == {"id": unit["id"], "name": "Filia w Kunicach", "is_main": False, "gminas": []}
    assert office("POST", f"{address}/units", {"name": "Filia w Kunicach"}, Idempotency_Key="a").json == unit
    assert [one["name"] for one in office("GET", address).json["units"]] == ["Ośrodek w Żarach", "Filia w Kunicach"]
    nameless = office("POST", f"{address}/units", {"name": ""}, Idempotency_Key="b")
    assert (nameless.status_code, nameless.json["code"]) == (422, "required")
    nowhere = office("POST", "/organisations/999999/units", {"name": "X"}, Idempotency_Key="c")
    assert (nowhere.status_code, nowhere.json["code"]) == (404, "not_found")


def test_a_key_stands_for_the_whole_address(app: Flask, program: Callable[[User], Call]) -> None:
    office = program(make_user("Krystyna Koordynatorka", Role.COORDINATOR))
    address = f"/organisations/{make_organisation('Ośrodek w Żarach').id}/units"
    assert office("POST", address, {"name": "Filia"}, Idempotency_Key="a").status_code == 201
    other = office("POST", f"{address}?dry=1", {"name": "Filia"}, Idempotency_Key="a")
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
