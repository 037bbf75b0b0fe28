"""What is sent to an address that somebody else chose reaches nothing inside, and ends in time."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from certify import outgoing
from certify.outgoing import NotAllowed, NotDelivered, Reply, check, is_public, post
from tests.receivers import Receiver, receiver

REAL = socket.getaddrinfo
Names = Callable[..., None]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """`names("hook.example", ["93.184.216.34"], ["127.0.0.1"])`: what the name is resolved to, look-up by look-up."""
    table: dict[str, list[list[str]]] = {}

    def resolve(host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        if host not in table:
            return REAL(host, port, *args, **more)
        answers = table[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [entry for one in addresses for entry in REAL(one, port, *args, **more)]

    def add(host: str, *answers: list[str]) -> None:
        table[host] = list(answers)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return add


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def refusal(url: str) -> str:
    with pytest.raises(NotAllowed) as refused:
        check(url)
    return refused.value.code


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0.0.0.0",
        "0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.2.1",
        "192.0.0.192",
        "192.0.0.9",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.1",
        "192.175.48.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "localhost",
        "[::1]",
        "[::]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::10.0.0.1]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001:0:53aa:64c::1]",
        "[2001:db8::1]",
        "[2001:2::1]",
        "[2001:20::1]",
        "[2620:4f:8000::1]",
        "[3fff::1]",
        "[3fff:fff::1]",
        "[5f00::1]",
        "[::ffff:192.0.0.192]",
        "[64:ff9b::192.88.99.1]",
        "[100::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[ff02::1]",
    ],
)
def test_addresses_inside_are_refused(host: str) -> None:
    assert refusal(f"https://{host}/hook") == "address_not_allowed"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook.example",
        "http://hook.example/",
        "ftp://hook.example/",
        "file:///etc/passwd",
        "https://",
        "https://:443/",
        "https://user@hook.example/",
        "https://user:word@hook.example/",
        "https://hook.example:99999/",
        "https://hook.example:x/",
        "https://hook.example/#part",
        "https://hook.example\\@127.0.0.1/",
        "https://hook.example/a b",
        "https://hook.example/\r\nX: y",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://ośrodek.example/",
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    assert refusal(url) == "bad_url"


def test_ports_of_a_machines_own_services_are_refused(names: Names) -> None:
    names("hook.example", ["93.184.216.34"])
    for port in (1, 22, 25, 80, 442, 444, 1023):
        assert refusal(f"https://hook.example:{port}/") == "port_not_allowed"
    assert [check(f"https://hook.example:{port}/").port for port in (443, 1024, 8443, 65535)] == [
        443,
        1024,
        8443,
        65535,
    ]
    # In one's own network the operator says what may be met.
    assert check("http://hook.example:80/", private=True).port == 80


@pytest.mark.parametrize("host", ["nobody.invalid", "a" * 64 + ".example"])
def test_a_name_that_nobody_has(host: str) -> None:
    assert refusal(f"https://{host}/") == "host_unknown"


def test_public_addresses_are_taken_and_one_bad_one_is_enough(names: Names) -> None:
    names("hook.example", ["93.184.216.34", "2606:2800:220:1::1"])
    target = check("https://hook.example./a?b=c")
    assert (target.host, target.port) == ("hook.example", 443)
    assert target.addresses == ("93.184.216.34", "2606:2800:220:1::1")
    names("both.example", ["93.184.216.34", "10.0.0.1"])
    assert refusal("https://both.example/") == "address_not_allowed"
    names("nobody.example", [])
    assert refusal("https://nobody.example/") == "address_not_allowed"
    assert [is_public(one) for one in ("64:ff9b::5db8:d822", "::ffff:93.184.216.34", "no address")] == [
        True, True, False,
    ]  # fmt: skip


def test_a_message_and_its_answer(hook: Receiver) -> None:
    hook.text = b"a\0" + "ą".encode() * 3000
    reply = post(f"{hook.url}?a=1", b"{}", {"X-One": "1"}, private=True)
    assert reply == Reply(200, "a " + "ą" * 498)
    (got,) = hook.got
    assert (got.method, got.path, got.body, got.headers["X-One"]) == ("POST", "/hook?a=1", "{}", "1")
    assert got.headers["Host"] == f"127.0.0.1:{hook.port}"
    assert "Accept-Encoding" not in got.headers


def test_without_the_setting_nothing_reaches_this_machine(hook: Receiver) -> None:
    for url in (hook.url, hook.url.replace("http:", "https:")):
        with pytest.raises(NotAllowed):
            post(url, b"{}", {})
    assert hook.got == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_nothing_is_followed(hook: Receiver, code: int) -> None:
    hook.codes, hook.headers = [code], {"Location": hook.url}
    assert post(hook.url, b"{}", {}, private=True).code == code
    assert len(hook.got) == 1


def test_the_name_is_looked_up_once_and_the_connection_goes_there(hook: Receiver, names: Names) -> None:
    """An answer that changes between the check and the connection changes nothing."""
    names("moving.example", ["127.0.0.1"], ["192.0.2.1"])
    assert post(f"http://moving.example:{hook.port}/", b"{}", {}, private=True).code == 200
    assert hook.got[0].headers["Host"] == f"moving.example:{hook.port}"
    with pytest.raises(NotAllowed):
        post(f"https://moving.example:{hook.port}/", b"{}", {})


def test_the_next_address_is_tried(hook: Receiver, names: Names) -> None:
    names("two.example", ["127.0.0.9", "127.0.0.1"])
    assert post(f"http://two.example:{hook.port}/", b"{}", {}, private=True).code == 200


def server_saying(talk: Callable[[socket.socket], None]) -> tuple[str, socket.socket]:
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        link, _ = listening.accept()
        with link:
            talk(link)

    threading.Thread(target=answer, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}/", listening


def drip(link: socket.socket) -> None:
    try:
        while True:
            link.sendall(b"H")
            time.sleep(0.05)
    except OSError:
        return


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (drip, "timeout"),
        (lambda link: time.sleep(2), "timeout"),
        (lambda link: link.recv(10_000), "broken_off"),
        (lambda link: link.sendall(b"nonsense\r\n\r\n"), "broken_off"),
    ],
)
def test_bad_partners(monkeypatch: pytest.MonkeyPatch, talk: Callable[[socket.socket], None], said: str) -> None:
    monkeypatch.setattr(outgoing, "PATIENCE", 0.4)
    url, listening = server_saying(talk)
    begun = time.monotonic()
    with listening, pytest.raises(NotDelivered) as fault:
        post(url, b"{}", {}, private=True)
    assert fault.value.code == said
    assert time.monotonic() - begun < 1.5


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(NotDelivered) as fault:
        post(f"http://127.0.0.1:{port}/", b"{}", {}, private=True)
    assert fault.value.code == "unreachable"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for hook.example that signs itself, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=hook.example", "-addext", "subjectAltName=DNS:hook.example",
         "-keyout", "key.pem", "-out", "certificate.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_the_certificate_is_of_the_name(certificate: Path, names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    names("hook.example", ["127.0.0.1"])
    names("other.example", ["127.0.0.1"])
    with receiver(context) as hook:
        here = f"https://hook.example:{hook.port}/"
        with pytest.raises(NotDelivered, match="bad_certificate"):
            post(here, b"{}", {}, private=True)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))
        assert post(here, b"{}", {}, private=True).code == 200
        with pytest.raises(NotDelivered, match="bad_certificate"):
            post(f"https://other.example:{hook.port}/", b"{}", {}, private=True)
    assert len(hook.got) == 1
