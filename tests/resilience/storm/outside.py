"""The stand-ins in a process of their own: in a test that is busy itself they would answer late."""

import subprocess
import sys
from time import monotonic, sleep

import httpx

from integrations.sandbox.server import SandboxServer
from selfbook.embedded.ports import free_port

_START_SECONDS = 60.0


class SandboxProcess(SandboxServer):
    """A running sandbox, as `SandboxServer`, but for where it runs."""

    def __init__(self) -> None:
        """Prepare one on a free port, with its books in memory."""
        super().__init__(port=free_port())
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return once it answers. Raises RuntimeError."""
        command = [sys.executable, "-m", "integrations.sandbox", "--port", str(self._port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{self._port}"
        deadline = monotonic() + _START_SECONDS
        while not self._answers():
            if monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError("The sandbox did not start")
            sleep(0.05)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/__control/health", timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Stop, and return once the port is free."""
        super().stop()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
