"""The shared cache: Redis for what may be lost at any moment, PostgreSQL for the limits on guessing."""

from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.redis import RedisCache

_LIMITS = "allauth:rl:"
"""How the keys of django-allauth's limits begin."""


class CacheWithLimits(RedisCache):
    """Redis, but django-allauth's limits are kept in PostgreSQL.

    They must hold while Redis is away, and after it was emptied: otherwise whoever can disturb Redis could guess
    passwords without end, or keep everybody from logging in (ASVS 6.3.1). Clearing this cache leaves them too.
    """

    def _place(self, key: Any) -> BaseCache | None:
        return caches["limits"] if str(key).startswith(_LIMITS) else None

    def add(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        """See Django's documentation of caches; so for the others."""
        place = self._place(key)
        return place.add(key, *args, **kwargs) if place else super().add(key, *args, **kwargs)

    def get(self, key: Any, *args: Any, **kwargs: Any) -> Any:
        """The value of a key: a limit's from PostgreSQL, any other from Redis."""
        place = self._place(key)
        return place.get(key, *args, **kwargs) if place else super().get(key, *args, **kwargs)

    def set(self, key: Any, *args: Any, **kwargs: Any) -> None:
        """Store a value: a limit's in PostgreSQL, any other in Redis."""
        place = self._place(key)
        return place.set(key, *args, **kwargs) if place else super().set(key, *args, **kwargs)

    def delete(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        """Delete a key, and say whether it was there: a limit's in PostgreSQL, any other in Redis."""
        place = self._place(key)
        return place.delete(key, *args, **kwargs) if place else super().delete(key, *args, **kwargs)
