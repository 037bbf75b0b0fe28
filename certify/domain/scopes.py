"""What an access token may be used for; it only ever narrows what its owner may do."""

from enum import StrEnum

from certify.domain.lifecycle import TRANSITIONS, Action, Party


class Scope(StrEnum):
    """One kind of use. Reading is a scope of its own, and so is the writing of each side of a case."""

    READ = "read"
    CENTRE = "centre:write"
    AUDIT = "audit:write"
    COORDINATION = "coordination:write"
    DECISION = "decision:write"


OF_PARTY: dict[Party, Scope] = {
    Party.CENTRE: Scope.CENTRE,
    Party.CENTRE_MANAGER: Scope.CENTRE,
    Party.COORDINATOR: Scope.COORDINATION,
    Party.AUDITOR: Scope.AUDIT,
    Party.LEAD_AUDITOR: Scope.AUDIT,
    Party.DECISION_MAKER: Scope.DECISION,
    Party.APPEAL_PANEL: Scope.DECISION,
}
MAX_DAYS = 365


def scopes_for(action: Action) -> frozenset[Scope]:
    """The scopes of which one is enough for the action: those of the parties that may take it."""
    return frozenset(OF_PARTY[party] for row in TRANSITIONS if row.action is action for party in row.by)
