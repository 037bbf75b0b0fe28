"""The shipped nginx.conf in front of the real service: slow connections hold nothing, sizes and headers are as said."""

import contextlib
import http.client
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from certify import create_app, instance
from certify.config import ROOT, SECRETS
from tests.databases import let_go
from tests.scale.process import HOST, Served, free_port, serve

pytestmark = [pytest.mark.no_cover, pytest.mark.xdist_group("nginx")]
CONFIGURATION = ROOT / "deploy" / "nginx.conf"
# Seconds, for the best of some tries: a machine with other work is slow now and then, a held thread always.
TRIES, BOUND = 8, 1.0
MAIN = """
daemon off; master_process on; worker_processes 1; error_log stderr warn; pid {folder}/pid; {user}
events {{ worker_connections 256; }}
http {{
    access_log off; default_type application/octet-stream;
    include {types}; include {folder}/certify.conf;
    client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/answers; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
}}
"""


def options_of_run_sh() -> str:
    """What `./run.sh serve` tells gunicorn."""
    text = (ROOT / "run.sh").read_text()
    function = text[text.index("web_options() {") :].partition("\n}\n")[0] + "\n}\n"
    told = subprocess.run(
        ["/bin/bash", "-c", f'{function} unset GUNICORN_CMD_ARGS; web_options; printf %s "$GUNICORN_CMD_ARGS"'],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return told.stdout


@pytest.fixture(scope="module")
def service(databases: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service as run.sh serves it, behind one proxy."""
    folder = tmp_path_factory.mktemp("served")
    url = databases.fresh(folder)
    settings = {"INSTANCE": folder / "instance", "STORAGE": str(folder / "storage"), "SQLALCHEMY_DATABASE_URI": url}
    app = create_app(settings, check_rubrics=False)
    assert app.config["UNKEPT"] == tuple(SECRETS)
    instance.make(app)
    let_go(app)
    environment = {
        "CERTIFY_INSTANCE": str(folder / "instance"), "STORAGE": str(folder / "storage"), "DATABASE_URL": url,
        "PUBLIC_URL": "https://localhost", "PROXIES": "1", "CLAMD": "", "GUNICORN_CMD_ARGS": options_of_run_sh(),
    }  # fmt: skip
    with serve("wsgi:app", environment) as served:
        yield served
    databases.drop(url)


@pytest.fixture(scope="module")
def proxy(service: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of nginx with the shipped file; only what is marked CHANGE is changed, and the ports."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    folder = tmp_path_factory.mktemp("nginx")
    ports = {"80": free_port(), "443": free_port()}
    _certificate(folder)
    text = re.sub(r"^ *listen \[::\].*\n", "", CONFIGURATION.read_text(), flags=re.MULTILINE)
    for old, new in (
        ("listen 80;", f"listen {HOST}:{ports['80']};"),
        ("listen 443 ssl;", f"listen {HOST}:{ports['443']} ssl;"),
        ("server 127.0.0.1:8000;", f"server {HOST}:{service.port};"),
        ("server_name certify.example;", "server_name localhost;"),
        ("/etc/ssl/certs/certify.pem", f"{folder}/certify.pem"),
        ("/etc/ssl/private/certify.key", f"{folder}/certify.key"),
        ("/srv/certify/", f"{ROOT}/"),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "certify.conf").write_text(text)
    user = "user root;" if Path("/proc/self").owner() == "root" else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, types="/etc/nginx/mime.types", user=user))
    command = [program, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0 and "[warn]" not in checked.stderr, checked.stderr
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _opens(ports["443"]):
            assert running.poll() is None
            time.sleep(0.05)
        yield ports["443"]
    finally:
        running.terminate()
        running.wait()


def _certificate(folder: Path) -> None:
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-keyout", str(folder / "certify.key"), "-out", str(folder / "certify.pem"),
        ],
        check=True, capture_output=True,
    )  # fmt: skip


def _opens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=5).close()
    except OSError:
        return False
    return True


def tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def ask(port: int, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
    connection = http.client.HTTPSConnection(HOST, port, timeout=120, context=tls())
    with contextlib.closing(connection):
        connection.request(method, path, body=body, headers={"Host": "localhost", **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


@contextlib.contextmanager
def held(port: int, count: int, first: bytes, dripping: bytes = b"") -> Iterator[list[ssl.SSLSocket]]:
    """So many connections that send `first`, then a byte a second, and never come to an end."""
    over = threading.Event()
    opened = [tls().wrap_socket(socket.create_connection((HOST, port), timeout=60)) for _ in range(count)]
    for one in opened:
        one.sendall(first)

    def drip() -> None:
        while dripping and not over.wait(1):
            for one in opened:
                with contextlib.suppress(OSError):
                    one.sendall(dripping)

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield opened
    finally:
        over.set()
        thread.join()
        for one in opened:
            one.close()


HALF_A_HEADER = b"GET /register HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
BEGUN_BODY = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.mark.parametrize(
    ("first", "dripping"),
    [(b"", b""), (HALF_A_HEADER, b"x"), (BEGUN_BODY + b"Content-Length: 5000\r\n\r\nemail=", b"x")],
    ids=["silent", "half a header", "a byte of the body a second"],
)
def test_slow_connections_hold_nothing_up(proxy: int, first: bytes, dripping: bytes) -> None:
    with held(proxy, 10, first, dripping):
        took = []
        for _ in range(TRIES):
            begun = time.perf_counter()
            status, _, body = ask(proxy, "/healthz")
            took.append(time.perf_counter() - begun)
            assert (status, body.strip()) == (200, b'{"status":"ok"}')
    assert min(took) < BOUND, took


def answer_of(one: ssl.SSLSocket, wait: float) -> bytes:
    """How the answer begins; nothing when none came in so many seconds."""
    one.settimeout(wait)
    try:
        return one.recv(64)
    except TimeoutError:
        return b""
    except ConnectionResetError:
        # nginx may cut the connection behind its refusal.
        return b"HTTP/1.1 429 "


def test_one_address_has_so_many_requests_at_once(proxy: int) -> None:
    # More than forty that are being answered or read, from one address; who watches is not counted with them.
    with held(proxy, 45, BEGUN_BODY + b"Content-Length: 5000\r\n\r\nemail=") as opened:
        told: dict[ssl.SSLSocket, bytes] = {}
        while len(told) < 5:
            said = {one: answer_of(one, 0.1) for one in opened if one not in told}
            told |= {one: answer for one, answer in said.items() if answer}
        assert len(told) == 5 and all(b" 429 " in answer for answer in told.values())
        assert ask(proxy, "/healthz")[0] == 200


def test_what_the_client_says_of_itself_is_forgotten(proxy: int, service: Served) -> None:
    forged = {
        "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-For": "1.2.3.4", "Forwarded": "host=evil.example",
    }  # fmt: skip
    status, headers, page = ask(proxy, "/sign-in", **forged, SCRIPT_NAME="/evil")
    assert status == 200 and b"evil" not in page and "evil" not in str(headers)
    assert "Secure" in headers["Set-Cookie"]


def test_no_header_moves_the_service_below_another_path(service: Served) -> None:
    connection = http.client.HTTPConnection(HOST, service.port, timeout=120)
    with contextlib.closing(connection):
        connection.request("GET", "/sign-in", headers={"Host": "localhost", "SCRIPT_NAME": "/evil", "PATH_INFO": "/x"})
        answer = connection.getresponse()
        assert answer.status == 200 and b"/evil" not in answer.read()


@pytest.mark.parametrize(
    ("path", "size", "refusing"),
    [("/sign-in", 27, False), ("/sign-in", 29, True), ("/evidence", 252, False), ("/evidence", 254, True)],
)
def test_sizes(proxy: int, path: str, size: int, refusing: bool) -> None:
    """By the length alone: nginx waits for what the service judges itself, and stops what is larger."""
    header = BEGUN_BODY.replace(b"/sign-in", path.encode()) + b"Content-Length: %d\r\n\r\n" % (size << 20)
    with held(proxy, 1, header) as opened:
        if refusing:
            assert answer_of(opened[0], 60).startswith(b"HTTP/1.1 413 ")
        else:
            assert answer_of(opened[0], 2) == b""


def test_who_is_refused_while_still_sending_reads_why(service: Served) -> None:
    """The service answers before it has read the file; were the line cut then, the proxy would say 502."""
    border = "multipart/form-data; boundary=x"
    body = b"--x\r\nContent-Disposition: form-data; name=file; filename=a.pdf\r\n\r\n" + bytes(24 << 20) + b"\r\n--x--"
    for _ in range(3):
        connection = http.client.HTTPConnection(HOST, service.port, timeout=120)
        with contextlib.closing(connection):
            connection.request("POST", "/evidence", body=body, headers={"Host": "localhost", "Content-Type": border})
            answer = connection.getresponse()
            assert (answer.status, answer.headers["Location"].partition("?")[0]) == (302, "/sign-in")
            answer.read()


def test_styles_come_without_the_service(proxy: int) -> None:
    status, headers, _ = ask(proxy, "/static/css/app.css")
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "text/css", "no-cache")
    assert "nginx" in headers["Server"] and "Content-Security-Policy" not in headers
    assert ask(proxy, "/static/../config.py")[0] in {400, 404}
    assert ask(proxy, "/static/..%2fconfig.py")[0] in {400, 404}
