"""Connections of the cache to a Redis that Sentinels watch over: to whichever server is the master now."""

from typing import Any

from redis.sentinel import Sentinel, SentinelConnectionPool


class SentinelPool(SentinelConnectionPool):
    """As Django's cache makes its pools: from an address, which says nothing here, and the cache's options."""

    @classmethod
    def from_url(cls, url: str, **options: Any) -> "SentinelPool":
        """A pool to the master `service_name` that `sentinels` name; `sentinel_kwargs` are for the calls to them."""
        service, sentinels = options.pop("service_name"), options.pop("sentinels")
        kwargs = options.pop("sentinel_kwargs")
        sentinel = Sentinel(sentinels, sentinel_kwargs=kwargs)  # type: ignore[no-untyped-call] # redis has no type for it
        return cls(service, sentinel, **options)
