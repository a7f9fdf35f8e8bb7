"""A clock that runs faster than the real one, so that the product's own waits need not be changed to be short.

Every time-out, lease and pause of the product keeps its proportion to the others: two minutes are still eight times a
quarter of a minute.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from integrations.sandbox.server import SandboxServer


@dataclass
class FastClock:
    """Time at `rate` times its real speed from `since` (seconds since 1970) on. It can jump, too."""

    rate: float
    since: float = field(default_factory=time.time)
    offset: float = 0.0

    def now(self) -> datetime:
        """In the place of `django.utils.timezone.now`."""
        real = time.time()
        return datetime.fromtimestamp(real + (self.rate - 1) * (real - self.since) + self.offset, UTC)

    def real(self, seconds: float) -> float:
        """How many real seconds pass in so many of this clock."""
        return seconds / self.rate

    def keep(self, sandbox: SandboxServer) -> None:
        """Let the stand-ins go by the same clock."""
        sandbox.control("clock", {"rate": self.rate, "since": self.since, "offset_seconds": self.offset})

    def jump(self, by: timedelta, sandbox: SandboxServer) -> None:
        """Move on at once."""
        self.offset += by.total_seconds()
        self.keep(sandbox)
