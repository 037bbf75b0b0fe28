"""Rules of passwords and invitations."""

import pytest

from certify.domain.accounts import centre_fits, invitable, may_invite, password_fault
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
        ("123456789012", "password_common"),
        ("QWERTYUIOP12", "password_common"),
        ("aaaaaaaaaaaaa", "password_common"),
        ("ababababababab", "password_common"),
        ("Certyfikat2026!", "password_common"),
        ("OŚRODEK-12345", "password_common"),
        ("pomoc społeczna 1", "password_common"),
        ("ops1234567890", "password_common"),
        ("Nowak-1985-2026", "password_common"),
        ("anna.nowak@example.test", "password_common"),
        ("OPS Libiąż 2026", "password_common"),
        ("poprawne konie bateria", None),
        ("            x1y2z3", None),
        ("zażółć gęślą jaźń", None),
        ("🙂🙃😉😊🙂🙃😉😊🙂🙃😉😊", None),
        ("correct horse battery staple", None),
        ("hC8!pQ2@xZ5#", None),
        ("a" * 61 + "bcd", None),
        ("wniosek o czystą wodę", None),
        ("x1y2" * 32, None),
    ],
)
def test_passwords(password: str, fault: str | None) -> None:
    assert password_fault(password, ("anna.nowak@example.test", "Nowak", "OPS Libiąż", "")) == fault


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
