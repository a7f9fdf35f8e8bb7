"""Waiting for something that happens in another process or thread."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")


def wait_until(predicate: Callable[[], T], seconds: float = 10) -> T:
    """Return the predicate's first true value; fail when there is none in time."""
    deadline = monotonic() + seconds
    while not (value := predicate()):
        assert monotonic() < deadline, f"nothing came within {seconds} s"
        sleep(0.02)
    return value
