"""Redis as the cache and as Celery's broker, from REDIS_URL: one server, by TLS or not, or Sentinels that name it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TIMEOUTS = {"socket_connect_timeout": 1, "socket_timeout": 2}
SENTINEL_PORT = 26379


@dataclass(frozen=True)
class Redis:
    """Where the cache is, its options; and Celery's broker with what its transport is told."""

    location: str
    options: dict[str, Any]
    broker: str
    transport: dict[str, Any]


def redis_from(values: Mapping[str, Any]) -> Redis:
    """The settings for `values`. Raises ImproperlyConfigured, which repeats no address: it may hold a password."""
    url, master = values["REDIS_URL"], values["REDIS_SENTINEL_MASTER"]
    scheme = urlsplit(url).scheme
    if scheme not in ("redis", "rediss", "unix", "sentinel"):
        raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss://, unix:// or sentinel://.")
    if (scheme == "sentinel") is not bool(master):
        raise ImproperlyConfigured(
            "REDIS_URL with sentinel:// and REDIS_SENTINEL_MASTER, the name of its master, go together: set both."
        )
    if scheme == "sentinel":
        return _watched(url, master, values["REDIS_SENTINEL_PASSWORD"])
    if scheme == "rediss" and "ssl_cert_reqs" not in parse_qs(urlsplit(url).query):
        # Said for both: Celery's side would otherwise believe any certificate.
        url += f"{'&' if urlsplit(url).query else '?'}ssl_cert_reqs=required"
    broker = f"redis+socket://{url.removeprefix('unix://')}" if scheme == "unix" else url
    return Redis(url, {**TIMEOUTS}, broker, {})


def _watched(url: str, master: str, password: str) -> Redis:
    """`url` has one address for each Sentinel, with semicolons between; Redis's own password is in the first."""
    parts = [urlsplit(one) for one in url.split(";")]
    if any(part.scheme != "sentinel" or not part.hostname for part in parts):
        raise ImproperlyConfigured(
            "REDIS_URL with Sentinels is sentinel://:PASSWORD@host:26379/0, and more of them after semicolons."
        )
    first = parts[0]
    sentinel = {"password": password} if password else {}
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
        **TIMEOUTS,
    }
    return Redis("sentinel://", options, url, {"master_name": master, "sentinel_kwargs": sentinel})
