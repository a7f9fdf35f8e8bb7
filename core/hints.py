"""Hints to the workers that there is work. The work itself is a row in PostgreSQL, so a lost hint loses nothing."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def hint(task: str, *ids: object, after: float = 0) -> None:
    """Once this transaction has committed, ask a worker to run a task with these ids, now or some seconds later.

    Keep `after` to a few minutes: longer than the broker's visibility time-out, it would run twice. When Redis is away
    the row waits for its sweeper: the caller's work is done and must not fail for it.
    """
    arguments = [str(object_id) for object_id in ids]

    def send() -> None:
        try:
            current_app.send_task(task, args=arguments, countdown=after or None, retry=False)
        except OperationalError:
            logger.warning("no broker: the sweeper will find the work", extra={"task": task})

    transaction.on_commit(send)
