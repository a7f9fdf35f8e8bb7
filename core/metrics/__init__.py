"""Every counter and histogram of the product, for Prometheus: what each counts, and its labels (docs/monitoring.md).

Here at the bottom, because every room counts. A label has few values, all of them known beforehand: never a name, a
number, an address, or an id of anything.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The processes of one container keep their numbers together in this folder; the library wants it to be there.
if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    Path(folder).mkdir(parents=True, exist_ok=True)

from prometheus_client import Counter, Histogram

_CALL_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60)
_PAGE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_TASK_BUCKETS = (0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 1800)

SENDS = Counter(
    "selfbook_sends_total",
    "Messages that a provider was asked to take: accepted, or why not.",
    ["channel", "provider", "result"],
)
DELIVERIES = Counter(
    "selfbook_deliveries_total",
    "What providers said later of messages that they had taken.",
    ["channel", "state"],
)
PROVIDER_SECONDS = Histogram(
    "selfbook_provider_seconds",
    "How long one call to a provider of messages took.",
    ["provider", "result"],
    buckets=_CALL_BUCKETS,
)
CLINICAL_SECONDS = Histogram(
    "selfbook_clinical_seconds",
    "How long one HTTP call to a clinical system or record gateway took, and how it ended.",
    ["method", "result"],
    buckets=_CALL_BUCKETS,
)
BOOKINGS = Counter(
    "selfbook_bookings_total",
    "Tries to book or cancel an appointment in the clinical system, by what became of them.",
    ["action", "outcome"],
)
CODES = Counter(
    "selfbook_codes_total",
    "Tries to file a coded entry or to read it back, by the state that followed.",
    ["state"],
)
REQUEST_SECONDS = Histogram(
    "selfbook_request_seconds",
    "How long a page took, by the name of its address.",
    ["route", "method", "status"],
    buckets=_PAGE_BUCKETS,
)
TASK_SECONDS = Histogram(
    "selfbook_task_seconds", "How long a task of the workers took.", ["task"], buckets=_TASK_BUCKETS
)
TASKS = Counter("selfbook_tasks_total", "Tasks of the workers that ended, by how.", ["task", "state"])

COUNTED = (SENDS, DELIVERIES, PROVIDER_SECONDS, CLINICAL_SECONDS, BOOKINGS, CODES, REQUEST_SECONDS, TASK_SECONDS, TASKS)
"""All of them."""


class Timed:
    """A call that is being timed; whoever makes it says how it ended."""

    def __init__(self) -> None:
        self.result = "error"


@contextmanager
def timed(histogram: Histogram, **labels: str) -> Iterator[Timed]:
    """Time a call until the block ends; its `result` label is "error" unless the block says otherwise."""
    call, began = Timed(), time.perf_counter()
    try:
        yield call
    finally:
        histogram.labels(**labels, result=call.result).observe(time.perf_counter() - began)
