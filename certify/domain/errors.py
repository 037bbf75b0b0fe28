"""What can go wrong, as types with a stable code; `http_errors.py` maps each to a status and a page once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field

# So many faults say enough; a hostile request may have thousands.
MOST_FAULTS = 50


class CertifyError(Exception):
    """A refusal that the user may see. `code` is stable; the sentence for it stands in `sentences.py`."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details: Mapping[str, object] = details


class NotFound(CertifyError):
    """The object does not exist, or the actor may not know that it does: both look the same."""

    def __init__(self, code: str = "not_found", **details: object) -> None:
        super().__init__(code, **details)


class Forbidden(CertifyError):
    """The actor's role never allows this, whatever the state of the case."""

    def __init__(self, code: str = "forbidden", **details: object) -> None:
        super().__init__(code, **details)


class Conflict(CertifyError):
    """The request was right once, or for somebody else: stale version, separation of duties, already issued."""


class WrongState(Conflict):
    """The action is out of turn. `allowed` lists the codes of the actions that this actor can take now."""

    def __init__(self, code: str, *, status: str, allowed: Sequence[str] = (), **details: object) -> None:
        super().__init__(code, status=status, allowed=tuple(allowed), **details)
        self.status = status
        self.allowed = tuple(allowed)


class TooLarge(CertifyError):
    """More bytes than the limit that `details["limit"]` (bytes) names."""


class Malformed(CertifyError):
    """A request that can't be read at all, or lacks a header without which it can't be taken."""


class NotSignedIn(CertifyError):
    """Nobody is signed in, or the token is not (or no longer) good."""


class PreconditionMissing(CertifyError):
    """A change that does not say which version it is meant for."""


class NotAccepted(CertifyError):
    """A kind of file that we do not take."""


class Locked(CertifyError):
    """It exists and the actor may know it, but nobody opens it now: a file that is not checked, or is harmful."""


class Garbled(CertifyError):
    """The bytes that arrived are not those that were sent; sending them again may help."""


class Gone(CertifyError):
    """A link that was used, or is too old."""


class Unavailable(CertifyError):
    """Something outside does not answer now (renderer, storage, database lock); trying again may help."""


class TooMany(CertifyError):
    """Too many tries; `details["retry_after"]` says after how many seconds the next one is heard."""

    def __init__(self, code: str = "too_many_attempts", *, retry_after: int, **details: object) -> None:
        super().__init__(code, retry_after=retry_after, **details)


class StorageFull(CertifyError):
    """No room for the bytes; nothing was kept."""

    def __init__(self, code: str = "storage_full", **details: object) -> None:
        super().__init__(code, **details)


@dataclass(frozen=True)
class FieldError:
    """One fault of one field: `field` is the form's or schema's name, `code` the stable code.

    `limit`: how much the field takes at most, `signs`: what in it is the fault; only the sentence speaks of them.
    """

    field: str
    code: str
    limit: int | None = dataclass_field(default=None, compare=False)
    signs: str = dataclass_field(default="", compare=False)


class Invalid(CertifyError):
    """Input that breaks a rule, field by field, of which the first 50 are told. Nothing was changed."""

    def __init__(
        self, errors: Sequence[FieldError] | Mapping[str, str], code: str = "invalid", **details: object
    ) -> None:
        super().__init__(code, **details)
        if isinstance(errors, Mapping):
            errors = [FieldError(field, fault) for field, fault in errors.items()]
        self.errors = tuple(errors[:MOST_FAULTS])
