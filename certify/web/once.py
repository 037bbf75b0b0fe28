"""A form that is sent twice (a double click, a lost answer, Back and again) has one effect and one answer (R32).

Each page that we show has a token of its own against foreign forms; with what was filled in it names the sending. A
form that was changed and sent again is another sending, and so is the same one from a page that was opened anew.
"""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, flash, make_response, redirect, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from certify.models.idempotency import LOCATION_LENGTH
from certify.web.access import visitor
from certify.web.form_fields import FIELDS
from certify.workflows.idempotency import Kept, Request, after_the_other

View = Callable[..., Any]

# What sets a state and adds nothing: doing it again is what somebody wants who comes back to an older page.
SETTING = frozenset(
    {
        *("account.language", "account.sign_in_send", "account.sign_out", "account.accept_send"),
        *("account.password_send", "sessions.end", "sessions.end_others", "users.end_sessions", "users.end_token"),
        *("users.set_active", "webhooks.switch_on", "webhooks.switch_off", "tokens.revoke"),
        *("desk.delegate", "desk.resolve", "evidence.link", "evidence.detach", "evidence.link_many"),
        # The script sends this one as often as somebody types; each answer has its version.
        "answers.save",
        # Uploads in parts have addresses of their own, and checking changes nothing.
        *("uploads.begin", "uploads.begin_in_library", "public.verify_file", "exchange.compare"),
    }
)
# Receipts that show a secret this one time; whoever sends such a form again is led to the list.
SHOWN_ONCE = {
    "users.invite_send": "users.index",
    "tokens.create": "tokens.index",
    "webhooks.create": "webhooks.index",
}
_CHUNK = 2**18


def guard_forms(app: Flask) -> None:
    """Let every form but those be sent twice; call it when all views are there."""
    for endpoint in FIELDS.keys() - SETTING:
        app.view_functions[endpoint] = _once(app.view_functions[endpoint])


def _once(view: View) -> View:
    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Response:
        who, page = visitor(), request.form.get("csrf_token")
        if who is None or not page:
            return make_response(view(*args, **kwargs))
        digest = _digest()
        given: list[Response] = []

        def act() -> Kept | None:
            given.append(make_response(view(*args, **kwargs)))
            return _kept(given[0])

        kept, repeated = after_the_other(Request(who.user_id, f"form:{digest}", digest), act)
        return _again(kept) if repeated and kept is not None else given[0]

    return answer


def _digest() -> str:
    """What was sent, from which page, and to which address."""
    sent = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    sent.update(repr(sorted(request.form.items(multi=True))).encode("utf-8", "surrogatepass"))
    for name, file in request.files.items(multi=True):
        sent.update(repr((name, file.filename)).encode("utf-8", "surrogatepass"))
        while piece := file.stream.read(_CHUNK):
            sent.update(piece)
        file.stream.seek(0)
    return sent.hexdigest()


def _kept(response: Response) -> Kept | None:
    """A success is kept, without what a receipt showed once; a form that came back to be corrected is none."""
    location = response.headers.get("Location", "")
    if response.status_code == 303 and len(location) <= LOCATION_LENGTH:
        return Kept(303, json.dumps(session.get("_flashes", [])), location=location)
    if response.status_code == 201 and request.endpoint in SHOWN_ONCE:
        return Kept(201, "[]")
    return None


def _again(kept: Kept) -> Response:
    if kept.answer_code == 201:
        said = gettext("This form was sent already, and has had its effect once. What it showed is shown only once.")
        flash(said, "info")
        return redirect(url_for(SHOWN_ONCE[str(request.endpoint)]), 303)
    for category, text in json.loads(kept.body):
        flash(text, category)
    return redirect(kept.location, 303)
