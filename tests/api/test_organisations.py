"""A rule stands in the verb: whatever the page of a new centre refuses, the API refuses with the same code."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

import certify
from certify.db import db
from certify.domain.errors import Invalid
from certify.domain.policy import Actor, Role
from certify.i18n import SESSION_KEY
from certify.models.account import User
from certify.models.organisation import Organisation, UnitGmina
from certify.sentences import sentence
from certify.timing import today
from certify.workflows import organisations
from certify.workflows.organisations import MAX_GMINAS, Gmina, OrganisationData
from tests.api.conftest import Call
from tests.factories import fresh_actor, make_organisation, make_user, publish
from tests.pages import CheckingClient, check_html
from tests.web.test_organisations import LIBIAZ

VALUES = {
    "name": ["", "  ", "x" * 201],
    "kind": ["", "NIEZNANY", "ops", "x" * 21],
    "street": ["x" * 201],
    "postcode": ["kod!", "3259", "325-90-1", "٣٢-٥٩٠", "3" * 21, "zły\x07znak"],
    "city": ["", " ", "x" * 101],
    "voivodeship": ["", "99", "012"],
    "nip": ["1", "1234567890", "1" * 21],
    "regon": ["1", "123456784", "1" * 21],
    "gminas": ["Libiąż", "1203043", "9903043 Libiąż", "1203043 Libiąż\n1203043 Libiąż", "1203043 " + "x" * 101],
}
FAULTY = st.dictionaries(st.sampled_from(sorted(VALUES)), st.integers(0, 5), min_size=1, max_size=4)
SHARED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def office(app: Flask) -> Actor:
    """A coordinator, with one published standard."""
    publish()
    return fresh_actor(make_user("Krystyna", Role.COORDINATOR))


def _as_json(sent: dict[str, str]) -> dict[str, object]:
    lines = [one.split(maxsplit=1) for one in sent["gminas"].splitlines()]
    return {**sent, "gminas": [{"terc": one[0], "name": one[1] if len(one) > 1 else ""} for one in lines]}


@SHARED
@given(FAULTY)
@example(dict.fromkeys(VALUES, 0))
@example({"gminas": 3})
def test_page_and_program_refuse_alike(
    client: CheckingClient,
    login: Callable[[CheckingClient, User], CheckingClient],
    program: Callable[[User], Call],
    chosen: dict[str, int],
) -> None:
    publish()
    sent = {**LIBIAZ, **{field: VALUES[field][which % len(VALUES[field])] for field, which in chosen.items()}}
    user = make_user("Krystyna", Role.COORDINATOR)
    with client.session_transaction() as session:
        session[SESSION_KEY] = "pl"
    page = login(client, user).post("/organisations/new", data=sent)
    tree = check_html(page.text)
    told = {one.get("id") for one in tree.iter() if one.get("aria-invalid") == "true"}
    said = " ".join(" ".join(one.itertext()) for one in tree.iter() if (one.get("id") or "").endswith("-error"))
    answer = program(user)("POST", "/organisations", _as_json(sent), Idempotency_Key="a")
    assert (page.status_code, answer.status_code) == (422, 422), answer.json
    faults = {(one["field"].partition(".")[0], one["code"]) for one in answer.json["errors"]}
    # The API's shape of a body is judged first; the page then says more than the program hears, never less.
    assert {field for field, _ in faults} <= told <= set(chosen)
    # The page says how much fits.
    assert [code for _, code in faults if sentence(code).rstrip(".") not in " ".join(said.split())] == []
    assert db.session.scalar(select(func.count(Organisation.id))) == 0


@pytest.mark.parametrize(
    "typed", ["26-001", " 26-001 ", "26 001", "26–001", "26 — 001", "26\u00a0001", "26\u2011001", "26−001", "26001"]
)
def test_every_way_of_writing_a_postcode_is_one(office: Actor, typed: str) -> None:
    data = OrganisationData(name="OPS", kind="OPS", city="Łask", voivodeship="10", postcode=typed)
    assert organisations.register(office, data).postcode == "26-001"


@pytest.mark.parametrize("typed", ["kod!", "26-01", "260-001", "26.001", "٢٦-٠٠١", "PL 26-001"])
def test_what_is_no_postcode_is_refused_and_not_cut(office: Actor, typed: str) -> None:
    data = OrganisationData(name="OPS", kind="OPS", city="Łask", voivodeship="10", postcode=typed)
    with pytest.raises(Invalid) as refused:
        organisations.register(office, data)
    assert [(one.field, one.code) for one in refused.value.errors] == [("postcode", "bad_postcode")]


def test_a_gmina_is_noted_as_it_stood_today(office: Actor) -> None:
    gmina = Gmina("1203043", " Libiąż ")
    organisations.register(office, OrganisationData("OPS", "OPS", "Libiąż", "12", gminas=[gmina]))
    kept = db.session.scalars(select(UnitGmina)).one()
    assert (kept.terc, kept.name, kept.as_of) == ("1203043", "Libiąż", today())


def test_a_list_of_gminas_has_an_end(office: Actor) -> None:
    many = [Gmina(f"12{number:04}1", "X") for number in range(MAX_GMINAS + 1)]
    with pytest.raises(Invalid) as refused:
        organisations.register(office, OrganisationData("OPS", "OPS", "Libiąż", "12", gminas=many))
    assert [(one.field, one.code) for one in refused.value.errors] == [("gminas", "too_many")]


def test_a_change_is_judged_by_what_it_changes(office: Actor) -> None:
    centre = make_organisation()
    # As the rows of an older version may stand.
    centre.kind, centre.postcode = "DAWNY", "kod!"
    db.session.commit()
    assert organisations.change(office, centre.id, {"city": "Łódź"}).city == "Łódź"
    for field, value, code in [("kind", "NIEZNANY", "not_a_choice"), ("postcode", "zły!", "bad_postcode")]:
        with pytest.raises(Invalid) as refused:
            organisations.change(office, centre.id, {field: value})
        assert [(one.field, one.code) for one in refused.value.errors] == [(field, code)]
    assert organisations.change(office, centre.id, {"postcode": "90 001"}).postcode == "90-001"


# What a page may refuse itself: a thing that only the form has (which file, which row of the page, which button).
OF_THE_FORM = {"bad_date", "bad_number", "choice_unknown", "file_missing", "language_unknown", "password_wrong"}
OF_THE_FORM |= {"bad_text", "too_long", "required", "password_mismatch", "stale_version"}


def _codes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Invalid", "FieldError"}:
            texts = [
                one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            yield from texts[1:2]


def test_no_page_has_rules_of_its_own() -> None:
    found = []
    for path in sorted((Path(certify.__file__).parent / "web").rglob("*.py")):
        source = path.read_text("utf-8")
        found += [f"{path.name}: {code}" for code in _codes(ast.parse(source)) if code not in OF_THE_FORM]
        found += [f"{path.name}: Regexp"] if "Regexp" in source else []
    assert found == []
