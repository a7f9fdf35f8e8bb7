"""The Celery application. Tasks carry ids only; due times live in PostgreSQL, and the sweepers below find them."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, task_postrun, task_prerun, worker_init
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "selfbook.settings")

app = Celery("selfbook")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["practices", "integrations", "patients", "campaigns", "booking", "selfbook"])


def _refuse_bad_start(**_: Any) -> None:
    """Celery swallows what goes wrong in a signal, unless it ends the process."""
    from selfbook.start import refuse_bad_start  # the models are there only now

    try:
        refuse_bad_start()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from None


def _limit_pool(**_: Any) -> None:
    from selfbook.database.server import limit_pool_of_worker  # the settings are there only now

    limit_pool_of_worker()


worker_init.connect(_limit_pool)  # first: the next one opens the pool
worker_init.connect(_refuse_bad_start)
beat_init.connect(_refuse_bad_start)

# What waits for a patient list, or a batch of texts, must not be a patient's booking: each has workers of its own. A
# worker that is started without --queues takes from all of them.
LISTS, SENDING, BOOKINGS = "lists", "sending", "bookings"
app.conf.task_queues = [Queue(name) for name in (BOOKINGS, SENDING, LISTS)]
app.conf.task_default_queue = SENDING
app.conf.task_routes = {
    "patients.*": {"queue": LISTS},
    "selfbook.erase_due": {"queue": LISTS},
    "booking.read_reports": {"queue": LISTS},
    "booking.book": {"queue": BOOKINGS},
    "booking.cancel": {"queue": BOOKINGS},
    "booking.sweep": {"queue": BOOKINGS},
}

# What finds work that a crash or a lost hint left behind, and how often, in seconds. Every row it looks for has its due
# time in PostgreSQL.
SWEEPS = {
    "outbox": ("outbox.sweep", 10.0),
    "patient lists": ("patients.resume_lists", 15.0),
    "half-made batches": ("campaigns.sweep", 30.0),
    "bookings": ("booking.sweep", 5.0),
    "appointments to remind of": ("booking.sweep_reminders", 60.0),
    "reported appointments to remind of": ("booking.sweep_reported", 60.0),
    "reports of appointments": ("booking.read_reports", 300.0),
    "who did not come": ("booking.sweep_attendance", 300.0),
    "patients who wait for times": ("booking.tell_waiting", 300.0),
    "clinical systems that are down": ("booking.watch_outages", 60.0),
    "addresses of wrong answers": ("booking.forget_addresses", 900.0),
    "journal of erasures and opt-outs": ("practices.write_journal", 60.0),
    "whole journal": ("practices.repair_journal", 3600.0),
    "audit trail": ("practices.seal_audit", 60.0),
    "emails to managers": ("practices.send_alerts", 60.0),
    "slots that run out": ("booking.watch_slots", 600.0),
}

DAY = 24 * 3600.0
DAILY = {
    "old sessions": ("selfbook.clear_sessions", DAY),
    "numbers of old texts from patients": ("outbox.forget_numbers", DAY),
    "old lists of who has the NHS App": ("outbox.forget_app_users", DAY),
    "patients whose time is over": ("selfbook.erase_due", DAY),
    "old emails to managers": ("practices.forget_alerts", DAY),
    "head of the audit trail": ("practices.send_audit_head", DAY),
    "certificates that run out": ("integrations.warn_of_certificates", DAY),
}

# A sweep that no worker took before the next is worth nothing more: after an hour without workers there would be
# hundreds of each, and the work itself would wait behind them.
app.conf.beat_schedule = {
    name: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for name, (task, seconds) in (SWEEPS | DAILY).items()
}


@beat_init.connect
def look_at_start(**_: Any) -> None:
    """Whether the database is still the one that was here, before any work is asked for."""
    from practices.holds import continuity  # the models are ready only now
    from selfbook.monitoring import signals  # the settings are ready only now

    signals.connect_beat()
    continuity.look()


@worker_init.connect
def look_before_tasks(**_: Any) -> None:
    """The same in workers, at their first task and from then on: a database may be restored while they run.

    Not here: a connection to the database that is made before the processes part would be all of theirs.
    """
    from selfbook.monitoring import signals  # the settings are ready only now

    task_prerun.connect(_look_before_task)
    signals.connect_worker()


def _look_before_task(**_: Any) -> None:
    from practices.holds import continuity

    continuity.look_now_and_then()


_SWEPT = frozenset(task for task, _ in (SWEEPS | DAILY).values())


@task_postrun.connect
def note_sweep(sender: Any = None, state: str = "", **_: Any) -> None:
    """Have administrators see when each of what beat asks for was last done."""
    from selfbook.status import sweeps

    if state == "SUCCESS" and sender.name in _SWEPT:
        sweeps.note(sender.name)
