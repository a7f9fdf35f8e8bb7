"""A service all of whose parts have just given a sign of life."""

import time
from collections.abc import Iterator

import pytest
from django.core.cache import cache

from selfbook import celery
from selfbook.monitoring import pulses, states, work

TOKEN = "vI3xq0_mZt7Lr5Yc9Wd2Ns8Kb4Hf6Gj1Pa"


@pytest.fixture(autouse=True)
def alive() -> Iterator[None]:
    """Everything is there, and nobody remembers another test's look."""
    cache.clear()
    work.forget()
    states.forget()
    pulses.note_beat()
    for queue in (celery.BOOKINGS, celery.SENDING, celery.LISTS):
        pulses.note_worker(queue)
    for task, _ in celery.SWEEPS.values():
        pulses.note_sweep(task, 0.1)
    yield
    cache.clear()
    work.forget()
    states.forget()


def silent(key: str, seconds: float) -> None:
    """Whoever leaves this sign has been silent for so long."""
    cache.set(key, time.time() - seconds, timeout=None)
