"""A whole product to break: PostgreSQL, Redis and the stand-ins of its own, workers and a beat in real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from django.db import connection

from selfbook.embedded.postgres import EmbeddedPostgres
from selfbook.embedded.redis import EmbeddedRedis
from tests.resilience.crash.database import connected_to, copy
from tests.resilience.storm.clock import FastClock
from tests.resilience.storm.outside import SandboxProcess

ROOT = Path(__file__).resolve().parents[3]
RATE = 20.0
_QUIET = "ignore:You're running the worker with superuser privileges"


class Yard:
    """Starts, kills and restarts. Use it as a context manager: nothing is left running."""

    def __init__(self, folder: Path) -> None:
        """`folder` keeps data and logs."""
        self.folder = folder
        self.clock = FastClock(RATE)
        self.sandbox = SandboxProcess()
        # Whoever says that a row is written must have written it: that is what is tested here.
        self._postgres = EmbeddedPostgres(folder / "postgres", durable=True)
        self._redis = EmbeddedRedis(folder / "redis")
        self._processes: list[subprocess.Popen[bytes]] = []
        self.database_url = ""

    @contextmanager
    def open(self) -> Iterator[None]:
        """Start the engines, and connect this thread's Django to them; in the end stop everything."""
        try:
            self._postgres.start()
            self.database_url = self._postgres.ensure_database("crash")
            self._redis.start()
            self.sandbox.start()
            self.clock.keep(self.sandbox)
            copy(self._postgres._server.bin_path, self.database_url)
            with connected_to(self.database_url):
                yield
        finally:
            self.kill_all()
            self.sandbox.stop()
            self._redis.stop()
            self._postgres.stop()

    def worker(self, crash_at: str = "", root: Path = ROOT) -> subprocess.Popen[bytes]:
        """A worker with two processes, which dies by itself at the point. `root` has the code, if it is not ours."""
        arguments = ["worker", "--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        return self._start("worker", *arguments, crash_at=crash_at, root=root)

    def beat(self) -> subprocess.Popen[bytes]:
        """A beat."""
        return self._start("beat", "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile=")

    def _start(self, name: str, *arguments: str, crash_at: str = "", root: Path = ROOT) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.resilience.crash.worker", *arguments, "--loglevel", "WARNING"]
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=root, env=self._environment(crash_at), stdout=log, stderr=log, start_new_session=True
            )
        self._processes.append(process)
        return process

    def _environment(self, crash_at: str) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self._redis.url,
            "CLOCK": f"{self.clock.rate} {self.clock.since}",
            "CRASH_AT": crash_at,
            "PYTHONWARNINGS": _QUIET,
        }

    def forget(self) -> None:
        """Empty Redis: its stamp is of a database whose tables are about to be emptied, which would be held."""
        redis.Redis.from_url(self._redis.url).flushall()

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL a process and all of its children."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_all(self) -> None:
        """Kill whoever is still at work."""
        for process in self._processes:
            self.kill(process)

    def sessions(self) -> int:
        """How many clients PostgreSQL has but this thread; who was killed is one until the last statement is over."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            return int(cursor.fetchone()[0])

    def restart_postgres(self) -> None:
        """Stop it at once, without a word to anybody, and start it again."""
        server = self._postgres._server.get_postmaster_info().process
        assert server is not None
        server.send_signal(signal.SIGQUIT)
        server.wait(30)
        self._postgres.start()

    def flush_redis(self) -> None:
        """Forget all work that was queued."""
        redis.Redis.from_url(self._redis.url).flushall()

    def stop_redis(self) -> None:
        """Away it goes, and everything in it."""
        self._redis.stop()

    def start_redis(self) -> None:
        """An empty one, at the same address."""
        self._redis.start()
