"""Which events other programs are told of, and how what they are told is signed."""

import hashlib
import hmac

from certify.domain.lifecycle import Action

PING = "ping"
# Written by hand: a new action is told to nobody until somebody adds it here. All of these are steps that every party
# of a case sees. Left out: drafts being written, people being named, and above all the sheets, which are blind.
EVENTS: tuple[str, ...] = (
    "application_created",
    Action.SUBMIT.value,
    Action.WITHDRAW.value,
    Action.RETURN.value,
    Action.RESUBMIT.value,
    Action.ACCEPT.value,
    Action.REJECT.value,
    Action.START_AUDIT.value,
    Action.CLOSE_SCORING.value,
    Action.AGREE.value,
    Action.SEND_REPORT.value,
    Action.END_HEARING.value,
    Action.FINALISE.value,
    Action.GRANT.value,
    Action.GRANT_CONDITIONALLY.value,
    Action.REFUSE.value,
    Action.CONFIRM_CONDITIONS.value,
    Action.EXTEND_CONDITIONS.value,
    Action.FAIL_CONDITIONS.value,
    Action.ISSUE.value,
    Action.APPEAL.value,
    Action.UPHOLD.value,
    Action.DISMISS.value,
)
# How old a message may be for its receiver, in seconds.
TOLERANCE = 300
MARK = "whsec_"


def secret_of(key: str, salt: str) -> str:
    """The secret of a subscription, made from the service's own key, so that no row and no backup holds it."""
    return MARK + hmac.new(key.encode(), f"certify webhook {salt}".encode(), hashlib.sha256).hexdigest()


def signature(secret: str, timestamp: int, body: str) -> str:
    """What stands in `Certify-Signature`; `timestamp` is in seconds since 1970 and is signed with the body."""
    return "v1=" + hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256).hexdigest()
