"""A form of the self-assessment that arrives without a session, or with an older one's token, is given back as typed.

With scripts the browser keeps the text by itself; this page is for everybody else. It reads nothing of the case,
so that it tells a stranger nothing, and saves nothing: the text goes back into a form with a token of the present
session. It is shown only for forms that our own pages sent, or another site could put its words into that form.

A text that comes too late, when the case has moved on, is given back too, on the page that says why, to be copied.
"""

import re

from flask import Blueprint, Flask, make_response, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, Unauthorized
from werkzeug.wrappers import Response

from certify.domain.errors import CertifyError, Conflict, Forbidden, TooMany
from certify.http_errors import answer, csrf_noted, refusal, wants_json
from certify.web.access import to_sign_in, visitor
from certify.web.forms import chosen, visible
from certify.web.origin import from_our_page

_LEVEL = re.compile(r"[A-Za-z0-9-]{1,40}-points")
_REASON = re.compile(r"[A-Za-z0-9-]{1,40}-reason")
_NARRATIVE = re.compile(r"narrative-[A-Za-z0-9.-]{1,40}")


# Free texts of all forms, by their names; points, choices and numbers are typed again in a moment.
_TEXT = re.compile(
    r"narrative-.*|(?:.*-)?(?:reason|note|answer|report|text)|condition-[0-9]+"
    r"|(?:departure_)?reasons|grounds|summary|strengths|recommendations|minutes|proves"
)
# More than any field takes.
_SHOWN = 20_000


def init_app(app: Flask) -> None:
    """Give the texts back that a case refuses: it is closed for them, or there were too many."""
    app.register_error_handler(Conflict, _too_late)
    app.register_error_handler(Forbidden, _too_late)
    app.register_error_handler(TooMany, _too_late)


def _too_late(error: CertifyError) -> Response:
    # Who has lost a role is refused before the token is checked.
    ours = not isinstance(error, Forbidden) or from_our_page()
    return refusal(error, _typed() if ours and request.method == "POST" and not wants_json() else ())


def _typed() -> list[tuple[str, str]]:
    try:
        sent = [(name, visible(text[:_SHOWN])) for name, text in request.form.items() if _TEXT.fullmatch(name)]
    except RequestEntityTooLarge:
        return []
    return [(_label(name), text) for name, text in sent if text.strip()]


def _label(name: str) -> str:
    if name.startswith("narrative-"):
        return gettext("Indicator %(id)s", id=visible(name.removeprefix("narrative-")[:40]))
    return gettext("Your text")


def guard(blueprint: Blueprint) -> None:
    """Give refused forms of these pages back."""
    blueprint.register_error_handler(Unauthorized, _signed_out)
    blueprint.register_error_handler(CSRFError, _of_another_session)


def _signed_out(error: HTTPException) -> Response:
    if wants_json():
        return answer(401, "login_required")
    return _given_back(401) or to_sign_in()


def _of_another_session(error: HTTPException) -> Response:
    given = None if wants_json() or not from_our_page() else _given_back(400)
    if given is None:
        return answer(400, "csrf_failed")
    csrf_noted()
    return given


def _given_back(status: int) -> Response | None:
    """The page with the typed text; None when the form holds none, or more than we read for a stranger."""
    found = request.view_args or {}
    if "criterion_id" not in found:
        return None
    try:
        sent = {name: visible(text) for name, text in request.form.items()}
    except RequestEntityTooLarge:
        return None
    texts = {name: text for name, text in sent.items() if _NARRATIVE.fullmatch(name)}
    reasons = {name: text for name, text in sent.items() if _REASON.fullmatch(name)}
    level = next((text for name, text in sent.items() if _LEVEL.fullmatch(name)), "")
    if not level and not any(texts.values()) and not any(reasons.values()):
        return None
    who = visitor()
    # Pages say which person opened the form: nobody saves a text in another person's name.
    same = who is not None and chosen(sent.get("writer")) == who.user_id
    page = render_template(
        "answers/kept.html",
        action=url_for("answers.save", **found),
        back=url_for("answers.overview", case_id=found["case_id"]),
        criterion=found["criterion_id"],
        texts={name.removeprefix("narrative-"): text for name, text in texts.items()},
        reasons={name: text for name, text in reasons.items() if text},
        hidden={name: text for name, text in sent.items() if _LEVEL.fullmatch(name) or name in {"version", "writer"}},
        level=level,
        signed_in=who is not None,
        can_save=who is None or same,
    )
    return make_response(page, status)
