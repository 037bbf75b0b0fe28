"""From whose page a request comes: what changes something is taken from our own pages only, whatever token it bears.

Browsers name the page's server in Origin with every such request and no script can forge it; old ones send at least a
Referer. Programs without either have no cookie that another site could use, and still need the form's token.
"""

from urllib.parse import urlsplit

from flask import current_app, g, request
from flask_wtf.csrf import CSRFError

from certify.http_errors import is_api

_READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_PORTS = {"http": 80, "https": 443}


def check() -> None:
    """Raise `CSRFError` for a changing request that names another server than ours, or hides which it is (`null`)."""
    # The API looks at no cookie, so nobody's browser can be misused for it.
    if request.method in _READING or is_api():
        return
    named = request.headers.get("Origin") or request.headers.get("Referer")
    if named is not None and not _is_ours(named):
        g.foreign_origin = True
        raise CSRFError


def from_our_page() -> bool:
    """True when a page of this server sent the form; browsers say so with every POST, and no other page can."""
    return _is_ours(request.headers.get("Origin", ""))


def _is_ours(address: str) -> bool:
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    found = _server_of(address)
    # Behind a proxy the request itself may look like plain http; a page that did come so may be forged on its way.
    return found is not None and (not secure or found[0] == "https") and found[1:] == _asked(found[0])


def _server_of(address: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def _asked(scheme: str) -> tuple[str, int] | None:
    found = _server_of(f"{scheme}://{request.host}")
    return found and found[1:]
