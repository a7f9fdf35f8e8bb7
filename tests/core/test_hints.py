"""Hints are the messages that Celery's own way would write, at a fraction of what it costs."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery.signals import after_task_publish, before_task_publish
from django.conf import settings
from redis import Redis

from core import hints
from selfbook.celery import BOOKINGS, SENDING, app

_OF_THIS_MESSAGE = ("id", "root_id", "correlation_id", "delivery_tag", "eta")
"""What is another in each message."""


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The tests' Redis. No worker of another test takes from its queues meanwhile: it has a number of its own here."""
    url = settings.CELERY_BROKER_URL.rsplit("/", 1)[0] + "/15"
    monkeypatch.setattr(app.conf, "broker_write_url", url)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    hints._broker.cache_clear()
    yield Redis.from_url(url)
    hints._broker.cache_clear()


def taken(broker: Any, queue: str, mark: str) -> dict[str, Any]:
    """The one message of a queue that names `mark`, taken out of it."""
    raw = [each for each in broker.lrange(queue, 0, -1) if mark.encode() in each]
    assert len(raw) == 1
    broker.lrem(queue, 1, raw[0])
    message: dict[str, Any] = json.loads(raw[0])
    return message


def without_own(message: dict[str, Any]) -> dict[str, Any]:
    """A message with its body read, and without what is another in each."""
    parts = {**message, "body": json.loads(b64decode(message["body"]))}
    for part in ("headers", "properties"):
        parts[part] = {key: value for key, value in message[part].items() if key not in _OF_THIS_MESSAGE}
    return parts


@pytest.mark.parametrize(("task", "queue"), [("booking.book", BOOKINGS), ("campaigns.sweep", SENDING)])
@pytest.mark.parametrize("after", [0, 90])
def test_a_hint_is_the_message_that_celery_writes(broker: Any, task: str, queue: str, after: int) -> None:
    mark, now = str(uuid4()), datetime.now(UTC)
    hints.publish(task, [mark, "2"], after)
    ours = taken(broker, queue, mark)
    app.send_task(task, args=[mark, "2"], countdown=after or None)
    theirs = taken(broker, queue, mark)
    assert without_own(ours) == without_own(theirs)
    assert list(ours["headers"]) == list(theirs["headers"])
    assert list(ours["properties"]) == list(theirs["properties"])
    headers = ours["headers"]
    assert headers["id"] == headers["root_id"] == ours["properties"]["correlation_id"]
    assert headers["id"] != theirs["headers"]["id"]
    if after:
        due = datetime.fromisoformat(headers["eta"]) - timedelta(seconds=after)
        assert abs(due - now) < timedelta(seconds=30)
    else:
        assert headers["eta"] is theirs["headers"]["eta"] is None


def test_whoever_follows_tasks_by_signals_may_add_headers_and_hears_of_each(broker: Any) -> None:
    mark, heard = str(uuid4()), []

    def trace(sender: str, headers: dict[str, Any], **_: Any) -> None:
        headers["traceparent"] = "00-1"

    def count(sender: str, **_: Any) -> None:
        heard.append(sender)

    before_task_publish.connect(trace)
    after_task_publish.connect(count)
    try:
        hints.publish("booking.book", [mark])
    finally:
        before_task_publish.disconnect(trace)
        after_task_publish.disconnect(count)
    assert taken(broker, BOOKINGS, mark)["headers"]["traceparent"] == "00-1"
    assert heard == ["booking.book"]


def test_nothing_is_hinted_of_what_did_not_happen(
    broker: Any, django_capture_on_commit_callbacks: Callable[..., Any], db: None
) -> None:
    mark = str(uuid4())
    with django_capture_on_commit_callbacks() as waiting:
        hints.hint("booking.book", mark)
    assert not [each for each in broker.lrange(BOOKINGS, 0, -1) if mark.encode() in each]
    waiting[0]()
    assert taken(broker, BOOKINGS, mark)["headers"]["task"] == "booking.book"
