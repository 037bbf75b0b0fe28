"""Sends a message to an address that somebody else has chosen, and to nowhere inside (ASVS 1.3.6).

The name is resolved once, every address that it has is judged, and the connection goes to a judged address: a second
look-up, which could answer something else, never happens. urllib3 knows how to meet one host under another's name.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import SplitResult, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as TimeoutErrorOfUrllib3
from urllib3.util import SKIP_HEADER
from urllib3.util.ssl_match_hostname import CertificateError

# Seconds for the whole conversation, the look-up of the name left out.
PATIENCE = 10.0
KEPT = 500
_PORTS = {"https": 443, "http": 80}
_UNICAST = ipaddress.ip_network("2000::/3")
# Numbers with a purpose of their own, some of which Python's own list calls public, in one version or another: protocol
# assignments (a cloud's metadata among them), relays, sinks for wrong questions, examples.
_SPECIAL = tuple(
    ipaddress.ip_network(one)
    for one in (
        *("192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24"),
        *("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20"),
    )
)
# Below it stand the services of a machine, of which only this one is meant to be met by strangers.
_FIRST_FREE_PORT = 1024
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Public by number, but answered by the cloud's own machinery (Azure).
_MACHINERY = frozenset({ipaddress.ip_address("168.63.129.16")})

# Below the pools of urllib3 nothing gathers them: a name that the certificate does not have is a ValueError.
FAULTS = (HTTPError, HTTPException, OSError, ValueError)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotAllowed(Exception):
    """Nothing may be sent there; `code` is address_not_allowed, port_not_allowed, bad_url or host_unknown."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotDelivered(Exception):
    """There is no answer; `code` is unreachable, timeout, bad_certificate or broken_off."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Target:
    """Where a message goes: the judged addresses, in the order of the resolver."""

    url: SplitResult
    host: str
    port: int
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Reply:
    """What the other side said; of the text the first 500 characters."""

    code: int
    text: str


def check(url: str, *, private: bool = False) -> Target:
    """Judge an address and resolve it; `private` allows http and addresses inside. Raises `NotAllowed`."""
    parts, host, port = _parsed(url)
    if parts.scheme != "https" and not private:
        raise NotAllowed("bad_url")
    if not (private or port == _PORTS["https"] or port >= _FIRST_FREE_PORT):
        raise NotAllowed("port_not_allowed")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        raise NotAllowed("host_unknown") from None
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    # One bad address is enough: whoever owns the name could choose among them.
    if not addresses or not (private or all(map(is_public, addresses))):
        raise NotAllowed("address_not_allowed")
    return Target(parts, host, port, addresses)


def _parsed(url: str) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        raise NotAllowed("bad_url") from None
    plain = url.isascii() and url.isprintable() and not set(url) & set(' "<>\\^`{|}')
    if not plain or not port or not host or parts.username is not None or parts.fragment or "%" in parts.netloc:
        raise NotAllowed("bad_url")
    return parts, host, port


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet, for one receiver; IPv4 inside IPv6 is judged as IPv4."""
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inside = _ipv4_in(address)
        if inside is None:
            return address in _UNICAST and address.is_global and address.teredo is None and not _is_special(address)
        address = inside
    special = address.is_multicast or address.is_reserved or address.is_unspecified or address in _MACHINERY
    special = special or _is_special(address)
    return address.is_global and not special


def _is_special(address: Address) -> bool:
    return any(address in one for one in _SPECIAL)


def _ipv4_in(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool = False) -> Reply:
    """Send it and read the answer; nothing is followed. Raises `NotAllowed` and `NotDelivered`."""
    target = check(url, private=private)
    deadline = time.monotonic() + PATIENCE
    said = "unreachable"
    for address in target.addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        connection = _connection(target, address, left)
        try:
            with _no_longer_than(left, connection) as ended:
                try:
                    connection.connect()
                except FAULTS as fault:
                    said = "timeout" if ended.is_set() else _why(fault)
                    continue
                return _conversation(connection, target, body, headers, ended)
        finally:
            connection.close()
    raise NotDelivered(said)


def _connection(target: Target, address: str, seconds: float) -> HTTPConnection:
    if target.url.scheme == "http":
        return HTTPConnection(address, target.port, timeout=seconds)
    return HTTPSConnection(
        address,
        target.port,
        timeout=seconds,
        # By the operator's own list of authorities (SSL_CERT_FILE), for the name, not for the number.
        ssl_context=ssl.create_default_context(),
        server_hostname=target.host,
        assert_hostname=target.host,
    )


def _conversation(
    connection: HTTPConnection, target: Target, body: bytes, headers: Mapping[str, str], ended: threading.Event
) -> Reply:
    path = (target.url.path or "/") + (f"?{target.url.query}" if target.url.query else "")
    sent = {"Host": target.url.netloc, "Accept-Encoding": SKIP_HEADER, **headers}
    try:
        connection.request("POST", path, body=body, headers=sent, preload_content=False, decode_content=False)
        answer = connection.getresponse()
        text = answer.read(4 * KEPT, decode_content=False).decode("utf-8", "replace")
    except FAULTS as fault:
        raise NotDelivered("timeout" if ended.is_set() else _why(fault, "broken_off")) from fault
    if ended.is_set():
        raise NotDelivered("timeout")
    return Reply(answer.status, "".join(sign if sign.isprintable() else " " for sign in text)[:KEPT])


def _why(fault: Exception, otherwise: str = "unreachable") -> str:
    # A refused connection is a kind of timeout to urllib3.
    refused = isinstance(fault, NewConnectionError)
    if isinstance(fault, TimeoutError | TimeoutErrorOfUrllib3) and not refused:
        return "timeout"
    return "bad_certificate" if isinstance(fault, ssl.SSLError | SSLError | CertificateError) else otherwise


@contextmanager
def _no_longer_than(seconds: float, connection: HTTPConnection) -> Iterator[threading.Event]:
    """End the conversation after so long: the time limit of a socket begins anew with every byte that drips in."""
    ended = threading.Event()

    def end() -> None:
        ended.set()
        link = connection.sock
        if link is not None:
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield ended
    finally:
        timer.cancel()
