"""Redis as the cache and as Celery's broker, from REDIS_URL: one server, by TLS or not, or Sentinels that name it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

TIMEOUTS = {"socket_connect_timeout": 1, "socket_timeout": 2}
SENTINEL_PORT = 26379
_BY_TLS = "sentinels"
_SENTINEL = ("sentinel", _BY_TLS)


@dataclass(frozen=True)
class Redis:
    """Where the cache is, its options; and Celery's broker with what its transport is told."""

    location: str
    options: dict[str, Any]
    broker: str
    transport: dict[str, Any]
    broker_ssl: dict[str, Any] | bool = False
    """How Celery's broker is spoken to by TLS, where its address does not say so itself."""


def redis_from(values: Mapping[str, Any]) -> Redis:
    """The settings for `values`. Raises ImproperlyConfigured, which repeats no address: it may hold a password."""
    url, master = values["REDIS_URL"], values["REDIS_SENTINEL_MASTER"]
    scheme = urlsplit(url).scheme
    if scheme not in ("redis", "rediss", "unix", *_SENTINEL):
        raise ImproperlyConfigured(
            "REDIS_URL must begin with redis://, rediss://, unix://, sentinel:// or sentinels://."
        )
    if (scheme in _SENTINEL) is not bool(master):
        raise ImproperlyConfigured(
            "REDIS_URL with sentinel:// or sentinels:// and REDIS_SENTINEL_MASTER, the name of its master, go together:"
            " set both."
        )
    if scheme in _SENTINEL:
        return _watched(url, master, values["REDIS_SENTINEL_PASSWORD"])
    if scheme == "rediss" and "ssl_cert_reqs" not in parse_qs(urlsplit(url).query):
        # Said for both: Celery's side would otherwise believe any certificate.
        url += f"{'&' if urlsplit(url).query else '?'}ssl_cert_reqs=required"
    broker = f"redis+socket://{url.removeprefix('unix://')}" if scheme == "unix" else url
    return Redis(url, {**TIMEOUTS}, broker, {})


def _watched(url: str, master: str, password: str) -> Redis:
    """`url` has one address for each Sentinel, with semicolons between; Redis's own password is in the first.

    With `sentinels` all are spoken to by TLS, Redis too; what the first address says of certificates holds for each.
    """
    parts = [urlsplit(one) for one in url.split(";")]
    scheme = parts[0].scheme
    if any(part.scheme != scheme or not part.hostname for part in parts):
        raise ImproperlyConfigured(
            "REDIS_URL with Sentinels is sentinel://:PASSWORD@host:26379/0, and more of them after semicolons;"
            " by TLS each begins with sentinels://."
        )
    first = parts[0]
    certificates = {"ssl_cert_reqs": "required", **dict(parse_qsl(first.query))}
    tls: dict[str, Any] = {"ssl": True, **certificates} if scheme == _BY_TLS else {}
    sentinel = {**({"password": password} if password else {}), **tls}
    connection: dict[str, Any] = {
        "db": int(first.path.strip("/") or 0),
        **({"username": unquote(first.username)} if first.username else {}),
        **({"password": unquote(first.password)} if first.password else {}),
    }
    options = {
        "pool_class": "selfbook.caching.sentinel.SentinelPool",
        "service_name": master,
        "sentinels": [(part.hostname, part.port or SENTINEL_PORT) for part in parts],
        "sentinel_kwargs": {**TIMEOUTS, **sentinel},
        **connection,
        **tls,
        **TIMEOUTS,
    }
    broker = ";".join(urlunsplit(part._replace(scheme="sentinel", query="")) for part in parts)
    transport = {"master_name": master, "sentinel_kwargs": sentinel}
    return Redis("sentinel://", options, broker, transport, certificates if tls else False)
