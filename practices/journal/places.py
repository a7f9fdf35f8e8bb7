"""Where the journal is kept outside of the database: in Redis, and in a file where one is named.

Like the stamps of the database's pulse (`practices.holds.stamps`): Redis may be emptied and another machine has another
file, so each place gets what it lacks from the database again. A line is in a place once, however often it is written.
"""

import json
import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

KEY = "journal"

Line = Mapping[str, Any]
"""One entry as it is written: JSON, with its `id`."""


class Unreadable(Exception):
    """No place of the journal can be read: what happened since the dump is not known."""


def write(lines: Iterable[Line]) -> bool:
    """Add lines everywhere; whether every place has them now. What cannot be written is logged, and tried again."""
    texts = {str(line["id"]): json.dumps(dict(line), sort_keys=True) for line in lines}
    return all([_write_to_redis(texts), _write_to_file(texts)])


def ids() -> list[set[str]]:
    """The ids of the lines of each place that can be read."""
    return [set(lines) for lines in (_read_redis(), _read_file()) if lines is not None]


def read() -> dict[str, Line]:
    """Every line that any place has, by its id. Raises Unreadable where none can be read."""
    path = _path()
    file = _read_file() if path is not None and path.exists() else None
    places = [lines for lines in (_read_redis(), file) if lines is not None]
    if not places:
        raise Unreadable
    return {name: line for lines in places for name, line in lines.items()}


def _write_to_redis(texts: Mapping[str, str]) -> bool:
    try:
        client = _client()
        for name, text in texts.items():
            client.hsetnx(_key(), name, text)
    except RedisError:
        logger.warning("Redis is away", extra={"task": "journal"})
        return False
    return True


def _write_to_file(texts: Mapping[str, str]) -> bool:
    path = _path()
    if path is None or not texts:
        return True
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # It begins with the end of a line: half a line that a crash left behind spoils no other.
            os.write(file, "".join(f"\n{text}\n" for text in texts.values()).encode())
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        logger.warning("journal not written", extra={"error": type(error).__name__})
        return False
    return True


def _read_redis() -> dict[str, Line] | None:
    try:
        stored = _client().hgetall(_key())
    except RedisError:
        logger.warning("Redis is away", extra={"task": "journal"})
        return None
    return _parse(bytes(text).decode() for text in stored.values())


def _read_file() -> dict[str, Line] | None:
    """The file's lines, none where it is not there yet; None where no file is named, or it cannot be read."""
    path = _path()
    if path is None:
        return None
    try:
        return _parse(path.read_text(encoding="utf-8", errors="replace").splitlines())
    except FileNotFoundError:
        return {}
    except OSError as error:
        logger.warning("journal not read", extra={"error": type(error).__name__})
        return None


def _parse(texts: Iterable[str]) -> dict[str, Line]:
    lines = {}
    for text in texts:
        try:
            line = json.loads(text)
            lines[str(line["id"])] = line
        except (ValueError, TypeError, KeyError):
            continue  # half a line, or an empty one
    return lines


def _path() -> Path | None:
    if settings.JOURNAL_FILE:
        return Path(settings.JOURNAL_FILE)
    return Path(settings.STAMP_FILE).with_name("journal") if settings.STAMP_FILE else None


def _client() -> Any:
    """Redis itself: the cache has no hashes."""
    return cache._cache.get_client(None, write=True)  # type: ignore[attr-defined] # of Django's Redis cache


def _key() -> str:
    return str(cache.make_key(KEY))
