"""Hints to the workers that there is work. The work itself is a row in PostgreSQL, so a lost hint loses nothing.

A hint is the message that Celery's own `send_task` would write (its protocol 2, in kombu's envelope for Redis), put
into the task's queue by one command on a connection that stays open. Celery's way costs a patient's confirmation a
third of its time: it makes a client for each message, routes anew and goes through its pool of producers.
`tests/core/test_hints.py` compares the two.
"""

import json
import logging
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from celery import current_app
from celery.signals import after_task_publish, before_task_publish
from celery.utils.nodenames import anon_nodename
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

_NO_CALLBACKS = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


def hint(task: str, *ids: object, after: float = 0) -> None:
    """Once this transaction has committed, ask a worker to run a task with these ids, now or some seconds later.

    Keep `after` to a few minutes: longer than the broker's visibility time-out, it would run twice. When Redis is away
    the row waits for its sweeper: the caller's work is done and must not fail for it.
    """
    arguments = [str(object_id) for object_id in ids]

    def send() -> None:
        try:
            publish(task, arguments, after)
        except (OperationalError, RedisError):
            logger.warning("no broker: the sweeper will find the work", extra={"task": task})

    transaction.on_commit(send)


def publish(task: str, arguments: list[str], after: float = 0) -> None:
    """Put a message for a task into its queue. Raises kombu's OperationalError or redis's RedisError without Redis."""
    queue, headers = _queue_of(task), _headers(task, arguments, after)
    properties = _properties(queue, headers["id"])
    body = [arguments, {}, _NO_CALLBACKS]
    # Whoever follows tasks by Celery's signals, as tracing does, puts what it needs into the headers.
    signal = {"sender": task, "body": body, "headers": headers, "exchange": "", "routing_key": queue}
    before_task_publish.send(**signal, declare=[], properties=properties, retry_policy=None)
    envelope = {
        "body": b64encode(json.dumps(body).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": properties,
    }
    _broker().lpush(queue, json.dumps(envelope))
    after_task_publish.send(**signal)


def _headers(task: str, arguments: list[str], after: float) -> dict[str, Any]:
    task_id = str(uuid4())
    return {
        "lang": "py",
        "task": task,
        "id": task_id,
        "shadow": None,
        "eta": (datetime.now(UTC) + timedelta(seconds=after)).isoformat() if after else None,
        "expires": None,
        "group": None,
        "group_index": None,
        "retries": 0,
        "timelimit": [None, None],
        "root_id": task_id,
        "parent_id": None,
        "argsrepr": repr(arguments),
        "kwargsrepr": "{}",
        "origin": anon_nodename(),
        "ignore_result": None,
        "replaced_task_nesting": 0,
        "stamped_headers": None,
        "stamps": {},
    }


def _properties(queue: str, task_id: str) -> dict[str, Any]:
    return {
        "correlation_id": task_id,
        "reply_to": current_app.thread_oid,
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": queue},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": str(uuid4()),
    }


@cache
def _queue_of(task: str) -> str:
    """The queue that a task is routed to; a task that no queue is named for goes to the one for all others."""
    route: dict[str, Any] = current_app.amqp.router.route({}, task)
    return str(route["queue"].name)


@cache
def _broker() -> Any:
    """A client of Celery's broker, as its address and options say, that this process keeps.

    It makes its connections when it needs them, and anew in a process that is split off. Raises OperationalError.
    """
    with current_app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        channel: Any = connection.default_channel  # Redis's own, which kombu's types do not tell from others
        return channel.Client(connection_pool=channel.pool)
