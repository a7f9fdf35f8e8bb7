"""Calls at the same time, each with a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

Result = TypeVar("Result")


def at_once(*calls: Callable[[], Result], times: int = 1) -> list[Result]:
    """Make every call so many times, all at once; their results. Raises what a call raises."""

    def run(call: Callable[[], Result]) -> Result:
        try:
            return call()
        finally:
            connections.close_all()

    repeated = [call for call in calls for _ in range(times)]
    with ThreadPoolExecutor(len(repeated)) as workers:
        return list(workers.map(run, repeated))
