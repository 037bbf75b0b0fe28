"""Writes the security log: one JSON line on the standard error for each occasion that `security_log.note` is told of.

A line has these fields and no others, so that no text, address of a person or secret can get into it.
"""

import hashlib
import hmac
import json
import logging
import sys
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from flask import Flask, current_app, g, has_request_context, request

from certify.domain.networks import UNKNOWN, counted
from certify.http_errors import request_id
from certify.security_log import LOGGER

FIELDS = ("time", "event", "why", "account", "by", "network", "source", "route", "request_id")
# Wide enough to name no household, narrow enough to be blocked or asked about.
_SHOWN = {4: 24, 6: 48}


class Lines(logging.Formatter):
    """One JSON object a line, with FIELDS; what is not known is null."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record that `note` made."""
        line: dict[str, object] = dict.fromkeys(FIELDS)
        line["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line["event"] = record.msg
        line["why"] = getattr(record, "why", "") or None
        if has_request_context():
            who = g.get("actor")
            line["by"] = who.user_id if who else None
            line["network"] = _network(request.remote_addr)
            line["source"] = _source(request.remote_addr)
            # The rule and never the address itself: some addresses hold a secret.
            line["route"] = f"{request.method} {request.url_rule.rule}" if request.url_rule else None
            line["request_id"] = request_id()
        line["account"] = getattr(record, "account", None) or line["by"]
        return json.dumps(line)


class _StandardError(logging.StreamHandler):  # type: ignore[type-arg]
    """The standard error of the moment: commands and servers put another one in its place."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(Lines())

    @property
    def stream(self) -> object:  # type: ignore[override]
        return sys.stderr


def init_app(app: Flask) -> None:
    """Let the lines out, however the other loggers are set; the logger is the process's, so it is set up once."""
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    if not any(isinstance(one, _StandardError) for one in LOGGER.handlers):
        LOGGER.addHandler(_StandardError())


def _network(address: str | None) -> str | None:
    try:
        found = ip_address(counted(address).partition("/")[0])
    except ValueError:
        return None
    return str(ip_network((found.packed, _SHOWN[found.version]), strict=False))


def _source(address: str | None) -> str | None:
    """A keyed digest of what tries are counted by: it tells one guesser from many, and names nobody."""
    key = counted(address)
    if key == UNKNOWN:
        return None
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, f"source:{key}".encode(), hashlib.sha256).hexdigest()[:12]
