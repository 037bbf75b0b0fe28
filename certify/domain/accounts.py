"""Rules of accounts: how long passwords are, how addresses are read, who may invite whom."""

import re
import unicodedata

from certify.domain.policy import CENTRE_ROLES, Actor, Role

PASSWORD_MIN = 12
PASSWORD_MAX = 128

# Signs that nobody sees, which come along when an address is copied from a page or a message.
_UNSEEN = frozenset({"Cf", "Cc", "Zl", "Zp"})
_NAMED = re.compile(r"[^<>]*<([^<>]+)>")


def length_fault(password: str) -> str | None:
    """The code of what is wrong with the length of a new password, or None."""
    if len(password) < PASSWORD_MIN:
        return "password_too_short"
    return "password_too_long" if len(password) > PASSWORD_MAX else None


def plain_address(text: str) -> str:
    """The e-mail address in small letters, also when it was copied as `Anna <a@b.pl>`, `mailto:a@b.pl` or `a@b.pl;`."""
    seen = "".join(sign for sign in text if unicodedata.category(sign) not in _UNSEEN)
    seen = seen.strip().strip(";,").strip()
    named = _NAMED.fullmatch(seen)
    seen = (named[1] if named else seen).strip().lower()
    return seen.removeprefix("mailto:").partition("?")[0].strip() if seen.startswith("mailto:") else seen


def may_invite(actor: Actor, role: Role, organisation_id: int | None) -> bool:
    """Roles in the scheme are an administrator's to offer, roles in a centre the office's, editors their manager's."""
    if Role.ADMIN in actor.roles:
        return True
    if Role.COORDINATOR in actor.roles:
        return role in CENTRE_ROLES
    manages = organisation_id is not None and actor.centres.get(organisation_id) is Role.CENTRE_MANAGER
    return role is Role.CENTRE_EDITOR and manages


def invitable(actor: Actor) -> tuple[Role, ...]:
    """The roles that this actor can offer at all, in the order of the form."""
    if Role.ADMIN in actor.roles:
        return tuple(Role)
    if Role.COORDINATOR in actor.roles:
        return tuple(role for role in Role if role in CENTRE_ROLES)
    return (Role.CENTRE_EDITOR,) if Role.CENTRE_MANAGER in actor.centres.values() else ()


def needs_second_hand(role: Role) -> bool:
    """True for the roles in the scheme: one person alone gives none of them."""
    return role not in CENTRE_ROLES


def may_confirm(actor: Actor, *concerned: int | None) -> bool:
    """The second hand is an administrator or a coordinator, neither who asked for it nor who is given the role."""
    return bool(actor.roles & {Role.ADMIN, Role.COORDINATOR}) and actor.user_id not in concerned


def may_cancel(actor: Actor, inviter_id: int | None, role: Role, organisation_id: int | None) -> bool:
    """Who could offer the same, who made the offer, and who could confirm it may also end it."""
    if actor.user_id == inviter_id or may_invite(actor, role, organisation_id):
        return True
    return needs_second_hand(role) and may_confirm(actor, inviter_id)


def may_end_membership(actor: Actor, organisation_id: int) -> bool:
    """The office, and the managers of the centre."""
    office = bool(actor.roles & {Role.ADMIN, Role.COORDINATOR})
    return office or actor.centres.get(organisation_id) is Role.CENTRE_MANAGER


def centre_fits(role: Role, organisation_id: int | None) -> bool:
    """A role in a centre names the centre; a role in the scheme names none."""
    return (role in CENTRE_ROLES) == (organisation_id is not None)
