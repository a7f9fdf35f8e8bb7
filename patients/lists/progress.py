"""How far the check of a list has come: a figure for the page that waits, in the shared cache."""

import logging
from uuid import UUID

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

_CACHE_SECONDS = 600


def report(list_id: UUID, rows: int) -> None:
    """So many rows have been checked."""
    try:
        cache.set(f"list-rows:{list_id}", rows, _CACHE_SECONDS)
    except (RedisError, OSError):
        logger.warning("no cache: the progress of a check is not shown")


def rows_checked(list_id: UUID) -> int | None:
    """How many rows have been checked; None when that is not known."""
    try:
        rows = cache.get(f"list-rows:{list_id}")
    except (RedisError, OSError):
        return None
    return rows if isinstance(rows, int) else None
