"""The history of a case in words, for the macro `timeline`."""

from typing import Any

from flask import url_for
from flask_babel import gettext, ngettext

from certify.domain.history import RATING, WRITING
from certify.domain.lifecycle import CLOSED, Action, Party, Status
from certify.queries.certificates import path_form
from certify.queries.history import Entry
from certify.web.words import EVENT, NEXT

TONES: dict[str, str] = {
    Action.SUBMIT: "info",
    Action.RESUBMIT: "info",
    Action.ACCEPT: "ok",
    Action.RETURN: "warn",
    Action.REJECT: "bad",
    Action.OBJECT: "warn",
    Action.START_AUDIT: "info",
    Action.SEND_REPORT: "info",
    Action.FINALISE: "info",
    Action.GRANT: "ok",
    Action.GRANT_CONDITIONALLY: "warn",
    Action.REFUSE: "bad",
    Action.FAIL_CONDITIONS: "bad",
    Action.CONFIRM_CONDITIONS: "ok",
    Action.APPEAL: "warn",
    Action.ISSUE: "ok",
}
DECISIONS = frozenset({Action.GRANT, Action.GRANT_CONDITIONALLY, Action.REFUSE, Action.FAIL_CONDITIONS})


def _small_steps(entry: Entry) -> str:
    """A run of small steps as one title: "12 answers saved, 3 pieces of evidence added"."""
    words = {
        "answer_saved": lambda n: ngettext("%(num)d answer saved", "%(num)d answers saved", n),
        "answer_confirmed": lambda n: ngettext(
            "%(num)d carried answer confirmed", "%(num)d carried answers confirmed", n
        ),
        "answers_carried": lambda n: gettext("answers carried over from an earlier application"),
        "answers_imported": lambda n: gettext("answers taken from a file"),
        "evidence_attached": lambda n: ngettext(
            "%(num)d piece of evidence added", "%(num)d pieces of evidence added", n
        ),
        "evidence_detached": lambda n: ngettext(
            "%(num)d piece of evidence taken off", "%(num)d pieces of evidence taken off", n
        ),
        "comment_written": lambda n: ngettext("%(num)d criterion commented on", "%(num)d criteria commented on", n),
        "comment_resolved": lambda n: ngettext(
            "comments on %(num)d criterion dealt with", "comments on %(num)d criteria dealt with", n
        ),
        "score": lambda n: ngettext("%(num)d criterion scored", "%(num)d criteria scored", n),
        "settle": lambda n: ngettext("%(num)d divergence settled", "%(num)d divergences settled", n),
    }
    text = ", ".join(words[kind](count) for kind, count in entry.counts.items())
    return text[:1].upper() + text[1:]


def _text(entry: Entry) -> str:
    """The details of a step: whom it concerns, its number, what was written."""
    data = entry.data
    parts = [entry.about, entry.note]
    if entry.kind in {Action.SUBMIT, Action.RESUBMIT}:
        digest = str(data.get("sha256", ""))[:12]
        parts.append(
            gettext("Submission %(number)s, SHA-256 %(digest)s…", number=data.get("submission"), digest=digest)
        )
    elif entry.kind == Action.OFFER_SUPPLEMENT:
        named = ", ".join(data.get("criteria", ()))
        parts.append(gettext("Supplement %(number)s: %(criteria)s", number=data.get("supplement"), criteria=named))
    elif entry.kind == Action.ANSWER_SUPPLEMENT:
        answer = gettext("accepted") if data.get("accepted") else gettext("declined")
        parts.append(f"{data.get('criterion')}: {answer}")
    elif entry.kind == Action.CLOSE_SCORING and "divergences" in data:
        count = int(data["divergences"])
        parts.append(
            ngettext("%(num)d divergence", "%(num)d divergences", count) if count else gettext("no divergence")
        )
    elif entry.kind == Action.DECLARE and data.get("tie"):
        parts.append(gettext("a tie with the centre"))
    elif entry.kind in DECISIONS:
        parts.append(gettext("Decision %(number)s", number=data.get("decision")))
    elif entry.kind == Action.ISSUE:
        parts.append(str(data.get("number", "")))
    parts += [str(data["area"])] if "area" in data else []
    parts += [", ".join(data["areas"])] if "areas" in data else []
    return "\n".join(part for part in parts if part)


def _href(entry: Entry, case_id: int) -> str | None:
    if entry.kind == Action.ISSUE:
        return url_for("public.certificate", path_number=path_form(str(entry.data.get("number", ""))))
    if entry.kind in DECISIONS:
        return url_for("decisions.show", case_id=case_id)
    return None


def rows(entries: list[Entry], case_id: int) -> list[dict[str, Any]]:
    """The events for the macro, in the order of `entries`."""
    return [
        {
            "at": one.at,
            "title": _small_steps(one) if one.kind in WRITING | RATING else EVENT.get(one.kind, one.kind),
            "actor": one.actor,
            "text": _text(one),
            "tone": TONES.get(one.kind, "neutral"),
            "href": _href(one, case_id),
        }
        for one in entries
    ]


def ahead(status: Status, party: Party) -> list[str]:
    """What comes next; nothing when the case is closed for good and waits for nobody."""
    return [] if status in CLOSED and party is Party.NOBODY else [str(NEXT[status])]
