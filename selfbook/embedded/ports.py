"""Loopback ports."""

import socket
from secrets import SystemRandom

_QUIET = range(20_000, 32_000)
"""Systems give these to nobody who does not ask for them by number (Linux begins at 32768, others higher)."""


def free_port() -> int:
    """A TCP port that nobody listens on just now, and that nobody gets by chance before the caller listens there."""
    # Not the random numbers of the process: tests have the same ones in each.
    return next(port for port in SystemRandom().sample(_QUIET, len(_QUIET)) if is_free(port))


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
