"""One sandbox for all tests of a process, and a surgery whose book is in it."""

from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache

from integrations.sandbox.server import SandboxServer
from tests.booking.surgery import Surgery


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(sandbox_server: SandboxServer) -> SandboxServer:
    sandbox_server.control("reset", {})
    return sandbox_server


@pytest.fixture
def surgery(sandbox: SandboxServer, db: None) -> Surgery:
    return Surgery(sandbox)


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Redis alone: the limits on guessing are in the database, which not every test has."""
    RedisCache.clear(caches["default"])
