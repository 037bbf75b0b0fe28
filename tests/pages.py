"""A test client that reads every page as a strict parser does: a page that is not valid HTML fails its test."""

import gzip
from collections import Counter
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from certify.db import db
from certify.web.form_fields import fault_of
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


def check_forms(tree: Element, app: Flask) -> None:
    """Every form of the page sends only what its address takes: `web.form_fields` refuses all else."""
    addresses = app.url_map.bind("localhost")
    for form in tree.iter("form"):
        if form.get("method") != "post":
            continue
        inside = [*form.iter(), *(one for one in tree.iter() if one.get("form") and one.get("form") == form.get("id"))]
        names = Counter(
            one.get("name")
            for one in inside
            if one.tag in {"input", "select", "textarea"} and one.get("name") and one.get("type") != "radio"
        )
        names |= Counter(
            {str(one.get("name")): 1 for one in inside if one.get("type") in {"radio", "submit"} and one.get("name")}
        )
        others = {str(one.get("formaction")) for one in inside if one.get("formaction")}
        for target in {form.get("action") or "", *others}:
            endpoint, _ = addresses.match(urlsplit(target).path, method="POST")
            faults = [(name, fault) for name, times in names.items() if (fault := fault_of(endpoint, name, times))]
            assert not faults, f"the form to {endpoint} sends {faults}"


class PackingClient(FlaskClient):
    """Takes packed answers as every client with default headers does, and unpacks them; the headers stay."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.environ_base["HTTP_ACCEPT_ENCODING"] = "gzip"

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        if response.headers.get("Content-Encoding") == "gzip" and not _asks_for_bytes(kwargs):
            packed = dict(response.headers)
            response.set_data(gzip.decompress(response.get_data()))
            response.headers["Content-Length"] = packed["Content-Length"]
        return response


def _asks_for_bytes(kwargs: dict[str, Any]) -> bool:
    """A test that names the encoding itself looks at the bytes."""
    return any(name.lower() == "accept-encoding" for name in dict(kwargs.get("headers") or {}))


class CheckingClient(PackingClient):
    """Each request runs in an application context of its own, as on a server, whatever the test has open."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        # The test's own picture of the database ends here: it must neither block the request nor outlive it.
        db.session.rollback()
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        db.session.rollback()
        if response.mimetype == "text/html" and response.get_data() and not 300 <= response.status_code < 400:
            tree = check_html(response.text, str(response.request.path if response.request else args[:1]))
            check_forms(tree, self.application)
        return response
