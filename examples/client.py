"""A client for the HTTP API of certify, in Python's standard library alone; to be read, copied and changed.

    office = Client("http://127.0.0.1:8000", "certify_…")
    case = office.get("/applications/17")
    try:
        case = office.post("/applications/17/actions/accept", {}, seen=case)
    except Problem as problem:
        print(problem.code, problem.detail)

Tokens are made on the page "Your account" and by `flask token create`. Every operation with its fields and codes
stands in /api/v1/openapi.json and, for people, in /api/v1/docs.
"""

import gzip
import http.client
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

PREFIX = "/api/v1"
TRIES = 5
LONGEST_WAIT = 60.0
# 429: too many requests in this minute. 503: the database is busy, or the service is being restarted.
LATER = frozenset({429, 503})


class Problem(Exception):
    """The service refuses (RFC 9457, application/problem+json).

    Branch on `code`, which stays; `detail` is a sentence for people, in their language. `errors` lists the faults of
    single fields, `allowed` the actions that are possible instead. `request_id` finds the request in the log.
    """

    def __init__(self, status: int, answer: Mapping[str, Any]) -> None:
        self.status = status
        self.code: str = answer.get("code", "")
        self.detail: str = answer.get("detail", "")
        self.errors: list[dict[str, str]] = answer.get("errors", [])
        self.allowed: list[str] = answer.get("allowed", [])
        self.request_id: str = answer.get("request_id", "")
        # A check of a certificate says in its refusal what the file is: unknown or unreadable.
        self.answer = answer
        faults = "".join(f"; {one['field']}: {one['code']}" for one in self.errors)
        super().__init__(f"{status} {self.code}{faults}: {self.detail} (request {self.request_id})")


class Client:
    """One token's view of the service; without a token only what is public.

    A request is repeated when the connection breaks or the service asks to come later: reading does no harm, and what
    has an effect bears an Idempotency-Key, under which the service answers the second time what it answered the first.
    """

    def __init__(self, address: str, token: str | None = None, language: str = "pl", timeout: float = 60) -> None:
        self.address = address.rstrip("/") + PREFIX
        self.timeout = timeout
        self.headers = {"Accept": "application/json", "Accept-Language": language, "Accept-Encoding": "gzip"}
        if token is not None:
            self.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: object) -> Any:
        """Read one thing. Keep the answer: it is what you give as `seen` when you change the thing."""
        return json.loads(self.read(path, **query))

    def read(self, path: str, **query: object) -> bytes:
        """Read the bytes: of a file, or of an answer."""
        return self._ask("GET", path + (f"?{urlencode(query)}" if query else ""))

    def items(self, path: str, **query: object) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page: `next` is the cursor of the page after this one, null at the end."""
        cursor: dict[str, object] = {}
        while True:
            page = self.get(path, **query, **cursor)
            yield from page["items"]
            if page["next"] is None:
                return
            cursor = {"cursor": page["next"]}

    def post(self, path: str, body: object, *, seen: Mapping[str, Any] | None = None, key: str | None = None) -> Any:
        """Make something, or take a step.

        `seen` is the thing as you read it: when somebody has changed it since then nothing happens, and the refusal
        is 412 `stale_version`. `key`: your own Idempotency-Key, if a repeat must work even after your program has
        died; keep it with your order before you send.
        """
        return self._change("POST", path, body, seen, {"Idempotency-Key": key or uuid.uuid4().hex})

    def put(self, path: str, body: object, *, seen: Mapping[str, Any]) -> Any:
        """Put something in the place of what you saw."""
        return self._change("PUT", path, body, seen, {})

    def patch(self, path: str, body: object, *, seen: Mapping[str, Any]) -> Any:
        """Change some fields of what you saw; what you leave out stays."""
        return self._change("PATCH", path, body, seen, {})

    def delete(self, path: str, *, seen: Mapping[str, Any] | None = None) -> None:
        """Take something away."""
        self._ask("DELETE", path, _if_match(seen))

    def upload(self, path: str, part: str, filename: str, content: bytes, meta: object = None) -> Any:
        """Send a file as `part` of multipart/form-data, with what is said of it as JSON in the part `meta`."""
        border = uuid.uuid4().hex
        parts = [_part(border, f'name="{part}"; filename="{filename}"', "application/octet-stream", content)]
        if meta is not None:
            parts.append(_part(border, 'name="meta"', "application/json", _json(meta)))
        headers = {"Content-Type": f"multipart/form-data; boundary={border}", "Idempotency-Key": uuid.uuid4().hex}
        return json.loads(self._ask("POST", path, headers, b"".join(parts) + f"--{border}--\r\n".encode()))

    def _change(
        self, method: str, path: str, body: object, seen: Mapping[str, Any] | None, more: dict[str, str]
    ) -> Any:
        headers = {"Content-Type": "application/json", **_if_match(seen), **more}
        return json.loads(self._ask(method, path, headers, _json(body)))

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, data: bytes | None = None
    ) -> bytes:
        """Ask until there is an answer that another try would not change."""
        address = self.address + quote(path, safe="/?&=%:+-._~")
        request = urllib.request.Request(address, data, {**self.headers, **(headers or {})}, method=method)
        for attempt in range(1, TRIES + 1):
            wait = min(2.0 ** (attempt - 1), LONGEST_WAIT)
            try:
                with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                    return _content(answer)
            except urllib.error.HTTPError as refusal:
                problem = _problem(refusal)
                # The first try of ours may still be at work.
                if attempt == TRIES or (problem.status not in LATER and problem.code != "idempotency_in_progress"):
                    raise problem from None
                wait = _seconds(refusal.headers.get("Retry-After"), wait)
            except (OSError, http.client.HTTPException):
                # No answer: it is not known whether anything happened. Without a key `If-Match` keeps a change from
                # being made twice: the repeat is refused as stale, and one reads and looks.
                if attempt == TRIES:
                    raise
            time.sleep(wait)
        raise AssertionError("the last try either returns or raises")


def _if_match(seen: Mapping[str, Any] | None) -> dict[str, str]:
    """The version that was seen; every answer has it as `etag`, as well as in its header ETag."""
    return {} if seen is None else {"If-Match": seen["etag"]}


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()


def _part(border: str, name: str, kind: str, content: bytes) -> bytes:
    head = f"--{border}\r\nContent-Disposition: form-data; {name}\r\nContent-Type: {kind}\r\n\r\n"
    return head.encode() + content + b"\r\n"


def _content(answer: Any) -> bytes:
    content: bytes = answer.read()
    return gzip.decompress(content) if answer.headers.get("Content-Encoding") == "gzip" else content


def _problem(refusal: urllib.error.HTTPError) -> Problem:
    """What the service says; something in between (a proxy) may answer in another form."""
    with refusal:
        try:
            answer = json.loads(_content(refusal))
        except (ValueError, OSError, http.client.HTTPException):
            answer = {}
    return Problem(refusal.code, answer if isinstance(answer, dict) else {})


def _seconds(text: str | None, otherwise: float) -> float:
    return min(float(text), LONGEST_WAIT) if text is not None and text.isdigit() else otherwise
