"""A test client that reads every page as a strict parser does: a page that is not valid HTML fails its test."""

from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from certify.db import db
from tests.measuring import unmeasured


def check_html(text: str, where: str = "page") -> Element:
    """The parsed page; fails on a parse error and on an id that stands twice."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    with unmeasured():
        tree: Element = parser.parse(text)
    faults = [f"line {position[0]}: {code} {data}" for position, code, data in parser.errors]
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    faults += [f"id {name!r} stands twice" for name in sorted({one for one in ids if ids.count(one) > 1})]
    assert not faults, f"{where} is not valid HTML: " + "; ".join(faults[:5])
    return tree


class CheckingClient(FlaskClient):
    """Each request runs in an application context of its own, as on a server, whatever the test has open."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        # The test's own picture of the database ends here: it must neither block the request nor outlive it.
        db.session.rollback()
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        db.session.rollback()
        if response.mimetype == "text/html" and response.get_data() and not 300 <= response.status_code < 400:
            check_html(response.text, str(response.request.path if response.request else args[:1]))
        return response
