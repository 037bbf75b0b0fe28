"""Rules of passwords and invitations."""

import pytest

from certify.domain.accounts import centre_fits, invitable, length_fault, may_invite, plain_address
from certify.domain.policy import Actor, Role

ADMIN = Actor(1, "A", frozenset({Role.ADMIN}))
COORDINATOR = Actor(2, "C", frozenset({Role.COORDINATOR}))
MANAGER = Actor(3, "M", centres={7: Role.CENTRE_MANAGER})
EDITOR = Actor(4, "E", centres={7: Role.CENTRE_EDITOR})
AUDITOR = Actor(5, "U", frozenset({Role.AUDITOR}))


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", "password_too_short"),
        ("krótkie", "password_too_short"),
        ("a b c d e f", "password_too_short"),
        ("x1" * 64 + "y", "password_too_long"),
        ("🙂" * 129, "password_too_long"),
        ("x1" * 64, None),
        ("poprawne kon", None),
    ],
)
def test_lengths_of_passwords(password: str, fault: str | None) -> None:
    assert length_fault(password) == fault


@pytest.mark.parametrize(
    "typed",
    [
        "anna@osrodek.pl",
        " Anna@Osrodek.PL ",
        "anna@\u200bosrodek.pl",
        "\ufeffanna@osrodek.pl",
        "anna@osrodek.pl\u00a0",
        "an\u00adna@osrodek.pl\u202c",
        "Anna Nowak <anna@osrodek.pl>",
        '"Nowak, Anna" <anna@osrodek.pl>;',
        "<anna@osrodek.pl>",
        "anna@osrodek.pl;",
        "anna@osrodek.pl,",
        "mailto:anna@osrodek.pl",
        "MAILTO:anna@osrodek.pl?subject=Zaproszenie",
        "Anna <mailto:anna@osrodek.pl>",
    ],
)
def test_an_address_however_it_was_copied(typed: str) -> None:
    assert plain_address(typed) == "anna@osrodek.pl"


def test_what_is_no_address_stays_one() -> None:
    typed = ["", "anna", "anna@osrodek.pl, jan@osrodek.pl", "a<b", "<>", "a <b> <c@d.pl>"]
    assert [plain_address(one) for one in typed] == typed


@pytest.mark.parametrize(
    ("actor", "role", "organisation_id", "allowed"),
    [
        (ADMIN, Role.ADMIN, None, True),
        (ADMIN, Role.CENTRE_MANAGER, 7, True),
        (COORDINATOR, Role.ADMIN, None, False),
        (COORDINATOR, Role.AUDITOR, None, False),
        (COORDINATOR, Role.DECISION_MAKER, None, False),
        (COORDINATOR, Role.CENTRE_MANAGER, 7, True),
        (MANAGER, Role.CENTRE_EDITOR, 7, True),
        (MANAGER, Role.CENTRE_EDITOR, 8, False),
        (MANAGER, Role.CENTRE_EDITOR, None, False),
        (MANAGER, Role.CENTRE_MANAGER, 7, False),
        (MANAGER, Role.AUDITOR, None, False),
        (EDITOR, Role.CENTRE_EDITOR, 7, False),
        (AUDITOR, Role.CENTRE_EDITOR, 7, False),
    ],
)
def test_who_may_invite(actor: Actor, role: Role, organisation_id: int | None, allowed: bool) -> None:
    assert may_invite(actor, role, organisation_id) is allowed


def test_roles_on_offer() -> None:
    assert invitable(ADMIN) == tuple(Role)
    assert invitable(COORDINATOR) == (Role.CENTRE_EDITOR, Role.CENTRE_MANAGER)
    assert invitable(MANAGER) == (Role.CENTRE_EDITOR,)
    assert invitable(EDITOR) == invitable(AUDITOR) == ()


def test_roles_fit_centres() -> None:
    assert centre_fits(Role.CENTRE_EDITOR, 7) and centre_fits(Role.AUDITOR, None)
    assert not centre_fits(Role.CENTRE_EDITOR, None) and not centre_fits(Role.AUDITOR, 7)
