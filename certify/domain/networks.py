"""From where a request comes, as far as it is counted: whoever has one IPv6 address has 2^64 of them."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

IPV6_PREFIX = 64
# An address that nothing can be said about shares one counter with all others of its kind.
UNKNOWN = "unknown"


def counted(address: str | None) -> str:
    """What guesses and requests of this address are counted by: the IPv4 address itself, of an IPv6 one its /64."""
    found = _parsed(address)
    if found is None:
        return UNKNOWN
    return str(found) if found.version == 4 else str(ip_network((found.packed, IPV6_PREFIX), strict=False))


def _parsed(address: str | None) -> IPv4Address | IPv6Address | None:
    try:
        # The zone of a link-local address is a name of our own network card.
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    if found.version == 4:
        return found
    # One and the same client, whichever way a socket for both families names it.
    return found.ipv4_mapped or found
