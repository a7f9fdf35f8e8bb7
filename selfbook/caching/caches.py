"""The shared cache: Redis for what may be lost at any moment, PostgreSQL for the limits on guessing.

Values are JSON. Whoever can write into Redis can so mislead a page for a moment, and never run code in our processes
(ASVS 1.5.2): Django's own serializer unpickles what it reads. What cannot be read is a miss.
"""

import json
from typing import Any, Final

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import ResponseError

_LIMITS = "allauth:rl:"
"""How the keys of django-allauth's limits begin."""

_MISSING: Final = object()


class JSONSerializer:
    """Text, numbers, booleans, None, and lists and dictionaries of these. Others raise TypeError when stored.

    Whole numbers stay as Redis counts them. Bytes that are no JSON are read as if nothing were stored.
    """

    def dumps(self, value: Any) -> bytes | int:
        """What is stored for a value. Raises TypeError, or ValueError for a number that JSON does not have."""
        if type(value) is int:
            return value
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()

    def loads(self, stored: bytes | int) -> Any:
        """The value of what is stored, or a mark that there is none."""
        try:
            return stored if isinstance(stored, int) else json.loads(stored, parse_constant=_refuse)
        except (ValueError, TypeError, RecursionError):
            return _MISSING


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


class KeptClient(RedisCacheClient):
    """Redis by a client that is kept: Django makes one anew for each command, which costs more than most commands."""

    def __init__(self, servers: Any, **options: Any) -> None:
        """See Django's documentation of caches."""
        super().__init__(servers, **options)
        self._kept: dict[bool, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """The client for reading, or for writing; each takes a connection of its pool for a command, and no longer."""
        if write not in self._kept:
            self._kept[write] = super().get_client(key, write=write)
        return self._kept[write]


class CacheWithLimits(RedisCache):
    """Redis, but django-allauth's limits are kept in PostgreSQL.

    They must hold while Redis is away, and after it was emptied: otherwise whoever can disturb Redis could guess
    passwords without end, or keep everybody from logging in (ASVS 6.3.1). Clearing this cache leaves them too.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        """Always with our serializer, whatever else the settings say."""
        options = {**params.get("OPTIONS", {}), "serializer": JSONSerializer()}
        super().__init__(server, {**params, "OPTIONS": options})
        self._class = KeptClient

    def _place(self, key: Any) -> BaseCache | None:
        return caches["limits"] if str(key).startswith(_LIMITS) else None

    def add(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        """See Django's documentation of caches; so for the others."""
        place = self._place(key)
        return place.add(key, *args, **kwargs) if place else super().add(key, *args, **kwargs)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value of a key: a limit's from PostgreSQL, any other from Redis."""
        place = self._place(key)
        if place:
            return place.get(key, default, version)
        try:
            value = super().get(key, default, version)
        except ResponseError:  # a list or another kind of Redis's own lies there
            return default
        return default if value is _MISSING else value

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        """The values of those keys of Redis that have one. Limits are not asked for in this way."""
        return {key: value for key, value in super().get_many(keys, version).items() if value is not _MISSING}

    def set(self, key: Any, *args: Any, **kwargs: Any) -> None:
        """Store a value: a limit's in PostgreSQL, any other in Redis."""
        place = self._place(key)
        return place.set(key, *args, **kwargs) if place else super().set(key, *args, **kwargs)

    def delete(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        """Delete a key, and say whether it was there: a limit's in PostgreSQL, any other in Redis."""
        place = self._place(key)
        return place.delete(key, *args, **kwargs) if place else super().delete(key, *args, **kwargs)
