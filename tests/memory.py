"""How much memory a piece of work holds at once."""

import gc
import tracemalloc
from collections.abc import Callable

from tests.waiting import wait_until


def assert_held(work: Callable[[], object], *, most: int) -> None:
    """Fail when the work, however often it is done anew, holds more bytes at once than this.

    Once within it is proof enough: what all threads hold is counted, and those of the stand-ins may be making hundreds
    of calls for a test that has ended.
    """
    seen: list[int] = []

    def within() -> bool:
        seen.append(_peak(work))
        return seen[-1] <= most

    wait_until(within, seen=lambda: f"It held {seen} bytes.")


def _peak(work: Callable[[], object]) -> int:
    """The most bytes at once that were taken since the work began, and not given back."""
    gc.collect()
    gc.freeze()  # for good: or the more other tests have left, the longer rubbish lies about
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
