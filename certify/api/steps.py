"""An action of the table as an operation: what is sent, which version it names, and the verb that is called with it.

Who may and why not is read off the table, for the door and for the document.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from certify.domain.lifecycle import TRANSITIONS, Action, Party
from certify.domain.policy import Actor, Role

Sent = dict[str, Any]
Call = Callable[[Actor, int, Sent, int], object]


@dataclass(frozen=True)
class Step:
    """An action with an address of its own.

    `faults`, `conflicts`: its own codes with 422 and 409. `tag`: the field of the body which names the thing whose
    version `If-Match` gives; empty: the case; None: nothing has a version.
    """

    body: type[Schema]
    call: Call
    faults: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    tag: str | None = ""


ROLES_OF: dict[Party, tuple[Role, ...]] = {
    Party.CENTRE: (Role.CENTRE_EDITOR, Role.CENTRE_MANAGER),
    Party.CENTRE_MANAGER: (Role.CENTRE_EDITOR, Role.CENTRE_MANAGER),
    Party.COORDINATOR: (Role.COORDINATOR,),
    Party.AUDITOR: (Role.AUDITOR,),
    Party.LEAD_AUDITOR: (Role.AUDITOR,),
    Party.DECISION_MAKER: (Role.DECISION_MAKER,),
    Party.APPEAL_PANEL: (Role.DECISION_MAKER,),
}


def roles_of(action: Action) -> tuple[Role, ...]:
    """Who passes the door: the roles of the parties that the table names for the action."""
    found = [role for row in TRANSITIONS if row.action is action for party in row.by for role in ROLES_OF[party]]
    return tuple(dict.fromkeys(found))


def reasons_of(action: Action) -> tuple[str, ...]:
    """Every code with which the action may be out of turn."""
    guards = [guard.value for row in TRANSITIONS if row.action is action for guard in row.guards]
    return tuple(dict.fromkeys(["illegal_transition", "own_centre", *guards]))
