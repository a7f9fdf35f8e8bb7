"""Ways out of this machine: which addresses never leave it, and what a proxy on the way out may be called."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx


def is_loopback(url: str) -> bool:
    """Whether an address is this very machine: localhost, ::1 or 127.0.0.0/8, and no name that only looks so.

    The host is read by the library that will call it, so that both mean the same one, whatever stands before an "@".
    False for what is no address.
    """
    try:
        host = httpx.URL(url).host
    except httpx.InvalidURL:
        return False
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_proxy(url: str) -> bool:
    """Whether this names a proxy in full: http or https, a host, perhaps a port and a log-in, and nothing behind."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0
    return is_whole and parts.path in ("", "/") and not (parts.query or parts.fragment)
