"""Reads what a refused request is still sending, so that the refusal arrives.

Whoever answers before the body is here and then closes the line cuts it off: a proxy in front says 502 instead of our
sentence, a browser "connection reset". So the rest is read and thrown away first, as far as any form is allowed to be.
"""

from flask import Flask, Response, request

# The largest form, that of several files, with its words; more than that is cut off.
MOST = 256 * 2**20
_PIECE = 2**16


def init_app(app: Flask) -> None:
    """Read the rest of a body after every request."""
    app.after_request(_read_the_rest)


def _read_the_rest(response: Response) -> Response:
    # Only where the server ends the stream itself: elsewhere reading on would wait for ever.
    if request.environ.get("wsgi.input_terminated") and 0 < (request.content_length or 0) <= MOST:
        stream = request.environ["wsgi.input"]
        while stream.read(_PIECE):
            pass
    return response
