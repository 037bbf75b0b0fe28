"""What every page about a case shows alike: its head, and the actions of the person with the reasons for waiting."""

from collections.abc import Sequence
from typing import Any

from flask import url_for

from certify.domain.errors import Conflict, Invalid
from certify.domain.lifecycle import EDITABLE, TRANSITIONS, Action, Party, Status, whose_move
from certify.domain.policy import Actor, Case, available, has_move, move_of
from certify.http_errors import status_of
from certify.models.application import Application
from certify.models.supplement import SupplementRequest
from certify.queries import applications
from certify.queries.rubrics import rubric_of
from certify.sentences import sentence
from certify.timing import today
from certify.web.forms import CaseForm, show_errors, show_stale
from certify.web.words import ACTION, FILL_IN, HINT, PAGE_LABEL, REQUEST_KIND, action_place

# These end something for the centre: they stand last and are never the page's first button.
GRAVE = frozenset({Action.WITHDRAW, Action.REJECT, Action.REFUSE, Action.FAIL_CONDITIONS, Action.DISMISS})
# Steps within a status that carry it forward more than the other steps there.
FORWARD = frozenset({Action.HAND_IN, Action.DECLARE, Action.AGREE_TEAM, Action.COMMENT})
_ORDER = {(row.source, row.action): place for place, row in enumerate(TRANSITIONS)}
_STAYS = {(row.source, row.action): row.stays for row in TRANSITIONS}


def refused(form: CaseForm, error: Invalid | Conflict) -> int:
    """Put a refusal that the person can mend on the form, with the typed text kept; answer its status.

    Faults of fields and a stale form are such; anything else is raised again.
    """
    if isinstance(error, Invalid):
        show_errors(form, error)
    else:
        show_stale(form, error)
    return status_of(error)


def days_to(application: Application) -> int | None:
    """Calendar days until the case is due, negative when it is late; None without a date."""
    return None if application.due_on is None else (application.due_on - today()).days


def case_head(actor: Actor, application: Application, case: Case | None, title: object = None) -> dict[str, Any]:
    """The arguments of the macro `case_header`; `title` is the page's h1. Without `case` nobody is told "yours"."""
    party = whose_move(Status(application.status)) if case is None else move_of(case)
    unit = None if application.unit.is_main else application.unit.name
    return {
        "number": application.number,
        "holder": application.organisation.name,
        "unit": unit,
        "status": application.status,
        "move": None if party is Party.NOBODY else party.value,
        "days": days_to(application),
        "due": application.due_on,
        "title": title,
        "mine": case is not None and has_move(actor, case),
        "href": url_for("cases.show", case_id=application.id) if title else None,
    }


def request_parts(application: Application, requests: Sequence[SupplementRequest]) -> dict[str, Any]:
    """What the list of requests needs: they themselves, the note above them, words of kinds, where each card stands."""
    rubric = rubric_of(application)
    named = {criterion for one in requests for criterion in one.criteria}
    places = {
        one: url_for("answers.area", case_id=application.id, area_id=rubric.area_of(one).id, _anchor=one)
        for one in named
    }
    notes = applications.notes(application, Action.RETURN) if requests else []
    note = notes[0].text if notes else ""
    return {"requests": requests, "request_note": note, "request_kinds": REQUEST_KIND, "places": places}


def _weight(status: Status, action: Action, reason: str | None) -> tuple[bool, bool, bool, int]:
    key = (status, action)
    stays = _STAYS[key] and action not in FORWARD
    later = stays or action is Action.END_HEARING
    return (reason is not None, action in GRAVE, later, _ORDER[key])


def actions_of(actor: Actor, application: Application, case: Case, here: str = "") -> list[dict[str, Any]]:
    """The actions of the actor for the macro `action_list`, the page's own (`here`: its endpoint) left out.

    Actions of one page are one button; it is closed only when none of them can be taken.
    """
    pages: dict[str, list[tuple[Action, str | None]]] = {}
    chosen = sorted(available(actor, case).items(), key=lambda one: _weight(case.status, *one))
    for action, reason in chosen:
        pages.setdefault(action_place(actor, case, action)[0], []).append((action, reason))
    mine = has_move(actor, case)
    buttons = _editing(actor, application, case, pages)
    for endpoint, offered in pages.items():
        if endpoint == here:
            continue
        action, reason = offered[0]
        method = action_place(actor, case, action)[1]
        label = PAGE_LABEL.get(endpoint, ACTION[action]) if len(offered) > 1 else ACTION[action]
        first = mine and not any(one["primary"] for one in buttons)
        buttons.append(
            {
                "label": label,
                "url": url_for(endpoint, case_id=application.id),
                "method": method,
                "reason": sentence(reason) if reason else None,
                "primary": first and reason is None and action not in GRAVE,
                "danger": action in GRAVE,
                "hint": HINT.get(action),
                "fields": {"version": application.version} if method == "post" else {},
            }
        )
    return sorted(buttons, key=lambda one: (not one["primary"], one["reason"] is not None))


def _editing(
    actor: Actor, application: Application, case: Case, pages: dict[str, list[tuple[Action, str | None]]]
) -> list[dict[str, Any]]:
    """Filling in is no action of the table, but it is what the centre does until it can submit."""
    if case.status not in EDITABLE or case.organisation_id not in actor.centres:
        return []
    ready = any(reason is None for _, reason in pages.get("applications.submit", []))
    return [
        {
            "label": FILL_IN,
            "url": url_for("answers.overview", case_id=application.id),
            "method": "get",
            "reason": None,
            "primary": not ready,
            "danger": False,
            "fields": {},
        }
    ]
