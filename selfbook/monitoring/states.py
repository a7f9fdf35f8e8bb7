"""What the database knows better than any counter: how many rows are in which state, and who stands still.

Every web process tells the same, so that a query takes the largest. Practices are counted and never named.
"""

import logging
import threading
import time
import tomllib
from collections.abc import Iterable
from functools import cache

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Count, Q
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from booking.models import Booking, BookingState
from campaigns.models import Campaign
from integrations.models.outbox import CodedEntry, GatewayOutage, Message, Stoppage
from patients.models import ListState, PatientList
from practices.models import Hold, Practice
from selfbook import celery
from selfbook.monitoring import pulses, work

logger = logging.getLogger(__name__)

KEPT = 15.0
"""Seconds for which counts are given again: no more than one round of counting in each, whoever asks."""

WITHIN = 5000
"""Milliseconds that one statement may take."""

_UNDER_WAY = [BookingState.PENDING, BookingState.STARTED, BookingState.UNKNOWN, BookingState.CANCELLING]

Counts = dict[tuple[str, ...], float]

_lock = threading.Lock()
_last: tuple[float, dict[str, Counts]] = (float("-inf"), {})


class States(Collector):
    """A collector of gauges, made anew for each scrape."""

    def collect(self) -> Iterable[Metric]:
        """Where the database is away, only what is known without it."""
        report = work.report()
        yield _gauge("selfbook_info", "The version that runs.", ["version"], {(_version(),): 1})
        bad: Counts = {(name,): float(part.state is work.State.BAD) for name, part in report.parts.items()}
        yield _gauge("selfbook_part_bad", "1 where this part of the work stands still.", ["part"], bad)
        ages: Counts = {(name,): part.seconds for name, part in report.parts.items() if part.seconds is not None}
        yield _gauge("selfbook_part_age_seconds", "How long ago it was last there, or has been due.", ["part"], ages)
        if report.parts["redis"].state is work.State.OK:
            yield from _sweeps()
        if report.parts["database"].state is work.State.BAD:
            return
        try:
            counts = _counts()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("states not counted", extra={"error": type(error).__name__})
            return
        yield _gauge("selfbook_queue_rows", "Rows that are not done, by state.", ["queue", "state"], counts["queues"])
        yield _gauge("selfbook_practices", "Practices by what they are.", ["state"], counts["practices"])
        yield _gauge("selfbook_batches", "Batches by state.", ["state"], counts["batches"])


def forget() -> None:
    """Count anew at the next scrape."""
    global _last
    _last = (float("-inf"), {})


@cache
def _version() -> str:
    """The product's, as it is written beside its dependencies: the product is no installed package."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _sweeps() -> Iterable[Metric]:
    runs = pulses.sweeps([task for task, _ in (celery.SWEEPS | celery.DAILY).values()])
    known = {task: run for task, run in runs.items() if run is not None}
    last: Counts = {(task,): run.at for task, run in known.items()}
    took: Counts = {(task,): run.took for task, run in known.items()}
    yield _gauge("selfbook_sweep_last_run_seconds", "When a sweep last ended well, by the clock.", ["task"], last)
    yield _gauge("selfbook_sweep_took_seconds", "How long that took.", ["task"], took)


def _counts() -> dict[str, Counts]:
    global _last
    with _lock:
        if time.monotonic() - _last[0] >= KEPT:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(WITHIN)])
                _last = (time.monotonic(), {"queues": _queues(), "practices": _practices(), "batches": _batches()})
        return _last[1]


def _queues() -> Counts:
    """By the indexes of what has a due time: what is done has none."""
    kinds = {
        "messages": Message.objects.filter(due_at__isnull=False),
        "codes": CodedEntry.objects.filter(due_at__isnull=False),
        "bookings": Booking.objects.filter(due_at__isnull=False, state__in=_UNDER_WAY),
        "lists": PatientList.objects.filter(state__in=[ListState.CHECKING, ListState.LOOKING_UP]),
    }
    return {
        (queue, str(state)): float(count)
        for queue, rows in kinds.items()
        for state, count in rows.order_by("state").values_list("state").annotate(Count("id"))
    }


def _practices() -> Counts:
    held = Hold.objects.aggregate(all=Count("id", filter=Q(practice=None)), some=Count("practice", distinct=True))
    total = Practice.objects.count()
    return {
        ("all",): total,
        ("held",): total if held["all"] else held["some"],
        ("texts_stopped",): Stoppage.objects.aggregate(Count("practice", distinct=True))["practice__count"],
        ("gateway_down",): GatewayOutage.objects.count(),
    }


def _batches() -> Counts:
    states = Campaign.objects.order_by("state").values_list("state").annotate(Count("id"))
    return {(str(state),): float(count) for state, count in states}


def _gauge(name: str, about: str, labels: list[str], values: Counts) -> Metric:
    gauge = GaugeMetricFamily(name, about, labels=labels)
    for of, value in values.items():
        gauge.add_metric(list(of), value)
    return gauge
