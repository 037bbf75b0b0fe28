"""Rules of accounts: which passwords are good enough, who may invite whom, who may change whose rights."""

from certify.domain.policy import CENTRE_ROLES, Actor, Role

PASSWORD_MIN = 12
PASSWORD_MAX = 128

# Long enough to pass the length rule, and among the first that a guesser tries (own selection; Polish and English).
COMMON = frozenset({
        "123456789012", "1234567890123", "12345678901234", "123456789123456789", "098765432109", "111111111111",
        "000000000000", "aaaaaaaaaaaa", "abcdefghijkl", "abcdef123456", "abcd12345678", "abc123456789",
        "a1b2c3d4e5f6", "1q2w3e4r5t6y", "1qaz2wsx3edc", "1qaz2wsx3edc4rfv", "qwertyuiop12", "qwertyuiop123",
        "qwertyuiopas", "qwerty123456", "qwerty1234567", "qwertyqwerty", "qwertyuiopasdfghjkl", "zaq12wsxcde3",
        "password1234", "password12345", "password123456", "passwordpassword", "password123!", "administrator",
        "admin1234567", "administrator1", "adminadminadmin", "letmeinletmein", "welcome12345", "iloveyou1234",
        "iloveyouiloveyou", "changeme1234", "changemechangeme", "hasło1234567", "haslo1234567", "haslo12345678",
        "hasło12345678", "hasłohasło12", "haslohaslo12", "haslohaslohaslo", "mojehaslo123", "mojehasło123",
        "tajnehaslo12", "tajnehaslo123", "zmienhaslo123", "zmieńhasło123", "dzieńdobry12", "dziendobry12",
        "dziendobry123", "kochamcie123", "kochamcię123", "kochamciebie", "polska123456", "polskapolska",
        "warszawa1234", "warszawa12345", "warszawawarszawa", "krakow123456", "misiaczek123", "misiaczek1234",
        "niepamietam1", "niepamietam12", "matrix123456", "samsung12345", "samsung123456", "football1234",
        "monkey123456", "dragon123456", "sunshine1234",
})  # fmt: skip

# Words of this service: a password made of one of them, digits and signs is a guess, not a secret.
CONTEXT = (
    "certyfikat", "certyfikacja", "certify", "standard", "ośrodek", "osrodek", "pomoc", "pomoc społeczna",
    "pomocspoleczna", "audytor", "koordynator", "samoocena", "wniosek", "opieka", "gmina", "urząd", "urzad",
    "osl", "ops", "mops", "gops", "pcpr", "cus", "hasło", "haslo", "password", "coordinator", "auditor",
)  # fmt: skip


def password_fault(password: str, words: tuple[str, ...] = ()) -> str | None:
    """The code of what is wrong with a new password, or None. `words` are the person's name, address, centre."""
    if len(password) < PASSWORD_MIN:
        return "password_too_short"
    if len(password) > PASSWORD_MAX:
        return "password_too_long"
    plain = password.casefold()
    if plain in COMMON or len(set(plain)) < 4:
        return "password_common"
    if _letters(plain) in {_letters(word.casefold()) for word in CONTEXT + words if word}:
        return "password_common"
    return None


def _letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalpha())


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
