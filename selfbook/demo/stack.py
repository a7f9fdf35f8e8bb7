"""One running product: PostgreSQL, Redis, sandbox, web, worker and beat, in one folder, on loopback ports."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic, sleep

import httpx

from selfbook.demo import environment
from selfbook.demo.sizes import PATIENTS
from selfbook.embedded.postgres import EmbeddedPostgres
from selfbook.embedded.redis import EmbeddedRedis

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN = 180.0
STOP_WITHIN = 10.0

WEB_OPTIONS = (
    *("--interface", "asginl", "--http", "1", "--workers", "2", "--no-access-log"),
    *("--log-config", "selfbook/settings/granian_log.json"),
    # Connections that say nothing cost little, so many are borne, none for long (`selfbook.serving.request_bodies`).
    *("--backlog", "4096", "--backpressure", "2048", "--http1-header-read-timeout", "5000"),
)
"""How the web server runs, as in the Dockerfile."""

WORKERS = {"lists": "1", "sending": "2", "bookings": "2"}
"""The processes that take tasks from each queue (`selfbook.celery`)."""

_QUIET = "ignore:You're running the worker with superuser privileges"
"""In a container everybody is root, and here only this machine is served."""


class StackError(Exception):
    """A part of the stack did not start or has ended; the text says which, and where its log is."""


class Stack:
    """Everything the product needs, started and stopped together.

    `engines` start first (with migrations and seed); the processes of `commands` are then run either by `start`, with
    a log file each, or by a process manager of the caller's.
    """

    def __init__(
        self,
        folder: Path,
        choose: environment.Chooser = environment.any_port,
        patients: int = PATIENTS,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`folder` keeps data, keys and logs between runs; a new one gets so many patients for each practice.

        `settings` are the stack's own, instead of the defaults that `selfbook.settings.variables` has.
        """
        self._patients = patients
        self.folder = folder.resolve()
        self._own = {**environment.load(self.folder, choose), **(settings or {})}
        self._postgres = EmbeddedPostgres(self.folder / "postgres")
        self._redis = EmbeddedRedis(self.folder / "redis")
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def web_url(self) -> str:
        """Where the product answers, without a slash at the end."""
        return self._own["PUBLIC_BASE_URL"]

    @property
    def sandbox_url(self) -> str:
        """Where the stand-ins answer."""
        return self._own["SANDBOX_URL"]

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment for the stack's processes."""
        return {**os.environ, **self._own, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": _QUIET}

    def start_engines(self) -> None:
        """Start PostgreSQL and Redis and bring the database up to date."""
        self._postgres.start()
        self._own["DATABASE_URL"] = self._postgres.ensure_database("selfbook")
        self._redis.start()
        self._own["REDIS_URL"] = self._redis.url
        self.manage("migrate", "--verbosity", "0")

    def manage(self, *arguments: str) -> None:
        """Run a management command on this stack. Raises StackError when it fails."""
        if not self.try_manage(*arguments):
            raise StackError(f"manage.py {arguments[0]} failed")

    def try_manage(self, *arguments: str) -> bool:
        """Run a management command on this stack; whether it succeeded."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment).returncode == 0  # noqa: S603 - our own words

    @property
    def commands(self) -> dict[str, list[str]]:
        """The long-running processes by name."""
        python = sys.executable
        celery = [python, "-m", "celery", "--quiet", "--app", "selfbook.celery"]
        return {
            "sandbox": [
                *(python, "-m", "integrations.sandbox"),
                *("--port", self._own["SANDBOX_PORT"], "--store", str(self.folder / "sandbox.sqlite3")),
            ],
            "web": [
                *(python, "-m", "granian", *WEB_OPTIONS, "selfbook.asgi:application"),
                *("--host", "127.0.0.1", "--port", self._own["WEB_PORT"], "--log-level", "error"),
            ],
            **{
                f"worker-{queue}": [
                    *(*celery, "worker", "--queues", queue, "--hostname", f"{queue}@%h", "--concurrency", processes),
                    *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
                ]
                for queue, processes in WORKERS.items()
            },
            "beat": [*celery, "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile=", "--loglevel", "WARNING"],
        }

    def start(self) -> None:
        """Run the processes with a log file each; return once all of them answer. Raises StackError."""
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        for name, command in self.commands.items():
            with (logs / f"{name}.log").open("wb") as log:
                self._processes[name] = subprocess.Popen(  # noqa: S603 - our own words
                    command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
                )
        self.make_ready(self._check_alive)

    def _check_alive(self) -> None:
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise StackError(f"{name} has ended: see {self.folder / 'logs' / name}.log")

    def make_ready(self, check: Callable[[], None] = lambda: None) -> None:
        """Seed the running stack and return once every part answers. `check` may raise to end the wait early.

        Raises StackError.
        """
        self._wait("sandbox", lambda: _answers(f"{self.sandbox_url}/__control/health"), check)
        self.manage("seed_demo", str(self.folder), "--patients", str(self._patients))
        self._wait("web", lambda: _answers(f"{self.web_url}/health/"), check)
        self._wait("worker", self._workers_answer, check)

    def _wait(self, name: str, answers: Callable[[], bool], check: Callable[[], None]) -> None:
        deadline = monotonic() + READY_WITHIN
        while not answers():
            check()
            if monotonic() > deadline:
                raise StackError(f"{name} did not answer within {READY_WITHIN:.0f} seconds")
            sleep(0.1)

    def _workers_answer(self) -> bool:
        from celery import Celery  # here: the demo's own process does without it until now

        with Celery(broker=self._redis.url, set_as_current=False) as probe:
            return len(probe.control.ping(timeout=0.5, limit=len(WORKERS)) or []) == len(WORKERS)

    def stop(self) -> None:
        """Stop the processes, then the engines. Nothing is left running."""
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = monotonic() + STOP_WITHIN
        for process in self._processes.values():
            try:
                process.wait(max(0.1, deadline - monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._processes.clear()
        self._redis.stop()
        self._postgres.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False
