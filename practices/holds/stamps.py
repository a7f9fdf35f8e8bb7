"""Stamps of the database's pulse outside of it: in Redis, and in a file where one is named.

Each says that the database had come so far. None may be lost to be of use: Redis may be emptied, and another machine
has another file. A stamp is written after the database has committed what it says, and read before the database is
asked, so that it is ahead of the database only where that has been set back.
"""

import json
import logging
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

KEY = "heartbeat"


@dataclass(frozen=True, slots=True)
class Stamp:
    """How far a database had come: its name, its count of beats, and the number of its last audit event."""

    epoch: UUID
    count: int
    audit: int


def read() -> list[Stamp]:
    """The stamps that can be read, from wherever they are."""
    return [stamp for text in _texts() if (stamp := _parse(text)) is not None]


def write(stamp: Stamp) -> None:
    """Leave a stamp everywhere. What cannot be written is logged: the other place has it."""
    text = json.dumps({**asdict(stamp), "epoch": str(stamp.epoch)})
    try:
        cache.set(KEY, text, timeout=None)
    except RedisError:
        logger.warning("Redis is away", extra={"task": "heartbeat"})
    if settings.STAMP_FILE:
        try:
            _replace(Path(settings.STAMP_FILE), text)
        except OSError as error:
            logger.warning("stamp not written", extra={"error": type(error).__name__})


def _replace(path: Path, text: str) -> None:
    """At once: nobody reads half a stamp, whatever ends this process."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _texts() -> Iterable[str]:
    try:
        yield str(cache.get(KEY) or "")
    except RedisError:
        logger.warning("Redis is away", extra={"task": "heartbeat"})
    if settings.STAMP_FILE:
        try:
            yield Path(settings.STAMP_FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except OSError as error:
            logger.warning("stamp not read", extra={"error": type(error).__name__})


def _parse(text: str) -> Stamp | None:
    try:
        values = json.loads(text)
        return Stamp(UUID(values["epoch"]), int(values["count"]), int(values["audit"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
