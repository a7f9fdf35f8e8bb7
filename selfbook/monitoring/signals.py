"""What Celery tells of itself: signs of life, runs of sweeps, and how tasks end."""

import logging
import time
from typing import Any

from celery import signals
from redis.exceptions import RedisError

from core import metrics
from selfbook import celery
from selfbook.monitoring import exposition, pulses, tracing

logger = logging.getLogger(__name__)

WORKER_EVERY = 10.0
"""Seconds between a worker's signs of life; Celery's own come every two."""

_begun: dict[str, float] = {}
_last_sign = float("-inf")
_SWEEPS = frozenset(task for task, _ in (celery.SWEEPS | celery.DAILY).values())


def connect_beat(**_: Any) -> None:
    """Have beat leave a sign whenever it has asked for a task."""
    tracing.start("beat")
    signals.after_task_publish.connect(_beat_asked)


def connect_worker(**_: Any) -> None:
    """Have a worker leave signs, and count its tasks. Before it starts: Celery looks once whether anybody listens."""
    signals.worker_process_init.connect(_process_begins)
    signals.heartbeat_sent.connect(_worker_lives)
    signals.task_prerun.connect(_task_begins)
    signals.task_postrun.connect(_task_ends)
    signals.worker_ready.connect(exposition.serve_workers)


def _process_begins(**_: Any) -> None:
    tracing.start("worker")


def _beat_asked(**_: Any) -> None:
    try:
        pulses.note_beat()
    except RedisError:
        logger.warning("Redis is away", extra={"task": "beat"})


def _worker_lives(**_: Any) -> None:
    global _last_sign
    if time.monotonic() - _last_sign < WORKER_EVERY:
        return
    _last_sign = time.monotonic()
    try:
        for queue in celery.app.amqp.queues.consume_from:
            pulses.note_worker(queue)
    except RedisError:
        logger.warning("Redis is away", extra={"task": "worker"})


def _task_begins(task_id: str = "", **_: Any) -> None:
    _begun[task_id] = time.monotonic()


def _task_ends(task_id: str = "", task: Any = None, state: str = "", **_: Any) -> None:
    name = str(getattr(task, "name", ""))
    took = time.monotonic() - _begun.pop(task_id, time.monotonic())
    metrics.TASK_SECONDS.labels(task=name).observe(took)
    metrics.TASKS.labels(task=name, state=(state or "unknown").lower()).inc()
    if state == "SUCCESS" and name in _SWEEPS:
        try:
            pulses.note_sweep(name, took)
        except RedisError:
            logger.warning("Redis is away", extra={"task": name})
