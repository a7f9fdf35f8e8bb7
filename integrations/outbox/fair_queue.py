"""Whose turn it is: a practice waits for a worker once at a time, however much work it has.

Every chunk of a large batch, every turn that ends with more to do, and every sweep hints at the same practice. If each
hint became a task, one practice's would fill the queue and another's few texts would wait behind them all. So a hint
is given up while one is waiting: the task that is waiting looks for work when it begins, and finds it all.

Which hints wait is kept in Redis, beside them: flushed together, they are forgotten together.
"""

import logging
from collections.abc import Iterable
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from redis.exceptions import RedisError

from core.hints import hint
from integrations.messaging.registry import DEFAULT_TEXT_PROVIDER

logger = logging.getLogger(__name__)

FORGOTTEN_AFTER = 30
"""Seconds after which a hint that nobody took up is given again: the worker that had taken it was killed."""

REMEMBERED = 30
"""Seconds for which an account that took many texts is thought to take as many again."""

MOVE_REMEMBERED = 24 * 3600
"""Seconds for which it is known when a practice's work last moved."""


def ask(task: str, practice_id: UUID | str) -> None:
    """Once this transaction has committed, queue a task for a practice, unless it is waiting there already.

    When Redis is away, nothing is queued and nobody waits: the sweeper will find the work.
    """

    def queue() -> None:
        try:
            first = cache.add(_key(task, practice_id), 1, timeout=FORGOTTEN_AFTER)
        except RedisError:
            logger.warning("no broker: the sweeper will find the work", extra={"task": task})
        else:
            if first:
                hint(task, practice_id)

    transaction.on_commit(queue)


def begun(task: str, practice_id: UUID | str) -> None:
    """The task has left the queue. Say so before looking for work: what comes from now on asks for another turn."""
    try:
        cache.delete(_key(task, practice_id))
    except RedisError:
        logger.warning("Redis is away", extra={"task": task})


def note_move(task: str, practice_id: UUID | str) -> None:
    """A turn has got on with the practice's work: `moved` tells from it what is long from what stands still."""
    try:
        cache.set(_moved_key(task, practice_id), timezone.now().timestamp(), timeout=MOVE_REMEMBERED)
    except RedisError:
        logger.warning("Redis is away", extra={"task": task})


def moved(task: str, practice_ids: Iterable[UUID | str]) -> dict[str, float]:
    """When turns last got on with these practices' work, in seconds since the epoch, by id. Raises RedisError."""
    keys = {_moved_key(task, practice_id): str(practice_id) for practice_id in practice_ids}
    stored = cache.get_many(keys) if keys else {}
    return {keys[key]: float(at) for key, at in stored.items() if isinstance(at, int | float)}


def rest(practice_id: UUID | str, seconds: float, provider: str = DEFAULT_TEXT_PROVIDER) -> None:
    """Let the practice's texts rest: the provider has had enough of them for now."""
    try:
        cache.set(f"outbox:rest:{provider}:{practice_id}", timezone.now().timestamp() + seconds, timeout=seconds + 1)
    except RedisError:
        logger.warning("Redis is away", extra={"practice_id": str(practice_id)})


def must_rest(practice_id: UUID | str, provider: str = DEFAULT_TEXT_PROVIDER) -> bool:
    """Whether the practice's texts rest. When Redis is away nobody remembers: each row still has its own due time."""
    try:
        until = cache.get(f"outbox:rest:{provider}:{practice_id}")
    except RedisError:
        return False
    return isinstance(until, (int, float)) and timezone.now().timestamp() < until


def remember_room(practice_id: UUID | str, room: int, provider: str = DEFAULT_TEXT_PROVIDER) -> None:
    """The practice's account has just had so many texts at once, and took them."""
    try:
        cache.set(f"outbox:room:{provider}:{practice_id}", room, timeout=REMEMBERED)
    except RedisError:
        logger.warning("Redis is away", extra={"practice_id": str(practice_id)})


def remembered_room(practice_id: UUID | str, provider: str = DEFAULT_TEXT_PROVIDER) -> int:
    """How many texts at once the practice's account took a moment ago; 0 when that is not known."""
    try:
        room = cache.get(f"outbox:room:{provider}:{practice_id}")
    except RedisError:
        return 0
    return room if isinstance(room, int) else 0


def _moved_key(task: str, practice_id: UUID | str) -> str:
    return f"moved:{task}:{practice_id}"


def _key(task: str, practice_id: UUID | str) -> str:
    return f"waits:{task}:{practice_id}"
