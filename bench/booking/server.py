"""A web server as `docker-compose.yml` starts it, for the product or the usual site, and what it costs."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from time import monotonic, sleep

from bench.engines import ROOT, STATE
from bench.sending.workers import processor_seconds
from selfbook.demo.stack import WEB_OPTIONS

PRODUCT, USUAL = "selfbook.asgi:application", "bench.naive.wsgi:application"
WORKERS, THREADS = 2, 8
_UP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers on a loopback port."""

    url: str
    pid: int

    def processor_seconds(self) -> float:
        """Processor time that its processes have used."""
        return processor_seconds(self.pid)


@contextmanager
def serving(application: str, **environment: str) -> Iterator[Server]:
    """Run it until the block ends. Raises RuntimeError when it does not start."""
    port = _free_port()
    usual = ("--interface", "wsgi", "--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--no-access-log")
    options = WEB_OPTIONS if application == PRODUCT else usual
    command = [
        *(sys.executable, "-m", "granian", *options, application),
        *("--host", "127.0.0.1", "--port", str(port), "--log-level", "error"),
    ]
    address = f"http://127.0.0.1:{port}"
    # Neither site gets more connections than it has threads.
    own = {**os.environ, "DATABASE_POOL_MAX": str(THREADS), "PUBLIC_BASE_URL": address, **environment}
    with (STATE / "servers.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=own, stdout=log, stderr=log)  # noqa: S603 - our own words
        try:
            _wait(port, process)
            yield Server(address, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = monotonic() + _UP_SECONDS
    while monotonic() < deadline and process.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/")
            connection.getresponse().read()
        except OSError:
            sleep(0.05)
        else:
            return
    raise RuntimeError(f"A server did not start: see {STATE / 'servers.log'}")
