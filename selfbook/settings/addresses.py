"""Addresses in settings that production refuses: too many proxies to believe, engines and mail in the clear."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from urllib.parse import parse_qs, unquote, urlsplit

import environ

_WIDEST = {4: 12, 6: 32}
"""The fewest bits of a network of proxies. 172.16.0.0/12 is all that Docker gives networks from."""

_WIDEST_PUBLIC = {4: 24, 6: 48}
"""The same outside the addresses that are for private use: nobody has more proxies in a row than that."""

_ENCRYPTED = ("require", "verify-ca", "verify-full")


def proxy_faults(networks: Sequence[str]) -> list[str]:
    """Networks that are far more than proxies: whoever is in one may write any address, and so has no limit."""
    return [
        f"TRUSTED_PROXIES holds {network}: whoever is in it could pass for anybody. Name the proxies' own addresses."
        for network in networks
        if _is_wide(network)
    ]


def _is_wide(written: str) -> bool:
    network = ip_network(written)
    widest = _WIDEST if network.is_private else _WIDEST_PUBLIC
    # 10.0.0.0/8 whole is a health service's own network, with everybody's computers in it.
    return network.prefixlen < widest[network.version]


def database_faults(url: str) -> list[str]:
    """PostgreSQL elsewhere, reached without encryption or a password."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    hosts = [host for name in query.get("host", []) for host in name.split(",")] or _hosts(parts.netloc)
    return _engine_faults(
        "DATABASE_URL",
        away=any(_is_away(unquote(host)) for host in hosts),
        encrypted=query.get("sslmode", [""])[-1] in _ENCRYPTED,
        has_password=bool(parts.password or query.get("password") or query.get("passfile") or query.get("sslcert")),
        remedy="Add ?sslmode=verify-full, or require.",
    )


def redis_faults(url: str) -> list[str]:
    """Redis elsewhere, or a Sentinel that leads to it, reached without encryption or a password."""
    parts = [urlsplit(part) for part in url.split(";")]
    scheme, query = parts[0].scheme, parse_qs(parts[0].query)
    secure = {"redis": "rediss", "sentinel": "sentinels"}.get(scheme, scheme)
    return _engine_faults(
        "REDIS_URL",
        away=scheme != "unix" and any(_is_away(part.hostname or "") for part in parts),
        encrypted=scheme == secure and "none" not in query.get("ssl_cert_reqs", []),
        has_password=bool(parts[0].password or query.get("password")),
        remedy=f"Begin it with {secure}://, and have the certificate checked.",
    )


def email_faults(url: str) -> list[str]:
    """Mail handed over without encryption, off this machine: a password, and links for new ones, are in it.

    A neighbour on a network of containers counts as off the machine here: mail is the one thing that is meant to go on.
    """
    config = environ.Env.email_url_config(url)
    encrypted = config.get("EMAIL_USE_TLS") or config.get("EMAIL_USE_SSL")
    if encrypted or not urlsplit(url).scheme.startswith("smtp") or _is_here(config.get("EMAIL_HOST") or ""):
        return []
    return [
        "EMAIL_URL is not encrypted: links for new passwords could be read. Begin it with smtp+tls:// or smtp+ssl://."
    ]


def _engine_faults(name: str, *, away: bool, encrypted: bool, has_password: bool, remedy: str) -> list[str]:
    if not away:
        return []
    checks = [
        (encrypted, f"{name} is not encrypted, and leads off this machine: patients' data could be read. {remedy}"),
        (has_password, f"{name} has no password, and leads off this machine: anybody near it could log in. Set one."),
    ]
    return [sentence for safe, sentence in checks if not safe]


def _hosts(netloc: str) -> list[str]:
    """The hosts of an address that may name several, without log-in and ports."""
    return [_without_port(host) for host in netloc.rpartition("@")[2].split(",")]


def _without_port(host: str) -> str:
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _is_away(host: str) -> bool:
    """Whether a host is neither this machine nor one that only this machine reaches.

    That is a socket in a folder, loopback, or a name without a dot, which is a neighbour on a network of containers.
    """
    if _is_here(host) or host.startswith(("/", "@")):
        return False
    return "." in host.rstrip(".") or ":" in host


def _is_here(host: str) -> bool:
    """Whether a host is this machine itself: no name, localhost, or loopback."""
    if not host or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
