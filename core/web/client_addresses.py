"""Where a request came from: the one place that reads addresses of clients, for patients, staff and the web server."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

_HOUSEHOLD_BITS = 64
"""An IPv6 connection is given at least this network, and may use any address of it."""

Address = IPv4Address | IPv6Address


def address_of(request: HttpRequest) -> Address | None:
    """The address that a request came from, as far as it can be trusted; None when it is not known."""
    return client_address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))


# Not python-ipware: it takes exactly one hop for each entry of its list, and leaves out who is connected to us.
def client_address(peer: str, forwarded_for: str) -> Address | None:
    """The client of a connection from `peer`, with the value of its X-Forwarded-For; None when it is not known.

    X-Forwarded-For is anybody's to write, so it is read from its end, and only as far as the proxies of TRUSTED_PROXIES
    wrote it, however many of them there are (ASVS 4.1.3, 15.3.4).
    """
    address = _parsed(peer)
    if not _proxies():
        return None if settings.TRUST_PROXY_HEADERS else address
    earlier = [part for part in forwarded_for.split(",") if part.strip()]
    while address is not None and _is_proxy(address):
        if not earlier:
            return None
        address = _parsed(earlier.pop())
    return address


def household(address: Address) -> str:
    """What one connection to the internet counts as: an IPv4 address, or the whole network of an IPv6 address."""
    if isinstance(address, IPv6Address):
        address = IPv6Network((address, _HOUSEHOLD_BITS), strict=False).network_address
    return address.compressed


def _proxies() -> tuple[IPv4Network | IPv6Network, ...]:
    return _networks(tuple(settings.TRUSTED_PROXIES))


@lru_cache(maxsize=8)
def _networks(written: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(network) for network in written)


def _is_proxy(address: Address) -> bool:
    return any(address in network for network in _proxies())


def _parsed(written: str) -> Address | None:
    """An address as servers and proxies write it, with or without a port; IPv4 in IPv6's clothes is IPv4."""
    text = written.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
