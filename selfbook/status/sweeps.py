"""When each of what beat asks for was last done, as workers say in the shared cache. An emptied cache knows nothing."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

from core.http import moment

logger = logging.getLogger(__name__)

KEPT = 3 * 24 * 3600
"""Seconds: longer than a day, for what is done once in one."""
LATE = 3
"""Of its own intervals: whoever has not been there for so long has missed some."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Something that is done every so often, and when it was last; None where nobody has noted it."""

    name: str
    every: timedelta
    at: datetime | None

    @property
    def is_late(self) -> bool:
        """Whether it should have been done meanwhile, as far as is known."""
        return self.at is not None and timezone.now() - self.at > self.every * LATE


def note(task: str) -> None:
    """It was done just now. Where the cache is away nobody knows of it, and the work is done all the same."""
    try:
        cache.set(_key(task), timezone.now().isoformat(), KEPT)
    except RedisError:
        logger.warning("no cache: a sweep is not noted", extra={"task": task})


def read(schedule: Mapping[str, tuple[str, float]]) -> list[Sweep]:
    """Each of a schedule: its name, by the task and the seconds between two."""
    try:
        noted = cache.get_many([_key(task) for task, _ in schedule.values()])
    except RedisError:
        logger.warning("no cache: sweeps are not known")
        noted = {}
    return [
        Sweep(name, timedelta(seconds=seconds), moment(str(noted.get(_key(task), ""))))
        for name, (task, seconds) in schedule.items()
    ]


def _key(task: str) -> str:
    return f"sweep:{task}"
