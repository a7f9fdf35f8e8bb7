"""Shorter waits for what a clock of ours cannot speed up: other programs' time-outs."""

from datetime import timedelta

from celery import Celery
from django.utils import timezone

from integrations.messaging.twilio import client as twilio_client
from integrations.outbox import fair_queue, retries
from tests.resilience.storm.clock import FastClock


def hurry(app: Celery, clock: str) -> None:
    """Let this process go by the clock (`rate since`), and everything else wait as little as its proportion allows."""
    rate, since = map(float, clock.split())
    fast = FastClock(rate, since)
    timezone.now = fast.now
    # Longer than in proportion: a machine that is busy with other tests must not look like a provider that is silent.
    twilio_client.ANSWER_SECONDS = 2.0
    fair_queue.FORGOTTEN_AFTER = 2
    retries.CODE_LOST_AFTER = timedelta(minutes=3)
    retries.NEWS_CHECKS = [timedelta(minutes=1), *retries.NEWS_CHECKS]
    for entry in app.conf.beat_schedule.values():
        entry["schedule"] = max(fast.real(entry["schedule"]), 0.5)
    app.conf.beat_max_loop_interval = 0.5
    # A killed worker's tasks come back while the others still work: also those that run for long, a second time.
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "visibility_timeout": 4}
