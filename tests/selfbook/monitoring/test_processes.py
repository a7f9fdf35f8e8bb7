"""Beat and a worker as they are started: their signs of life, their numbers, and every line of theirs is JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.test import override_settings

from selfbook import celery
from selfbook.embedded.ports import free_port
from selfbook.monitoring import pulses, work
from tests.selfbook.monitoring.conftest import TOKEN
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
QUEUES = [celery.BOOKINGS, celery.SENDING, celery.LISTS]
COMMANDS = {
    "beat": ["beat", "--scheduler", "celery.beat:Scheduler", "--pidfile=", "--loglevel", "INFO"],
    "worker": ["worker", "--concurrency", "1", "--loglevel", "INFO", "--without-gossip", "--without-mingle"],
}


@pytest.fixture
def broker() -> Iterator[str]:
    """A part of Redis of their own, which this test's cache looks into too."""
    url = os.environ["REDIS_URL"].rpartition("/")[0] + "/14"
    caches = {**django_settings.CACHES, "default": {**django_settings.CACHES["default"], "LOCATION": url}}
    with override_settings(CACHES=caches):
        cache.clear()
        yield url


def environment(broker: str, folder: Path, port: int) -> dict[str, str]:
    server, _, query = os.environ["DATABASE_URL"].partition("?")
    return {
        **os.environ,
        "DATABASE_URL": f"{server.rpartition('/')[0]}/{connection.settings_dict['NAME']}?{query}",
        "REDIS_URL": broker,
        "LOG_LEVEL": "INFO",
        "METRICS_TOKEN": TOKEN,
        "METRICS_PORT": str(port),
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "numbers"),
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }


def test_beat_and_worker_leave_signs_while_they_live_and_write_json(
    transactional_db: None, broker: str, tmp_path: Path
) -> None:
    port = free_port()
    begun = {}
    for name, options in COMMANDS.items():
        command = [sys.executable, "-m", "celery", "--quiet", "--app", "selfbook.celery", *options]
        with (tmp_path / name).open("wb") as log:
            begun[name] = subprocess.Popen(
                command, cwd=ROOT, env=environment(broker, tmp_path, port), stdout=log, stderr=log
            )
    try:
        wait_until(lambda: pulses.beat() is not None and None not in pulses.workers(QUEUES).values())
        wait_until(lambda: pulses.sweeps(["booking.sweep"])["booking.sweep"] is not None)
        bad = {part for part in work.look().bad if not part.startswith("sweep ")}
        assert bad == set()
        assert b'selfbook_tasks_total{state="success",task="booking.sweep"}' in numbers(port)
    finally:
        for process in begun.values():
            process.kill()
            process.wait()
    with override_settings(WORK_PULSE_SECONDS=1):
        dead = {"beat", *(f"worker {queue}" for queue in QUEUES)}
        wait_until(lambda: dead <= set(work.look().bad))
    for name in COMMANDS:
        lines = (tmp_path / name).read_text("utf-8").splitlines()
        assert lines
        for line in lines:
            assert {"at", "level", "logger", "message"} <= set(json.loads(line))


def numbers(port: int) -> bytes:
    line = HTTPConnection("127.0.0.1", port, timeout=10)
    line.request("GET", "/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    answer = line.getresponse().read()
    line.close()
    return answer
