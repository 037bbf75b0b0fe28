"""Which passwords are good: not among the common ones, and not made of what everybody here would try first."""

import resource
import subprocess
import sys
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from zxcvbn.matching import RANKED_DICTIONARIES

from certify.domain.accounts import PASSWORD_MIN
from certify.domain.errors import Invalid
from certify.domain.policy import Role
from certify.models.account import User
from certify.passwords import is_guessable
from certify.queries import accounts as queries
from certify.workflows import accounts
from tests.factories import fresh_actor, make_organisation, make_user
from tests.pages import CheckingClient

TODAY = date(2026, 11, 28)
WORDS = ("anna.nowak@example.test", "Anna Nowak", "Ośrodek Pomocy Społecznej", "Modrzewin", "OPS Libiąż")
GUESSABLE = [
    "Warszawa2026!",
    "modrzewin2026",
    "Modrzewinie2026!",
    "qwertyuiop1234",
    "QWERTYUIOP12",
    "P@ssw0rd1234",
    "Kr4k0w2026!!",
    "Zielona Gora 2026",
    "Wrocław#2026",
    "W Warszawie 2026",
    "listopad2026!",
    "Październik-26",
    "Lato2026Lato2026",
    "Certyfikat2026!",
    "OŚRODEK-12345",
    "pomoc społeczna 1",
    "ops1234567890",
    "Nowak-1985-2026",
    "anna.nowak@example.test",
    "OPS Libiąż 2026",
    "123456789012",
    "aaaaaaaaaaaaa",
    "ababababababab",
    "a" * 61 + "bcd",
    "x1y2" * 32,
    "            x1y2z3",
    "zaq12wsxcde3",
    "1qaz2wsx3edc",
    "haslo1234567",
    "Hasło12345678",
    "hasłohasłohasło",
    "kochamcie123",
    "misiaczek1234",
    "niepamietam12",
    "dziendobry123",
    "administrator1",
    "passwordpassword",
    "iloveyouiloveyou",
]
GOOD = [
    "poprawne konie bateria",
    "krzesło chmura tramwaj łyżka",
    "krzeslochmuratramwajlyzka",
    "stary most nad rzeką",
    "zażółć gęślą jaźń",
    "correct horse battery staple",
    "hC8!pQ2@xZ5#",
    "wniosek o czystą wodę",
    "🙂🐙🌋🧦🚲🍐🪁🎻🦔🧊🪵🧭",
    "kaczka-most-lipa-7",
    "krzesło chmura tramwaj łyżka " * 4,
]


@pytest.mark.parametrize("password", GUESSABLE)
def test_what_is_guessed(password: str) -> None:
    assert is_guessable(password, WORDS, TODAY)


@pytest.mark.parametrize("password", GOOD)
def test_what_is_not(password: str) -> None:
    assert not is_guessable(password, WORDS, TODAY)


def test_all_common_ones_that_are_long_enough() -> None:
    """Of those that the length rule lets through none is good, and the list itself is as long as ASVS asks."""
    common = RANKED_DICTIONARIES["passwords"]
    long_enough = [word for word in common if len(word) >= PASSWORD_MIN]
    assert len(common) >= 3000 and len(long_enough) > 50
    assert [word for word in long_enough if not is_guessable(word, (), TODAY)] == []


def test_words_of_one_person_do_not_count_for_the_next() -> None:
    assert is_guessable("Zdzisławowice77", ("Zdzisławowice",), TODAY)
    assert not is_guessable("Zdzisławowice77", (), TODAY)


@pytest.mark.parametrize("password", ["a1" * 64, "a" * 128, "@" * 1000, "qwertyuiop" * 100, "p@ssw0rd" * 16])
def test_it_costs_little(password: str) -> None:
    """Measured in a child of its own by its time of computing; the limit is many times what is needed."""
    code = (
        "import datetime, resource, sys; from certify.passwords import is_guessable; "
        "is_guessable('a', (), datetime.date(2026, 1, 1)); "
        "resource.setrlimit(resource.RLIMIT_CPU, (int(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + 3, 99)); "
        "is_guessable(sys.argv[1], (), datetime.date(2026, 1, 1))"
    )
    done = subprocess.run([sys.executable, "-c", code, password], check=False, timeout=300)
    assert done.returncode == 0
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime > 0


def refused(act: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        act()
    return [(one.field, one.code) for one in refusal.value.errors]


def test_one_rule_for_command_invitation_and_change(app: Flask) -> None:
    centre = make_organisation("OPS Modrzewin")
    common = [("password", "password_common")]
    manager: User = make_user("Maria Zarządca", centre=centre)
    admin = make_user("Alina", Role.ADMIN)
    assert refused(lambda: accounts.create_user("a@example.test", "Ada", "Warszawa2026!")) == common
    assert refused(lambda: accounts.create_user("a@example.test", "Zdzisława", "zdzislawa2026")) == common
    _, token = accounts.invite(fresh_actor(admin), "b@example.test", "Bo", Role.CENTRE_EDITOR, centre.id)
    assert refused(lambda: accounts.accept(token, "Bo", "modrzewin2026")) == common
    assert refused(lambda: accounts.change_password(fresh_actor(manager), "modrzewin2026")) == common
    assert refused(lambda: accounts.reset_password(manager.email, "modrzewin2026")) == common
    assert queries.find_user("b@example.test") is None


def test_the_sentence_says_why_and_what_to_do(app: Flask, client: CheckingClient) -> None:
    admin = make_user("Alina", Role.ADMIN)
    _, token = accounts.invite(fresh_actor(admin), "b@example.test", "Bo", Role.CENTRE_EDITOR, make_organisation().id)
    page = client.post(f"/invitation/{token}", data={"name": "Bo", "password": "Warszawa2026!"})
    assert page.status_code == 422
    assert "łatwo odgadnąć" in page.text and "cztery niezwiązane" in page.text
