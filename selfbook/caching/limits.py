"""The limits on guessing, in a table of PostgreSQL: JSON where Django's own cache in a table has pickles."""

import json
from datetime import UTC, datetime
from random import random
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

_GET = "SELECT value FROM selfbook_limits WHERE cache_key = %s AND expires > now()"
_SET = """
INSERT INTO selfbook_limits (cache_key, value, expires) VALUES (%s, %s, %s)
ON CONFLICT (cache_key) DO UPDATE SET value = EXCLUDED.value, expires = EXCLUDED.expires
"""
_ADD = f"{_SET} WHERE selfbook_limits.expires <= now()"
_DELETE = "DELETE FROM selfbook_limits WHERE cache_key = %s AND expires > now()"
_FORGET = "DELETE FROM selfbook_limits WHERE expires <= now()"
_SHORTEN = """
DELETE FROM selfbook_limits WHERE cache_key IN (
    SELECT cache_key FROM selfbook_limits ORDER BY expires
    LIMIT greatest((SELECT count(*) FROM selfbook_limits) - %s, 0)
)
"""
_FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)
_TIDY_OFTEN = 0.01
"""The share of writes after which what has run out, and what is too much, is thrown away."""


class LimitsCache(BaseCache):
    """A cache in the table `selfbook_limits`. What is not JSON in there counts as not stored.

    Keys have another prefix than those of Django's cache that used the same table, so that two releases beside each
    other do not read what the other wrote.
    """

    def __init__(self, table: str, params: dict[str, Any]) -> None:
        """`table` is as the settings name it, and there is only the one."""
        super().__init__(params)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value of a key, or the default."""
        with connection.cursor() as cursor:
            cursor.execute(_GET, [self.make_and_validate_key(key, version=version)])
            row = cursor.fetchone()
        try:
            return default if row is None else json.loads(row[0])
        except (ValueError, RecursionError):
            return default

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Store a value for so many seconds; for ever where that is None."""
        self._write(_SET, key, value, timeout, version)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Store a value unless there is one, in a single statement; whether it was stored."""
        return self._write(_ADD, key, value, timeout, version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Give a key that is there another time; whether it was there."""
        value = self.get(key, None, version)
        return value is not None and self._write(_SET, key, value, timeout, version)

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Delete a key; whether it was there."""
        with connection.cursor() as cursor:
            cursor.execute(_DELETE, [self.make_and_validate_key(key, version=version)])
            return bool(cursor.rowcount)

    def clear(self) -> None:
        """Forget every limit."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM selfbook_limits")

    def _write(self, statement: str, key: Any, value: Any, timeout: Any, version: int | None) -> bool:
        until = self.get_backend_timeout(timeout)
        ends = _FOR_EVER if until is None else datetime.fromtimestamp(until, UTC)
        stored = json.dumps(value, allow_nan=False)
        with connection.cursor() as cursor:
            cursor.execute(statement, [self.make_and_validate_key(key, version=version), stored, ends])
            written = bool(cursor.rowcount)
            if random() < _TIDY_OFTEN:  # noqa: S311 - when to tidy is no secret
                cursor.execute(_FORGET)
                cursor.execute(_SHORTEN, [self._max_entries])
        return written
