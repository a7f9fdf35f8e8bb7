"""Queues of their own for lists, sending and bookings: what a patient waits for never waits for a list."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from celery import Celery
from django.db import connection, transaction
from django.utils import timezone

from booking.models import Booking, BookingState
from patients.models import ListState
from selfbook.celery import BOOKINGS, LISTS, SENDING, app
from selfbook.demo.stack import WORKERS
from tests.booking.surgery import make_booking
from tests.factories import make_invitation, make_list, make_practice, make_staff
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
QUEUES = {BOOKINGS, LISTS, SENDING}


def queue_of(task: str) -> str:
    return str(app.amqp.router.route({}, task)["queue"].name)


@pytest.mark.django_db
def test_every_task_has_its_queue() -> None:
    app.loader.import_default_modules()
    queues = {task: queue_of(task) for task in app.tasks if not task.startswith("celery.")}
    assert {task for task, queue in queues.items() if queue == BOOKINGS} == {
        "booking.book",
        "booking.cancel",
        "booking.sweep",
    }
    assert {task for task, queue in queues.items() if queue == LISTS} == {
        "booking.read_reports",
        "patients.check_list",
        "patients.look_up_patients",
        "patients.resume_lists",
        "selfbook.erase_due",
    }
    assert set(queues.values()) == QUEUES


def test_every_queue_has_workers_wherever_the_product_is_started() -> None:
    services = yaml.safe_load((ROOT / "deploy" / "compose.yml").read_text())["services"]
    commands = [str(service.get("command", "")) for service in services.values()]
    assert {queue for command in commands for queue in re.findall(r"--queues (\S+)", command)} == QUEUES
    assert set(WORKERS) == QUEUES


def test_a_worker_that_is_not_told_otherwise_takes_from_all_queues() -> None:
    assert set(app.amqp.queues.consume_from) == QUEUES


@contextmanager
def worker(queue: str, url: str, broker: str) -> Iterator[None]:
    """One worker process that takes from one queue, as each of them is started."""
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "selfbook.celery", "worker", "--queues", queue]
    process = subprocess.Popen(
        [*command, "--pool", "solo", "--without-gossip", "--without-mingle", "--loglevel", "ERROR"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "REDIS_URL": broker},
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


@pytest.mark.hazard("H-14.8")
def test_a_booking_does_not_wait_while_every_worker_for_lists_is_busy(transactional_db: None) -> None:
    server, _, query = os.environ["DATABASE_URL"].partition("?")
    url = f"{server.rpartition('/')[0]}/{connection.settings_dict['NAME']}?{query}"
    broker = os.environ["REDIS_URL"].rpartition("/")[0] + "/15"
    practice = make_practice()
    patient_list = make_list(practice, make_staff(practice), rows=0, state=ListState.CHECKING)
    booking = make_booking(make_invitation(), BookingState.STARTED, due_at=timezone.now())
    with Celery(broker=broker, set_as_current=False) as client, transaction.atomic():
        client.conf.update(task_routes=app.conf.task_routes, task_default_queue=SENDING)
        client.control.purge()
        with connection.cursor() as cursor:  # whoever looks at lists now waits until we are done
            cursor.execute("LOCK TABLE patients_patientlist IN ACCESS EXCLUSIVE MODE")
        for _ in range(3):
            client.send_task("patients.check_list", [str(patient_list.id)])
        client.send_task("booking.sweep")
        with worker(LISTS, url, broker), worker(BOOKINGS, url, broker):
            wait_until(lambda: Booking.objects.get(id=booking.id).state == BookingState.UNKNOWN)
            patient_list.refresh_from_db()
            assert patient_list.checks_begun == 0
