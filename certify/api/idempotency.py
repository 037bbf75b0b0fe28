"""`Idempotency-Key`: the header, and the answer made anew from what was kept. The rule is `workflows.idempotency`."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import IO, Any

from flask import Response, make_response, request

from certify.domain.errors import Malformed
from certify.models.idempotency import KEY_LENGTH
from certify.web.access import actor
from certify.workflows.idempotency import Kept, Request
from certify.workflows.idempotency import once as answered_once

_KEY = re.compile(rf"[\x21-\x7e]{{1,{KEY_LENGTH}}}")
_CHUNK = 2**18


def once(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let a view with an effect be called safely a second time under the same key."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Response:
        asked = Request(actor().user_id, _key(), _digest())
        kept, repeated = answered_once(asked, lambda: _kept(make_response(view(*args, **kwargs))))
        response = make_response(kept.body, kept.answer_code)
        response.mimetype = "application/json"
        for name, value in (("ETag", kept.etag), ("Location", kept.location)):
            if value:
                response.headers[name] = value
        if repeated:
            response.headers["Idempotency-Replayed"] = "true"
        return response

    return answer


def _key() -> str:
    """The key as sent; draft-ietf-httpapi-idempotency-key-header would have it in quotes, so those are taken off."""
    given = request.headers.get("Idempotency-Key", "").strip()
    if len(given) >= 2 and given[0] == given[-1] == '"':
        given = given[1:-1]
    if not _KEY.fullmatch(given):
        raise Malformed("idempotency_key_required")
    return given


def _digest() -> str:
    asked = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.mimetype == "multipart/form-data":
        # Its parts are on disk by now; the border between them is another one each time.
        asked.update(repr(list(request.form.items(multi=True))).encode())
        files = [(name, file.filename, _digest_of(file.stream)) for name, file in request.files.items(multi=True)]
        asked.update(repr(files).encode())
    else:
        asked.update(request.get_data(cache=True))
    return asked.hexdigest()


def _digest_of(stream: IO[bytes]) -> str:
    """The digest of a whole file, which stands at its beginning again afterwards."""
    found = hashlib.sha256()
    while piece := stream.read(_CHUNK):
        found.update(piece)
    stream.seek(0)
    return found.hexdigest()


def _kept(response: Response) -> Kept:
    return Kept(
        response.status_code,
        response.get_data(as_text=True),
        response.headers.get("ETag", ""),
        response.headers.get("Location", ""),
    )
