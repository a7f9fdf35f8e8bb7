"""Signs of life of beat, workers and sweeps, in Redis: each says when it was last there.

Redis is where work is asked for, so that without it there is no work either. Emptied, it has them again within seconds.
"""

import time
from dataclasses import dataclass

from django.core.cache import cache

BEAT = "pulse:beat"
_WORKER = "pulse:worker:"
_SWEEP = "pulse:sweep:"

KEPT = 7 * 24 * 3600
"""Seconds: whoever has been silent for longer is as good as never there."""


@dataclass(frozen=True, slots=True)
class Run:
    """When a task last ended well, in seconds since the epoch, and the seconds that it took."""

    at: float
    took: float


def note_beat() -> None:
    """Beat has just asked for a task. Raises RedisError."""
    cache.set(BEAT, time.time(), timeout=KEPT)


def note_worker(queue: str) -> None:
    """A worker that takes from this queue is there. Raises RedisError."""
    cache.set(_WORKER + queue, time.time(), timeout=KEPT)


def note_sweep(task: str, took: float) -> None:
    """A sweep has ended well. Raises RedisError."""
    cache.set(_SWEEP + task, [time.time(), round(took, 3)], timeout=KEPT)


def beat() -> float | None:
    """When beat last asked for a task; None where that is not known. Raises RedisError."""
    return _moment(cache.get(BEAT))


def workers(queues: list[str]) -> dict[str, float | None]:
    """When a worker of each queue was last there. Raises RedisError."""
    stored = cache.get_many([_WORKER + queue for queue in queues])
    return {queue: _moment(stored.get(_WORKER + queue)) for queue in queues}


def sweeps(tasks: list[str]) -> dict[str, Run | None]:
    """The last run of each sweep; None where none is known. Raises RedisError."""
    stored = cache.get_many([_SWEEP + task for task in tasks])
    return {task: _run(stored.get(_SWEEP + task)) for task in tasks}


def _moment(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _run(value: object) -> Run | None:
    match value:
        case [int() | float() as at, int() | float() as took]:
            return Run(float(at), float(took))
    return None
