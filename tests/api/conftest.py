"""What tests of the API share: a program that acts for a person."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from certify.domain.scopes import Scope
from certify.models.account import User
from certify.workflows import tokens
from tests.api.requests import FORM_WITH_BORDER
from tests.factories import fresh_actor
from tests.pages import CheckingClient

Call = Callable[..., TestResponse]


@pytest.fixture
def program(app: Flask, client: CheckingClient) -> Callable[[User], Call]:
    """`program(user)` makes a token with every scope and gives a function: `call("GET", "/rubrics")`."""

    def acting_for(user: User, *scopes: Scope) -> Call:
        wanted = [scope.value for scope in scopes or Scope]
        _, secret = tokens.create(fresh_actor(user), "próba", wanted, 1)

        def call(method: str, address: str, body: object = None, **headers: str) -> TestResponse:
            sent: dict[str, Any] = {} if body is None else {"json": body}
            if isinstance(body, bytes):
                sent = {"data": body, "content_type": FORM_WITH_BORDER}
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            headers = {"Authorization": f"Bearer {secret}", **named}
            # Buffered: the answer is read and closed at once, also when it is a file.
            return client.open(f"/api/v1{address}", method=method, headers=headers, buffered=True, **sent)

        return call

    return acting_for
