"""Connections lead out: no address that somebody enters reaches what only this network's own machines may reach.

An address of the machine's own, of a private network or of a cloud's metadata service would be called with all the
rights of ours. A name may turn into one between the check and the call: each name is resolved for the call itself, and
the address that was checked is the one that is connected to. Where calls leave by a proxy, the proxy decides.
"""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import httpcore
import httpx
from aiohttp import ThreadedResolver
from aiohttp.abc import ResolveResult
from django.conf import settings

_WITHIN_IPV6 = ip_network("64:ff9b::/96")
"""Where networks with IPv6 alone keep the addresses of IPv4."""


class AddressInside(Exception):
    """A connection leads to an address inside this network. Nothing was sent. It names no address."""


def may_reach(address: str, *, sidecar: bool = False) -> bool:
    """Whether a connection may lead to this IP address: one of the internet, or of ALLOWED_INSIDE.

    This machine's own are for development, and for the `sidecar` that GP_CONNECT_SIDECAR speaks of.
    """
    plain = _plain(ip_address(address.partition("%")[0]))
    if any(plain in ip_network(network) for network in settings.ALLOWED_INSIDE):
        return True
    if plain.is_loopback:
        return not settings.PRODUCTION or (sidecar and settings.GP_CONNECT_SIDECAR)
    is_ours = isinstance(plain, IPv6Address) and plain.is_site_local
    return plain.is_global and not (plain.is_multicast or is_ours)


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An address of IPv4 that is written within one of IPv6, or else the same."""
    if isinstance(address, IPv4Address):
        return address
    if address in _WITHIN_IPV6:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def leads_inside(url: str, *, sidecar: bool = False) -> bool:
    """Whether an address can be seen to lead inside as it is written. What a name leads to is seen at the call."""
    try:
        host = httpx.URL(url).host
    except httpx.InvalidURL:
        return False
    try:
        return not may_reach("127.0.0.1" if host.rstrip(".") == "localhost" else host, sidecar=sidecar)
    except ValueError:
        return False


def checked(addresses: Iterable[str], *, sidecar: bool = False) -> list[str]:
    """The addresses of a name, if all of them may be reached. Raises AddressInside if one may not."""
    tried = list(addresses)
    if not all(may_reach(address, sidecar=sidecar) for address in tried):
        raise AddressInside("it leads to an address inside this network")
    return tried


class CheckedBackend(httpcore.SyncBackend):
    """Connects httpx to addresses that were checked."""

    def __init__(self, *, sidecar: bool = False) -> None:
        """`sidecar`: what is called may be a program on this machine that ends the TLS of GP Connect."""
        self._sidecar = sidecar

    def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.NetworkStream:
        """A stream to one of the host's addresses. Raises AddressInside, and what httpcore raises for no connection."""
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = checked((str(address[0]) for *_, address in answers), sidecar=self._sidecar)
        for address in addresses[:-1]:
            try:
                return super().connect_tcp(address, port, *args, **options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue  # as everywhere: the next address of the same name
        return super().connect_tcp(addresses[-1], port, *args, **options)


def transport(*, sidecar: bool = False, **options: Any) -> httpx.HTTPTransport:
    """A transport for httpx that leads nowhere inside. `options` are HTTPTransport's."""
    made = httpx.HTTPTransport(trust_env=False, **options)
    made._pool._network_backend = CheckedBackend(sidecar=sidecar)  # httpx has no argument for it
    return made


class CheckedResolver(ThreadedResolver):
    """Resolves names for aiohttp to addresses that were checked. It is not asked about what is an address already."""

    async def resolve(self, host: str, *args: Any, **options: Any) -> list[ResolveResult]:
        """The addresses of a name. Raises AddressInside."""
        answers = await super().resolve(host, *args, **options)
        checked(result["host"] for result in answers)
        return answers
