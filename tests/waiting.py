"""Waiting for something that happens in another process or thread."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds. Of a machine that has much else to do; where all is well, nobody waits for so long."""

HELD_UP = 300.0
"""Seconds of a `latency` of the stand-ins that a test clears when it has seen what it wants to see meanwhile."""


def wait_until(predicate: Callable[[], T], seconds: float = PATIENCE, *, seen: Callable[[], object] = str) -> T:
    """Return the predicate's first true value; fail, with what can be `seen` instead, when there is none in time."""
    deadline = monotonic() + seconds
    while not (value := predicate()):
        assert monotonic() < deadline, f"nothing came within {seconds:.0f} s. {seen()}"
        sleep(0.02)
    return value
