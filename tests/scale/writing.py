"""What writing costs: an autosaved answer beside a bare durable commit, a large upload beside copying the file."""

import hashlib
import http.client
import io
import json
import os
import re
import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pikepdf
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from certify.domain.rubric import Criterion
from certify.models.account import User
from certify.workflows.evidence import MAX_FILE
from tests.scale.process import HOST, PATIENCE, Page, Served
from tests.signing_in import secret_for

SAVES = 60
UPLOADS = 5
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "certify-bench"
TEXT = "Zespół spotyka się z mieszkańcami co miesiąc; protokoły są w zbiorze dowodów. " * 12
# What Flask-WTF keeps in the session, and signs for the form.
SEED = "0" * 40


@dataclass(frozen=True)
class Desk:
    """A draft that a signed-in person writes in: its case, one criterion, the session cookie and the form's token."""

    case: int
    criterion: Criterion
    cookie: str
    token: str

    def version(self, served: Served) -> int:
        """The number of the answer that the next save builds on."""
        area = self.criterion.id.partition(".")[0]
        page = Page(served, f"/cases/{self.case}/self-assessment/{area}", self.cookie).text()
        form = page.partition(f"/answers/{self.criterion.id}")[2]
        found = re.search(r'name="version"[^>]* value="([0-9]+)"', form)
        assert found, form[:500]
        return int(found[1])


def desk(app: Flask, person: User, case: int, criterion: Criterion) -> Desk:
    """Signs the person in without the form."""
    session = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    value = session.dumps({"_user_id": secret_for(person), "csrf_token": SEED})
    token = URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token").dumps(SEED)
    return Desk(case, criterion, f"certify={value}", str(token))


def _post(served: Served, cookie: str, path: str, body: bytes, kind: str, accept: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, served.port, timeout=PATIENCE)
    headers = {"Cookie": cookie, "Content-Type": kind, "Accept": accept}
    connection.request("POST", path, body=body, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def autosave(served: Served, at: Desk) -> list[float]:
    """Milliseconds of each save as the page's script sends it; every one must be kept."""
    slug = at.criterion.id.replace(".", "-")
    version, spent = at.version(served), []
    for number in range(SAVES):
        fields = {"csrf_token": at.token, "version": version, f"{slug}-points": 2}
        fields |= {f"narrative-{one.id}": f"{TEXT} {number}" for one in at.criterion.indicators}
        begun = time.perf_counter()
        status, body = _post(
            served, at.cookie, f"/cases/{at.case}/answers/{at.criterion.id}", urlencode(fields).encode(), FORM,
            "application/json",
        )  # fmt: skip
        spent.append((time.perf_counter() - begun) * 1000)
        assert status == 200, (status, body[:300])
        version = json.loads(body)["version"]
    return spent


def bare_saves(served: Served) -> list[float]:
    """Milliseconds of a request to a bare page that commits one such row."""
    spent = []
    for _ in range(SAVES):
        begun = time.perf_counter()
        status, body = _post(served, "", "/save", urlencode({"text": TEXT}).encode(), FORM, "*/*")
        spent.append((time.perf_counter() - begun) * 1000)
        assert status == 200, (status, body[:300])
    return spent


def bare_commits(folder: Path) -> list[float]:
    """Milliseconds of a durable commit of one such row, set up as our database is."""
    connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE answer (id, text)")
    spent = []
    for number in range(SAVES):
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO answer VALUES (?, ?)", (number, TEXT))
        connection.execute("COMMIT")
        spent.append((time.perf_counter() - begun) * 1000)
    connection.close()
    return spent


def large_pdf() -> Callable[[int], bytes]:
    """A PDF of just under 25 MiB for each number, of incompressible pictures as scanners make them."""
    noise = os.urandom(MAX_FILE - 64 * 1024)

    def make(number: int) -> bytes:
        out = io.BytesIO()
        with pikepdf.new() as document:
            document.add_blank_page(page_size=(595, 842))
            document.Root["/Scan"] = document.make_stream(number.to_bytes(4, "big") + noise)
            document.save(out)
        return out.getvalue()

    return make


def upload(served: Served, at: Desk, content: bytes, number: int) -> float:
    """Seconds for one file, sent, checked, stored and answered."""
    parts = [("csrf_token", at.token), ("version", "0"), ("title", f"Protokół {number}")]
    head = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts
    )
    head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="protokol-{number}.pdf"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    begun = time.perf_counter()
    path = f"/cases/{at.case}/evidence/{at.criterion.id}"
    status, answer = _post(served, at.cookie, path, body, f"multipart/form-data; boundary={BOUNDARY}", "text/html")
    spent = time.perf_counter() - begun
    assert status == 303, (status, answer[:300])
    return spent


def bare_copy(content: bytes, folder: Path) -> float:
    """Seconds for the sum, the copy and the flush of the same bytes, without a network."""
    source, copy = folder / "source", folder / "copy"
    source.write_bytes(content)
    begun = time.perf_counter()
    with source.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    shutil.copyfile(source, copy)
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    spent = time.perf_counter() - begun
    copy.unlink()
    return spent


def in_turns(
    ours: Callable[[int], float], bare: Callable[[int], float], times: int = UPLOADS
) -> tuple[float, float, float]:
    """Medians of both, and the median of the ratios pair by pair, after one round that is not counted."""
    pairs = [(ours(number), bare(number)) for number in range(1, times + 2)][1:]
    mine, floor = zip(*pairs, strict=True)
    return statistics.median(mine), statistics.median(floor), statistics.median(a / b for a, b in pairs)
