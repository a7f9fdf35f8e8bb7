"""Whether work gets done: beat asks, workers are there, sweeps run, and nothing is overdue that nobody takes.

One service for the address that monitoring asks and for the pages of staff. Its answer is kept for some seconds, so
that whoever looks often asks the database no more than that.
"""

import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError
from psycopg import Error as PostgresError
from redis.exceptions import RedisError

from patients.tasks import CHECKED_WITHIN
from selfbook import celery
from selfbook.monitoring import database, overdue, pulses

logger = logging.getLogger(__name__)

KEPT = 5.0
"""Seconds for which an answer is given again."""

SETTLES = 60.0
"""Seconds for which work may be overdue before that is bad: a hold that has just ended leaves all of it behind."""

_QUEUES = [celery.BOOKINGS, celery.SENDING, celery.LISTS]


class State(StrEnum):
    """How a part is: good, overdue for a moment only, or standing still."""

    OK = "ok"
    LATE = "late"
    BAD = "bad"


class Work(StrEnum):
    """The kinds of work that can be overdue."""

    MESSAGES = "messages"
    CODES = "codes"
    BOOKINGS = "bookings"
    LISTS = "lists"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that was looked at: how long ago it last was there, or for how long it has been due, in seconds.

    `seconds` is None where that is not known, `limit` None where it does not matter.
    """

    state: State
    seconds: float | None = None
    limit: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The part as monitoring reads it."""
        known = {"seconds": None if self.seconds is None else round(self.seconds, 1), "limit": self.limit}
        return {"state": self.state.value, **{name: value for name, value in known.items() if value is not None}}


@dataclass(frozen=True, slots=True)
class Report:
    """All parts by name, and the moment of the look, in seconds since the epoch."""

    at: float
    parts: Mapping[str, Part] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """Bad where any part is."""
        bad = any(part.state is State.BAD for part in self.parts.values())
        return State.BAD if bad else State.OK

    @property
    def bad(self) -> list[str]:
        """The names of the parts that are bad."""
        return [name for name, part in self.parts.items() if part.state is State.BAD]


_lock = threading.Lock()
_last: Report | None = None


def report() -> Report:
    """How work gets on, at most KEPT seconds old. Raises nothing where Redis or PostgreSQL is away: that is a part."""
    global _last
    with _lock:
        if _last is None or not 0 <= time.time() - _last.at < KEPT:
            _last = look()
        return _last


def forget() -> None:
    """Have the next report looked at anew."""
    global _last
    _last = None


def look() -> Report:
    """Look now: five statements, and a few questions to Redis."""
    now = time.time()
    parts: dict[str, Part] = {}
    try:
        parts |= _life(now)
        parts["redis"] = Part(State.OK)
    except RedisError as error:
        logger.warning("Redis is away", extra={"task": "health", "error": type(error).__name__})
        parts["redis"] = Part(State.BAD)
    try:
        database.ask()
        parts |= _overdue(redis=parts["redis"].state is State.OK)
        parts["database"] = Part(State.OK)
    except (DatabaseError, InterfaceError, PostgresError) as error:
        logger.warning("the database is away", extra={"task": "health", "error": type(error).__name__})
        parts["database"] = Part(State.BAD)
    return Report(now, parts)


def _life(now: float) -> dict[str, Part]:
    """Beat, the workers of each queue, and each sweep. Raises RedisError."""
    limit = float(settings.WORK_PULSE_SECONDS)
    parts = {"beat": _pulse(pulses.beat(), now, limit)}
    parts |= {f"worker {queue}": _pulse(at, now, limit) for queue, at in pulses.workers(_QUEUES).items()}
    runs = pulses.sweeps([task for task, _ in celery.SWEEPS.values()])
    for task, every in celery.SWEEPS.values():
        run = runs[task]
        # Emptied, Redis knows of no run until the next: beat and workers then show whether there will be one.
        late = run is not None and now - run.at > _sweep_limit(task, every)
        seconds = None if run is None else max(now - run.at, 0.0)
        parts[f"sweep {task}"] = Part(State.BAD if late else State.OK, seconds, _sweep_limit(task, every))
    return parts


def _pulse(at: float | None, now: float, limit: float) -> Part:
    """The clocks of several machines differ a little: a sign from ahead has just been given."""
    if at is None:
        return Part(State.BAD, None, limit)
    age = max(now - at, 0.0)
    return Part(State.BAD if age > limit else State.OK, age, limit)


def _sweep_limit(task: str, every: float) -> float:
    """A sweep waits behind other work of its queue, and a list may be read for CHECKED_WITHIN."""
    behind = CHECKED_WITHIN if task.startswith("patients.") else 0
    return 3 * every + settings.WORK_SWEEP_SECONDS + behind


def limits() -> dict[Work, timedelta]:
    """How long work of each kind may be due and untaken."""
    minutes = {
        Work.MESSAGES: settings.WORK_MESSAGES_MINUTES,
        Work.CODES: settings.WORK_CODES_MINUTES,
        Work.BOOKINGS: settings.WORK_BOOKINGS_MINUTES,
        Work.LISTS: settings.WORK_LISTS_MINUTES,
    }
    return {kind: timedelta(minutes=value) for kind, value in minutes.items()}


def _overdue(*, redis: bool) -> dict[str, Part]:
    """What is due and untaken, by kind; without Redis nobody knows what moves, and that is bad already."""
    allowed = limits()
    waits = {Work.BOOKINGS: overdue.bookings(), Work.LISTS: overdue.lists()}
    if redis:
        try:
            waits[Work.MESSAGES] = overdue.messages(allowed[Work.MESSAGES])
            waits[Work.CODES] = overdue.codes(allowed[Work.CODES])
        except RedisError:
            logger.warning("Redis is away", extra={"task": "health"})
    late = {kind for kind, wait in waits.items() if wait.oldest > allowed[kind]}
    lasting = _lasting(waits, late, time.time())
    return {
        kind.value: Part(
            State.BAD if kind in lasting else State.LATE if kind in late else State.OK,
            wait.oldest.total_seconds(),
            allowed[kind].total_seconds(),
        )
        for kind, wait in waits.items()
    }


def _lasting(looked_at: Iterable[Work], late: set[Work], now: float) -> set[Work]:
    """What has been late at each look for SETTLES seconds. Without Redis nobody remembers: all that is late."""
    try:
        cache.delete_many([_late_key(kind) for kind in looked_at if kind not in late])
        for kind in late:
            cache.add(_late_key(kind), now, timeout=24 * 3600)
        since = cache.get_many([_late_key(kind) for kind in late])
    except RedisError:
        return late
    return {kind for kind in late if now - float(since.get(_late_key(kind), now)) >= SETTLES}


def _late_key(kind: Work) -> str:
    return f"work:late:{kind.value}"
