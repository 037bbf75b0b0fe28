"""Headers and content rules of every page (R39): nothing runs or styles that does not stand in a file of ours."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from certify.web.access import PUBLIC, access, routes
from tests.addresses import allowed, path, values
from tests.authorisation import MATRIX
from tests.pages import check_html
from tests.world import World

# Sweeps over all routes: other tests measure what they reach, and under the tracer they would take twice as long.
pytestmark = pytest.mark.no_cover

# The same bytes for everybody, and no secret: a browser may keep them.
PUBLIC_FILES = {
    "static", "public.certificate_pdf", "printing.empty_form", "register_files.as_csv", "register_files.as_xlsx",
    "for_machines.favicon",
}  # fmt: skip
ADDRESSES = {"href", "src", "action", "formaction", "srcset", "poster", "data"}


def check_headers(answer: TestResponse, *, kept: bool) -> None:
    """The headers of one answer; `kept`: a browser may keep it."""
    headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    if not kept:
        assert "no-store" in headers["Cache-Control"]
        assert "Cookie" in headers["Vary"]


def check_content(answer: TestResponse) -> None:
    """No script, style or handler stands in the page, and nothing is loaded from elsewhere."""
    tree = check_html(answer.text)
    for element in tree.iter():
        assert element.tag != "style"
        assert element.tag != "script" or (element.get("src") and not (element.text or "").strip())
        for name, value in element.items():
            assert name != "style" and not name.startswith("on"), f"<{element.tag} {name}>"
            if name in ADDRESSES:
                assert urlsplit(value).scheme in {"", "https", "http", "mailto", "tel"}, value
            if name in ADDRESSES and element.tag in {"script", "link", "img", "iframe", "object", "form"}:
                assert urlsplit(value).netloc in {"", "localhost"}, value


@pytest.mark.parametrize("endpoint", MATRIX)
def test_every_route(world: World, endpoint: str) -> None:
    line = MATRIX[endpoint]
    route = next(one for one in routes(world.app) if one.endpoint == endpoint)
    actor = allowed(line)
    # The public pages are read by somebody signed in here, too: their menu has a name in it.
    for who in {actor, "anonymous", "coordinator"}:
        address = path(route, values(world, line, "ours"))
        # Without a version a form is stale and does nothing; the one account that it could close stays open.
        form = {"active": "1"} if route.method == "POST" else None
        answer = world.client(who).open(address, method=route.method, data=form, buffered=True)
        if answer.status_code == 200 and endpoint == "evidence.download":
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        kept = endpoint in PUBLIC_FILES or (who == "anonymous" and route.method == "GET" and answer.status_code < 400)
        check_headers(answer, kept=kept)
        if answer.mimetype == "text/html" and answer.status_code not in {302, 303}:
            check_content(answer)


@pytest.mark.parametrize("who", ["anonymous", "centre_editor"])
@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/no-such-page", 404),
        ("GET", "/cases/99999999999999999999", 404),
        ("DELETE", "/register", 405),
        ("POST", "/language", 422),
        ("GET", "/verify/number?number=%00", 422),
    ],
)
def test_every_error(world: World, who: str, method: str, address: str, status: int) -> None:
    answer = world.client(who).open(address, method=method, buffered=True)
    assert answer.status_code == status
    check_headers(answer, kept=False)
    check_content(answer)


def test_an_error_of_ours(make_app: Callable[..., Flask]) -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=False)

    def fail() -> str:
        raise ValueError("a fault of ours")

    app.add_url_rule("/fail", "fail", access(PUBLIC)(fail))
    with app.app_context():
        answer = app.test_client().get("/fail")
    assert answer.status_code == 500
    check_headers(answer, kept=False)
    check_content(answer)
