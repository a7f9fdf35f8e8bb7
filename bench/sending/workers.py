"""Celery worker processes to measure: real ones, each set with a Redis database of its own, and what they cost."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from celery import Celery

from bench.engines import ROOT, STATE

PRODUCT, USUAL = "selfbook.celery", "bench.sending.usual"
_UP_SECONDS = 60
_TICK = os.sysconf("SC_CLK_TCK")
_databases = iter(range(1, 16))


class Workers:
    """A Celery worker with some processes, waiting for tasks that only it gets."""

    def __init__(self, process: subprocess.Popen[bytes], processes: int, broker: str) -> None:
        """The process that was started, how many do its work, and where its tasks go."""
        self._process, self.processes = process, processes
        self._client = Celery("measuring", broker=broker, set_as_current=False)

    def ask(self, task: str, *arguments: str) -> None:
        """Put a task into the workers' queue, and return at once."""
        # The product's queue for texts; the usual site knows no other than Celery's own.
        queue = "celery" if task.startswith("usual.") else "sending"
        self._client.send_task(task, args=arguments, queue=queue)

    def wait_until_up(self) -> None:
        """Return once it takes tasks. Raises RuntimeError when it does not."""
        deadline = monotonic() + _UP_SECONDS
        while not self._client.control.ping(timeout=0.5):
            if monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"A worker did not start: see {STATE / 'workers.log'}")

    def processor_seconds(self) -> float:
        """Processor time that all of its processes have used, those included that have ended."""
        return processor_seconds(self._process.pid)

    def peak_megabytes(self) -> float:
        """The most memory that each of its processes has had, added up: pages that they share count more than once."""
        peaks = (re.findall(r"VmHWM:\s+(\d+) kB", _read(pid, "status"))[0] for pid in _family(self._process.pid))
        return sum(map(int, peaks)) / 1024


@contextmanager
def workers(app: str, processes: int, **settings: str) -> Iterator[Workers]:
    """A worker of this Celery application, up and with nothing to do. It may have settings of its own."""
    broker = settings.get("REDIS_URL") or own_redis()
    # As in docker-compose.yml; what is logged is part of the work.
    arguments = ["--app", app, "worker", "--concurrency", str(processes), "--without-gossip", "--loglevel", "INFO"]
    environment = {**os.environ, **settings, "REDIS_URL": broker, "LOG_LEVEL": "INFO"}
    with (STATE / "workers.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-m", "celery", *arguments], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            made = Workers(process, processes, broker)
            made.wait_until_up()
            yield made
        finally:
            process.terminate()
            process.wait(timeout=30)


def own_redis() -> str:
    """The address of a Redis database that nobody else has been given."""
    return f"{os.environ['REDIS_URL'].rsplit('/', 1)[0]}/{next(_databases)}"


def processor_seconds(pid: int) -> float:
    """Processor time that a process and its children have used, those included that have ended."""
    return sum(_ticks(member) for member in _family(pid)) / _TICK


def _family(pid: int) -> list[int]:
    """The parent, which talks to others, and its children, which do the work."""
    children = [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if f"\nPPid:\t{pid}\n" in _read(int(folder.name), "status")
    ]
    return [pid, *children]


def _read(pid: int, name: str) -> str:
    """A file of Linux's about a process; empty when that has just ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""


def _ticks(pid: int) -> int:
    """User and system time of a process, and of its children that have ended."""
    after_name = _read(pid, "stat").rpartition(")")[2].split()
    return sum(map(int, after_name[11:15]))
