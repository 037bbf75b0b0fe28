"""A person's program in one case: it reads the tag, sends a fresh key and takes a step."""

import uuid
from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from tests.api.conftest import Call


@dataclass(frozen=True)
class Program:
    """Somebody's program, working in one case."""

    call: Call
    case_id: int

    def get(self, rest: str = "") -> TestResponse:
        """Read something of the case: `get("/scores")`; the case itself without a rest."""
        return self.call("GET", f"/applications/{self.case_id}{rest}")

    def items(self, rest: str) -> list[dict[str, Any]]:
        """A whole list."""
        answer = self.get(rest)
        assert answer.status_code == 200, answer.json
        found: list[dict[str, Any]] = answer.json["items"]
        return found

    def send(self, rest: str, body: object, method: str = "POST", tag: str = "") -> TestResponse:
        """Send a body with the tag (that of the case, unless told) and a key of its own."""
        seen = tag or self.get().headers.get("ETag", "")
        address = f"/applications/{self.case_id}{rest}"
        return self.call(method, address, body, If_Match=seen, Idempotency_Key=uuid.uuid4().hex)

    def take(self, action: str, body: object = None, tag: str = "") -> dict[str, Any]:
        """Take an action that must succeed; the answer is the case."""
        answer = self.send(f"/actions/{action}", body or {}, tag=tag)
        assert answer.status_code == 200, answer.json
        found: dict[str, Any] = answer.json
        return found

    def rate(self, criterion: str, points: int, reason: str = "") -> TestResponse:
        """Rate a criterion on the own sheet."""
        tag = self.get(f"/scores/{criterion}").headers["ETag"]
        return self.send(f"/scores/{criterion}", {"points": points, "reason": reason}, "PUT", tag)


def code(answer: TestResponse) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, (answer.json or {}).get("code", "")
